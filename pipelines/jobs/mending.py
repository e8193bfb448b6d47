"""Repair around a change: what a planner has just put in place stays, and the rest is made to fit.

Nothing is stored. What comes back is an edit that the planner may do, with the verdict on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from models.optimize.repair.mend import Follows, RunRepair, repair
from models.optimize.repair.scope import Scope
from pipelines.drafts import Draft
from plant import Plant, Run, Schedule, Weights, Zones
from plant.diff import run_changes
from plant.edits import Replace
from plant.errors import EditError, Problem
from plant.verdict import Verdict, verdict

ScopeName = Literal["line", "follows", "all"]


@dataclass(frozen=True, slots=True)
class Task:
    """A schedule to be mended around a run, and how: plain values that go to another process."""

    plant: Plant
    schedule: Schedule
    run: str
    scope: ScopeName
    seconds: float
    weights: Weights
    zones: Zones


@dataclass(frozen=True, slots=True)
class Mended:
    """The mended schedule: what became of each run and why, and what locks had to be given up."""

    schedule: Schedule
    runs: tuple[RunRepair, ...]
    given_up: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a repair proposes: the edit to do, the verdict on it, each run's reason."""

    edit: Replace
    verdict: Verdict
    runs: tuple[RunRepair, ...]
    given_up: tuple[str, ...]


def task_of(draft: Draft, run: str, scope: ScopeName, seconds: float) -> Task:
    """What is to be mended in a draft. EditError where it has no such run."""
    if all(one.id != run for one in draft.schedule.runs):
        expected = f"the id of one of the {len(draft.schedule.runs)} runs of the draft"
        raise EditError([Problem(f"run {run}", "run", expected, run)])
    meta = draft.meta
    return Task(draft.plant, draft.schedule, run, scope, seconds, meta.weights, meta.zones)


def mend(task: Task) -> Mended:
    """The schedule with every rule kept around the run, which stays where it is."""
    kept = next(run for run in task.schedule.runs if run.id == task.run)
    held = Schedule(
        tuple(replace(run, lock="all") if run is kept else run for run in task.schedule.runs)
    )
    found = repair(
        task.plant,
        held,
        task.seconds,
        weights=task.weights,
        zones=task.zones,
        scope=_scope(task.scope, kept),
    )
    runs = tuple(
        replace(run, lock=kept.lock) if run.id == kept.id else run for run in found.schedule.runs
    )
    return Mended(Schedule(runs), found.runs, found.given_up)


def propose(draft: Draft, mended: Mended) -> Proposal:
    """What the mended schedule changes in the draft, judged as any other edit."""
    after = mended.schedule
    return Proposal(
        replacing(draft.schedule, after),
        verdict(draft.evaluation, draft.evaluate(after), draft.schedule, after),
        mended.runs,
        mended.given_up,
    )


def replacing(before: Schedule, after: Schedule) -> Replace:
    """The edit that makes one schedule of another."""
    changes, _ = run_changes(before, after)
    return Replace(
        tuple(one.id for one in changes if one.after is None),
        tuple(one.after for one in changes if one.after is not None),
    )


def _scope(name: ScopeName, run: Run) -> Scope:
    if name == "all":
        return None
    return {run.line} if name == "line" else Follows(run.id)
