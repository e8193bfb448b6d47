"""Where a run may be dragged: the lines that can make it, and what dropping it there would break."""

from __future__ import annotations

from dataclasses import dataclass

from plant.edits import Move, apply
from plant.errors import EditError, Problem
from plant.evaluate import Violation, Zones, evaluate
from plant.model import Plant
from plant.part import touched, touching
from plant.schedule import Run, Schedule

NO_ZONES = Zones()


@dataclass(frozen=True, slots=True)
class Place:
    """A line for a run: from when to when it would run there, and which rules that would newly break."""

    line: str
    start: int
    end: int
    breaches: tuple[Violation, ...]

    @property
    def is_legal(self) -> bool:
        """Whether the run can be dropped here without breaking a rule."""
        return not self.breaches


def legal_lines(
    plant: Plant,
    schedule: Schedule,
    run: str,
    start: int | None = None,
    base: Schedule | None = None,
    zones: Zones = NO_ZONES,
) -> tuple[Place, ...]:
    """The lines that can make the run's item, in the plant's order, each at a start (its own if None).

    Raises
    ------
    EditError
        Where the schedule has no such run.
    """
    moved = next((one for one in schedule.runs if one.id == run), None)
    if moved is None:
        expected = f"the id of one of the {len(schedule.runs)} runs of the schedule"
        raise EditError([Problem(f"run {run}", "run", expected, run)])
    able = {one.line for one in plant.capabilities if one.item == moved.item}
    at = moved.start if start is None else start
    return tuple(
        _place(plant, schedule, moved, line.id, at, base, zones)
        for line in plant.lines
        if line.id in able
    )


def _place(
    plant: Plant,
    schedule: Schedule,
    run: Run,
    line: str,
    start: int,
    base: Schedule | None,
    zones: Zones,
) -> Place:
    goal = next(
        one
        for one in apply(plant, Schedule((run,)), Move(run.id, line, start)).schedule.runs
        if one.id == run.id
    )
    part = touching(plant, schedule, touched(plant, (run, goal)))
    then = Schedule(tuple(goal if one.id == run.id else one for one in part.runs))
    there = {one.id for one in part.runs}
    held = base and Schedule(tuple(one for one in base.runs if one.id in there))
    was = {(one.kind, one.record) for one in evaluate(plant, part, held, zones=zones).violations}
    now = evaluate(plant, then, held, zones=zones).violations
    return Place(
        line,
        goal.start,
        goal.end,
        tuple(one for one in now if (one.kind, one.record) not in was),
    )
