"""Large plants solved by groups of lines side by side, with borders that move from round to round.

A search of a whole plant of 500 lines is one thread's work, its arrays no longer fit the caches, and
another thread beside it only repeats it. Here each round cuts the plant into groups of lines that
belong together (`groups`), gives each its share of orders, stock and material (`division`), and searches
the groups in threads. What each finds is joined with the rest and priced by `plant.evaluate`. The last
share of the time goes to a cooler search of the whole plant, to which no border is in the way.

Threads are enough on one machine: the search runs outside the interpreter's lock. On a cluster the same
parts could go to Ray tasks, as a part and its result are plain records; this module does not start any.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import numpy as np

from envs.rules import RULES, dispatch
from models.optimize.groups.division import Part, divide, joined
from models.optimize.groups.draw import draw_groups
from models.optimize.incumbent import Incumbent, Point
from models.optimize.search.annealing import CHUNK, Search
from plant import Cost, Plant, Schedule, Weights, Zones

PLAIN, OPEN = Weights(), Zones()
MOST_LINES = 100  # in a group; of 40 on a plant of two stages, too many parts cross borders
# Shares of the time, and how hot each round begins, against the search's own first temperature.
ROUNDS = ((0.3, 1.0), (0.3, 1.0))
LAST = 0.3
TELL_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Round:
    """One cut: the number of groups, seconds since the start when it ended, money before and after.

    taken: how many groups' results were a gain.
    """

    groups: int
    seconds: float
    before: float
    after: float
    taken: int


@dataclass(frozen=True, slots=True)
class Divided:
    """The cheapest schedule found by groups, with what each round did to it."""

    schedule: Schedule
    cost: Cost
    rounds: tuple[Round, ...]
    trajectory: tuple[Point, ...]


def solve_by_groups(
    plant: Plant,
    start: Schedule | None = None,
    seconds: float = 60.0,
    workers: int = 2,
    weights: Weights = PLAIN,
    base: Schedule | None = None,
    zones: Zones = OPEN,
    seed: int = 0,
    report: Callable[[str], None] | None = None,
    most_lines: int = MOST_LINES,
    clock: Callable[[], float] = time.monotonic,
) -> Divided:
    """The cheapest schedule found by groups of lines within the time.

    Parameters
    ----------
    start
        A feasible schedule; None: from the ATCS rule, one pass.
    base, zones
        As in `plant.evaluate`.
    report
        Told in a line of each better schedule.

    Raises
    ------
    ValueError
        Where the start is not feasible.
    """

    def tell(point: Point) -> None:
        if report:
            told = f"{point.cost:,.0f} {plant.currency} ({point.part})"
            report(f"{point.seconds:5.1f} s: {told}")

    incumbent = Incumbent(plant, weights, base, zones, clock, tell)
    first = start if start is not None else dispatch(plant, RULES["atcs"], base, zones)
    if not incumbent.offer(first, "start"):
        raise ValueError("expected a feasible schedule to start from, found one that breaks rules")
    rounds = search_by_groups(incumbent, seconds, workers, seed, most_lines)
    assert incumbent.schedule is not None and incumbent.evaluation is not None
    return Divided(
        incumbent.schedule, incumbent.evaluation.cost, rounds, tuple(incumbent.trajectory)
    )


def search_by_groups(
    incumbent: Incumbent,
    until: float,
    workers: int,
    seed: int,
    most_lines: int = MOST_LINES,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Round, ...]:
    """Make the incumbent better by groups of lines until so many seconds have gone; what each round did."""
    rng = np.random.default_rng(seed)
    began, rounds, share = incumbent.elapsed, [], 0.0
    seeds = count(1000 * seed, 100)
    for part, heat in ROUNDS:
        share += part
        left = began + share * (until - began) - incumbent.elapsed
        if left > 0 and not stop():
            rounds.append(_round(incumbent, left, heat, workers, rng, seeds, most_lines, stop))
    _search_whole(incumbent, until, next(seeds), stop)
    return tuple(rounds)


def _round(
    incumbent: Incumbent,
    seconds: float,
    heat: float,
    workers: int,
    rng: np.random.Generator,
    seeds: count[int],
    most_lines: int,
    stop: Callable[[], bool],
) -> Round:
    schedule, before = incumbent.schedule, incumbent.evaluation
    assert schedule is not None and before is not None
    end = incumbent.elapsed + seconds
    groups = draw_groups(incumbent.plant, schedule.runs, most_lines, rng)
    parts = divide(incumbent.plant, schedule, before, groups, rng)
    busy = sorted(parts, key=lambda part: -len(part.schedule.runs))
    turns = -(-len(busy) // max(workers, 1))
    each = max(end - incumbent.elapsed, 0.0) / max(turns, 1)

    join = _Join(incumbent, busy)

    def one(place: int) -> None:
        join.take(place, _search_part(incumbent, busy[place], each, heat, first + place, stop))

    first = next(seeds)
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        list(pool.map(one, range(len(busy))))
    join.take_all()
    return Round(len(groups), incumbent.elapsed, before.cost.total, incumbent.cost, join.taken)


class _Join:
    """Joins the groups' schedules as they come: each with the others as they were, or better already."""

    def __init__(self, incumbent: Incumbent, parts: Sequence[Part]) -> None:
        self.incumbent, self.parts = incumbent, parts
        self.kept = [part.schedule for part in parts]
        self.found = [part.schedule for part in parts]
        self.taken = 0
        base = incumbent.base
        self._names = frozenset(run.id for run in base.runs) if base else frozenset[str]()
        self._lock = threading.Lock()

    def take(self, place: int, schedule: Schedule) -> None:
        """Offer one group's schedule, and keep it where that is a gain."""
        with self._lock:
            self.found[place] = schedule
            trial = [*self.kept]
            trial[place] = schedule
            if schedule != self.parts[place].schedule and self._offer(trial):
                self.kept, self.taken = trial, self.taken + 1

    def take_all(self) -> None:
        """Offer all that was found: what is no gain by itself may be one beside the rest."""
        if self.kept != self.found and self._offer(self.found):
            self.kept, self.taken = self.found, len(self.parts)

    def _offer(self, schedules: Sequence[Schedule]) -> bool:
        whole = joined(list(zip(self.parts, schedules, strict=True)), self._names)
        return self.incumbent.offer(whole, "groups")


def _search_part(
    incumbent: Incumbent,
    part: Part,
    seconds: float,
    heat: float,
    seed: int,
    stop: Callable[[], bool],
) -> Schedule:
    """The best schedule of one group's plant."""
    if not part.plant.capabilities:
        return part.schedule
    began = incumbent.clock()
    hunt = Search(
        part.plant, part.schedule, incumbent.weights, incumbent.base, incumbent.zones, seed
    )
    return _cool(hunt, heat, began + seconds, incumbent.clock, stop)


def _search_whole(incumbent: Incumbent, until: float, seed: int, stop: Callable[[], bool]) -> None:
    """A cooler search of the whole plant for what time is left."""
    if until <= incumbent.elapsed or incumbent.schedule is None or stop():
        return
    hunt = Search(
        incumbent.plant,
        incumbent.schedule,
        incumbent.weights,
        incumbent.base,
        incumbent.zones,
        seed,
    )
    end = incumbent.clock() + until - incumbent.elapsed

    def offer(schedule: Schedule) -> None:
        incumbent.offer(schedule, "search")

    offer(_cool(hunt, LAST, end, incumbent.clock, stop, offer))


def _cool(
    hunt: Search,
    heat: float,
    end: float,
    clock: Callable[[], float],
    stop: Callable[[], bool],
    improved: Callable[[Schedule], None] = lambda _: None,
) -> Schedule:
    """The best schedule of a search from a share of its first temperature down, until a time.

    `improved` is told of better ones every few seconds.
    """
    hunt.calibrate()
    hunt.hot = max(heat * hunt.hot, 1e-9)
    hunt.cold = min(hunt.cold, hunt.hot)
    began = told_at = clock()
    told = 0.0
    while (now := clock()) < end and not stop():
        hunt.slice((now - began) / (end - began), CHUNK)
        if hunt.gain > told and now - told_at > TELL_EVERY:
            told, told_at = hunt.gain, now
            improved(hunt.schedule())
    return hunt.schedule()
