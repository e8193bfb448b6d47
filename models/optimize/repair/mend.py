"""A published schedule that no longer holds into one that does, in a second, with few runs moved.

After a disruption the plant is another; after an edit the schedule is. First what still holds is kept
where it is (`standing`) and every other run is put where it costs least (`placing`): that is feasible
after some tens of milliseconds. Then lots are added for demand that nothing covers any more, and a cold
search goes on from there. Each run of the published schedule that leaves its line or start costs
money in that search, in the slush zone or not, so that what need not move stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from models.optimize.incumbent import Incumbent, Point
from models.optimize.repair.hunt import Hunt, Patch
from models.optimize.repair.scope import Follows, Scope, movable, scoped_lines
from models.optimize.repair.standing import Standing, what_stands
from models.optimize.solve import prepare
from plant import (
    Capability,
    Cost,
    Item,
    Line,
    Order,
    Plant,
    Run,
    Schedule,
    Shift,
    Weights,
    Zones,
    evaluate,
)  # fmt: skip
from plant.diff import run_changes

__all__ = ["Follows", "Repaired", "RunRepair", "repair"]

PLAIN, OPEN = Weights(), Zones()
MOST_MOVED = 0.15
ROUND = 0.1  # seconds between looks at what the search has found


@dataclass(frozen=True, slots=True)
class RunRepair:
    """What became of a run that is not as it was published, and why.

    what: "moved" to another line or start, "resized" where it is, "dropped", or "added".
    """

    what: Literal["moved", "resized", "dropped", "added"]
    before: Run | None
    after: Run | None
    why: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """A schedule that holds again, and what it took.

    cost: what `plant.evaluate` says, without the moves of runs whose locks were given up. status:
    "infeasible" where locks or the frozen zone hold what cannot be; `given_up` then says in words which runs
    that are, and the schedule keeps all other rules. runs: all that are not as published; kept: how many
    are. moved_share: of the runs that still held when the repair began, those on another line or start.
    first_seconds: until the first feasible schedule, of first_cost.
    """

    schedule: Schedule
    cost: Cost
    status: Literal["feasible", "infeasible"]
    runs: tuple[RunRepair, ...]
    kept: int
    moved_share: float
    given_up: tuple[str, ...]
    first_seconds: float
    first_cost: float
    trajectory: tuple[Point, ...]


def repair(
    plant: Plant,
    base: Schedule,
    seconds: float = 1.0,
    workers: int = 1,
    weights: Weights = PLAIN,
    zones: Zones = OPEN,
    scope: Scope = None,
    seed: int = 0,
    improved: Callable[[Schedule, Cost], None] = lambda _schedule, _cost: None,
    most_moved: float = MOST_MOVED,
    clock: Callable[[], float] = time.monotonic,
) -> Repaired:
    """The published schedule made to hold in a plant that has changed.

    Parameters
    ----------
    base
        The schedule as published, or as a planner has edited it (an edited run bears a lock).
    weights, zones
        As in `plant.evaluate`: what is locked or frozen stays, what leaves its place in the slush zone
        costs `weights.instability`.
    scope
        What may move: anything that is not locked (None), the runs on some lines, or what `Follows` an
        edited run. Runs outside it move only where they cannot stay.
    improved
        Told of every better schedule, from the first feasible one on.
    most_moved
        The share of runs that still hold that the search may send elsewhere. More go only where the
        first patch already pushes more aside, as it may on plants of a few runs.
    """
    _warm_up()
    return _repair(
        plant, base, seconds, workers, weights, zones, scope, seed, improved, most_moved, clock
    )


def _repair(
    plant: Plant,
    base: Schedule,
    seconds: float,
    workers: int,
    weights: Weights,
    zones: Zones,
    scope: Scope,
    seed: int,
    improved: Callable[[Schedule, Cost], None],
    most_moved: float,
    clock: Callable[[], float],
) -> Repaired:
    began = clock()
    free = movable(plant, base, scope)
    fixed = frozenset(run.id for run in base.runs) - free
    standing = what_stands(plant, base, zones, fixed)
    patch = Patch(plant, base, standing, weights, zones, scoped_lines(base, scope, free), fixed)
    first = patch.first()
    incumbent = Incumbent(plant, weights, patch.held, zones, clock)
    incumbent.began = began

    def offer(schedule: Schedule, part: str) -> None:
        if incumbent.offer(schedule, part) and incumbent.schedule and incumbent.evaluation:
            improved(incumbent.schedule, incumbent.evaluation.cost)

    offer(first, "patch")
    if incumbent.schedule is None:
        verdict = evaluate(plant, first, patch.held, weights, zones)
        raise AssertionError(f"expected a feasible patch, found {verdict.violations[0].message}")
    most = max(most_moved, standing.moved_share(first))
    if standing.moved_share(covered := patch.covered()) <= most:
        offer(covered, "cover")
    start = incumbent.schedule

    def hunt(number: int) -> None:
        _hunt(Hunt(patch, start, seed + number), began + seconds, most, offer, clock)

    with ThreadPoolExecutor(max(workers, 1)) as pool:
        list(pool.map(hunt, range(max(workers, 1))))
    return _told(base, standing, patch.given_up, incumbent)


def _hunt(
    hunt: Hunt,
    until: float,
    most: float,
    offer: Callable[[Schedule, str], None],
    clock: Callable[[], float],
) -> None:
    """Search until a time; what moves too many runs is taken back, and moving costs more from then on."""
    began = clock()
    while (now := clock()) < until:
        while clock() < min(now + ROUND, until):
            hunt.slice((clock() - began) / (until - began))
        found = hunt.schedule()
        if hunt.patch.standing.moved_share(found) > most:
            hunt.back_to_calm()
        else:
            hunt.calm = found
            offer(found, "search")


def _told(
    base: Schedule, standing: Standing, given_up: dict[str, str], incumbent: Incumbent
) -> Repaired:
    assert incumbent.schedule is not None and incumbent.evaluation is not None
    schedule, first = incumbent.schedule, incumbent.trajectory[0]
    changes, kept = run_changes(base, schedule)
    return Repaired(
        schedule,
        incumbent.evaluation.cost,
        "infeasible" if given_up else "feasible",
        tuple(
            _run_repair(one.before, one.after, standing)
            for one in changes
            if one.changes not in (("end",), ("lock",), ("end", "lock"))
        ),
        kept,
        standing.moved_share(schedule),
        tuple(f"{why}; so what holds it there was given up" for why in given_up.values()),
        first.seconds,
        first.cost,
        tuple(incumbent.trajectory),
    )


def _is_home(old: Run, new: Run) -> bool:
    return (old.line, old.start) == (new.line, new.start)


def _run_repair(before: Run | None, after: Run | None, standing: Standing) -> RunRepair:
    if before is None:
        assert after is not None
        why = f"{after.quantity:g} units of {after.item} that nothing else supplies as cheaply"
        return RunRepair("added", before, after, why)
    broke = standing.loose.get(before.id)
    if after is None:
        return RunRepair(
            "dropped", before, after, broke or "other runs supply its item at less cost"
        )
    if _is_home(before, after):
        return RunRepair(
            "resized", before, after, broke or "another quantity serves the orders at less cost"
        )
    how = f"from {before.line} at {before.start} to {after.line} at {after.start}"
    return RunRepair("moved", before, after, broke or f"{how}: makes way, or costs less there")


@cache
def _warm_up() -> None:
    """Load the compiled code, or compile it, so that no repair pays for that."""
    prepare()
    line = Line("L", shifts=(Shift(0, 60),))
    tiny = Plant(
        "EUR", datetime(2026, 1, 5, tzinfo=UTC), 60, (line,), (Item("I", "F"),),
        (Capability("L", "I", 60.0),), orders=(Order("O", "I", 1.0, 60),),
    )  # fmt: skip
    _repair(
        tiny, Schedule((Run("R", "L", "I", 0, 1, 2.0),)), 0.05, 1, PLAIN, OPEN, None, 0,
        lambda _schedule, _cost: None, MOST_MOVED, time.monotonic,
    )  # fmt: skip
