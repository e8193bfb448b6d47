"""What the list scheduler reads: the plant as a shop, the lots as jobs for its lines."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from envs.rules.lots import LotArrays
from plant.arrays import (
    BomArrays,
    CalendarArrays,
    CapabilityArrays,
    ChangeoverArrays,
    Floats,
    Ints,
    PlantArrays,
)
from plant.calendar import minutes_needed, worked_before
from plant.compiled import outer


class Shop(NamedTuple):
    """What the plant says, for compiled code."""

    calendar: CalendarArrays
    capabilities: CapabilityArrays
    changeovers: ChangeoverArrays
    bom: BomArrays
    family: Ints
    initial_family: Ints
    table: Ints
    made: Ints


class Jobs(NamedTuple):
    """The lots [J] with their minutes [L, J] (0: not on this line) and shift minutes to due [L, J]."""

    lots: LotArrays
    minutes: Ints
    due: Ints
    mean_minutes: float
    mean_changeover: float


class Listed(NamedTuple):
    """Placed runs: line, item, start, end, quantity and the lot each came from."""

    line: Ints
    item: Ints
    start: Ints
    end: Ints
    quantity: Floats
    lot: Ints

    def first(self, count: int) -> Listed:
        """The first so many runs."""
        line, item, start, end, quantity, lot = self
        return Listed(
            line[:count], item[:count], start[:count], end[:count], quantity[:count], lot[:count]
        )


def shop_of(arrays: PlantArrays) -> Shop:
    """The plant as the list scheduler reads it."""
    return Shop(
        arrays.calendar,
        arrays.capabilities,
        arrays.changeovers,
        arrays.bom,
        arrays.items.family,
        arrays.lines.initial_family,
        arrays.lines.table,
        np.any(arrays.capabilities.rate > 0, axis=0).astype(np.int64),
    )


def jobs_of(shop: Shop, lots: LotArrays) -> Jobs:
    """The lots as work of lines."""
    minutes, due = _work(shop, lots)
    possible = minutes[minutes > 0]
    changeovers = shop.changeovers.minutes[shop.changeovers.minutes > 0]
    return Jobs(
        lots,
        minutes,
        due,
        float(possible.mean()) if len(possible) else 1.0,
        float(changeovers.mean()) if len(changeovers) else 1.0,
    )


@outer
def _work(shop: Shop, lots: LotArrays) -> tuple[Ints, Ints]:
    size, count = len(shop.initial_family), len(lots.item)
    minutes = np.zeros((size, count), np.int64)
    due = np.zeros((size, count), np.int64)
    for line in range(size):
        for lot in range(count):
            rate = shop.capabilities.rate[line, lots.item[lot]]
            if rate > 0:
                minutes[line, lot] = max(minutes_needed(lots.quantity[lot], rate), 1)
                due[line, lot] = worked_before(shop.calendar, line, max(lots.due[lot], 0))[0]
    return minutes, due
