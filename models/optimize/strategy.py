"""Which parts work on a plant, when, and for how long; each improves the incumbent, none can take it away.

A plant whose lots are fixed is searched as jobs, which takes a tenth of the time a move; one of very
many lines by groups of them. On any other, neighbourhood search runs in all threads, each from the
same start with its own seed, and a lower bound is found beside it; where there is time, the rest
of it goes to large neighbourhoods in a process of their own, with a cold search beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from models.optimize.bounds.relaxation import lower_bound
from models.optimize.groups.rounds import search_by_groups
from models.optimize.incumbent import Incumbent
from models.optimize.jobs.bound import jobs_bound
from models.optimize.jobs.search import search_jobs
from models.optimize.jobs.view import Jobs, Sequences, sequences_of, to_schedule
from models.optimize.search.annealing import search
from models.optimize.worker import Better, Finished, Task, Worker
from plant import Schedule

MOST_LINES = 120  # more than these are searched by groups
LEAST_FOR_BOUND = (
    4.0  # seconds: with fewer, a bound of a plant that is not small costs too much of them
)
SMALL = 60  # capabilities: up to so many, the bound is there in a tenth of a second
BOUND_SHARE, MOST_BOUND = 0.25, 20.0
JOBS_BOUND_SHARE = 0.5
LEAST_FOR_WORKER = 25.0  # seconds: with fewer, starting the process costs more than it finds
WORKER_SHARE = 0.2
TELL_EVERY = 2.0
FIRST_SHARE = 0.07  # of the time: a quick annealing, so that something good is there soon
WARM = 0.5  # how cool the search is that begins from the best of another
TIED = 1e-12


@dataclass(frozen=True, slots=True)
class Effort:
    """What may be spent on a solve: until so many seconds after it began, by so many workers."""

    seconds: float
    workers: int
    seed: int
    stop: Callable[[], bool]


def look_at_jobs(
    incumbent: Incumbent, jobs: Jobs, start: Schedule | None, effort: Effort, bounds: list[float]
) -> None:
    """Search sequences of the plant's jobs; nothing comes of it where they do not end in time."""
    plant, begun = incumbent.plant, threading.Event()

    def improved(sequences: Sequences) -> None:
        incumbent.offer(to_schedule(plant, jobs, sequences), "jobs")
        begun.set()

    def prove() -> float:
        begun.wait(effort.seconds)
        return jobs_bound(jobs, JOBS_BOUND_SHARE * effort.seconds)

    def is_done() -> bool:
        proved = bool(bounds) and incumbent.cost <= bounds[0] * (1 + TIED)
        return proved or effort.stop()

    if start is not None:
        incumbent.offer(start, "start")
    given = sequences_of(plant, jobs, start) if start is not None else None
    with ThreadPoolExecutor(1) as beside:
        bound = beside.submit(prove)
        bound.add_done_callback(lambda done: bounds.append(done.result()))
        left = effort.seconds - incumbent.elapsed
        search_jobs(
            jobs, given, left, effort.workers, effort.seed, improved, incumbent.clock, is_done
        )
        begun.set()


def look(
    incumbent: Incumbent, effort: Effort, bounds: list[float], is_given: bool
) -> tuple[str, ...]:
    """Search from the incumbent, with a bound beside; in words, what went wrong in any part.

    A start that was given may be good: every second thread begins warm from it, not hot.
    """
    notes: tuple[str, ...] = ()
    with ThreadPoolExecutor(1) as beside:
        bound = beside.submit(_bound, incumbent, effort, bounds)
        if len(incumbent.plant.lines) > MOST_LINES:
            search_by_groups(
                incumbent, effort.seconds, effort.workers, effort.seed, stop=effort.stop
            )
        else:
            worked = effort.seconds >= LEAST_FOR_WORKER and bool(incumbent.plant.capabilities)
            until = (1 - WORKER_SHARE if worked else 1.0) * effort.seconds
            _search(incumbent, FIRST_SHARE * effort.seconds, effort, effort.workers, WARM, 0.0)
            _search(incumbent, until, effort, effort.workers, is_given * WARM, 0.0)
            if worked:
                notes = _enlarge(incumbent, effort)
    bound.result()
    return notes


def _bound(incumbent: Incumbent, effort: Effort, bounds: list[float]) -> None:
    plant = incumbent.plant
    if len(plant.capabilities) <= SMALL or effort.seconds >= LEAST_FOR_BOUND:
        seconds = min(BOUND_SHARE * effort.seconds, MOST_BOUND)
        bounds.append(lower_bound(plant, incumbent.weights, seconds))


def _enlarge(incumbent: Incumbent, effort: Effort) -> tuple[str, ...]:
    """One thread makes way for a process that searches large neighbourhoods; what went wrong there."""
    if incumbent.schedule is None or effort.stop():
        return ()
    left = effort.seconds - incumbent.elapsed

    def heard(message: Better | Finished) -> None:
        if isinstance(message, Better):
            incumbent.offer(message.schedule, message.part)

    task = Task(
        incumbent.plant, incumbent.schedule, incumbent.weights, incumbent.base, incumbent.zones,
        left, 1, effort.seed,
    )  # fmt: skip
    worker = Worker(task, heard)
    told_at = [incumbent.elapsed]

    def pass_on(schedule: Schedule) -> None:
        if incumbent.elapsed - told_at[0] > TELL_EVERY:
            told_at[0] = incumbent.elapsed
            worker.tell(schedule)

    failure = ""
    try:
        _search(incumbent, effort.seconds, effort, effort.workers - 1, WARM, WARM, pass_on)
        failure = worker.stop(max(effort.seconds - incumbent.elapsed, 0.0))
    finally:
        failure = failure or worker.stop()
    return (f"large-neighbourhood worker ended early, {failure}",) if failure else ()


def _search(
    incumbent: Incumbent,
    until: float,
    effort: Effort,
    threads: int,
    cooled: float,
    others_cooled: float,
    pass_on: Callable[[Schedule], None] = lambda _: None,
) -> None:
    """Neighbourhood search from the best in so many threads, until so many seconds have gone.

    The first thread, the third and so on begin as cool as `cooled` says, the others as `others_cooled`.
    """
    start = incumbent.schedule
    if until <= incumbent.elapsed or start is None or threads < 1:
        return

    def one(number: int) -> None:
        def improved(schedule: Schedule, _: float) -> None:
            if incumbent.offer(schedule, "search"):
                pass_on(schedule)

        found = search(
            incumbent.plant, start, until - incumbent.elapsed, incumbent.weights, incumbent.base,
            incumbent.zones, seed=effort.seed * 1000 + number + 100 * round(10 * others_cooled),
            improved=improved, stop=effort.stop, clock=incumbent.clock,
            cooled=others_cooled if number % 2 else cooled,
        )  # fmt: skip
        incumbent.offer(found.schedule, "search")

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(threads)))
