"""Where a run may be dragged: the lines that can make it, and what dropping it there would break."""

from __future__ import annotations

from dataclasses import dataclass

from plant.edits import Move, apply
from plant.errors import EditError, Problem
from plant.evaluate import Evaluation, Kind, Violation, Zones, evaluate
from plant.model import Plant
from plant.part import touched, touching
from plant.schedule import Run, Schedule
from plant.verdict import NO_ZONES


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
    was: Evaluation | None = None,
) -> tuple[Place, ...]:
    """The lines that can make the run's item, in the plant's order, each at a start (its own if None).

    Parameters
    ----------
    was
        What `evaluate` says of the schedule by the same base and zones, where that is known already.

    Raises
    ------
    EditError
        Where the schedule has no such run, or the start is no minute.
    """
    moved = next((one for one in schedule.runs if one.id == run), None)
    if moved is None:
        expected = f"the id of one of the {len(schedule.runs)} runs of the schedule"
        raise EditError([Problem(f"run {run}", "run", expected, run)])
    able = {one.line for one in plant.capabilities if one.item == moved.item}
    at = moved.start if start is None else start
    broken = was.violations if was else evaluate(plant, schedule, base, zones=zones).violations
    known = {(one.kind, one.record) for one in broken}
    return tuple(
        _place(plant, schedule, moved, Move(run, line.id, at), known, base, zones)
        for line in plant.lines
        if line.id in able
    )


def _place(
    plant: Plant,
    schedule: Schedule,
    run: Run,
    move: Move,
    known: set[tuple[Kind, str]],
    base: Schedule | None,
    zones: Zones,
) -> Place:
    """The line with the breaches that are in no schedule before: of all rules that the move touches."""
    goal = apply(plant, Schedule((run,)), move).schedule.runs[0]
    by = touched(plant, (run, goal))
    part = touching(plant, schedule, by)
    then = Schedule(tuple(goal if one.id == run.id else one for one in part.runs))
    lines = {one.id: one.line for one in then.runs}
    held = base and Schedule(tuple(one for one in base.runs if one.id in lines))
    found = evaluate(plant, then, held, zones=zones).violations
    new = tuple(
        one
        for one in found
        if (one.kind, one.record) not in known
        and (one.record in by.items if one.kind == "stock" else lines[one.record] in by.lines)
    )
    return Place(move.line, goal.start, goal.end, new)
