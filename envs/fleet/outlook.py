"""What an outlook on a fleet's items needs that no episode changes."""

from __future__ import annotations

import numpy as np

from envs.fleet.kernel.outlook import CANNOT, Outlook
from envs.fleet.plants import FAR, SHORTEST, Fleet


def outlook_of(fleet: Fleet) -> Outlook:
    """The outlook's room and what is fixed of it: usual orders and least runs."""
    size, lines, items = fleet.size, fleet.lines, fleet.items
    rows = np.repeat(np.arange(size * items), fleet.order_count)
    spare = np.diff(fleet.order_first) - fleet.order_count
    place = np.arange(len(rows)) + np.repeat(np.cumsum(spare) - spare, fleet.order_count)
    units = np.bincount(rows, fleet.order_quantity[place], minlength=size * items)
    ordered = (fleet.order_count > 0).reshape(size, items)
    wanted = np.maximum(ordered.sum(axis=1, keepdims=True), 1)
    line, slot = np.nonzero(fleet.slot_item >= 0)
    smallest = np.full(size * items, float(FAR))
    run = np.maximum.reduce(
        [fleet.least, fleet.multiple, fleet.rate * float(fleet.rhythm[SHORTEST]) / 60.0]
    )
    np.minimum.at(smallest, fleet.slot_item[line, slot], run[line, slot])
    return Outlook(
        usual=units / np.maximum(fleet.order_count, 1),
        rushes=(ordered / wanted / 1440.0).ravel(),
        smallest=smallest,
        starts=np.full((size, items), CANNOT, np.int32),
        gains=np.full(size * items, FAR),
        takeable=np.zeros(size * items),
        told=np.full((size * lines, 2), -1),
        told_units=np.zeros(size * lines),
        told_free=np.full(size * lines, FAR),
        offered=np.full((size * lines, 5), -1),
        offers=np.full((size * lines, items), CANNOT, np.int32),
    )
