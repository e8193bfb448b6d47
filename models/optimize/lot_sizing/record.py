"""What is to be made in buckets: the two problems, and what a plan of theirs costs and breaks.

A plan is an array `units` [items, periods] of what is made of each item in each period.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Units = NDArray[np.float64]
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class LotSizing:
    """Many items share the minutes of a period; each one made there takes a setup.

    demand [I, T]: units due at a period's end. holding [I]: money per unit left at a period's end.
    capacity [T], setup_minutes [I]: minutes. unit_minutes [I]: minutes per unit. setup_cost [I]: money
    for each period in which the item is made; no setup is carried over. Nothing may be late.
    """

    name: str
    demand: Floats
    holding: Floats
    capacity: Floats
    unit_minutes: Floats
    setup_minutes: Floats
    setup_cost: Floats

    def cost(self, units: Units) -> float:
        """Money for setups and for stock at the end of each period."""
        stock = np.cumsum(units - self.demand, axis=1)
        return float(self.setup_cost @ (units > 0).sum(axis=1) + self.holding @ stock.sum(axis=1))

    def faults(self, units: Units) -> tuple[str, ...]:
        """What the plan breaks, in words; empty where it is feasible."""
        used = self.unit_minutes @ units + self.setup_minutes @ (units > 0)
        room = [
            f"period {t}: {used[t]:g} minutes used, {self.capacity[t]:g} there are"
            for t in np.flatnonzero(used > self.capacity * (1 + TOLERANCE))
        ]
        return (*_short(self.demand, units), *room)


@dataclass(frozen=True, slots=True, eq=False)
class UnitLots:
    """One machine makes one unit in each period, or nothing; a change of item costs by what came before.

    demand [I, T]: 0 or 1, units due by the end of a period. holding: money per unit and period from
    making to its due period. changeover [I, I]: money from the item last made to the next, idle
    periods between them or not; the first one is free. Nothing may be late.
    """

    name: str
    demand: Floats
    holding: float
    changeover: Floats

    def cost(self, units: Units) -> float:
        """Money for changeovers and for stock at the end of each period."""
        made = sequence_of(units)
        made = made[made >= 0]
        stock = np.cumsum(units - self.demand, axis=1)
        return float(self.changeover[made[:-1], made[1:]].sum() + self.holding * stock.sum())

    def faults(self, units: Units) -> tuple[str, ...]:
        """What the plan breaks, in words; empty where it is feasible."""
        wrong = [
            f"period {t}: {units[:, t].sum():g} units made, at most one whole one can be"
            for t in range(units.shape[1])
            if units[:, t].sum() > 1 or np.any((units[:, t] != 0) & (units[:, t] != 1))
        ]
        return (*_short(self.demand, units), *wrong)


Problem = LotSizing | UnitLots


def sequence_of(units: Units) -> NDArray[np.int64]:
    """The item made in each period, -1 in idle ones, of a plan of unit lots."""
    return np.where(units.any(axis=0), units.argmax(axis=0), -1).astype(np.int64)


def units_of(sequence: NDArray[np.int64], items: int) -> Units:
    """The plan that makes the item given for each period, nothing where it is -1."""
    units: Units = (sequence == np.arange(items)[:, None]).astype(np.float64)
    return units


def _short(demand: Floats, units: Units) -> Iterator[str]:
    if np.any(units < 0):
        yield "units below 0"
    stock = np.cumsum(units - demand, axis=1)
    scale = np.maximum(np.cumsum(demand, axis=1), 1.0)
    for item, period in zip(*np.nonzero(stock < -TOLERANCE * scale), strict=True):
        yield f"item {item}, period {period}: short of {-stock[item, period]:g} units"
