"""The parts that solve a neighbourhood: annealing, CP-SAT and a MILP, under one signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from models.optimize.large.cutout import cut_out
from models.optimize.large.neighbourhoods import Area, Picture
from models.optimize.milp.buckets import Buckets, buckets_of
from models.optimize.search.annealing import Search
from plant import Plant, Schedule, Weights, Zones

SECONDS_PER_RUN = 0.025  # of annealing
# Where an annealing starts on its way from hot (0) to cold (1). Measured on 50 lines after 40 s of
# annealing: few lines gained most from 0.35 (42 a second; 10 from 0.8), the whole plant from 0.8.
COOL, LUKEWARM = (0.5, 0.65, 0.8), (0.2, 0.35, 0.5)
MOVES = 1000
POLISH = 0.8  # how warm the annealing is that a plan by day gets on its way to the minute
MILP_SHARE = 0.6  # of a trial's seconds; the start takes 0.4 of that again
FREE_BUCKETS = 4
LATE_ITEMS = 4


@dataclass(frozen=True, slots=True)
class Position:
    """Where a trial starts: the best schedule and its money, how it is judged, and its picture."""

    plant: Plant
    best: Schedule
    money: float
    weights: Weights
    base: Schedule | None
    zones: Zones
    picture: Picture
    workers: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """A schedule that `plant.evaluate` has yet to judge, and how the part ended.

    is_solved: the part came to its end in time. is_whole: all that the part can do from here was tried.
    """

    schedule: Schedule
    status: str
    is_solved: bool
    is_whole: bool = False


Clock = Callable[[], float]
Solve = Callable[[Position, Area, float, float, np.random.Generator, Clock], Attempt]


@dataclass(frozen=True, slots=True)
class Part:
    """A way to solve a neighbourhood.

    least, most: seconds that a trial may have. size: where sizes start, in [smallest, largest], growing by
    `growth` when a trial is solved in time. is_everywhere: it takes all lines, whatever a chooser says.
    """

    name: str
    solve: Solve
    least: float
    most: float
    size: float
    smallest: float
    largest: float
    growth: float = 1.12
    is_everywhere: bool = False

    def next_size(self, size: float, attempt: Attempt, better: bool) -> float:
        """The size for the next trial: larger where this one was solved, smaller where it was not."""
        if attempt.is_solved:
            size *= 1.0 if better else self.growth
        elif not better:
            size /= self.growth
        return float(min(max(size, self.smallest), self.largest))


def _anneal(
    position: Position,
    area: Area,
    size: float,
    seconds: float,
    rng: np.random.Generator,
    clock: Clock,
    warmths: tuple[float, ...],
) -> Attempt:
    """Annealing of some lines over the whole horizon; size: runs of these lines."""
    began = clock()
    picture = position.picture
    counts = np.bincount(picture.line, minlength=len(picture.plant.lines))[list(area.lines)]
    number = min(int(np.searchsorted(np.cumsum(counts), size)) + 1, len(area.lines))
    number = max(number, min(2, len(area.lines)))
    warmth = float(rng.choice(warmths))
    until = min(seconds, SECONDS_PER_RUN * max(int(counts[:number].sum()), 5))
    found = _annealed(
        position, position.best, area.lines[:number], warmth, until - (clock() - began), rng, clock
    )
    return Attempt(found, f"from {warmth:g}", True)


def _anneal_all(
    position: Position,
    area: Area,
    size: float,
    seconds: float,
    rng: np.random.Generator,
    clock: Clock,
) -> Attempt:
    """Annealing of the whole plant; size: seconds for each run, more where less brought nothing."""
    warmth = float(rng.choice(COOL))
    until = min(seconds, size * max(len(position.best.runs), 5))
    found = _annealed(position, position.best, area.lines, warmth, until, rng, clock)
    return Attempt(found, f"from {warmth:g}", True)


def _annealed(
    position: Position,
    schedule: Schedule,
    lines: tuple[int, ...],
    warmth: float,
    seconds: float,
    rng: np.random.Generator,
    clock: Clock,
) -> Schedule:
    """The best met from a feasible schedule when some lines are annealed, from a warmth down to cold."""
    part = cut_out(position.plant, schedule, lines, position.base)
    seed = int(rng.integers(2**31))
    hunt = Search(part.plant, part.schedule, position.weights, part.base, position.zones, seed)
    hunt.calibrate()
    began = clock()
    while (spent := clock() - began) < seconds:
        hunt.slice(warmth + (1 - warmth) * spent / seconds, MOVES)
    return part.whole(hunt.schedule())


def _sequence(
    position: Position,
    area: Area,
    size: float,
    seconds: float,
    rng: np.random.Generator,
    clock: Clock,
) -> Attempt:
    """CP-SAT; size: runs that are free."""
    from models.optimize.sequence.resequence import (
        resequence,  # half a second that not every worker has
    )

    lines = area.lines[: int(rng.integers(2, 6))]
    window = area.nearest(position.picture, len(lines), round(size))
    found, told = resequence(
        position.plant,
        position.best,
        lines,
        window,
        seconds,
        position.workers,
        position.weights,
        position.base,
        position.zones,
        int(rng.integers(2**31)),
    )
    everything = told.runs == len(position.best.runs) and len(lines) == len(position.plant.lines)
    solved = told.status in ("optimal", "nothing free")
    return Attempt(found, told.status, solved, solved and everything)


def _plan(
    position: Position,
    area: Area,
    size: float,
    seconds: float,
    rng: np.random.Generator,
    clock: Clock,
) -> Attempt:
    """A MILP by day; size: capabilities of the lines and products in it."""
    from models.optimize.milp.refine import held_runs, solve_neighbourhood  # a second, for Pyomo

    plant, picture = position.plant, position.picture
    buckets = buckets_of(plant)
    lines, products = _products(picture, area, size)
    everything = len(products) == int(picture.can.any(axis=0).sum())
    everything = everything and len(lines) == len(plant.lines)
    window = range(buckets.number) if everything else _days(buckets, area.minute)
    found, outcome = solve_neighbourhood(
        plant,
        buckets,
        position.best,
        lines,
        products,
        window,
        MILP_SHARE * seconds,
        position.workers,
        position.weights,
        held_runs(position.base, position.zones),
    )
    if found is not position.best:
        mine = int(np.isin(picture.line, lines).sum())
        polish = min(0.3 * seconds, SECONDS_PER_RUN * max(mine, 5))
        found = _annealed(position, found, lines, POLISH, polish, rng, clock)
    return Attempt(found, outcome.status, outcome.status == "optimal", everything)


def _products(picture: Picture, area: Area, size: float) -> tuple[tuple[int, ...], frozenset[int]]:
    """As many lines as fit the size with what they make and what is late that they can make."""
    if picture.can.sum() <= size:
        made = np.flatnonzero(picture.can.any(axis=0)).tolist()
        return tuple(range(len(picture.plant.lines))), frozenset(made)
    chosen: list[int] = []
    products: frozenset[int] = frozenset()
    for line in area.lines:
        tried = [*chosen, line]
        makes = np.isin(np.arange(len(picture.late)), picture.item[np.isin(picture.line, tried)])
        late = picture.late * picture.can[tried].any(axis=0)
        dearest = np.argsort(-late)[:LATE_ITEMS]
        makes[dearest[late[dearest] > 0]] = True
        if chosen and picture.can[tried][:, makes].sum() > size:
            break
        chosen, products = tried, frozenset(np.flatnonzero(makes).tolist())
    return tuple(sorted(chosen)), products


def _days(buckets: Buckets, minute: int) -> range:
    """Some buckets around a minute."""
    at = int(np.searchsorted(buckets.edges, minute, side="right")) - 1
    first = min(max(at - FREE_BUCKETS // 2, 0), max(buckets.number - FREE_BUCKETS, 0))
    return range(first, min(first + FREE_BUCKETS, buckets.number))


FEW, MANY = partial(_anneal, warmths=LUKEWARM), partial(_anneal, warmths=COOL)
# In the order in which each is first tried.
PARTS = (
    Part("search of few lines", FEW, 0.2, 2.0, 40.0, 10.0, 100.0, 1.03),
    Part("sequence", _sequence, 0.3, 1.5, 10.0, 4.0, 60.0),
    Part("milp", _plan, 2.5, 5.0, 50.0, 15.0, 150.0),
    Part("search of all lines", _anneal_all, 2.0, 60.0, 0.012, 0.01, 1.0, 1.5, True),
    Part("search of many lines", MANY, 2.0, 6.0, 150.0, 100.0, 250.0, 1.03),
)
