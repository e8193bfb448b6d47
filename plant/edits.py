"""What a planner does to a schedule, a record for each deed, and how each is taken back.

`apply` works out a run's end from the line's calendar, so that it holds quantity / rate of shift time;
where the shifts end before, what is missing is counted on behind the last one, for the referee to name.
That a rule is broken is no error: `plant.violations` says so. An error is what cannot be done at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from plant.edit_records import (
    Add,
    Cancel,
    Edit,
    Group,
    Merge,
    Move,
    Replace,
    Resize,
    SetLock,
    Single,
    Split,
)
from plant.edit_runs import LATEST, runs_after
from plant.evaluate import HELD_BY_LOCK
from plant.model import Plant
from plant.schedule import Lock, Run, Schedule, same_value

__all__ = [
    "LATEST", "Add", "Applied", "Cancel", "Edit", "Group", "Merge", "Move", "Replace", "Resize",
    "SetLock", "Single", "Split", "apply", "relocked",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Applied:
    """The schedule after an edit, and the edit that restores the one before it exactly."""

    schedule: Schedule
    inverse: Replace


def apply(plant: Plant, schedule: Schedule, edit: Edit) -> Applied:
    """The schedule after the edit, with the edit's inverse.

    Raises
    ------
    EditError
        Where the edit cannot be done: a run, line or item that is not there, a line that cannot make the
        item, a quantity that is not above 0, an id that is taken. Names run, field, expected and found.
    """
    runs = list(schedule.runs)
    touched: set[str] = set()
    for one in edit.edits if isinstance(edit, Group) else (edit,):
        runs, ids = runs_after(plant, runs, one)
        touched |= ids
    return Applied(Schedule(tuple(runs)), _back(schedule.runs, runs, touched))


def relocked(base: Schedule, runs: Iterable[Run]) -> Schedule:
    """The base with the locks that a planner gave to these runs, later ones winning.

    A planner may take off a lock of the published schedule, or lock a run that stands where it was
    published. A run locked at a place of its own is held there by its own lock in what follows, not by
    the base: there its lock becomes "none".
    """
    asked = {run.id: run for run in runs}
    return Schedule(
        tuple(
            replace(run, lock=_lock_on(run, asked[run.id])) if run.id in asked else run
            for run in base.runs
        )
    )


def _lock_on(old: Run, asked: Run) -> Lock:
    held = HELD_BY_LOCK[asked.lock]
    same = all(same_value(getattr(old, name), getattr(asked, name)) for name in held)
    return asked.lock if same else "none"


def _back(before: Sequence[Run], after: Iterable[Run], touched: set[str]) -> Replace:
    """What restores the runs before: the untouched ones have kept their order."""
    places = [(place, run) for place, run in enumerate(before) if run.id in touched]
    there = {run.id for _, run in places}
    return Replace(
        tuple(run.id for run in after if run.id in touched and run.id not in there),
        tuple(run for _, run in places),
        tuple(place for place, _ in places),
    )
