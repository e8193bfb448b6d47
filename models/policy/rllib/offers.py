"""The choices that lines have, row by row: a fortieth of all lines' slots, most of which show nothing.

A row is one plant at one step. Its offers are an array [n, 2 + columns] of its own: line, slot, and what the
slot shows. RLlib cuts and joins columns of such arrays like any other, and leaves them as they are otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.policy.dispatcher import Options, possible_options

OFFERS = "offers"
SHOWN = (
    "slots",
    "mask",
    "edge_units",
)  # of an observation, what offers stand for or nothing looks at


def options_of(seen: Mapping[str, Any]) -> Options:
    """The options of what is seen, from its offers or from its slots."""
    return joined(seen[OFFERS], seen["slot_item"]) if OFFERS in seen else possible_options(seen)


def offers_of(options: Options, plants: NDArray[np.int64]) -> NDArray[Any]:
    """The offers of some plants of a batch, in rising order; the others have none."""
    where = torch.stack([options.line, options.slot], 1).to(options.chosen.dtype)
    every = torch.cat([where, options.chosen], 1).numpy()
    ends = np.bincount(options.plant.numpy(), minlength=options.shape[0]).cumsum()
    apart = np.split(every, ends[:-1])
    found = np.empty(len(plants), object)
    for row, plant in enumerate(plants.tolist()):
        found[row] = apart[plant]
    return found


def joined(offers: NDArray[Any], slot_item: Tensor) -> Options:
    """The options of rows, from the offers of each [N] and the items of their slots [N, L, K]."""
    every = torch.from_numpy(np.concatenate(list(offers)))
    plant = torch.from_numpy(np.repeat(np.arange(len(offers)), [len(one) for one in offers]))
    line, slot = every[:, 0].long(), every[:, 1].long()
    rows, lines, slots = slot_item.shape
    first = torch.ones_like(plant, dtype=torch.bool)
    first[1:] = (plant[1:] != plant[:-1]) | (line[1:] != line[:-1])
    item = slot_item[plant, line, slot].long()
    return Options(
        plant, line, slot, item, every[:, 2:], first.long().cumsum(0) - 1, plant[first], line[first],
        (rows, lines, slots + 1),
    )  # fmt: skip
