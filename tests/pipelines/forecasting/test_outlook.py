from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.demand.history.histories import Histories
from pipelines.commands.forecast.show import step_words
from pipelines.forecasting.outlook import ALL, outlook_of


def _histories(rows: np.ndarray) -> Histories:
    count, length = rows.shape
    lasts = np.full(count, np.datetime64("2024-03-31", "ns"))
    names = tuple(f"S{number}" for number in range(count))
    return Histories(names, rows.ravel(), np.arange(count + 1) * length, lasts, "D")


def _forecast(means: list[float]) -> pd.DataFrame:
    days = pd.date_range("2024-04-01", periods=2)
    mean = np.repeat(means, 2)
    return pd.DataFrame(
        {
            "series": np.repeat([f"S{number}" for number in range(len(means))], 2),
            "time": np.tile(days.to_numpy(), len(means)),
            "mean": mean,
            "q10": mean - 1,
            "q90": mean + 1,
        }
    )


def test_the_largest_series_come_first_after_all_together() -> None:
    rows = np.array([[9.0, 1, 3], [9, 10, 30], [0, 0, 0]])
    found = outlook_of(_histories(rows), _forecast([3.0, 22.0, 0.0]), 2)
    assert [one.series for one in found] == [ALL, "S1", "S0", "S2"]
    assert (found[0].before, found[0].ahead) == (22, 25)
    assert found[1].change == pytest.approx(0.1)
    assert found[3].change is None
    step = found[1].steps[0]
    assert (step.time, step.mean, step.low, step.high) == ("2024-04-01", 22, 21, 23)


def test_one_series_stands_for_itself() -> None:
    found = outlook_of(_histories(np.array([[1.0, 2, 4]])), _forecast([5.0]), 2)
    assert [one.series for one in found] == ["S0"]
    assert len(found[0].steps) == 2


def test_hours_keep_their_midnight() -> None:
    table = _forecast([5.0]).assign(time=pd.date_range("2024-04-01", periods=2, freq="h"))
    found = outlook_of(_histories(np.array([[1.0, 2, 4]])), table, 2)
    assert [step.time for step in found[0].steps] == ["2024-04-01 00:00", "2024-04-01 01:00"]


@pytest.mark.parametrize(
    ("frequency", "words"),
    [
        ("D", "days (D)"),
        ("W-SUN", "weeks, named by their Sunday (W-SUN)"),
        ("3MS", "quarters (3MS)"),
        ("15min", "15 minutes (15min)"),
        ("counted", "counted"),
    ],
)
def test_steps_are_told_in_words(frequency: str, words: str) -> None:
    assert step_words(frequency) == words
