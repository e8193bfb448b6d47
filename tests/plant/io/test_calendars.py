"""iCalendar: one event per run, in place and stable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icalendar

from plant.examples import three_lines
from plant.io.calendars import schedule_to_ical

STAMP = datetime(2026, 1, 4, 12, tzinfo=UTC)


def test_every_run_is_an_event_at_its_instant() -> None:
    plant, schedule = three_lines.plant(), three_lines.schedule()
    calendar = icalendar.Calendar.from_ical(schedule_to_ical(plant, schedule, STAMP))
    events = {str(event["UID"]): event for event in calendar.walk("VEVENT")}
    assert set(events) == {f"run-{run.id}@takt" for run in schedule.runs}
    for run in schedule.runs:
        event = events[f"run-{run.id}@takt"]
        assert event["DTSTART"].dt == plant.starts_at + timedelta(minutes=run.start)
        assert event["DTEND"].dt == plant.starts_at + timedelta(minutes=run.end)
        assert event["DTSTART"].dt.utcoffset() is not None
        assert str(event["LOCATION"]) == run.line


def test_the_same_schedule_gives_the_same_file() -> None:
    plant, schedule = three_lines.plant(), three_lines.schedule()
    assert schedule_to_ical(plant, schedule, STAMP) == schedule_to_ical(plant, schedule, STAMP)
