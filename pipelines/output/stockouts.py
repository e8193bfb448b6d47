"""The integrated forecast: where and when stock runs out, demand against what the lines can make.

The published schedule is replayed under many draws of demand and of the lines' speed and yield. Stock has
run out on a day when, at the end of some minute of it, more was due than could be served, or a run
waited for the item.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipelines.output.demand_draws import AskedDemand
from pipelines.output.draws import Floats
from pipelines.output.kernel import TOLERANCE, Luck, Outcome
from pipelines.output.replay import replay
from pipelines.snapshot import horizon_days
from plant import Plant, Schedule


@dataclass(frozen=True, slots=True)
class StockDay:
    """An item's day: the chance that its stock runs out on it, that it did so by then, and the stock.

    missing: units expected to be owed at the day's end; q10, q50, q90: of the net stock then, what
    is owed counted as negative units.
    """

    item: str
    day: date
    chance: float
    chance_by: float
    missing: float
    q10: float
    q50: float
    q90: float


@dataclass(frozen=True, slots=True)
class OrderChance:
    """The chance that an order is not served in full at its due, and the units expected to be late."""

    order: str
    chance: float
    late_units: float


@dataclass(frozen=True, slots=True)
class Foresight:
    """What is foreseen of a schedule from so many scenarios."""

    scenarios: int
    days: tuple[StockDay, ...]
    orders: tuple[OrderChance, ...]

    def first_days(self, threshold: float) -> dict[str, date]:
        """Return each item's first day with a chance of running out above the threshold."""
        found: dict[str, date] = {}
        for one in self.days:
            if one.chance > threshold and one.item not in found:
                found[one.item] = one.day
        return found


def foresee(plant: Plant, schedule: Schedule, asked: AskedDemand, luck: Luck) -> Foresight:
    """Return the chances of stock-outs and of late orders over the scenarios of demand and luck."""
    outcome = replay(plant, schedule, asked.demand, luck)
    return Foresight(len(luck.speed), _stock_days(plant, outcome), tuple(_orders(asked, outcome)))


def is_out(outcome: Outcome) -> NDArray[np.bool_]:
    """Return whether stock had run out, shape (scenarios, items, days)."""
    out: NDArray[np.bool_] = (outcome.lowest < -TOLERANCE) | (outcome.wanting > 0)
    return out


def _stock_days(plant: Plant, outcome: Outcome) -> tuple[StockDay, ...]:
    out = is_out(outcome)
    chance = out.mean(axis=0)
    by = np.maximum.accumulate(out, axis=2).mean(axis=0)
    missing = np.maximum(-outcome.closing, 0.0).mean(axis=0)
    q10, q50, q90 = np.quantile(outcome.closing, (0.1, 0.5, 0.9), axis=0)
    return tuple(
        StockDay(item.id, day, *_floats(chance, by, missing, q10, q50, q90, at=(row, column)))
        for row, item in enumerate(plant.items)
        for column, day in enumerate(horizon_days(plant))
    )


def _floats(*tables: Floats, at: tuple[int, int]) -> list[float]:
    return [float(table[at]) for table in tables]


def _orders(asked: AskedDemand, outcome: Outcome) -> list[OrderChance]:
    late = outcome.late > TOLERANCE
    found = [
        OrderChance(id, float(late[:, row].mean()), float(outcome.late[:, row].mean()))
        for row, id in enumerate(asked.ids)
        if id
    ]
    return sorted(found, key=lambda one: one.order)
