"""A schedule as its Gantt chart shows it: runs with their changeovers, orders and lateness; lines."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from pipelines.show_data import Change, changeovers_of, utilisation_by_line
from plant import Evaluation, Lock, Plant, Run, Schedule
from plant.arrays import plant_arrays
from plant.calendar import worked_between


@dataclass(frozen=True, slots=True)
class RunView:
    """A run. The changeover before it takes `changeover_minutes` of shift time from `changeover_start`.

    orders: how many orders it serves; late: units that it gives them after their due minute.
    """

    id: str
    line: str
    item: str
    family: str
    start: int
    end: int
    quantity: float
    lock: Lock
    changeover_start: int
    changeover_minutes: int
    changeover_cost: float
    orders: int
    late: float


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs by line and time. Minutes count from starts_at."""

    starts_at: datetime
    horizon: int
    runs: tuple[RunView, ...]


@dataclass(frozen=True, slots=True)
class LineView:
    """What a line does over the horizon; minutes are shift minutes, utilisation is of regular ones."""

    id: str
    utilisation: float
    runs: int
    run_minutes: int
    overtime_minutes: int
    changeovers: int
    changeover_minutes: int
    changeover_cost: float
    quantity: float


def runs_of(plant: Plant, schedule: Schedule, evaluation: Evaluation) -> Runs:
    """The runs as they are drawn."""
    family = {item.id: item.family for item in plant.items}
    changes = changeovers_of(plant, schedule)
    served = _served(plant, evaluation)
    return Runs(
        plant.starts_at,
        plant.horizon,
        tuple(
            _run(run, family[run.item], changes.get(run.id), served.get(run.id, {}))
            for run in sorted(schedule.runs, key=lambda run: (run.line, run.start, run.id))
        ),
    )


def lines_of(plant: Plant, schedule: Schedule) -> tuple[LineView, ...]:
    """What each line does, in the plant's order."""
    calendar, index = plant_arrays(plant).calendar, plant_arrays(plant).line_index
    changes = changeovers_of(plant, schedule)
    by_line: dict[str, list[Run]] = defaultdict(list)
    for run in schedule.runs:
        by_line[run.line].append(run)
    found = []
    for line, used in zip(plant.lines, utilisation_by_line(plant, schedule), strict=True):
        runs = by_line[line.id]
        worked = [worked_between(calendar, index[line.id], run.start, run.end) for run in runs]
        before = [changes[run.id] for run in runs if run.id in changes]
        found.append(
            LineView(
                line.id,
                used,
                len(runs),
                sum(int(all_) for all_, _ in worked),
                sum(int(overtime) for _, overtime in worked),
                sum(change.minutes > 0 for change in before),
                sum(change.minutes for change in before),
                sum(change.cost for change in before),
                sum(run.quantity for run in runs),
            )
        )
    return tuple(found)


def _served(plant: Plant, evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """By run: the orders that it serves, with the units that come to them late."""
    due = {order.id: order.due for order in plant.orders}
    found: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for peg in evaluation.pegging.pegs:
        if peg.consumer == "order" and peg.supplier == "run" and peg.supplier_id is not None:
            late = peg.quantity if peg.at > due[peg.consumer_id] else 0.0
            found[peg.supplier_id][peg.consumer_id] += late
    return found


def _run(run: Run, family: str, change: Change | None, served: dict[str, float]) -> RunView:
    return RunView(
        run.id,
        run.line,
        run.item,
        family,
        run.start,
        run.end,
        run.quantity,
        run.lock,
        change.begins if change else run.start,
        change.minutes if change else 0,
        change.cost if change else 0.0,
        len(served),
        sum(served.values()),
    )
