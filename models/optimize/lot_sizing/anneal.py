"""A cheap sequence of unit lots, by annealings that are each longer than the one before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from models.optimize.lot_sizing.kernel_anneal import Ints, anneal
from models.optimize.lot_sizing.record import UnitLots, Units, sequence_of, units_of

# Of the dearest changeover. Measured on the public instances of 100 to 200 periods: hotter or colder
# ends were up to 0.2 % dearer after the same moves.
HOT, COLD = 0.30, 0.04
CHUNK = 100_000  # moves between looks at the clock
FIRST_SECONDS, GROWTH = 1.0, 3.0  # each annealing takes so much longer than the one before


def search(
    problem: UnitLots,
    start: Units,
    seconds: float,
    seed: int,
    offer: Callable[[Units], None],
    clock: Callable[[], float] = time.monotonic,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Offer better and better plans: annealings from the start, each longer than the last.

    enough says when to end before the time is up.
    """
    generator = np.random.default_rng(seed)
    items = len(problem.demand)
    until, length = clock() + seconds, FIRST_SECONDS
    lowest = np.inf
    while clock() < until and not enough():
        left = until - clock()
        # A last annealing too short to be worth starting makes the one before it longer.
        length = left if left < length * (1 + GROWTH) else length
        for cost, sequence in _annealing(problem, start, length, generator, clock, enough):
            if cost < lowest - 1e-9:
                lowest = cost
                offer(units_of(sequence, items))
        length *= GROWTH


def _annealing(
    problem: UnitLots,
    start: Units,
    seconds: float,
    generator: np.random.Generator,
    clock: Callable[[], float],
    enough: Callable[[], bool],
) -> Iterator[tuple[float, Ints]]:
    """The lowest cost and its sequence after each chunk of one annealing."""
    sequence = sequence_of(start)
    best = sequence.copy()
    slack: Ints = np.cumsum(start - problem.demand, axis=1).round().astype(np.int64)
    cost = lowest = problem.cost(start)
    table = np.where(np.eye(len(problem.changeover)) > 0, 0.0, problem.changeover)
    dearest = float(table.max(initial=1.0))
    hot = HOT * dearest
    began = clock()
    done = 0.0
    while done < 1.0 and not enough():
        now = hot * (COLD / HOT) ** done
        cost, lowest = anneal(
            sequence, best, slack, table, problem.holding, cost, lowest, now, now, CHUNK,
            int(generator.integers(2**31)),
        )  # fmt: skip
        yield lowest, best.copy()
        done = (clock() - began) / seconds
