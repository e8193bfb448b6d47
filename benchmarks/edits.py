"""How long a planner waits for the verdict on an edit, for lines to drop on, and for exceptions.

`python -m benchmarks.edits [--quick] [--json]`: 50 lines × 200 items × 600 orders × 14 days, a dispatched
plan whose runs are split to 2,000. Per kind of edit, p50 and p99 in ms: `judge` (apply, referee, verdict;
what was known before is kept, as a desk keeps it), `both sides` (the peer: evaluate before and after, as
`diff` does), `stored` (through `pipelines.drafts` on SQLite: checked, judged, written, told). Aim: under
100 ms. Then `legal_lines` beside a referee asked per line, and the exceptions list.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from math import ceil
from pathlib import Path

import numpy as np

from benchmarks.report import arguments, progress, show
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from pipelines.drafts import Desk, apply_edit, open_draft, redo, undo
from pipelines.storage import open_database, writing
from pipelines.storage.repositories import Publication, publish_version
from plant import Plant, Run, Schedule, Weights, Zones, evaluate
from plant.arrays import plant_arrays
from plant.calendar import minutes_needed, run_end, run_start
from plant.diff import diff
from plant.edits import (
    Add,
    Cancel,
    Edit,
    Group,
    Merge,
    Move,
    Resize,
    SetLock,
    Split,
    apply,
)
from plant.explain import exceptions, fixes_of
from plant.legal_lines import legal_lines
from plant.verdict import judge

RUNS = 2000
SEED = 1
NOW = datetime(2026, 1, 5, tzinfo=UTC)
KINDS = ("move", "other line", "split", "merge", "resize", "lock", "add", "cancel", "group of 20")


def plan(load: float) -> tuple[Plant, Schedule]:
    """A plant without least lots and a feasible plan of it: dispatched lots, each cut in parts."""
    whole = generate(50, 200, 600, 14, load, SEED)
    lots = dispatch(whole, RULES["atcs"])
    able = tuple(replace(one, min_lot=0.0) for one in whole.capabilities)
    plant = replace(whole, capabilities=able)
    steps = {(one.line, one.item): one.lot_multiple or 1.0 for one in able}
    runs: dict[str, list[Run]] = {line.id: [] for line in plant.lines}
    more = RUNS - len(lots.runs)
    for run in sorted(lots.runs, key=lambda one: one.start):
        step = steps[run.line, run.item]
        parts = int(min(ceil(RUNS / len(lots.runs)), more + 1, run.quantity // step))
        share = run.quantity // (parts * step) * step
        sizes = [share] * (parts - 1) + [run.quantity - share * (parts - 1)]
        more -= parts - 1
        runs[run.line] += [
            replace(run, id=f"{run.id}-{number}", quantity=size)
            for number, size in enumerate(sizes)
        ]
    return plant, Schedule(tuple(one for line in runs.values() for one in _timed(plant, line)))


def _timed(plant: Plant, runs: list[Run]) -> Iterator[Run]:
    """The runs of a line one after the other, none before its lot began."""
    arrays = plant_arrays(plant)
    free, family = 0, -1
    for run in runs:
        line, item = arrays.line_index[run.line], arrays.item_index[run.item]
        family = family if free else int(arrays.lines.initial_family[line])
        to = int(arrays.items.family[item])
        table = arrays.lines.table[line]
        need = int(arrays.changeovers.minutes[table, family, to]) if family >= 0 else 0
        start = max(int(run_start(arrays.calendar, line, free, need)), run.start)
        minutes = minutes_needed(run.quantity, arrays.capabilities.rate[line, item])
        end = int(run_end(arrays.calendar, line, start, minutes))
        if end > 0:
            yield replace(run, start=start, end=end)
            free, family = end, to


def edit_of(kind: str, plant: Plant, schedule: Schedule, rng: np.random.Generator) -> Edit:
    """A random edit of a kind, one that can be done."""
    run = schedule.runs[int(rng.integers(len(schedule.runs)))]
    able = [one.line for one in plant.capabilities if one.item == run.item]
    start = max(run.start + int(rng.integers(-600, 600)), 0)
    match kind:
        case "move":
            return Move(run.id, run.line, start)
        case "other line":
            return Move(run.id, str(rng.choice(able)), start)
        case "split":
            return Split(run.id, run.quantity / 2)
        case "merge":
            alike = [one.id for one in schedule.runs if one.item == run.item and one != run]
            return Merge(run.id, str(rng.choice(alike))) if alike else Cancel(run.id)
        case "resize":
            return Resize(run.id, run.quantity * 1.5)
        case "lock":
            return SetLock(run.id, "none" if run.lock == "all" else "all")
        case "add":
            return Add(run.line, run.item, start, run.quantity)
        case "cancel":
            return Cancel(run.id)
        case _:
            chosen = rng.choice(len(schedule.runs), 20, replace=False)
            runs: list[Run] = [schedule.runs[int(at)] for at in chosen]
            return Group(tuple(Move(one.id, one.line, one.start + 30) for one in runs))


def times(work: Callable[[int], object], count: int) -> tuple[float, float]:
    """p50 and p99 in ms of calls with the numbers 0, 1, ..., after one that is not counted."""
    work(0)
    spent = []
    for number in range(count):
        begun = time.perf_counter()
        work(number)
        spent.append(1000 * (time.perf_counter() - begun))
    return float(np.percentile(spent, 50)), float(np.percentile(spent, 99))


def judged(plant: Plant, schedule: Schedule, count: int) -> Iterator[tuple[str, list[float]]]:
    """Per kind: p50 and p99 of judging an edit with what was known, and without."""
    was = evaluate(plant, schedule, schedule)
    for kind in KINDS:
        rng = np.random.default_rng(SEED)
        edits = [edit_of(kind, plant, schedule, rng) for _ in range(count)]

        def known(number: int, edits: list[Edit] = edits) -> None:
            after = apply(plant, schedule, edits[number]).schedule
            judge(plant, schedule, after, schedule, was=was)

        def plain(number: int, edits: list[Edit] = edits) -> None:
            diff(plant, schedule, apply(plant, schedule, edits[number]).schedule)

        progress(f"judge: {kind}")
        yield kind, [*times(known, count), *times(plain, max(count // 5, 5))]


def stored(plant: Plant, schedule: Schedule, count: int) -> Iterator[tuple[str, list[float]]]:
    """Per kind: p50 and p99 of an edit stored in a draft; the draft goes on with it."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'takt.db'}")
        publication = Publication(
            plant=plant, schedule=schedule, evaluation=evaluate(plant, schedule), method="rule",
            plant_name="benchmark", weights=Weights(), zones=Zones(),
        )  # fmt: skip
        with writing(engine) as session:
            publish_version(session, publication, NOW)
        desk = Desk(engine, lambda: NOW)
        draft = open_draft(desk, author="kim")
        for kind in KINDS:
            progress(f"stored: {kind}")
            rng = np.random.default_rng(SEED)
            spent = []
            for number in range(count + 1):
                edit = edit_of(kind, plant, draft.schedule, rng)
                begun = time.perf_counter()
                draft = apply_edit(
                    desk, draft.meta.id, edit, author="kim", revision=draft.meta.revision
                ).draft
                spent += [1000 * (time.perf_counter() - begun)] if number else []
            yield kind, [float(np.percentile(spent, at)) for at in (50, 99)]
        for name, back in (("undo", undo), ("redo", redo)):
            progress(f"stored: {name}")
            spent = []
            for _ in range(count):
                begun = time.perf_counter()
                draft = back(
                    desk, draft.meta.id, author="kim", revision=draft.meta.revision
                ).draft  # fmt: skip
                spent.append(1000 * (time.perf_counter() - begun))
            yield name, [float(np.percentile(spent, at)) for at in (50, 99)]
        begun = time.perf_counter()
        cold = Desk(engine, lambda: NOW).load(draft.meta.id)
        yield f"first load, {cold.meta.revision} edits", [1000 * (time.perf_counter() - begun)] * 2
        engine.dispose()


def around(plant: Plant, schedule: Schedule, count: int) -> Iterator[tuple[str, list[float]]]:
    """p50 and p99 of lines to drop on, beside moving the run there and asking; and of exceptions."""
    was = evaluate(plant, schedule)
    rng = np.random.default_rng(SEED)
    runs = [schedule.runs[int(at)] for at in rng.integers(len(schedule.runs), size=count)]

    def asked(number: int) -> None:
        run = runs[number]
        for one in (one for one in plant.capabilities if one.item == run.item):
            evaluate(plant, apply(plant, schedule, Move(run.id, one.line, run.start)).schedule)

    def places(number: int) -> None:
        run = runs[number]
        legal_lines(plant, schedule, run.id, run.start + 60, was=was)

    progress("legal lines")
    yield "legal lines", [*times(places, count), *times(asked, max(count // 10, 2))]
    few = max(count // 10, 2)
    progress("exceptions")
    for fixes in (0, 10):

        def listed(_: int, fixes: int = fixes) -> object:
            return exceptions(plant, schedule, fixes=fixes)

        yield f"exceptions, {fixes} with fixes", [*times(listed, few), float("nan"), float("nan")]
    late = [one.id for one in exceptions(plant, schedule, fixes=0) if one.kind == "late"]
    if late:

        def one(number: int) -> object:
            return fixes_of(plant, schedule, late[number % len(late)], was=was)

        one_by_one = times(one, few)
        yield "fixes of one", [*one_by_one, float("nan"), float("nan")]


def main() -> None:
    """Measure and show."""
    options = arguments(__doc__ or "").parse_args()
    count = 20 if options.quick else 100
    progress("plan")
    plant, schedule = plan(1.05)
    verdict = evaluate(plant, schedule)
    judge(plant, schedule, schedule)
    gc.collect()
    gc.freeze()  # as a server does once it has started: else a full collection takes 0.3 s here and there
    pure, kept = dict(judged(plant, schedule, count)), dict(stored(plant, schedule, count))
    none = [float("nan")] * 4
    rows: list[tuple[object, ...]] = [
        (kind, *(_cell(one) for one in (*pure.get(kind, none), *kept[kind]))) for kind in kept
    ]
    extra = dict(around(plant, schedule, count))
    rows += [(name, *(_cell(one) for one in found), "-", "-") for name, found in extra.items()]
    figures = {
        "runs": len(schedule.runs),
        "feasible": verdict.feasible,
        "late orders": len(verdict.late_orders),
        "judge_ms": {kind: found[:2] for kind, found in pure.items()},
        "both_sides_ms": {kind: found[2:] for kind, found in pure.items()},
        "stored_ms": kept,
        "around_ms": {name: found[:2] for name, found in extra.items()},
    }
    columns = (
        "edit", "judge p50", "p99", "both sides p50", "p99", "stored p50", "p99",
    )  # fmt: skip
    title = f"Edits at 50 lines × {len(schedule.runs)} runs, ms"
    show(title, columns, rows, figures, options.json)


def _cell(value: float) -> object:
    return "-" if np.isnan(value) else float(value)


if __name__ == "__main__":
    main()
