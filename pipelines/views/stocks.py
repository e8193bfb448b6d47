"""Projected stock: each item's level from change to change, as the referee's pegging has it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from pipelines.storage.repositories import NotStoredError
from plant import Evaluation, Item, Plant, Schedule


@dataclass(frozen=True, slots=True)
class Level:
    """From minute `at` on there are `units` in stock."""

    at: int
    units: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """Material that arrives, or a run that delivers, at minute `at`; `run` is None for an arrival."""

    at: int
    quantity: float
    run: str | None


@dataclass(frozen=True, slots=True)
class StockProjection:
    """One item's stock over the horizon. Minutes count from starts_at."""

    starts_at: datetime
    horizon: int
    item: str
    safety_stock: float
    levels: tuple[Level, ...]
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class StockSummary:
    """One item's stock in figures; under_safety in minutes of the horizon."""

    item: str
    family: str
    is_raw: bool
    opening: float
    safety_stock: float
    lowest: float
    lowest_at: int
    closing: float
    under_safety: int


def project_stocks(
    plant: Plant, schedule: Schedule, evaluation: Evaluation
) -> tuple[StockSummary, ...]:
    """The figures of every item, in the plant's order."""
    changes = _changes(plant, schedule, evaluation)
    raw = plant.raw_items
    return tuple(
        _summary(
            item, item.id in raw, _levels(item, changes[item.id], plant.horizon), plant.horizon
        )
        for item in plant.items
    )


def project_stock(
    plant: Plant, schedule: Schedule, evaluation: Evaluation, id: str
) -> StockProjection:
    """The stock of one item from change to change. NotStoredError where the plant has no such item."""
    item = next((one for one in plant.items if one.id == id), None)
    if item is None:
        raise NotStoredError(f"item {id} is not one of the {len(plant.items)} of this version")
    changes = _changes(plant, schedule, evaluation, id)
    receipts = [
        *(Receipt(one.at, one.quantity, None) for one in plant.arrivals if one.item == id),
        *(Receipt(run.end, run.quantity, run.id) for run in schedule.runs if run.item == id),
    ]
    return StockProjection(
        plant.starts_at,
        plant.horizon,
        id,
        item.safety_stock,
        _levels(item, changes[id], plant.horizon),
        tuple(sorted(receipts, key=lambda one: (one.at, one.run or ""))),
    )


def _changes(
    plant: Plant, schedule: Schedule, evaluation: Evaluation, only: str | None = None
) -> dict[str, dict[int, float]]:
    """By item and minute: what the stock gains less what is taken; of one item where it is named."""
    found: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for arrival in plant.arrivals:
        if only is None or arrival.item == only:
            found[arrival.item][arrival.at] += arrival.quantity
    for run in schedule.runs:
        if only is None or run.item == only:
            found[run.item][run.end] += run.quantity
    for peg in evaluation.pegging.pegs:
        if only is None or peg.item == only:
            found[peg.item][peg.at] -= peg.quantity
    return found


def _levels(item: Item, changes: dict[int, float], horizon: int) -> tuple[Level, ...]:
    stock = item.stock
    levels = {0: stock}
    for at in sorted(at for at in changes if at <= horizon):
        stock += changes[at]
        levels[at] = stock if abs(stock) > 1e-9 else 0.0
    return tuple(Level(at, units) for at, units in levels.items())


def _summary(item: Item, is_raw: bool, levels: tuple[Level, ...], horizon: int) -> StockSummary:
    lowest = min(levels, key=lambda level: level.units)
    ends = (*levels, Level(horizon, levels[-1].units))
    under = sum(
        after.at - level.at for level, after in pairwise(ends) if level.units < item.safety_stock
    )
    return StockSummary(
        item.id,
        item.family,
        is_raw,
        item.stock,
        item.safety_stock,
        lowest.units,
        lowest.at,
        levels[-1].units,
        under,
    )
