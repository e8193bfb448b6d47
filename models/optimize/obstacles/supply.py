"""At most how much of an item there can be by when: stock, what comes in, what lines can make of it.

Upper bounds, each item by itself: a line's minutes and an item's material count for every item that could
use them. So what is short here is short in every schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from envs.rules.lots import products_first
from models.optimize.search.clock import Clock, clock_of
from plant import Plant
from plant.arrays import Floats, Ints, PlantArrays, plant_arrays
from plant.model import MINUTES_PER_HOUR

Limit = Literal["no line", "shifts", "material", "lot", "capacity"]
Ready = tuple[Ints, Ints, Floats]  # lines, the first minute of each, good units per hour of each
TOLERANCE = 1e-6
SMALLEST = 1e-3  # units: what a lot without a least size is taken to be


@dataclass(frozen=True, slots=True)
class Cause:
    """What limits an item: the kind, the item at the root of it, and the lines it is about."""

    limit: Limit
    item: int
    lines: tuple[int, ...] = ()


class Supply:
    """Upper bounds of what can be had of each item of a plant, by minute.

    cause [I]: why no unit of the item can be made within the horizon; None where some can. earliest [I]: the
    first minute at which a lot of it can be finished, past the horizon where none can.
    """

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self.arrays: PlantArrays = plant_arrays(plant)
        self.clock: Clock = clock_of(plant)
        items = len(plant.items)
        self.never = plant.horizon + 1
        self.earliest = np.full(items, self.never, np.int64)
        self.cause: list[Cause | None] = [None] * items
        self._known: dict[tuple[int, float], int | None] = {}
        self._waits: dict[int, tuple[int, int]] = {}
        self._ready: list[Ready] = [_nothing()] * items
        self._given = [self._given_of(item) for item in range(items)]
        for item in reversed(products_first(self.arrays)):
            self._find_lines(item)

    def given(self, item: int, minute: int) -> float:
        """Units in stock at the start and come in by a minute."""
        at, units = self._given[item]
        return float(units[at <= minute].sum())

    def most(self, item: int, minute: int) -> float:
        """The units that there can be by a minute, if lines and material serve this item alone."""
        return self.given(item, minute) + self._made(item, minute)

    def limit(self, item: int, minute: int, units: float) -> Cause:
        """What keeps `most` by a minute from being so many units, down the chain to where it begins."""
        never = self.cause[item]
        if never is not None:
            return never
        lines, _, rate = self._ready[item]
        waits = self._waits.get(item)
        if waits is not None:
            at_once = self._capacity(item, minute, (lines, self.clock.available[lines], rate))
            if minute < self.earliest[item] or at_once >= units:
                return self._root(waits[0], waits[1] - 1, np.inf)
        capacity = self._capacity(item, minute, self._ready[item])
        for row in self._bom(item):
            if self._material(item, row, minute) < capacity:
                part = int(self.arrays.bom.component[row])
                return self._root(part, minute, units * float(self.arrays.bom.per_unit[row]))
        return Cause("capacity", item, tuple(lines.tolist()))

    def first_minute(self, item: int, units: float) -> int | None:
        """The first minute at which there can be so many units; None within the horizon never."""
        low, high = 0, self.plant.horizon
        if self.most(item, high) < units - TOLERANCE:
            return None
        while low < high:
            middle = (low + high) // 2
            if self.most(item, middle) >= units - TOLERANCE:
                high = middle
            else:
                low = middle + 1
        return low

    def _made(self, item: int, minute: int) -> float:
        if minute < self.earliest[item]:
            return 0.0
        material = (self._material(item, row, minute) for row in self._bom(item))
        return min([self._capacity(item, minute, self._ready[item]), *material])

    def _capacity(self, item: int, minute: int, ready: Ready) -> float:
        """Units that the lines make of an item by a minute, each from when it is ready on."""
        lines, since, rate = ready
        if not len(lines):
            return 0.0
        rows = self.clock.calendar[lines]
        worked = self.clock.worked
        last = min(minute, worked.shape[1] - 1)
        minutes = np.maximum(worked[rows, last] - worked[rows, np.minimum(since, last)], 0)
        return float((minutes * rate).sum()) / MINUTES_PER_HOUR

    def _material(self, item: int, row: int, minute: int) -> float:
        """Good units of an item that a row of its bill of materials allows by a minute."""
        bom, yield_ = self.arrays.bom, self.arrays.capabilities.yield_
        best = float(yield_[self._ready[item][0], item].max(initial=0.0))
        return self.most(int(bom.component[row]), minute) * best / float(bom.per_unit[row])

    def _bom(self, item: int) -> range:
        pointer = self.arrays.bom.pointer
        return range(int(pointer[item]), int(pointer[item + 1]))

    def _given_of(self, item: int) -> tuple[Ints, Floats]:
        arrivals = self.arrays.arrivals
        mine = arrivals.item == item
        at = np.concatenate([[0], arrivals.at[mine]]).astype(np.int64)
        return at, np.concatenate([[self.arrays.items.stock[item]], arrivals.quantity[mine]])

    def _find_lines(self, item: int) -> None:
        """Find the lines that can finish a lot of the item in time, and why the others cannot."""
        capabilities, clock = self.arrays.capabilities, self.clock
        lines = np.flatnonzero(capabilities.rate[:, item] > 0)
        if not len(lines):
            self.cause[item] = Cause("no line", item)
            return
        last = min(self.plant.horizon, clock.worked.shape[1] - 1)
        row, worked = clock.calendar[lines], clock.worked
        least, opens = self._least_lots(lines, item), clock.available[lines]
        minutes = np.maximum(np.ceil(least / capabilities.rate[lines, item] * 60.0 - 1e-6), 1)
        there = worked[row, last] - worked[row, np.minimum(opens, last)]
        if not (minutes <= there).any():
            told = lines[there > 0] if (there > 0).any() else lines
            limit: Limit = "lot" if (there > 0).any() else "shifts"
            self.cause[item] = Cause(limit, item, tuple(told.tolist()))
            return
        start = self._starts(item, lines, least)
        until = worked[row, np.minimum(start, last)] + minutes.astype(np.int64)
        able = (start <= self.plant.horizon) & (until <= worked[row, last])
        if not able.any():
            self.cause[item] = Cause("lot", item, tuple(lines.tolist()))
            if item in self._waits:
                part, at = self._waits[item]
                self.cause[item] = self._root(part, at - 1, np.inf)
            return
        ends = clock.minute[row[able], until[able] - 1] + 1
        self.earliest[item] = int(ends.min())
        rate = capabilities.rate[lines[able], item]
        self._ready[item] = lines[able], start[able], rate
        if not (start[able] > opens[able]).all():
            self._waits.pop(item, None)

    def _starts(self, item: int, lines: Ints, least: Floats) -> Ints:
        """When each line can start its least lot of an item, parts there; notes the last part to come."""
        start, yield_ = self.clock.available[lines].copy(), self.arrays.capabilities.yield_
        for row in self._bom(item):
            part = int(self.arrays.bom.component[row])
            taken = least * self.arrays.bom.per_unit[row] / yield_[lines, item]
            units, of_line = np.unique(taken, return_inverse=True)
            soonest = [self._soonest(part, float(one)) for one in units]
            at = np.array([self.never if one is None else one for one in soonest], np.int64)
            if at.min() > self._waits.get(item, (-1, 0))[1]:
                self._waits[item] = part, int(at.min())
            start = np.maximum(start, at[of_line])
        return start

    def _least_lots(self, lines: Ints, item: int) -> Floats:
        """The least lot of an item on each of some lines."""
        least = np.maximum(self.arrays.capabilities.min_lot[lines, item], SMALLEST)
        multiple = self.arrays.capabilities.lot_multiple[lines, item]
        step = np.where(multiple > 0, multiple, 1.0)
        lots: Floats = np.where(multiple > 0, np.ceil(least / step - 1e-9) * step, least)
        return lots

    def _soonest(self, part: int, units: float) -> int | None:
        """When so many units of a part can be there at the earliest."""
        if (part, units) not in self._known:
            self._known[part, units] = self.first_minute(part, units)
        return self._known[part, units]

    def _root(self, part: int, minute: int, units: float) -> Cause:
        """What at the root of a part's chain keeps so many of it from being there by a minute."""
        deeper = self.limit(part, minute, units)
        return Cause("material", deeper.item) if deeper.limit == "no line" else deeper


def _nothing() -> Ready:
    return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
