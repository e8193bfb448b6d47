"""Where the work that is due cannot fit: lines too few minutes for what only they make.

For a due minute and a set of lines, what has to be made by then of the items that only these lines
make, at the rate of each item's fastest line and without any changeover, against their shift minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.rules.lots import products_first
from models.optimize.search.clock import clock_of
from plant import Plant
from plant.arrays import Floats, Ints, PlantArrays, plant_arrays
from plant.model import MINUTES_PER_HOUR


@dataclass(frozen=True, slots=True)
class Overload:
    """Lines that cannot do what is due of some items until a minute, whatever else they leave."""

    lines: tuple[int, ...]
    items: tuple[int, ...]
    until: int
    hours_needed: float
    hours_there: float

    @property
    def hours_short(self) -> float:
        """Hours of work that will be late, at least."""
        return self.hours_needed - self.hours_there


def overloads(plant: Plant, without: frozenset[int] = frozenset()) -> tuple[Overload, ...]:
    """The overloads of a plant: each set of lines once, when it is worst; the worst first.

    Items in `without` count as not made: no line could make them in any case.
    Of two sets of which one holds the other, the larger is left out where it is short of no more.
    """
    arrays = plant_arrays(plant)
    dues = np.unique([0, *(one.due for one in plant.orders if 0 < one.due <= plant.horizon)])
    if not plant.capabilities:
        return ()
    minutes = _minutes_needed(plant, arrays, dues, without)
    minutes -= minutes[:, :1]  # what was due before the start is late in any case, and can wait
    there = _minutes_there(plant, dues)
    can = (arrays.capabilities.rate > 0).astype(np.float32)
    size = can.sum(axis=0)
    inside = (can.T @ can == size[:, None]) & (size[:, None] > 0)  # whose lines are all among whose
    found: list[Overload] = []
    for item in np.argsort(size, kind="stable").tolist():
        items, lines = np.flatnonzero(inside[:, item]), np.flatnonzero(can[:, item])
        short = minutes[items].sum(axis=0) - there[lines].sum(axis=0)
        worst = int(short.argmax())
        within = sum(one.hours_short for one in found if set(one.lines) <= set(lines.tolist()))
        if not len(lines) or short[worst] <= within * MINUTES_PER_HOUR + 0.5:
            continue
        busy = items[minutes[items, worst] > 0]
        hours = float(minutes[items, worst].sum()) / MINUTES_PER_HOUR
        has = float(there[lines, worst].sum()) / MINUTES_PER_HOUR
        until = int(dues[worst])
        found.append(Overload(tuple(lines.tolist()), tuple(busy.tolist()), until, hours, has))
    return tuple(sorted(found, key=lambda one: -one.hours_short))


def _minutes_needed(
    plant: Plant, arrays: PlantArrays, dues: Ints, without: frozenset[int]
) -> Floats:
    """Shift minutes [I, D] that an item takes at least, on its fastest line, for what is due by each due."""
    wanted = np.zeros((len(plant.items), len(dues)))
    for order in plant.orders:
        if order.due <= plant.horizon:
            wanted[arrays.item_index[order.item]] += order.quantity * (dues >= order.due)
    given = np.repeat(arrays.items.stock[:, None], len(dues), axis=1)
    for arrival in plant.arrivals:
        given[arrays.item_index[arrival.item]] += arrival.quantity * (dues >= arrival.at)
    rate, best = arrays.capabilities.rate, arrays.capabilities.rate.max(axis=0)
    minutes = np.zeros_like(wanted)
    for item in products_first(arrays):
        made = np.maximum(wanted[item] - given[item], 0.0)
        if best[item] <= 0 or item in without:
            continue
        minutes[item] = made / best[item] * MINUTES_PER_HOUR
        yield_ = arrays.capabilities.yield_[rate[:, item] > 0, item].max()
        for row in range(arrays.bom.pointer[item], arrays.bom.pointer[item + 1]):
            wanted[arrays.bom.component[row]] += made * arrays.bom.per_unit[row] / yield_
    return minutes


def _minutes_there(plant: Plant, dues: Ints) -> Floats:
    """Shift minutes [L, D] of each line from when it is available until each due."""
    clock = clock_of(plant)
    last = clock.worked.shape[1] - 1
    before = clock.worked[clock.calendar, np.minimum(clock.available, last)]
    until = clock.worked[clock.calendar[:, None], np.minimum(dues, last)[None, :]]
    minutes: Floats = np.maximum(until - before[:, None], 0).astype(np.float64)
    return minutes
