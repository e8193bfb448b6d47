"""Large neighbourhoods in a process of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.optimize.child import Child, LastWord, serve
from plant import Plant, Schedule, Weights, Zones


@dataclass(frozen=True, slots=True)
class Task:
    """What the worker is to do: search large neighbourhoods from a start for so many seconds."""

    plant: Plant
    start: Schedule
    weights: Weights
    base: Schedule | None
    zones: Zones
    seconds: float
    workers: int
    seed: int


@dataclass(frozen=True, slots=True)
class Better:
    """A schedule that a neighbourhood led to, and the part that solved it."""

    schedule: Schedule
    part: str


@dataclass(frozen=True, slots=True)
class Finished(LastWord):
    """How many neighbourhoods were solved, and how many of them led to something better."""

    neighbourhoods: int
    better: int


class Worker(Child):
    """A running search of large neighbourhoods; it may be told of better schedules."""

    def __init__(self, task: Task, heard: Callable[[Better | Finished], None]) -> None:
        super().__init__(__name__, task, heard)


def work(task: Task, say: Callable[[Better | Finished], None], news: list[Schedule]) -> None:
    """Do the task; `news` is where better schedules of others turn up."""
    from models.optimize.large.rounds import large

    _, done = large(
        task.plant,
        task.start,
        task.seconds,
        task.workers,
        task.weights,
        task.base,
        task.zones,
        task.seed,
        improved=lambda schedule, trial: say(Better(schedule, trial.part)),
        others=lambda: news.pop() if news else None,
    )
    say(Finished(len(done), sum(one.better for one in done)))


def main() -> None:
    """Do what a parent asks."""
    serve(work)
