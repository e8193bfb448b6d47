"""Groups of lines that belong together: what shares no item stays apart, what is too large is cut.

Two lines belong together by the work that either could do of the other's items, and by what one makes of
the other's parts. Each cut grows groups from random lines, so that the borders lie elsewhere each time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from plant import Plant, Run
from plant.arrays import Floats, Ints, PlantArrays, plant_arrays
from plant.model import MINUTES_PER_HOUR

JITTER = 0.5  # how far a draw may take a bond from its strength


def line_components(plant: Plant) -> list[list[int]]:
    """The lines in sets that share no item and no component with each other, larger ones first."""
    arrays = plant_arrays(plant)
    lines, items = len(plant.lines), len(plant.items)
    made_line, made_item = np.nonzero(arrays.capabilities.rate > 0)
    owner = np.repeat(np.arange(items), np.diff(arrays.bom.pointer))
    one = np.concatenate([made_line, lines + owner])
    other = np.concatenate([lines + made_item, lines + arrays.bom.component])
    size = lines + items
    graph = coo_matrix((np.ones(len(one)), (one, other)), shape=(size, size))
    label = connected_components(graph, directed=False)[1][:lines]
    found = [np.flatnonzero(label == one).tolist() for one in np.unique(label)]
    return sorted(found, key=lambda lines: (-len(lines), lines))


def draw_groups(
    plant: Plant, runs: Sequence[Run], most: int, rng: np.random.Generator
) -> list[list[int]]:
    """All lines in groups of at most about `most`: components packed together, large ones cut."""
    groups: list[list[int]] = []
    small: list[list[int]] = []
    bonds: Floats | None = None
    for lines in line_components(plant):
        if len(lines) > most:
            bonds = line_bonds(plant, runs) if bonds is None else bonds
            groups.extend(_cut(np.array(lines), bonds, most, rng))
        elif small and len(small[-1]) + len(lines) <= most:
            small[-1].extend(lines)
        else:
            small.append(list(lines))
    return [sorted(group) for group in (*groups, *small)]


def line_bonds(plant: Plant, runs: Sequence[Run]) -> Floats:
    """Minutes of work [L, L] that bind two lines: of items that both can make, or one for the other."""
    arrays = plant_arrays(plant)
    made = _minutes_made(arrays, runs)
    work = made.sum(axis=0)  # [I]
    can = (arrays.capabilities.rate > 0).astype(np.float64)
    shared = (made @ can.T) / np.maximum(can.sum(axis=1), 1.0)[None, :]
    share = made / np.maximum(work, 1.0)[None, :]
    owner = np.repeat(np.arange(can.shape[1]), np.diff(arrays.bom.pointer))
    feeds = np.zeros_like(shared)
    if len(owner):  # minutes of parts, to the lines that take them by how much they make
        feeds = made[:, arrays.bom.component] @ share[:, owner].T
    bonds: Floats = shared / max(shared.mean(), 1e-9) + feeds / max(feeds.mean(), 1e-9)
    return bonds + bonds.T


def _minutes_made(arrays: PlantArrays, runs: Sequence[Run]) -> Floats:
    made = np.zeros(arrays.capabilities.rate.shape)
    for run in runs:
        at = arrays.line_index[run.line], arrays.item_index[run.item]
        rate = arrays.capabilities.rate[at]
        made[at] += run.quantity / rate * MINUTES_PER_HOUR if rate > 0 else 0.0
    return made


def _cut(lines: Ints, bonds: Floats, most: int, rng: np.random.Generator) -> list[list[int]]:
    """Groups of about equal size: each grown from a random line by what it is bound to most."""
    number = -(-len(lines) // most)
    size = -(-len(lines) // number)
    left = lines.copy()
    groups = []
    while len(left):
        group = [int(rng.choice(left))]
        left = left[left != group[0]]
        pull = bonds[group[0], left] * rng.uniform(1 - JITTER, 1 + JITTER, len(left))
        while len(group) < size and len(left):
            best = int(pull.argmax())
            group.append(int(left[best]))
            left, pull = np.delete(left, best), np.delete(pull, best)
            pull = pull + bonds[group[-1], left] * rng.uniform(1 - JITTER, 1 + JITTER, len(left))
        groups.append(group)
    return groups
