"""The referee: what a schedule costs, which rules it breaks, who gets what from it.

Nothing else in the code base computes a cost or a feasibility verdict. Rules and money are those of
docs/design.md, section 2.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from plant.arrays import PlantArrays, RunArrays, plant_arrays, run_arrays
from plant.errors import Problem, ReferencesError
from plant.kernel import (
    TOLERANCE,
    LineWork,
    StockEvents,
    StockWork,
    flags,
    stock_events,
    walk_lines,
    walk_stocks,
)
from plant.model import Plant
from plant.pegging import Pegging, peg
from plant.schedule import Run, Schedule, same_value

Kind = Literal[
    "capability", "shift", "available", "duration", "lot", "overlap", "changeover", "stock", "lock"
]
COMPONENTS = (
    "tardiness", "production", "changeover", "holding", "idle", "instability", "makespan",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """What each component of the cost counts: money per unit of the component, 1 where it is money already.

    `instability` is money per moved run, `makespan` money per hour.
    """

    tardiness: float = 1.0
    production: float = 1.0
    changeover: float = 1.0
    holding: float = 1.0
    idle: float = 1.0
    instability: float = 1.0
    makespan: float = 0.0


@dataclass(frozen=True, slots=True)
class Zones:
    """From the horizon's start on: minutes in which nothing moves, then minutes in which moves cost."""

    frozen: int = 0
    slush: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """Weighted money by component, and their sum."""

    tardiness: float
    production: float
    changeover: float
    holding: float
    idle: float
    instability: float
    makespan: float
    total: float


@dataclass(frozen=True, slots=True)
class Kpis:
    """How good a schedule is, unweighted.

    on_time_in_full is the share of orders served in full at their due minute; units_late are units served
    after due or never; utilisation is shift time inside runs over all regular shift time from when lines
    are available; stock_value is the mean money per day that stock costs to hold; moves counts base runs
    of the slush zone that changed line or start.
    """

    on_time_in_full: float
    orders_late: int
    units_late: float
    tardiness_unit_days: float
    utilisation: float
    changeovers: int
    changeover_hours: float
    overtime_hours: float
    run_hours: float
    makespan_hours: float
    mean_stock: float
    stock_value: float
    moves: int


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: its kind, the run or item it names, by how much, and the same in a sentence."""

    kind: Kind
    record: str
    amount: float
    message: str


@dataclass(frozen=True)
class Evaluation:
    """All that `evaluate` says of one schedule. `pegging` is worked out when first asked for."""

    violations: tuple[Violation, ...]
    cost: Cost
    kpis: Kpis
    _plant: Plant = field(repr=False, compare=False)
    _records: tuple[Run, ...] = field(repr=False, compare=False)
    _events: StockEvents = field(repr=False, compare=False)
    _stocks: StockWork = field(repr=False, compare=False)

    @property
    def feasible(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations

    @cached_property
    def pegging(self) -> Pegging:
        """Which runs, arrivals and opening stocks each order and each run was supplied by."""
        return peg(self._plant, self._records, self._events)

    @cached_property
    def late_orders(self) -> dict[str, float]:
        """The units that each late order got after its due minute or not at all."""
        orders = plant_arrays(self._plant).orders
        return {
            self._plant.orders[orders.position[row]].id: float(self._stocks.late[row])
            for row in np.flatnonzero(self._stocks.late > TOLERANCE)
        }

    @cached_property
    def tardiness(self) -> dict[str, float]:
        """The money, unweighted, that each late order pays; those of weight 0 pay nothing."""
        orders = plant_arrays(self._plant).orders
        return {
            self._plant.orders[orders.position[row]].id: float(self._stocks.tardiness[row])
            for row in np.flatnonzero(self._stocks.late > TOLERANCE)
        }


def evaluate(
    plant: Plant,
    schedule: Schedule,
    base: Schedule | None = None,
    weights: Weights = Weights(),
    zones: Zones = Zones(),
) -> Evaluation:
    """Cost by component, KPIs, broken rules and pegging of a schedule.

    Parameters
    ----------
    base
        The published schedule that this one follows: its locks must hold, its runs that start within
        `zones.frozen` must be the same, and moves of its runs in the slush zone count as instability.

    Raises
    ------
    ReferencesError
        When a run names a line or item that the plant has not.
    """
    _check_references(plant, schedule)
    arrays = plant_arrays(plant)
    runs, records = run_arrays(arrays, schedule.runs)
    work = walk_lines(
        arrays.calendar,
        arrays.lines,
        arrays.items.family,
        arrays.capabilities,
        arrays.changeovers,
        runs,
    )
    events = stock_events(arrays, runs)
    stocks = walk_stocks(arrays.horizon, arrays.items, arrays.orders, events)
    moves = _moves(schedule, base, zones)
    found = (
        *_line_violations(plant, records, work),
        *_stock_violations(plant, stocks),
        *_lock_violations(schedule, base, zones),
    )
    cost = _cost(work, stocks, runs, moves, weights)
    kpis = _kpis(arrays, work, stocks, runs, moves)
    return Evaluation(found, cost, kpis, plant, tuple(records), events, stocks)


def violations(
    plant: Plant, schedule: Schedule, base: Schedule | None = None, zones: Zones = Zones()
) -> tuple[Violation, ...]:
    """Every rule that the schedule breaks, each by kind, run or item, amount and sentence."""
    return evaluate(plant, schedule, base, zones=zones).violations


def _check_references(plant: Plant, schedule: Schedule) -> None:
    arrays = plant_arrays(plant)
    problems = [
        Problem(f"run {run.id}", name, f"the id of a {name} of the plant", getattr(run, name))
        for name, known in (("line", arrays.line_index), ("item", arrays.item_index))
        for run in schedule.runs
        if getattr(run, name) not in known
    ]
    if problems:
        raise ReferencesError(problems)


def _cost(work: LineWork, stocks: StockWork, runs: RunArrays, moves: int, weights: Weights) -> Cost:
    money = {
        "tardiness": math.fsum(stocks.tardiness),
        "production": math.fsum(work.production),
        "changeover": math.fsum(work.changeover_money),
        "holding": math.fsum(stocks.holding),
        "idle": math.fsum(work.idle_money),
        "instability": float(moves),
        "makespan": float(runs.end.max(initial=0)) / 60.0,
    }
    weighted = {name: getattr(weights, name) * money[name] for name in COMPONENTS}
    return Cost(**weighted, total=math.fsum(weighted.values()))


def _kpis(
    arrays: PlantArrays, work: LineWork, stocks: StockWork, runs: RunArrays, moves: int
) -> Kpis:
    late = stocks.late > TOLERANCE
    orders = arrays.orders
    days_late = np.divide(
        stocks.tardiness, orders.weight, out=np.zeros(len(late)), where=orders.weight > 0
    )
    return Kpis(
        on_time_in_full=1.0 - float(late.mean()) if len(late) else 1.0,
        orders_late=int(late.sum()),
        units_late=float(stocks.late.sum()),
        tardiness_unit_days=float(days_late.sum()),
        utilisation=_utilisation(arrays, work),
        changeovers=int((work.changeover > 0).sum()),
        changeover_hours=float(work.changeover.sum()) / 60.0,
        overtime_hours=float(work.overtime.sum()) / 60.0,
        run_hours=float(work.manned.sum()) / 60.0,
        makespan_hours=float(runs.end.max(initial=0)) / 60.0,
        mean_stock=float(stocks.mean_stock.sum()),
        stock_value=float((stocks.mean_stock * arrays.items.holding_cost).sum()),
        moves=moves,
    )


def _utilisation(arrays: PlantArrays, work: LineWork) -> float:
    calendar = arrays.calendar
    line_of_shift = np.repeat(np.arange(len(calendar.available)), np.diff(calendar.pointer))
    start = np.maximum(calendar.start, calendar.available[line_of_shift])
    minutes = np.maximum(calendar.end - start, 0)
    regular = int(minutes[calendar.overtime == 0].sum())
    return float(work.manned.sum()) / regular if regular else 0.0


def _line_violations(plant: Plant, records: list[Run], work: LineWork) -> Iterator[Violation]:
    def named(kind: Kind, row: int, amount: float, message: str) -> Violation:
        run = records[row]
        where = f"run {run.id} on {run.line} ({run.item}, {run.start}-{run.end})"
        return Violation(kind, run.id, float(amount), f"{where}: {message}")

    available = {line.id: line.available_from for line in plant.lines}
    for row in flags(work.incapable):
        run = records[row]
        yield named("capability", row, run.quantity, f"{run.line} cannot make {run.item}")
    for row in flags(work.unmanned_ends):
        yield named(
            "shift", row, work.unmanned_ends[row], "starts or ends outside the line's shifts"
        )
    for row in flags(work.early):
        yield named(
            "available",
            row,
            work.early[row],
            f"starts {work.early[row]} min before the line is available at "
            f"{available[records[row].line]}",
        )
    for row in flags(work.missing > TOLERANCE):
        yield named(
            "duration",
            row,
            work.missing[row],
            f"{records[row].quantity:g} units need {work.manned[row] + work.missing[row]:g} min of "
            f"shift time, it has {work.manned[row]}",
        )
    for row in flags(work.lot > TOLERANCE):
        yield named(
            "lot",
            row,
            work.lot[row],
            f"{records[row].quantity:g} units are {work.lot[row]:g} off the least lot or its multiple",
        )
    for row in flags(work.overlap):
        yield named(
            "overlap", row, work.overlap[row], f"overlaps the run before by {work.overlap[row]} min"
        )
    for row in flags(work.crowded):
        yield named(
            "changeover",
            row,
            work.crowded[row],
            f"its changeover takes {work.changeover[row]} min of shift time, "
            f"{work.crowded[row]} of them are missing",
        )


def _stock_violations(plant: Plant, stocks: StockWork) -> Iterator[Violation]:
    for row in flags(stocks.lowest < -TOLERANCE):
        short, item = -float(stocks.lowest[row]), plant.items[row].id
        at = int(stocks.lowest_at[row])
        message = f"item {item}: its stock is {short:g} units short at minute {at}"
        yield Violation("stock", item, short, message)


HELD_BY_LOCK: dict[str, tuple[str, ...]] = {
    "none": (),
    "line": ("line",),
    "start": ("start",),
    "all": ("line", "item", "start", "end", "quantity"),
}


def _lock_violations(
    schedule: Schedule, base: Schedule | None, zones: Zones
) -> Iterator[Violation]:
    if base is None:
        return
    now = {run.id: run for run in schedule.runs}
    for old in base.runs:
        held = HELD_BY_LOCK["all" if old.start < zones.frozen else old.lock]
        if not held:
            continue
        why = "it starts in the frozen zone" if old.start < zones.frozen else f"lock {old.lock}"
        new = now.get(old.id)
        if new is None:
            yield Violation("lock", old.id, 1.0, f"run {old.id} is gone, but must stay: {why}")
            continue
        changed = [name for name in held if not same_value(getattr(old, name), getattr(new, name))]
        if changed:
            told = ", ".join(
                f"{name} {getattr(old, name)} became {getattr(new, name)}" for name in changed
            )
            message = f"run {old.id}: {told}, but must stay: {why}"
            yield Violation("lock", old.id, float(len(changed)), message)


def _moves(schedule: Schedule, base: Schedule | None, zones: Zones) -> int:
    """Base runs of the slush zone that are gone or have another line or start."""
    if base is None:
        return 0
    now = {run.id: (run.line, run.start) for run in schedule.runs}
    slush = range(zones.frozen, zones.frozen + zones.slush)
    return sum(run.start in slush and now.get(run.id) != (run.line, run.start) for run in base.runs)
