from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from models.demand.closures import apply_closed, fill_closed, kept_when_closed, unusual_days
from models.demand.panel import Panel, days_from

MONDAY = np.datetime64("2023-05-01")


def _panel(weeks: int = 5, series: int = 12) -> Panel:
    week = np.array([10.0, 20, 30, 40, 0, 50, 60])
    values = np.tile(week, weeks)[:, None] * np.ones(series)
    return Panel(tuple(f"S{i:02}" for i in range(series)), days_from(MONDAY, 7 * weeks), values)


def test_a_closed_day_holds_what_its_weekday_usually_does() -> None:
    panel = _panel()
    panel.values[7] = 1.0
    filled = fill_closed(panel, {date(2023, 5, 8)})
    assert filled.values[7].tolist() == [10.0] * 12
    assert panel.values[7, 0] == 1.0
    assert kept_when_closed(panel, filled, {date(2023, 5, 8)}) == pytest.approx(0.1)


def test_the_first_week_is_filled_from_the_next_open_day() -> None:
    panel = _panel()
    panel.values[0] = 0.0
    panel.values[7] = 14.0
    assert fill_closed(panel, {date(2023, 5, 1)}).values[0, 0] == 14.0


def test_a_closure_that_no_calendar_told_of_is_seen_in_the_total() -> None:
    panel = _panel()
    panel.values[15] = 0.5
    unusual = unusual_days(panel)
    assert np.flatnonzero(unusual).tolist() == [15]
    assert fill_closed(panel, ()).values[15, 0] == 20.0


def test_a_weekly_day_of_rest_and_a_few_series_are_not_unusual() -> None:
    assert not unusual_days(_panel()).any()
    few = _panel(series=2)
    few.values[15] = 0.0
    assert not unusual_days(few).any()


def test_a_closed_day_ahead_keeps_what_past_ones_kept() -> None:
    forecast = np.full((3, 2), 10.0)
    applied = apply_closed(forecast, days_from(MONDAY, 3), {date(2023, 5, 2)}, 0.2)
    assert applied.tolist() == [[10, 10], [2, 2], [10, 10]]


def test_without_past_closures_nothing_is_assumed_of_the_next() -> None:
    panel = _panel()
    assert kept_when_closed(panel, fill_closed(panel, ()), ()) == 1.0
