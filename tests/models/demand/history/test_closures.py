from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.demand.history.closures import open_histories
from models.demand.history.histories import Histories

WEEK = np.array([10.0, 20, 30, 40, 0, 50, 60])  # from Monday on


def _histories(weeks: int = 6, series: int = 12, last: str = "2023-05-07") -> Histories:
    values = np.tile(WEEK, weeks * series)
    offsets = np.arange(series + 1) * 7 * weeks
    lasts = np.repeat(np.datetime64(last, "ns"), series)
    return Histories(tuple(f"S{n:02}" for n in range(series)), values, offsets, lasts, "D")


def _spoiled(histories: Histories, steps_before_end: int, value: float) -> Histories:
    values = histories.values.copy()
    values[histories.ends - steps_before_end] = value
    return histories.with_values(values)


def test_a_holiday_holds_what_its_weekday_usually_does() -> None:
    # 1 May 2023, a Monday: seven days from the end.
    known = _spoiled(_histories(), 7, 1.0)
    opened = open_histories(known, "BD", 7)
    assert opened.histories.values[known.ends - 7].tolist() == [10.0] * 12
    assert opened.closed.astype("datetime64[D]").astype(str).tolist() == ["2023-05-01"]
    assert opened.repairs[0].kind == "closed day"


def test_a_closure_that_no_calendar_told_of_is_seen_in_the_total() -> None:
    known = _spoiled(_histories(), 13, 0.5)
    opened = open_histories(known, None, 7)
    assert opened.histories.values[known.ends - 13].tolist() == [20.0] * 12
    assert opened.kept.tolist() == [1.0] * 7


def test_the_first_week_is_filled_from_the_next_open_day() -> None:
    known = _spoiled(_histories(), 42, 0.0)
    assert (
        open_histories(known, None, 7).histories.values[known.offsets[:-1]].tolist() == [10.0] * 12
    )


def test_a_weekly_day_of_rest_and_a_few_series_are_no_closures() -> None:
    assert not open_histories(_histories(), "BD", 7).closed.size
    few = _spoiled(_histories(series=2), 13, 0.0)
    assert not open_histories(few, None, 7).closed.size


def test_demand_that_seldom_comes_is_not_taken_for_a_closure() -> None:
    generator = np.random.default_rng(1)
    histories = _histories(weeks=20, series=30)
    sold = np.asarray(generator.random(len(histories.values)) < 0.05, dtype=np.float64)
    assert not open_histories(histories.with_values(sold * 5.0), None, 7).closed.size


def test_a_holiday_ahead_keeps_what_past_ones_of_its_name_kept() -> None:
    # Independence Day, 26 March, and May Day, both seen once; then Eid al-Adha, seen never.
    histories = _histories(weeks=12, last="2023-05-07")
    days = histories.axis(1)
    assert days is not None
    values = histories.values.copy()
    names = {"2023-03-26": 6.0, "2023-05-01": 2.0}
    for day, value in names.items():
        place = int(np.flatnonzero(days == pd.Timestamp(day))[0])
        values[histories.offsets[:-1] + place] = value
    opened = open_histories(histories.with_values(values), "BD", 60)
    ahead = histories.axis(60)
    assert ahead is not None
    kept = dict(zip(ahead[-60:].strftime("%m-%d"), opened.kept, strict=True))
    assert kept["05-09"] == 1.0
    # All holidays so far: 26 March, 14 April and 19 to 24 April (usual demand), 1 May.
    assert 0.5 < kept["06-29"] < 0.95 or kept["06-29"] == 1.0


def test_days_beside_a_feast_keep_what_those_beside_the_last_one_did() -> None:
    # Eid al-Fitr 2023 was 22 to 24 April, a Saturday to a Monday; Eid al-Adha began on 29 June.
    histories = _histories(weeks=16, last="2023-06-25")
    days = histories.axis(1)
    assert days is not None
    values = histories.values.copy()
    for day in ("04-19", "04-20", "04-22", "04-23", "04-24"):
        place = int(np.flatnonzero(days == pd.Timestamp(f"2023-{day}"))[0])
        values[histories.offsets[:-1] + place] = 0.0
    kept = open_histories(histories.with_values(values), "BD", 7).kept
    # Monday 26 June is open; 27 and 28 June are one and two days before the feast, 29 on it.
    assert kept[0] == 1.0
    assert kept[1] == kept[2] == kept[3] == 0.0


def test_holidays_like_other_days_cut_nothing() -> None:
    opened = open_histories(_histories(weeks=30), "BD", 60)
    assert (opened.kept == 1.0).all()


@pytest.mark.parametrize("frequency", ["h", "W-SUN", None])
def test_only_days_are_closed(frequency: str | None) -> None:
    daily = _spoiled(_histories(), 13, 0.0)
    lasts = daily.lasts if frequency else np.repeat(42, 12)
    other = Histories(daily.names, daily.values, daily.offsets, lasts, frequency)
    assert open_histories(other, "BD", 7).histories is other
