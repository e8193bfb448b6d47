from __future__ import annotations

import pandas as pd
import pytest

from models.demand import ModelError
from models.demand.history.calendar import holiday_features, holidays_of


def test_public_holidays_and_single_days_between_two_are_known() -> None:
    found = holidays_of("BD", 2023, 2023)
    days = sorted(day.day for day in found if day.month == 4)
    assert days == [14, 19, 20, 21, 22, 23, 24]


def test_an_unknown_country_is_named() -> None:
    with pytest.raises(ModelError, match=r"country: expected an ISO 3166 code.*found 'XX'"):
        holidays_of("XX", 2023, 2023)


def test_days_tell_how_near_a_holiday_is() -> None:
    times = pd.date_range("2023-04-29", periods=5)
    found = holiday_features("BD", times, "D")
    assert found["holiday"].tolist() == [0, 0, 1, 0, 0]
    assert found["to_holiday"].tolist() == [2, 1, 0, 8, 8]
    assert found["since_holiday"].tolist() == [8, 8, 0, 1, 2]


def test_longer_steps_count_their_holidays() -> None:
    weeks = pd.date_range("2023-04-09", periods=4, freq="W-SUN")
    assert holiday_features("BD", weeks, "W-SUN")["holidays"].tolist() == [1, 4, 2, 1]
    months = pd.date_range("2023-03-31", periods=2, freq="ME")
    assert holiday_features("BD", months, "ME")["holidays"].tolist() == [3, 7]
