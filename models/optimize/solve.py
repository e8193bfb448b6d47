"""The one entry: a plant and a start into the cheapest schedule that the time allows, with its evidence.

First a start is found, then `strategy` has the parts search from it. What they offer is judged by
`plant.evaluate` in `Incumbent`, which no part can take away.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from envs.rules import RULES, dispatch, kept_runs
from models.optimize.incumbent import Incumbent, Point
from models.optimize.jobs.search import prepare as prepare_jobs
from models.optimize.jobs.view import jobs_of
from models.optimize.search.annealing import search
from models.optimize.search.disaggregate import Lot, lots_of_runs, realise
from models.optimize.strategy import Effort, look, look_at_jobs
from plant import (
    Capability,
    Cost,
    Item,
    Line,
    Order,
    Plant,
    Schedule,
    Shift,
    Weights,
    Zones,
    evaluate,
)

PLAIN, OPEN = Weights(), Zones()
NOTHING = "nothing planned"


@dataclass(frozen=True, slots=True)
class Solution:
    """A schedule with its evidence.

    cost: what `plant.evaluate` says. bound: no feasible schedule costs less (None: not computed). gap:
    (total − bound) / total. status: "feasible", or "infeasible" where the locked runs themselves break
    rules, so that no schedule can keep both. trajectory: total cost over time. found_by: money that
    each part took off. notes: what went wrong in a part, in words.
    """

    schedule: Schedule
    cost: Cost
    bound: float | None
    gap: float | None
    status: Literal["feasible", "infeasible"]
    trajectory: tuple[Point, ...]
    found_by: dict[str, float]
    notes: tuple[str, ...] = ()


def solve(
    plant: Plant,
    start: Schedule | None = None,
    seconds: float = 10.0,
    workers: int = 2,
    weights: Weights = PLAIN,
    base: Schedule | None = None,
    zones: Zones = OPEN,
    report: Callable[[str], None] | None = None,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
    stop: Callable[[], bool] = lambda: False,
) -> Solution:
    """The cheapest feasible schedule found within the time.

    Parameters
    ----------
    start
        Where to start; one that breaks rules is repaired first. None: from the dispatching rules.
    workers
        Threads and processes at work at a time.
    base, zones
        As in `plant.evaluate`: locks of the base hold, moves of its runs in the slush zone cost.
    report
        Told in a line, about once a second, of what has been found.
    stop
        Asked many times a second whether to end now with what there is.
    """
    jobs = jobs_of(plant, weights, base, zones)
    prepare() if jobs is None else prepare_jobs(len(jobs.before) > 0)
    bounds: list[float] = []
    told = _Teller(report, plant.currency, clock, bounds)
    incumbent = Incumbent(plant, weights, base, zones, clock, told)
    effort = Effort(seconds, max(workers, 1), seed, stop)
    notes: tuple[str, ...] = ()
    if jobs is not None:
        look_at_jobs(incumbent, jobs, start, effort, bounds)
    if incumbent.schedule is None:
        prepare()
        _begin(incumbent, start)
        if incumbent.schedule is None:
            return _hopeless(incumbent)
        incumbent.gains.clear()  # of the start against nothing
        notes = look(incumbent, effort, bounds, is_given=start is not None)
    assert incumbent.schedule is not None and incumbent.evaluation is not None
    bound = max(bounds, default=None)
    total = incumbent.evaluation.cost.total
    gap = None if bound is None or total <= 0 else max((total - bound) / total, 0.0)
    return Solution(
        incumbent.schedule,
        incumbent.evaluation.cost,
        bound,
        gap,
        "feasible",
        tuple(incumbent.trajectory),
        dict(incumbent.gains),
        notes,
    )


@cache
def prepare() -> None:
    """Load the compiled search, or compile it: once per machine, half a minute that no solve should pay."""
    shift = Shift(0, 60)
    tiny = Plant(
        currency="EUR",
        starts_at=datetime(2026, 1, 5, tzinfo=UTC),
        horizon=60,
        lines=(Line("L", shifts=(shift,)),),
        items=(Item("I", "F"),),
        capabilities=(Capability("L", "I", 60.0),),
        orders=(Order("O", "I", 1.0, 60),),
    )
    search(tiny, realise(tiny, {"L": [Lot("I", 1.0)]}), 0.0, slices=1)


def _begin(incumbent: Incumbent, start: Schedule | None) -> None:
    """Give the incumbent something to start from."""
    plant, base, zones = incumbent.plant, incumbent.base, incumbent.zones
    kept = kept_runs(plant, base, zones)
    incumbent.offer(Schedule(tuple(kept)), "locked runs alone" if kept else NOTHING)
    if start is not None and not incumbent.offer(start, "start"):
        held = {run.id for run in kept}
        free = [
            run for run in start.runs if run.id not in held and _is_known(plant, run.line, run.item)
        ]
        incumbent.offer(realise(plant, lots_of_runs(free), kept), "start, repaired")
    elif start is None:
        # tuning the rule takes seconds, in which the search comes to half of what tuning leaves
        incumbent.offer(dispatch(plant, RULES["atcs"], base, zones), "rule")


def _is_known(plant: Plant, line: str, item: str) -> bool:
    return any(one.id == line for one in plant.lines) and any(one.id == item for one in plant.items)


def _hopeless(incumbent: Incumbent) -> Solution:
    """The locked runs and what they break: nothing feasible keeps them."""
    kept = Schedule(tuple(kept_runs(incumbent.plant, incumbent.base, incumbent.zones)))
    verdict = evaluate(incumbent.plant, kept, incumbent.base, incumbent.weights, incumbent.zones)
    notes = tuple(violation.message for violation in verdict.violations)
    return Solution(kept, verdict.cost, None, None, "infeasible", (), {}, notes)


class _Teller:
    """Says in a line what was found, at most once a second, with the bound as soon as there is one."""

    def __init__(
        self,
        report: Callable[[str], None] | None,
        currency: str,
        clock: Callable[[], float],
        bounds: list[float],
    ) -> None:
        self.report, self.currency, self.clock = report, currency, clock
        self.bounds = bounds
        self.last = float("-inf")

    def __call__(self, point: Point) -> None:
        if self.report is None or self.clock() - self.last < 1.0:
            return
        if point.part == NOTHING:
            return
        self.last = self.clock()
        bound = f", at best {max(self.bounds):,.0f}" if self.bounds else ""
        money = f"{point.cost:,.0f} {self.currency}"
        self.report(f"{point.seconds:5.1f} s: {money} ({point.part}{bound})")
