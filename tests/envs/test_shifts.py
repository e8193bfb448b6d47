"""Working weeks as shifts."""

from __future__ import annotations

from envs.shifts import FRIDAY, MONDAY, SATURDAY, Week
from plant import Shift


def test_a_week_has_two_shifts_on_weekdays_and_one_of_overtime_on_saturday() -> None:
    shifts = Week().shifts(7, MONDAY)
    regular = [shift for shift in shifts if not shift.overtime]
    assert sum(shift.end - shift.start for shift in regular) == 5 * 15 * 60
    assert [shift for shift in shifts if shift.overtime] == [
        Shift(5 * 1440 + 360, 5 * 1440 + 600, True),
        Shift(5 * 1440 + 630, 5 * 1440 + 840, True),
    ]
    assert max(shift.end for shift in shifts) < 6 * 1440


def test_the_first_day_is_the_weekday_given() -> None:
    assert all(shift.overtime for shift in Week().shifts(1, SATURDAY))
    assert Week().shifts(2, SATURDAY) == Week().shifts(1, SATURDAY)


def test_other_weeks_rest_and_work_on_other_days() -> None:
    week = Week((0, 1), (FRIDAY,), regular=((0, 60),), overtime=((60, 90),))
    assert week.shifts(7, MONDAY) == (
        Shift(0, 60),
        Shift(1440, 1500),
        Shift(4 * 1440 + 60, 4 * 1440 + 90, True),
    )
