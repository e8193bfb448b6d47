"""Timefold Solver (open source edition, Java) as a peer on plants with due dates, setups and calendars.

The model has the shape of Timefold's own task-assigning quick start: a list of lots for each line is the
planning variable, a lot's end follows from the lot before it (a shadow variable), and each lot's money is
a constraint. It prices tardiness, changeovers, hours and overtime, and holding until the first due date,
with the line's shifts, setup minutes, release dates, parts and the lines that can make a lot. Default
construction (lots offered in the order of their due dates) and local search; the open source edition
solves on one thread, so each worker runs a solver with its own seed and the better plan counts. Lots for
which construction has no time go last, each to the line that ends it first.

Lots are fixed beforehand: those of ATCS tuned on the plant, with the orders that they serve there, the
lots of parts that they take, which have to end before them, and the arrivals that they take, which are
their release dates. So ATCS's plan is one that Timefold can find, and left out are lot sizes, who takes
what from whom, safety stocks and idle time. The answer is taken with Timefold's own times and, its
sequences only, as `disaggregate.realise` times those of our own parts; the cheaper schedule counts. The
seconds are those of Timefold's search, without the lots, the Java start and the build.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.instances import Instance
from envs.rules import tuned_atcs
from models.optimize.search.disaggregate import Lot, realise
from plant import Evaluation, Plant, Run, Schedule, Weights, evaluate
from plant.arrays import PlantArrays, plant_arrays
from plant.calendar import minutes_needed
from plant.model import MINUTES_PER_DAY

FOLDER = Path(__file__).with_suffix("")
CLASSES = FOLDER / "target" / "classes"
THOUSANDTHS = 1000.0  # Timefold's scores are whole numbers
MINUTES_PER_HOUR = 60.0
GRACE = 120.0  # seconds beyond the search that starting, construction and writing may take
HEAP = "-Xmx2g"


class TimefoldError(Exception):
    """Timefold could not be built or run; the message is what Maven or Java said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """(line, start, end) of each lot, and the money that Timefold says they cost.

    appended: lots for which construction had no time, which are last on their lines and not in the money.
    misplaced: lots on lines that cannot make them.
    """

    runs: tuple[tuple[int, int, int], ...]
    money: float
    appended: int
    misplaced: int


def solve_timefold(instance: Instance, seconds: float, workers: int) -> Schedule | None:
    """What Timefold makes of an instance; None where it puts lots on lines that cannot make them."""
    return solve_plant(instance.plant, instance.weights, seconds, workers)


def solve_plant(plant: Plant, weights: Weights, seconds: float, workers: int) -> Schedule | None:
    """What Timefold makes of a plant; None as above."""
    runs = lots_of(plant, weights)
    answer = ask(document(plant, weights, runs), seconds, workers)
    if answer.misplaced:
        return None
    return cheapest(plant, weights, as_timed(plant, runs, answer), as_early(plant, runs, answer))


def as_timed(plant: Plant, runs: Sequence[Run], answer: Answer) -> Schedule:
    """The lots when Timefold has them; without those that end after the horizon."""
    return Schedule(
        tuple(
            replace(run, line=plant.lines[line].id, start=start, end=end)
            for run, (line, start, end) in zip(runs, answer.runs, strict=True)
            if end <= plant.horizon
        )
    )


def as_early(plant: Plant, runs: Sequence[Run], answer: Answer) -> Schedule:
    """The lots in Timefold's order on each line, as early as all material that is there lets them."""
    lots: dict[str, list[Lot]] = {}
    for _, (line, _, _), run in sorted(
        zip([start for _, start, _ in answer.runs], answer.runs, runs, strict=True),
        key=lambda row: row[0],
    ):
        lots.setdefault(plant.lines[line].id, []).append(Lot(run.item, run.quantity, 0, run.id))
    return realise(plant, lots)


def cheapest(plant: Plant, weights: Weights, *schedules: Schedule) -> Schedule | None:
    """The cheapest feasible one; None where none is."""
    told = [(evaluate(plant, one, weights=weights), one) for one in schedules]
    feasible = [(verdict.cost.total, one) for verdict, one in told if verdict.feasible]
    return min(feasible, key=lambda row: row[0])[1] if feasible else None


def missing() -> str:
    """What keeps Timefold from running here, or ""."""
    absent = [name for name in ("java", "mvn") if shutil.which(name) is None]
    return f"{' and '.join(absent)} not found" if absent else ""


def build() -> None:
    """Compile the Java program with Maven where its sources are newer than what was built."""
    sources = [FOLDER / "pom.xml", *FOLDER.glob("src/**/*.java")]
    built = CLASSES / "takt" / "Main.class"
    newest = max(source.stat().st_mtime for source in sources)
    if built.is_file() and built.stat().st_mtime >= newest:
        return
    if missing():
        raise TimefoldError(f"{missing()}: install Java 17 and Maven to run Timefold")
    _run(["mvn", "-q", "-B", "clean", "package"], 600.0)


def ask(problem: Mapping[str, Any], seconds: float, workers: int) -> Answer:
    """Timefold's answer to a problem after so many seconds of search."""
    build()
    classes = os.pathsep.join((str(CLASSES), str(FOLDER / "target" / "dependency" / "*")))
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "problem.json", Path(folder) / "answer.json"
        given.write_text(json.dumps(problem), encoding="utf-8")
        command = ["java", HEAP, "-cp", classes, "takt.Main"]
        _run([*command, str(given), str(found), str(seconds), str(workers)], seconds + GRACE)
        answer = json.loads(found.read_text(encoding="utf-8"))
    return Answer(
        tuple(map(tuple, answer["runs"])),
        answer["money"],
        answer["appended"],
        answer["misplaced"],
    )


def _run(command: Sequence[str], patience: float) -> None:
    try:
        done = subprocess.run(
            command, cwd=FOLDER, capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise TimefoldError(f"{command[0]}: no end after {patience:g} s") from late
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise TimefoldError(f"{command[0]}: exit code {done.returncode}: {said}")


def lots_of(plant: Plant, weights: Weights) -> list[Run]:
    """The lots to sequence, those of tuned ATCS, with the earliest due first."""
    runs = tuned_atcs(plant, weights).runs
    told = evaluate(plant, Schedule(runs), weights=weights)
    first = {run: min(due)[0] for run, due in _served(plant, weights, told, runs).items() if due}
    for run in sorted(runs, key=lambda run: -run.start):  # parts are due with what they go into
        for one in told.pegging.orders_of_run(run.id):
            if one.consumer == "run":
                due = first.get(one.consumer_id, plant.horizon)
                first[run.id] = min(first.get(run.id, plant.horizon), due)
    return sorted(runs, key=lambda run: (first.get(run.id, plant.horizon), run.start))


def document(plant: Plant, weights: Weights, runs: Sequence[Run]) -> dict[str, Any]:
    """The plant with its lots as the Java program reads it."""
    arrays = plant_arrays(plant)
    told = evaluate(plant, Schedule(tuple(runs)), weights=weights)
    served = _served(plant, weights, told, runs)
    released, parts = _released(plant, told, runs), _parts(told, runs)
    money = weights.changeover * THOUSANDTHS * arrays.changeovers.cost
    return {
        "horizon": plant.horizon,
        "lines": _lines(plant, weights, arrays),
        "jobs": [
            {
                "family": int(arrays.items.family[arrays.item_index[run.item]]),
                "release": released[run.id],
                "minutes": _minutes(plant, arrays, run),
                "parts": sorted(parts[run.id]),
                "tardy": sorted(served[run.id]),
                "held": _held(weights, arrays, run),
            }
            for run in runs
        ],
        "setupMinutes": arrays.changeovers.minutes.tolist(),
        "setupMoney": money.tolist(),
    }


def _lines(plant: Plant, weights: Weights, arrays: PlantArrays) -> list[dict[str, Any]]:
    per_minute = weights.production * THOUSANDTHS / MINUTES_PER_HOUR
    return [
        {
            "shifts": [
                [max(shift.start, line.available_from), shift.end, int(shift.overtime)]
                for shift in line.shifts
                if shift.end > line.available_from
            ],
            "table": int(arrays.lines.table[at]),
            "initial": int(arrays.lines.initial_family[at]),
            "runMoney": per_minute * line.run_cost,
            "overtimeMoney": per_minute * line.overtime_cost,
        }
        for at, line in enumerate(plant.lines)
    ]


def _minutes(plant: Plant, arrays: PlantArrays, run: Run) -> list[int]:
    """Shift minutes of a lot on each line, -1 where the line cannot make it or not so small a lot."""
    item = arrays.item_index[run.item]
    able = arrays.capabilities
    return [
        minutes_needed(run.quantity, float(able.rate[line, item]))
        if able.rate[line, item] > 0 and _allowed(able, line, item, run.quantity)
        else -1
        for line in range(len(plant.lines))
    ]


def _allowed(able: Any, line: int, item: int, quantity: float) -> bool:
    multiple = able.lot_multiple[line, item]
    whole = multiple <= 0 or abs(quantity / multiple - round(quantity / multiple)) < 1e-6
    return bool(whole and quantity >= able.min_lot[line, item] - 1e-9)


def _held(weights: Weights, arrays: PlantArrays, run: Run) -> float:
    per_day = arrays.items.holding_cost[arrays.item_index[run.item]] * run.quantity
    return float(weights.holding * THOUSANDTHS * per_day / MINUTES_PER_DAY)


def _served(
    plant: Plant, weights: Weights, told: Evaluation, runs: Sequence[Run]
) -> dict[str, list[tuple[int, float]]]:
    """By lot: (due minute, money per minute late) of each order that it serves."""
    orders = {order.id: order for order in plant.orders}
    served: dict[str, list[tuple[int, float]]] = {run.id: [] for run in runs}
    for one in told.pegging.pegs:
        if one.consumer == "order" and one.supplier == "run" and one.supplier_id is not None:
            order = orders[one.consumer_id]
            rate = weights.tardiness * order.weight * one.quantity / MINUTES_PER_DAY
            served[one.supplier_id].append((order.due, rate * THOUSANDTHS))
    return served


def _parts(told: Evaluation, runs: Sequence[Run]) -> dict[str, set[int]]:
    """By lot: which lots make parts that it takes."""
    number = {run.id: n for n, run in enumerate(runs)}
    parts: dict[str, set[int]] = {run.id: set() for run in runs}
    for one in told.pegging.pegs:
        if one.consumer == "run" and one.supplier == "run" and one.supplier_id is not None:
            parts[one.consumer_id].add(number[one.supplier_id])
    return parts


def _released(plant: Plant, told: Evaluation, runs: Sequence[Run]) -> dict[str, int]:
    """By lot: when the last of what it takes from arrivals is there."""
    released = {run.id: 0 for run in runs}
    for one in told.pegging.pegs:
        if one.consumer == "run" and one.supplier == "arrival" and one.supplier_id is not None:
            at = plant.arrivals[int(one.supplier_id)].at
            released[one.consumer_id] = max(released[one.consumer_id], at)
    return released
