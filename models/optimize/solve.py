"""The one entry: a plant and a start into the cheapest schedule that the time allows, with its evidence.

First a start is found; then neighbourhood search runs in threads, and beside it, in a process of its own,
a lower bound and neighbourhood MILPs; last, all threads search from the best. A plant whose lots are fixed
is searched as jobs, which takes a tenth of the time a move. Each part's offers are judged by
`plant.evaluate` in `Incumbent`, which no part can take away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from envs.rules import RULES, dispatch, kept_runs, tuned_atcs
from models.optimize.bounds import lower_bound
from models.optimize.disaggregate import Lot, lots_of_runs, realise
from models.optimize.incumbent import Incumbent, Point
from models.optimize.jobs.bound import jobs_bound
from models.optimize.jobs.search import prepare as prepare_jobs
from models.optimize.jobs.search import search_jobs
from models.optimize.jobs.view import Jobs, Sequences, jobs_of, sequences_of, to_schedule
from models.optimize.search import search
from models.optimize.worker import Better, Bounded, Finished, Task, Worker
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
LEAST_FOR_MILP = 6.0  # seconds: below it, starting the worker costs more than it finds
MILP_SHARE, BOUND_SHARE, JOBS_BOUND_SHARE = 0.7, 0.2, 0.5
MOST_BOUND = 20.0
SMALL = 60  # capabilities: up to so many, the bound is there in a tenth of a second
TELL_EVERY = 2.0


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
    """
    jobs = jobs_of(plant, weights, base, zones)
    prepare() if jobs is None else prepare_jobs(len(jobs.before) > 0)
    told = _Teller(report, plant.currency, clock)
    incumbent = Incumbent(plant, weights, base, zones, clock, told)
    bounds: list[float] = []
    notes: tuple[str, ...] = ()
    if jobs is not None:
        _look_at_jobs(incumbent, jobs, start, seconds, workers, seed, bounds)
    if incumbent.schedule is None:
        prepare()
        _begin(incumbent, start, seconds)
        if incumbent.schedule is None:
            return _hopeless(incumbent)
        if len(plant.capabilities) <= SMALL:
            bounds.append(lower_bound(plant, weights, BOUND_SHARE * seconds))
        notes = _look(incumbent, seconds, workers, seed, bounds)
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


def _look_at_jobs(
    incumbent: Incumbent,
    jobs: Jobs,
    start: Schedule | None,
    seconds: float,
    workers: int,
    seed: int,
    bounds: list[float],
) -> None:
    """Search sequences of the plant's jobs; nothing comes of it where they do not end in time."""
    plant = incumbent.plant

    def improved(sequences: Sequences) -> None:
        incumbent.offer(to_schedule(plant, jobs, sequences), "jobs")

    def is_best() -> bool:
        return bool(bounds) and incumbent.cost <= bounds[0] * (1 + 1e-12)

    if start is not None:
        incumbent.offer(start, "start")
    given = sequences_of(plant, jobs, start) if start is not None else None
    with ThreadPoolExecutor(1) as beside:
        bound = beside.submit(jobs_bound, jobs, JOBS_BOUND_SHARE * seconds)
        bound.add_done_callback(lambda done: bounds.append(done.result()))
        left = seconds - incumbent.elapsed
        search_jobs(jobs, given, left, workers, seed, improved, incumbent.clock, is_best)


def _begin(incumbent: Incumbent, start: Schedule | None, seconds: float) -> None:
    """Give the incumbent something to start from."""
    plant, base, zones = incumbent.plant, incumbent.base, incumbent.zones
    kept = kept_runs(plant, base, zones)
    incumbent.offer(Schedule(tuple(kept)), "locked runs alone" if kept else "nothing planned")
    if start is not None and not incumbent.offer(start, "start"):
        held = {run.id for run in kept}
        free = [
            run for run in start.runs if run.id not in held and _is_known(plant, run.line, run.item)
        ]
        incumbent.offer(realise(plant, lots_of_runs(free), kept), "start, repaired")
    elif start is None and seconds < LEAST_FOR_MILP:
        incumbent.offer(dispatch(plant, RULES["atcs"], base, zones), "rule")
    elif start is None:
        incumbent.offer(tuned_atcs(plant, incumbent.weights, base, zones), "tuned rule")


def _is_known(plant: Plant, line: str, item: str) -> bool:
    return any(one.id == line for one in plant.lines) and any(one.id == item for one in plant.items)


def _look(
    incumbent: Incumbent, seconds: float, workers: int, seed: int, bounds: list[float]
) -> tuple[str, ...]:
    """Search in threads, a worker process beside them where there is time; what went wrong in that."""
    worker = _worker(incumbent, seconds, seed, bounds)
    if worker is None:
        _search(incumbent, seconds, workers, seed, lambda _: None)
        return ()
    last_told = [incumbent.elapsed]

    def pass_on(schedule: Schedule) -> None:
        if incumbent.elapsed - last_told[0] > TELL_EVERY:
            last_told[0] = incumbent.elapsed
            worker.tell(schedule)

    failure, until = "", MILP_SHARE * seconds
    try:
        if workers > 1:
            _search(incumbent, until, workers - 1, seed, pass_on)
        if bounds or workers == 1:
            failure = worker.stop(until - incumbent.elapsed)
            _search(incumbent, seconds, workers, seed + 1, lambda _: None)
        else:
            _search(incumbent, seconds, workers - 1, seed + 1, pass_on)
    finally:
        failure = failure or worker.stop()
    return (f"milp worker ended early, {failure}",) if failure else ()


def _worker(incumbent: Incumbent, seconds: float, seed: int, bounds: list[float]) -> Worker | None:
    """The process that bounds and refines, where there is time and something for it to do."""
    left = seconds - incumbent.elapsed
    if left < LEAST_FOR_MILP or not incumbent.plant.capabilities or incumbent.schedule is None:
        return None

    def heard(message: Bounded | Better | Finished) -> None:
        if isinstance(message, Bounded):
            bounds.append(message.bound)
        elif isinstance(message, Better):
            incumbent.offer(message.schedule, message.part)

    bound_seconds = 0.0 if bounds else min(BOUND_SHARE * seconds, MOST_BOUND)
    return Worker(
        Task(
            incumbent.plant,
            incumbent.schedule,
            incumbent.weights,
            incumbent.base,
            incumbent.zones,
            bound_seconds,
            left,
            1,
            seed,
        ),
        heard,
    )


def _search(
    incumbent: Incumbent,
    until: float,
    threads: int,
    seed: int,
    pass_on: Callable[[Schedule], None],
) -> None:
    """Neighbourhood search from the best in so many threads, until so many seconds have gone."""
    left = until - incumbent.elapsed
    start = incumbent.schedule
    if left <= 0 or start is None:
        return
    lock = threading.Lock()

    def one(number: int) -> None:
        def improved(schedule: Schedule, _: float) -> None:
            if incumbent.offer(schedule, "search"):
                with lock:
                    pass_on(schedule)

        found = search(
            incumbent.plant, start, until - incumbent.elapsed, incumbent.weights, incumbent.base,
            incumbent.zones, seed=seed * 1000 + number, improved=improved,
        )  # fmt: skip
        incumbent.offer(found.schedule, "search")

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        list(pool.map(one, range(max(threads, 1))))


def _hopeless(incumbent: Incumbent) -> Solution:
    """The locked runs and what they break: nothing feasible keeps them."""
    kept = Schedule(tuple(kept_runs(incumbent.plant, incumbent.base, incumbent.zones)))
    verdict = evaluate(incumbent.plant, kept, incumbent.base, incumbent.weights, incumbent.zones)
    notes = tuple(violation.message for violation in verdict.violations)
    return Solution(kept, verdict.cost, None, None, "infeasible", (), {}, notes)


class _Teller:
    """Says in a line what was found, at most once a second."""

    def __init__(
        self, report: Callable[[str], None] | None, currency: str, clock: Callable[[], float]
    ) -> None:
        self.report, self.currency, self.clock = report, currency, clock
        self.last = float("-inf")

    def __call__(self, point: Point) -> None:
        if self.report is None or self.clock() - self.last < 1.0:
            return
        self.last = self.clock()
        self.report(f"{point.seconds:5.1f} s: {point.cost:,.0f} {self.currency} ({point.part})")
