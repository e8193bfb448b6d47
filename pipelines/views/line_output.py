"""Output against plan: what each line was to make by day, and what was counted there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from pipelines.storage import reading
from pipelines.storage.repositories.counts import LineDay, counts_since
from plant import Plant, Schedule
from plant.arrays import plant_arrays
from plant.calendar import worked_between
from plant.io.times import MINUTE

Cell = tuple[str, date]


@dataclass(frozen=True, slots=True)
class OutputDay:
    """A day of the plant's own time: units planned; good units and scrap counted, None where none were."""

    day: date
    planned: float
    counted: float | None
    scrap: float | None


@dataclass(frozen=True, slots=True)
class LineOutput:
    """A line's output: by day, and from the plan's start to the instant that is asked about."""

    line: str
    planned: float
    counted: float
    scrap: float
    days: tuple[OutputDay, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """What lines made and what they were to make by the plan up to `as_of`, in the plant's order.

    is_counted: whether any line counted since the plan's start.
    """

    as_of: datetime
    is_counted: bool
    lines: tuple[LineOutput, ...]


def output_of(engine: Engine, plant: Plant, schedule: Schedule, now: datetime) -> Output:
    """The output of every line since the plan's start."""
    at = min(max(int((now - plant.starts_at) / MINUTE), 0), plant.horizon)
    as_of = plant.starts_at + at * MINUTE
    with reading(engine) as session:
        counts = counts_since(session, plant.starts_at, as_of.date()) if at else []
    return judged_output(plant, schedule, counts, at)


def judged_output(plant: Plant, schedule: Schedule, counts: Iterable[LineDay], at: int) -> Output:
    """The output up to minute `at`, from what was counted by line and day."""
    found = {(one.line, one.day): one for one in counts}
    whole, so_far = planned_output(plant, schedule), planned_output(plant, schedule, at)
    days = [day for day, _, _ in _days(plant)]
    lines = (_line(line.id, days, whole, so_far, found) for line in plant.lines)
    return Output(plant.starts_at + at * MINUTE, bool(found), tuple(lines))


def planned_output(plant: Plant, schedule: Schedule, until: int | None = None) -> dict[Cell, float]:
    """Units to be made by line and day, up to a minute; a run makes them evenly in its shift time."""
    calendar, index = plant_arrays(plant).calendar, plant_arrays(plant).line_index
    days = _days(plant)
    found: dict[Cell, float] = defaultdict(float)
    for run in schedule.runs:
        row = index[run.line]
        worked, _ = worked_between(calendar, row, run.start, run.end)
        stop = run.end if until is None else min(run.end, until)
        for day, begin, end in days:
            inside = max(begin, run.start), min(end, stop)
            if worked and inside[0] < inside[1]:
                part, _ = worked_between(calendar, row, *inside)
                found[run.line, day] += run.quantity * part / worked
    return found


def _days(plant: Plant) -> list[tuple[date, int, int]]:
    """The days of the plant's own time with their first minute and the one after their last."""
    first = plant.starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
    before = int((plant.starts_at - first) / MINUTE)
    count = -(-(before + plant.horizon) // 1440)
    return [
        (first.date() + timedelta(days=day), day * 1440 - before, (day + 1) * 1440 - before)
        for day in range(count)
    ]


def _line(
    line: str,
    days: list[date],
    whole: Mapping[Cell, float],
    so_far: Mapping[Cell, float],
    counts: Mapping[Cell, LineDay],
) -> LineOutput:
    counted = [counts.get((line, day)) for day in days]
    return LineOutput(
        line,
        sum(so_far.get((line, day), 0.0) for day in days),
        sum(one.good for one in counted if one),
        sum(one.scrap for one in counted if one),
        tuple(
            OutputDay(
                day,
                whole.get((line, day), 0.0),
                one.good if one else None,
                one.scrap if one else None,
            )
            for day, one in zip(days, counted, strict=True)
        ),
    )
