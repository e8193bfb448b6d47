"""Where to look for something better: choosers that put a plant's lines in an order around a minute.

A chooser says which lines belong together and when it matters; how many of these lines, and how much of
the time, a part takes is up to its size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant import Evaluation, Plant, Schedule
from plant.arrays import Floats, Ints, PlantArrays, plant_arrays

ELIGIBLE_BY_CHANCE = 0.5  # how much of the order of lines that share items is drawn


@dataclass(frozen=True, slots=True)
class Picture:
    """A schedule as choosers see it: R runs on L lines, making I items.

    can [L, I]; line, item, start [R]; late [I]: money a day that units of the item's late orders cost;
    late_due [I]: when the first of them was due, -1 for none.
    """

    plant: Plant
    arrays: PlantArrays
    can: NDArray[np.bool_]
    line: Ints
    item: Ints
    start: Ints
    late: Floats
    late_due: Ints


@dataclass(frozen=True, slots=True)
class Area:
    """All lines of interest, the most interesting first, and the minute around which it matters."""

    lines: tuple[int, ...]
    minute: int

    def nearest(self, picture: Picture, lines: int, runs: int) -> tuple[int, int]:
        """The minutes in which the first lines start so many runs, those nearest to the area's minute."""
        mine = picture.start[np.isin(picture.line, self.lines[:lines])]
        if not len(mine):
            return self.minute, self.minute + 1
        close = mine[np.argsort(np.abs(mine - self.minute), kind="stable")][: max(runs, 1)]
        return int(close.min()), int(close.max()) + 1


Chooser = Callable[[Picture, np.random.Generator], Area | None]


def picture_of(plant: Plant, schedule: Schedule, verdict: Evaluation) -> Picture:
    """The picture of a schedule and what `plant.evaluate` says of it."""
    arrays = plant_arrays(plant)
    late, due = np.zeros(len(plant.items)), np.full(len(plant.items), -1, dtype=np.int64)
    orders = {order.id: order for order in plant.orders}
    for id, units in verdict.late_orders.items():
        order = orders[id]
        item = arrays.item_index[order.item]
        late[item] += order.weight * units
        due[item] = order.due if due[item] < 0 else min(due[item], order.due)
    runs = schedule.runs
    return Picture(
        plant,
        arrays,
        arrays.capabilities.rate > 0,
        np.array([arrays.line_index[run.line] for run in runs], dtype=np.int64),
        np.array([arrays.item_index[run.item] for run in runs], dtype=np.int64),
        np.array([run.start for run in runs], dtype=np.int64),
        late,
        due,
    )


def lines_that_share(picture: Picture, rng: np.random.Generator) -> Area | None:
    """A line with work and those that can make what it can, around one of its runs."""
    if not len(picture.line):
        return None
    run = int(rng.integers(len(picture.line)))
    first = int(picture.line[run])
    shared = (picture.can & picture.can[first]).sum(axis=1) + 0.1
    return Area(_ordered(shared, [first], rng), int(picture.start[run]))


def window_of_time(picture: Picture, rng: np.random.Generator) -> Area | None:
    """The lines that start something about a minute, whatever they make."""
    if not len(picture.line):
        return None
    minute = int(rng.integers(picture.arrays.horizon))
    away = np.full(len(picture.plant.lines), float(picture.arrays.horizon))
    np.minimum.at(away, picture.line, np.abs(picture.start - minute).astype(np.float64))
    return Area(_ordered(1.0 / (away + 60.0), [], rng), minute)


def one_family(picture: Picture, rng: np.random.Generator) -> Area | None:
    """The lines that make a family, then those that can, around one of its runs."""
    if not len(picture.line):
        return None
    run = int(rng.integers(len(picture.line)))
    families = picture.arrays.items.family
    family = families[picture.item[run]]
    makes = np.bincount(
        picture.line[families[picture.item] == family], minlength=len(picture.plant.lines)
    )
    can = picture.can[:, families == family].any(axis=1)
    return Area(
        _ordered(makes + 0.3 * can + 0.01, [int(picture.line[run])], rng), int(picture.start[run])
    )


def what_hurts_most(picture: Picture, rng: np.random.Generator) -> Area | None:
    """The lines that can make an item that is late, drawn by what that costs, before it was due."""
    total = picture.late.sum()
    if total <= 0:
        return None
    item = int(rng.choice(len(picture.late), p=picture.late / total))
    makes = np.bincount(picture.line[picture.item == item], minlength=len(picture.plant.lines))
    useful = picture.can[:, item] * (1.0 + makes) + 0.001
    return Area(_ordered(useful, [], rng), max(int(picture.late_due[item]), 0))


def chain_of_components(picture: Picture, rng: np.random.Generator) -> Area | None:
    """The lines that make a component and those that make what takes it, around one of its runs."""
    bom = picture.arrays.bom
    owner = np.repeat(np.arange(len(bom.pointer) - 1), np.diff(bom.pointer))
    rows = np.flatnonzero(np.isin(bom.component, picture.item))
    if not len(rows):
        return None
    part = int(bom.component[rng.choice(rows)])
    chain = np.isin(picture.item, [part, *owner[bom.component == part].tolist()])
    makes = np.bincount(picture.line[chain], minlength=len(picture.plant.lines))
    at = int(rng.choice(np.flatnonzero(picture.item == part)))
    return Area(
        _ordered(makes + 0.1 * picture.can[:, part] + 0.001, [int(picture.line[at])], rng),
        int(picture.start[at]),
    )


CHOOSERS: dict[str, Chooser] = {
    "lines": lines_that_share,
    "window": window_of_time,
    "family": one_family,
    "late": what_hurts_most,
    "chain": chain_of_components,
}


def _ordered(interest: Floats, first: list[int], rng: np.random.Generator) -> tuple[int, ...]:
    """All lines, given ones first, then by interest, in part by chance."""
    drawn = interest * (1.0 - ELIGIBLE_BY_CHANCE + ELIGIBLE_BY_CHANCE * rng.random(len(interest)))
    rest = [line for line in np.argsort(-drawn, kind="stable").tolist() if line not in first]
    return (*first, *rest)
