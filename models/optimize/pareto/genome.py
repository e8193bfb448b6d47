"""A plan as lots in sequence per line: what children have from their parents, and plain mutations.

The lots are decoded by `realise`, so that every child is feasible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from models.optimize.search.disaggregate import Lot, lots_of_runs, realise, whole_lot
from models.optimize.search.moves import SMALLEST_LOT
from plant import Plant, Run, Schedule
from plant.arrays import plant_arrays

Genome = dict[str, list[Lot]]
MOST_EXCHANGED = 3  # lines or families: of ten, decoding leaves a plan that costs twice as much
MOST_MUTATIONS = 4
ASIDE = 720  # minutes by which a lot's release moves at most


def child(
    plant: Plant,
    one: Schedule,
    other: Schedule,
    staying: Sequence[Run],
    rng: np.random.Generator,
) -> Schedule:
    """The plan of one parent, in which the other says how a few families, or lines, are run."""
    held = {run.id for run in staying}
    mine, theirs = ([run for run in plan.runs if run.id not in held] for plan in (one, other))
    if rng.random() < 0.5:
        families = _few_of(sorted({item.family for item in plant.items}), rng)
        runs = with_items_of(
            mine, theirs, {item.id for item in plant.items if item.family in families}
        )
    else:
        runs = with_lines_of(mine, theirs, _few_of([line.id for line in plant.lines], rng))
    return realise(plant, _named_once(lots_of_runs(runs)), staying)


def with_items_of(mine: Sequence[Run], theirs: Sequence[Run], items: set[str]) -> list[Run]:
    """My runs, but theirs of the items: all lots of an item are one parent's, so nothing is made twice."""
    return [
        *(run for run in mine if run.item not in items),
        *(run for run in theirs if run.item in items),
    ]


def with_lines_of(mine: Sequence[Run], theirs: Sequence[Run], lines: set[str]) -> list[Run]:
    """My runs, but theirs on the lines, and as much of each item as I make, to half a run.

    What the lines made for me and do not for them stays where it was, largest first; what they make on
    top of it is taken out of the latest runs.
    """
    runs = [
        *(run for run in mine if run.line not in lines),
        *(run for run in theirs if run.line in lines),
    ]
    missing: dict[str, float] = defaultdict(float)
    for run in mine:
        missing[run.item] += run.quantity
    for run in runs:
        missing[run.item] -= run.quantity
    for run in sorted(mine, key=lambda run: -run.quantity):
        if run.line in lines and missing[run.item] >= run.quantity / 2:
            runs.append(run)
            missing[run.item] -= run.quantity
    for run in sorted(runs, key=lambda run: -run.start):
        if -missing[run.item] >= run.quantity / 2:
            runs.remove(run)
            missing[run.item] += run.quantity
    return runs


def mutated(
    plant: Plant, schedule: Schedule, staying: Sequence[Run], rng: np.random.Generator
) -> Schedule:
    """The plan with a few lots moved, swapped, split, merged, resized or delayed at random."""
    held = {run.id for run in staying}
    genome = lots_of_runs([run for run in schedule.runs if run.id not in held])
    for _ in range(int(rng.integers(1, MOST_MUTATIONS + 1))):
        change = MUTATIONS[int(rng.integers(len(MUTATIONS)))]
        line = str(rng.choice(sorted(genome))) if genome else ""
        if genome.get(line):
            change(plant, genome, line, int(rng.integers(len(genome[line]))), rng)
    return realise(plant, genome, staying)


def _few_of(names: list[str], rng: np.random.Generator) -> set[str]:
    count = min(int(rng.integers(1, MOST_EXCHANGED + 1)), len(names))
    return set(rng.choice(names, count, replace=False).tolist()) if names else set()


def _named_once(genome: Genome) -> Genome:
    """The genome in which a run's id that both parents used stands once."""
    seen: set[str] = set()

    def once(lot: Lot) -> Lot:
        if lot.id is None or lot.id in seen:
            return replace(lot, id=None)
        seen.add(lot.id)
        return lot

    return {line: [once(lot) for lot in lots] for line, lots in genome.items()}


def _move(plant: Plant, genome: Genome, line: str, at: int, rng: np.random.Generator) -> None:
    lot = genome[line][at]
    able = sorted(one.line for one in plant.capabilities if one.item == lot.item)
    to = str(rng.choice(able))
    del genome[line][at]
    lots = genome.setdefault(to, [])
    units = _whole(plant, to, lot.item, lot.quantity)
    lots.insert(int(rng.integers(len(lots) + 1)), replace(lot, quantity=units, release=0))


def _swap(plant: Plant, genome: Genome, line: str, at: int, rng: np.random.Generator) -> None:
    lots, to = genome[line], int(rng.integers(len(genome[line])))
    one, other = replace(lots[at], release=0), replace(lots[to], release=0)
    lots[at], lots[to] = other, one


def _split(plant: Plant, genome: Genome, line: str, at: int, rng: np.random.Generator) -> None:
    lot, share = genome[line][at], rng.random()
    less = _whole(plant, line, lot.item, lot.quantity * share)
    if less < lot.quantity:
        rest = Lot(lot.item, _whole(plant, line, lot.item, lot.quantity - less))
        genome[line][at] = replace(lot, quantity=less)
        genome[line].insert(int(rng.integers(len(genome[line]) + 1)), rest)


def _merge(plant: Plant, genome: Genome, line: str, at: int, rng: np.random.Generator) -> None:
    lots, lot = genome[line], genome[line][at]
    more = [n for n in range(len(lots)) if n != at and lots[n].item == lot.item]
    if more:
        gone = int(rng.choice(more))
        units = _whole(plant, line, lot.item, lot.quantity + lots[gone].quantity)
        lots[at] = replace(lot, quantity=units)
        del lots[gone]


def _resize(plant: Plant, genome: Genome, line: str, at: int, rng: np.random.Generator) -> None:
    lot = genome[line][at]
    units = _whole(plant, line, lot.item, lot.quantity * rng.uniform(0.5, 1.5))
    genome[line][at] = replace(lot, quantity=units)


def _delay(plant: Plant, genome: Genome, line: str, at: int, rng: np.random.Generator) -> None:
    lot = genome[line][at]
    release = max(lot.release + int(rng.integers(-ASIDE, ASIDE + 1)), 0)
    genome[line][at] = replace(lot, release=release)


def _whole(plant: Plant, line: str, item: str, units: float) -> float:
    arrays = plant_arrays(plant)
    row, column = arrays.line_index[line], arrays.item_index[item]
    return whole_lot(arrays.capabilities, row, column, max(units, SMALLEST_LOT))


Mutation = Callable[[Plant, Genome, str, int, np.random.Generator], None]
MUTATIONS: tuple[Mutation, ...] = (_move, _swap, _split, _merge, _resize, _delay)
