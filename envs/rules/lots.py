"""Lots: what must be made for the orders, net of stock, stage by stage, in sizes worth setting up for.

Each item's demand (orders, and for parts the lots that take them) is netted in time order against its
stock over the safety stock, arrivals and runs that stay. What is left is merged into lots: dues within
`cover` go together, up to `longest` shift minutes. A lot is as urgent as its first demand.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from plant import Plant, Run
from plant.arrays import Floats, Ints, PlantArrays, plant_arrays, run_arrays
from plant.calendar import NEVER, minute_of, worked_before
from plant.kernel import GAIN, stock_events

SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Lotting:
    """How demand is merged: minutes of dues in one lot, shift minutes of the longest lot.

    With `safety`, stock is also built up to the safety stock.
    """

    cover: int = 2880
    longest: int = 960
    safety: bool = True


DEFAULT = Lotting()


class LotArrays(NamedTuple):
    """Lots [J]: item, units, minute of the first demand, money per day late, place in the order book."""

    item: Ints
    quantity: Floats
    due: Ints
    weight: Floats
    rank: Ints


@dataclass(slots=True)
class _Need:
    """Units of an item wanted at a minute, money per day late for all of them, place in the book."""

    due: int
    quantity: float
    weight: float
    rank: int


@dataclass(frozen=True, slots=True)
class _Making:
    """How an item is made: its first line, mean rate, worst yield, least lot and finest multiple."""

    line: int
    rate: float
    yield_: float
    min_lot: float
    multiple: float


def _making(arrays: PlantArrays, item: int) -> _Making | None:
    """How an item is made, or None for raw material."""
    capabilities = arrays.capabilities
    lines = np.flatnonzero(capabilities.rate[:, item])
    if not len(lines):
        return None
    return _Making(
        int(lines[0]),
        float(capabilities.rate[lines, item].mean()),
        float(capabilities.yield_[lines, item].min()),
        float(capabilities.min_lot[lines, item].min()),
        float(capabilities.lot_multiple[lines, item].min()),
    )


def lots_of(plant: Plant, lotting: Lotting = DEFAULT, kept: Sequence[Run] = ()) -> LotArrays:
    """The lots that serve the plant's orders beside the runs that are kept."""
    return _Explosion(plant, lotting, kept).lots()


class _Explosion:
    """Demand passed from products down to parts."""

    def __init__(self, plant: Plant, lotting: Lotting, kept: Sequence[Run]) -> None:
        arrays = plant_arrays(plant)
        self.arrays = arrays
        self.lotting = lotting
        self.events = stock_events(arrays, run_arrays(arrays, kept)[0])
        self.needs: list[list[_Need]] = [[] for _ in plant.items]
        self.makes = [_making(arrays, item) for item in range(len(plant.items))]
        self.rank_end = len(plant.orders)

    def lots(self) -> LotArrays:
        found: list[tuple[int, _Need]] = []
        for item in products_first(self.arrays):
            making = self.makes[item]
            if making is None:
                continue
            for lot in self._merged(making, list(self._net(item))):
                found.append((item, lot))
                self._explode(item, making, lot)
        found.sort(key=lambda pair: (pair[1].due, pair[1].rank, pair[0]))
        return LotArrays(
            np.array([item for item, _ in found], dtype=np.int64),
            np.array([lot.quantity for _, lot in found], dtype=np.float64),
            np.array([lot.due for _, lot in found], dtype=np.int64),
            np.array([lot.weight for _, lot in found], dtype=np.float64),
            np.array([lot.rank for _, lot in found], dtype=np.int64),
        )

    def _net(self, item: int) -> Iterator[_Need]:
        """What of an item's demand its stock and coming supply do not cover."""
        items = self.arrays.items
        available = float(items.stock[item])
        gap = 0.0
        if self.lotting.safety:
            gap = float(items.safety_stock[item]) - available
            available = max(-gap, 0.0)
        for supplied, need in self._in_time(item):
            available += supplied
            if need is None:
                continue
            short = need.quantity - max(available, 0.0)
            available -= need.quantity
            if short > SMALLEST:
                available += short
                share = short / need.quantity
                yield _Need(need.due, short, need.weight * share, need.rank)
                if gap > SMALLEST:
                    yield self._safety(item, gap, need.due)
                    gap = 0.0
        if gap > SMALLEST:
            yield self._safety(item, gap, self.arrays.horizon)

    def _safety(self, item: int, gap: float, due: int) -> _Need:
        """The safety stock is filled up with the first lot for which an order asks."""
        money = gap * float(self.arrays.items.shortage_cost[item])
        return _Need(due, gap, money, self.rank_end)

    def _in_time(self, item: int) -> Iterator[tuple[float, _Need | None]]:
        """Supplies and demands of an item in time order: supplies, kept runs' takes, the rest."""
        orders = self.arrays.orders
        rows: list[tuple[int, int, float, _Need | None]] = []
        for row in range(self.events.pointer[item], self.events.pointer[item + 1]):
            at, quantity = int(self.events.at[row]), float(self.events.quantity[row])
            if self.events.kind[row] == GAIN:
                rows.append((at, 0, quantity, None))
            else:
                rows.append((at, 1, 0.0, _Need(at, quantity, 0.0, self.rank_end)))
        for row in range(orders.pointer[item], orders.pointer[item + 1]):
            quantity, due = float(orders.quantity[row]), int(orders.due[row])
            money = float(orders.weight[row]) * quantity
            need = _Need(due, quantity, money, int(orders.position[row]))
            rows.append((max(due, 0), 2, 0.0, need))
        rows += [(need.due, 2, 0.0, need) for need in self.needs[item]]
        rows.sort(key=lambda row: (row[0], row[1]))
        for _, _, supplied, need_or_none in rows:
            yield supplied, need_or_none

    def _merged(self, making: _Making, needs: list[_Need]) -> Iterator[_Need]:
        min_lot, multiple = making.min_lot, making.multiple
        largest = max(making.rate * self.lotting.longest / 60.0, min_lot, multiple)
        lot: _Need | None = None
        excess = 0.0
        for need in needs:
            covered = min(excess, need.quantity)
            excess -= covered
            left = need.quantity - covered
            piece = left / max(math.ceil(left / largest), 1)
            while left > SMALLEST:
                part = min(piece, left)
                full = lot is not None and lot.quantity + part > largest * (1 + 1e-9)
                if lot is not None and (full or need.due > lot.due + self.lotting.cover):
                    rounded = lot_size(lot.quantity, min_lot, multiple)
                    excess += rounded - lot.quantity
                    lot.quantity = rounded
                    yield lot
                    lot = None
                    covered = min(excess, left)
                    excess -= covered
                    left -= covered
                    continue
                share = need.weight * part / need.quantity
                if lot is None:
                    lot = _Need(need.due, part, share, need.rank)
                else:
                    lot.quantity += part
                    lot.weight += share
                    lot.rank = min(lot.rank, need.rank)
                left -= part
        if lot is not None:
            lot.quantity = lot_size(lot.quantity, min_lot, multiple)
            yield lot

    def _explode(self, item: int, making: _Making, lot: _Need) -> None:
        """Demand for the made parts of a lot, at the minute at which it has to start."""
        bom = self.arrays.bom
        rows = range(bom.pointer[item], bom.pointer[item + 1])
        parts = [row for row in rows if self.makes[bom.component[row]] is not None]
        if not parts:
            return
        started = lot.quantity / making.yield_
        start = self._before(making.line, lot.due, math.ceil(lot.quantity / making.rate * 60.0))
        for row in parts:
            units = started * float(bom.per_unit[row])
            self.needs[bom.component[row]].append(_Need(start, units, lot.weight, lot.rank))

    def _before(self, line: int, due: int, minutes: int) -> int:
        calendar = self.arrays.calendar
        start = minute_of(calendar, line, worked_before(calendar, line, max(due, 0))[0] - minutes)
        return 0 if start == NEVER else int(start)


def lot_size(quantity: float, min_lot: float, multiple: float) -> float:
    """The least lot of at least so many units."""
    size = max(quantity, min_lot)
    return math.ceil(size / multiple - 1e-9) * multiple if multiple > 0 else size


def products_first(arrays: PlantArrays) -> list[int]:
    """All items, each before its components."""
    bom = arrays.bom
    takers = np.bincount(bom.component, minlength=len(arrays.items.stock))
    ready = [int(item) for item in np.flatnonzero(takers == 0)]
    for item in ready:
        for row in range(bom.pointer[item], bom.pointer[item + 1]):
            takers[bom.component[row]] -= 1
            if takers[bom.component[row]] == 0:
                ready.append(int(bom.component[row]))
    return ready
