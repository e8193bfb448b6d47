from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from models.demand import TableError, panel_from_table
from models.demand.panel import weekdays


def _table(days: int = 3) -> pd.DataFrame:
    times = pd.date_range("2023-05-01", periods=days)
    return pd.DataFrame(
        {
            "series": ["B"] * days + ["A"] * days,
            "time": [*times, *times],
            "value": np.arange(2.0 * days),
        }
    )


def test_series_stand_side_by_side_in_name_order() -> None:
    panel = panel_from_table(_table().sample(frac=1, random_state=3))
    assert panel.series == ("A", "B")
    assert [str(day) for day in panel.days] == ["2023-05-01", "2023-05-02", "2023-05-03"]
    assert panel.values.tolist() == [[3, 0], [4, 1], [5, 2]]
    assert [str(day) for day in panel.ahead(2)] == ["2023-05-04", "2023-05-05"]


def test_only_days_before_the_origin_are_known_at_it() -> None:
    known = panel_from_table(_table()).before(np.datetime64("2023-05-02"))
    assert known.values.tolist() == [[3, 0]]


def test_weekdays_are_counted_from_monday() -> None:
    days = pd.date_range("2023-01-01", periods=400)
    assert weekdays(days.to_numpy()).tolist() == days.dayofweek.tolist()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.drop(columns="value"), r"expected columns .* value missing"),
        (lambda t: t.iloc[:0], r"expected rows, found none"),
        (
            lambda t: pd.concat([t, t.iloc[[1]]]),
            r"one row per series.*row 6 \(series B, 2023-05-02",
        ),
        (lambda t: t.drop(index=4), r"1 missing: series A on 2023-05-02"),
        (lambda t: t.assign(value=t["value"] - 1), r"at least 0, .*row 0 \(series B.*-1\.0"),
        (lambda t: t.assign(value="many"), r"expected a number, .* 6 rows"),
        (lambda t: t.assign(value=[0, 1, np.inf, 3, 4, 5]), r"a number, .*row 2"),
        (lambda t: t.assign(time="soon"), r"expected a day, .*row 0 .*'soon'"),
        (lambda t: t.assign(time=t["time"] + pd.Timedelta("1h")), r"without a time of day"),
    ],
)
def test_a_wrong_table_is_refused_with_the_place_named(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    with pytest.raises(TableError, match=message):
        panel_from_table(spoil(_table()))
