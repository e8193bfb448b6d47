"""Output against plan: a run's units spread over its shift time, counts beside them, by day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from pipelines.storage import open_database, reading, writing
from pipelines.storage.repositories.counts import LineDay, counts_since
from pipelines.storage.stream_tables import LineDayRow, LineMinuteRow
from pipelines.views.line_output import judged_output, planned_output
from plant.examples.three_lines import TUESDAY, at, plant, schedule

MONDAY_5TH, TUESDAY_6TH, WEDNESDAY_7TH = (date(2026, 1, day) for day in (5, 6, 7))


def test_a_run_over_night_is_made_on_both_days_by_shift_time() -> None:
    found = planned_output(plant(), schedule())
    # R-3 on Monday; R-5's 500 in 3 h of Tuesday and 2 h of Wednesday; then R-7's 100
    assert {day: units for (line, day), units in found.items() if line == "PACK-1"} == {
        MONDAY_5TH: 350.0,
        TUESDAY_6TH: pytest.approx(300.0),
        WEDNESDAY_7TH: pytest.approx(200.0 + 100.0),
    }
    assert sum(found.values()) == pytest.approx(sum(run.quantity for run in schedule().runs))


def test_up_to_a_minute_only_what_was_to_be_made_by_then_counts() -> None:
    found = planned_output(plant(), schedule(), at(TUESDAY, 14))
    assert found["PACK-1", TUESDAY_6TH] == pytest.approx(100.0)
    assert ("PACK-1", WEDNESDAY_7TH) not in found


def test_counts_stand_beside_the_plan_and_days_without_any_say_so() -> None:
    counts = [LineDay("PACK-1", MONDAY_5TH, 330.0, 12.0), LineDay("PACK-1", TUESDAY_6TH, 50.0, 0.0)]
    found = judged_output(plant(), schedule(), counts, at(TUESDAY, 14))
    pack = next(one for one in found.lines if one.line == "PACK-1")
    assert (pack.planned, pack.counted, pack.scrap) == (pytest.approx(450.0), 380.0, 12.0)
    assert [day.counted for day in pack.days] == [330.0, 50.0, None, None]
    assert found.is_counted
    assert found.as_of == plant().starts_at + timedelta(minutes=at(TUESDAY, 14))
    assert [one.line for one in found.lines] == ["MIX", "PACK-1", "PACK-2"]


def test_a_plan_that_starts_within_a_day_counts_that_day_from_its_start(tmp_path: Path) -> None:
    noon = plant().starts_at.replace(hour=12)
    engine = open_database(f"sqlite:///{tmp_path / 'takt.db'}")
    with writing(engine) as session:
        session.execute(
            insert(LineMinuteRow), [_minute(noon + timedelta(minutes=by)) for by in (-1, 0, 5)]
        )
        session.execute(
            insert(LineDayRow),
            [
                {"line": "MIX", "day": day, "good": good, "scrap": 1.0, "last_at": noon}
                for day, good in ((MONDAY_5TH, 99.0), (TUESDAY_6TH, 40.0), (WEDNESDAY_7TH, 7.0))
            ],
        )
    with reading(engine) as session:
        found = counts_since(session, noon, TUESDAY_6TH)
    assert found == [
        LineDay("MIX", MONDAY_5TH, 20.0, 2.0),
        LineDay("MIX", TUESDAY_6TH, 40.0, 1.0),
    ]
    engine.dispose()


def _minute(minute: datetime) -> dict[str, object]:
    return {
        "line": "MIX", "minute": minute, "item": "PULP", "events": 1, "good": 10.0, "scrap": 1.0,
        "checked": 0.0, "failed": 0.0, "last_at": minute,
    }  # fmt: skip
