"""What an outlook on a fleet's items needs that no episode changes, and room for what lines offer."""

from __future__ import annotations

import numpy as np

from envs.fleet.kernel.outlook import Outlook
from envs.fleet.kernel.starts import CANNOT, Starts
from envs.fleet.plants import FAR, SHORTEST, Fleet

UNKNOWN = -2  # where a line may be set up for nothing, which is -1


def outlook_of(fleet: Fleet) -> Outlook:
    """Usual orders of a fleet's items, and how many of them rush."""
    size, items = fleet.size, fleet.items
    rows = np.repeat(np.arange(size * items), fleet.order_count)
    spare = np.diff(fleet.order_first) - fleet.order_count
    place = np.arange(len(rows)) + np.repeat(np.cumsum(spare) - spare, fleet.order_count)
    units = np.bincount(rows, fleet.order_quantity[place], minlength=size * items)
    ordered = (fleet.order_count > 0).reshape(size, items)
    wanted = np.maximum(ordered.sum(axis=1, keepdims=True), 1)
    return Outlook(
        usual=units / np.maximum(fleet.order_count, 1),
        rushes=(ordered / wanted / 1440.0).ravel(),
    )


def starts_of(fleet: Fleet) -> Starts:
    """Room for what lines offer, and the least runs of items."""
    size, lines, items = fleet.size, fleet.lines, fleet.items
    line, slot = np.nonzero(fleet.slot_item >= 0)
    smallest = np.full(size * items, float(FAR))
    run = np.maximum.reduce(
        [fleet.least, fleet.multiple, fleet.rate * float(fleet.rhythm[SHORTEST]) / 60.0]
    )
    np.minimum.at(smallest, fleet.slot_item[line, slot], run[line, slot])
    made = (fleet.is_component > 0) & (fleet.makers > 0)
    return Starts(
        smallest=smallest,
        parts_made=np.array([plant.any() for plant in made.reshape(size, items)], np.int64),
        gains=np.full(size * items, FAR),
        takeable=np.zeros(size * items),
        offers=np.full((size * lines, items), CANNOT, np.int32),
        setups=np.full((size * lines, items), CANNOT, np.int32),
        setup_from=np.full(size * lines, UNKNOWN),
        longest=np.zeros(size * lines, np.int64),
        waiting=np.full((size, items), CANNOT, np.int32),
        offered=np.full((size, items), CANNOT, np.int32),
        first=np.full((size, items), CANNOT, np.int32),
    )
