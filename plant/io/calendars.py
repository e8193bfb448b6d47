"""A schedule as an iCalendar file: one event per run, for the calendars of phones and office suites."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plant.io.atomic import write_whole
from plant.io.times import instant_at
from plant.model import Plant
from plant.schedule import Run, Schedule

PRODUCT = "-//Takt//schedule//EN"


def schedule_to_ical(plant: Plant, schedule: Schedule, stamp: datetime) -> bytes:
    """The schedule as iCalendar text (RFC 5545), times in UTC, which every calendar shows as local.

    A run's event keeps its UID from export to export, so that importing again moves events instead of
    doubling them.

    Parameters
    ----------
    stamp
        The aware instant of the export, which calendars use to tell newer events from older.
    """
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Takt")
    families = {item.id: item.family for item in plant.items}
    for run in sorted(schedule.runs, key=lambda run: (run.start, run.line, run.id)):
        calendar.add_component(_event(plant, run, families[run.item], stamp))
    return bytes(calendar.to_ical())


def save_ical(plant: Plant, schedule: Schedule, path: Path | str, stamp: datetime) -> None:
    """Write the schedule's iCalendar file, whole or not at all."""
    write_whole(path, schedule_to_ical(plant, schedule, stamp))


def _event(plant: Plant, run: Run, family: str, stamp: datetime) -> Any:
    import icalendar

    event = icalendar.Event()
    event.add("uid", f"run-{run.id}@takt")
    event.add("dtstamp", _utc(stamp))
    event.add("dtstart", _utc(instant_at(plant.starts_at, run.start)))
    event.add("dtend", _utc(instant_at(plant.starts_at, run.end)))
    event.add("summary", f"{run.line}: {run.item} x {run.quantity:g}")
    event.add("location", run.line)
    event.add("categories", [family])
    event.add("description", f"run {run.id}, lock {run.lock}")
    return event


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)
