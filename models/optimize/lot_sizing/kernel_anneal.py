"""Annealing of one machine's sequence of unit lots, compiled.

The state is the item made in each period (-1: idle). `slack[i, t]` is the stock of i at the end of t; a
plan is feasible where none is negative. Two moves: periods swap what they make; a block of periods goes
after the block that follows it. A move is priced by what changes inside it and at its ends.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plant.compiled import inner, outer

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NEAR, FAR_SHARE = 12, 0.3  # most swaps are within so many periods
SWAP_SHARE = 0.45
SHORT, LONG = 6, 30  # periods of a block that moves, and of the one that it passes


@outer
def anneal(
    sequence: Ints,
    best: Ints,
    slack: Ints,
    table: Floats,
    holding: float,
    cost: float,
    lowest: float,
    hot: float,
    cold: float,
    moves: int,
    seed: int,
) -> tuple[float, float]:
    """The cost of `sequence` and of `best` after so many moves, cooled from hot to cold; both change.

    sequence, best [T]; slack [I, T]; table [I, I] money; temperatures in money. cost is that of
    sequence, lowest that of best.
    """
    np.random.seed(seed)  # noqa: NPY002 - the compiled generator of this thread
    periods = len(sequence)
    new = np.empty(periods, np.int64)
    cooling = (cold / hot) ** (1.0 / moves)
    temperature = hot
    for _ in range(moves):
        temperature *= cooling
        if np.random.random() < SWAP_SHARE:  # noqa: NPY002
            first, last = _swap(sequence, new, slack)
        else:
            first, last = _pass(sequence, new, slack)
        if first < 0:
            continue
        change = _change(sequence, new, first, last, table, holding)
        if change > 0 and np.random.random() >= np.exp(-change / temperature):  # noqa: NPY002
            continue
        _take(sequence, new, slack, first, last)
        cost += change
        if cost < lowest - 1e-9:
            lowest = cost
            best[:] = sequence
    return cost, lowest


@inner
def _swap(sequence: Ints, new: Ints, slack: Ints) -> tuple[int, int]:
    """Two periods swap: the ends of what `new` changes, or -1 where that is nothing or infeasible."""
    periods = len(sequence)
    first = np.random.randint(periods)  # noqa: NPY002
    if np.random.random() < FAR_SHARE:  # noqa: NPY002
        last = np.random.randint(periods)  # noqa: NPY002
    else:
        last = first + np.random.randint(-NEAR, NEAR + 1)  # noqa: NPY002
    if last < 0 or last >= periods or sequence[first] == sequence[last]:
        return -1, -1
    first, last = min(first, last), max(first, last)
    later = sequence[first]
    if later >= 0:
        for t in range(first, last):
            if slack[later, t] < 1:
                return -1, -1
    new[first], new[last] = sequence[last], later
    for t in range(first + 1, last):
        new[t] = sequence[t]
    return first, last


@inner
def _pass(sequence: Ints, new: Ints, slack: Ints) -> tuple[int, int]:
    """A block goes after the next one: the ends of what `new` changes, or -1 as above."""
    periods = len(sequence)
    one, other = 1 + np.random.randint(SHORT), 1 + np.random.randint(SHORT)  # noqa: NPY002
    long = np.random.random()  # noqa: NPY002
    if long < 0.5:
        other = 1 + np.random.randint(LONG)  # noqa: NPY002
    elif long < 0.75:
        one = 1 + np.random.randint(LONG)  # noqa: NPY002
    first = np.random.randint(periods)  # noqa: NPY002
    end = first + one + other
    if end > periods:
        return -1, -1
    for t in range(other):
        new[first + t] = sequence[first + one + t]
    for t in range(one):
        new[first + other + t] = sequence[first + t]
    same = True
    for t in range(first, end):
        same = same and new[t] == sequence[t]
    if same:
        return -1, -1
    for t in range(first, first + one):
        item = sequence[t]
        if item >= 0 and not _in_time(sequence, new, slack, item, first, end):
            return -1, -1
    return first, end - 1


@inner
def _in_time(sequence: Ints, new: Ints, slack: Ints, item: int, first: int, end: int) -> bool:
    more = 0
    for t in range(first, end - 1):
        if new[t] == item:
            more += 1
        if sequence[t] == item:
            more -= 1
        if slack[item, t] + more < 0:
            return False
    return True


@inner
def _change(
    sequence: Ints, new: Ints, first: int, last: int, table: Floats, holding: float
) -> float:
    """Money that the move adds."""
    before = first - 1
    while before >= 0 and sequence[before] < 0:
        before -= 1
    after = last + 1
    while after < len(sequence) and sequence[after] < 0:
        after += 1
    was = sequence[before] if before >= 0 else -1
    becomes = was
    change = 0.0
    for t in range(first, last + 1):
        item = sequence[t]
        if item >= 0:
            if was >= 0:
                change -= table[was, item]
            was = item
            change += t * holding
        item = new[t]
        if item >= 0:
            if becomes >= 0:
                change += table[becomes, item]
            becomes = item
            change -= t * holding
    if after < len(sequence):
        item = sequence[after]
        if was >= 0:
            change -= table[was, item]
        if becomes >= 0:
            change += table[becomes, item]
    return change


@inner
def _take(sequence: Ints, new: Ints, slack: Ints, first: int, last: int) -> None:
    for t in range(first, last + 1):
        if sequence[t] >= 0:
            for later in range(t, last + 1):
                slack[sequence[t], later] -= 1
        if new[t] >= 0:
            for later in range(t, last + 1):
                slack[new[t], later] += 1
        sequence[t] = new[t]
