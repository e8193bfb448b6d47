"""The parts that run HiGHS, in processes of their own: they may overrun their time, or end, alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from models.optimize.child import Child, LastWord, serve
from models.optimize.lot_sizing.record import LotSizing, Problem, Units

RELAXING = 0.3  # of the time at most
Part = Literal["whole", "neighbourhoods"]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a process is to do, for how many seconds from its start on; start is None where there is none."""

    problem: Problem
    part: Part
    start: Units | None
    seconds: float
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A plan, to be judged where the incumbent is."""

    units: Units


@dataclass(frozen=True, slots=True)
class Bounded:
    """No plan costs less."""

    bound: float


@dataclass(frozen=True, slots=True)
class Finished(LastWord):
    """The task is done; note says what kept it from that, or ""."""

    note: str


Message = Found | Bounded | Finished


class Process(Child):
    """A running part; it may be told of plans found elsewhere."""

    def __init__(self, task: Task, heard: Callable[[Message], None]) -> None:
        # Pyomo before SciPy: where it finds SciPy loaded, it loads all of it, for a second.
        super().__init__(__name__, task, heard, before="import pyomo.environ")
        self.part = task.part

    def stop(self, patience: float = 0.0) -> str:
        """End the process; which part it was and why it ended before it was done, or ""."""
        failure = super().stop(patience)
        return f"{self.part}: {failure}" if failure else ""


def work(task: Task, say: Callable[[Message], None], news: list[Units]) -> None:
    """Do the task; `news` is where plans of others turn up."""
    from models.optimize.lot_sizing import whole
    from models.optimize.lot_sizing.capacitated import relax
    from models.optimize.lot_sizing.neighbourhoods import improve

    def found(units: Units) -> None:
        say(Found(units))

    def bounded(bound: float) -> None:
        say(Bounded(bound))

    def latest() -> Units | None:
        units = news.pop() if news else None
        news.clear()
        return units

    problem = task.problem
    if not isinstance(problem, LotSizing):
        assert task.start is not None
        say(
            Finished(
                whole.solve_discrete(problem, task.start, task.seconds, task.seed, found, bounded)
            )
        )
        return
    relaxed = relax(problem, task.seconds * RELAXING)
    if relaxed is None:
        say(Finished("the relaxation has no solution: no plan can meet the demand in the minutes"))
        return
    bounded(relaxed.value)
    if task.start is not None and not news:
        news.append(task.start)
    if task.part == "whole":
        whole.solve_capacitated(problem, relaxed, task.seconds, task.seed, found, bounded, latest)
    else:
        improve(problem, relaxed, task.seconds, task.seed, found, latest)
    say(Finished(""))


def main() -> None:
    """Do what a parent asks."""
    serve(work)
