"""The one entry to bucketed lot sizing: a problem into the cheapest plan that the time allows.

Many items under common capacity: HiGHS solves the whole model in one process and neighbourhoods of the
incumbent in the others; plans go to and fro. Unit lots: annealing in threads; where the model is small,
a process of HiGHS beside it takes its plan as a start and proves it. Whatever they find is judged here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from models.optimize.incumbent import Point
from models.optimize.lot_sizing.anneal import search
from models.optimize.lot_sizing.process import (
    Bounded,
    Finished,
    Found,
    Message,
    Part,
    Process,
    Task,
)
from models.optimize.lot_sizing.record import LotSizing, Problem, UnitLots, Units
from models.optimize.lot_sizing.start import as_late_as_possible, made_when_due

# Arcs of the network of unit lots that HiGHS proves in seconds; with 10,000 its bound is 23 % off after 20 s.
MOST_ARCS = 8_000
PROVED = 1e-6
TICK = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class LotSolution:
    """A plan with its evidence.

    units [I, T], or None where none was found. bound: no plan costs less (None: not computed).
    trajectory: the cost over time and which part found it. notes: what went wrong in a part, in words.
    """

    units: Units | None
    cost: float
    bound: float | None
    trajectory: tuple[Point, ...]
    notes: tuple[str, ...]

    @property
    def proved(self) -> bool:
        """Whether no plan is cheaper."""
        return _is_proved(self.cost, self.bound)


class LotIncumbent:
    """The best plan and bound known; takes offers from any thread and judges them."""

    def __init__(self, problem: Problem, clock: Callable[[], float]) -> None:
        self.problem, self.clock = problem, clock
        self.began = clock()
        self.units: Units | None = None
        self.cost = float("inf")
        self.bound: float | None = None
        self.trajectory: list[Point] = []
        self.notes: list[str] = []
        self.told: list[Callable[[Units, str], None]] = []
        self._lock = threading.Lock()

    def offer(self, units: Units, part: str) -> bool:
        """Whether the plan is feasible and cheaper than the best, and is the best now."""
        if self.problem.faults(units):
            return False
        cost = self.problem.cost(units)
        with self._lock:
            if cost >= self.cost - 1e-9:
                return False
            self.units, self.cost = units, cost
            self.trajectory.append(Point(self.clock() - self.began, cost, part))
        for tell in self.told:
            tell(units, part)
        return True

    def raise_bound(self, bound: float) -> None:
        """Take a bound where it is better than what is known."""
        with self._lock:
            self.bound = bound if self.bound is None else max(self.bound, bound)

    @property
    def proved(self) -> bool:
        """Whether nothing is left to find."""
        return _is_proved(self.cost, self.bound)


def _is_proved(cost: float, bound: float | None) -> bool:
    return bound is not None and cost <= bound + PROVED * abs(bound)


def solve_lots(
    problem: Problem,
    seconds: float = 10.0,
    workers: int = 2,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> LotSolution:
    """The cheapest plan found in so many seconds by so many workers; earlier where it is proved."""
    incumbent = LotIncumbent(problem, clock)
    if isinstance(problem, LotSizing):
        _capacitated(problem, incumbent, seconds, workers, seed)
    else:
        _discrete(problem, incumbent, seconds, workers, seed)
    return LotSolution(
        incumbent.units,
        incumbent.cost,
        incumbent.bound,
        tuple(incumbent.trajectory),
        tuple(incumbent.notes),
    )


def _capacitated(
    problem: LotSizing, incumbent: LotIncumbent, seconds: float, workers: int, seed: int
) -> None:
    start = made_when_due(problem)
    if start is not None:
        incumbent.offer(start, "made when due")
    running = []
    for number in range(workers):
        part: Part = "whole" if number == 1 else "neighbourhoods"
        running.append(_run(Task(problem, part, start, seconds, seed + number), incumbent))
    _await(incumbent, seconds, running)


def _discrete(
    problem: UnitLots, incumbent: LotIncumbent, seconds: float, workers: int, seed: int
) -> None:
    start = as_late_as_possible(problem)
    if start is None:
        incumbent.notes.append("no plan can meet the demand: too many units are due too early")
        return
    incumbent.offer(start, "as late as possible")
    items, periods = problem.demand.shape
    running = []
    if workers > 1 and items * items * periods <= MOST_ARCS:
        task = Task(problem, "whole", start, seconds, seed)
        running.append(_run(task, incumbent))
    ended = threading.Event()
    threads = [
        threading.Thread(
            target=search,
            args=(
                problem,
                start,
                seconds,
                seed + n,
                lambda units: incumbent.offer(units, "anneal"),
            ),
            kwargs={"clock": incumbent.clock, "enough": ended.is_set},
        )
        for n in range(max(workers - len(running), 1))
    ]
    for thread in threads:
        thread.start()
    _await(incumbent, seconds, running, threads)
    ended.set()
    for thread in threads:
        thread.join()


def _run(task: Task, incumbent: LotIncumbent) -> Process:
    def heard(message: Message) -> None:
        if isinstance(message, Found):
            incumbent.offer(message.units, f"{task.part} {task.seed}")
        elif isinstance(message, Bounded):
            incumbent.raise_bound(message.bound)
        elif isinstance(message, Finished) and message.note:
            incumbent.notes.append(message.note)

    process = Process(task, heard)
    if isinstance(task.problem, LotSizing):
        incumbent.told.append(
            lambda units, part: process.tell(units) if part != f"{task.part} {task.seed}" else None
        )
    return process


def _await(
    incumbent: LotIncumbent,
    seconds: float,
    running: list[Process],
    threads: list[threading.Thread] | None = None,
) -> None:
    """Wait until the time is up, the best is proved, or all have ended; then end the processes."""
    while incumbent.clock() - incumbent.began < seconds and not incumbent.proved:
        if not threads and all(process.process.poll() is not None for process in running):
            break
        time.sleep(TICK)
    incumbent.notes += [note for process in running if (note := process.stop())]
