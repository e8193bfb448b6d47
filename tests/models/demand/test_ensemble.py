from __future__ import annotations

import numpy as np
import pytest

from models.demand.backtest import Backtest
from models.demand.config import DemandConfig
from models.demand.ensemble import (
    bias,
    class_weights,
    classify,
    combine,
    earlier_only,
    scaled_error,
    wape,
)
from models.demand.panel import Panel, days_from

FIRST = np.datetime64("2023-01-01")
CONFIG = DemandConfig(horizon=2, step=2, windows=3)


def _trial(*factors: float, windows: int = 3) -> Backtest:
    """Members that always forecast a multiple of what comes; two series of 10 and 20 a day."""
    actual = np.tile(np.array([10.0, 20.0]), (windows, 2, 1))
    forecasts = np.stack([actual * factor for factor in factors], axis=1)
    members = tuple(f"m{number}" for number in range(len(factors)))
    return Backtest(
        ("A", "B"), members, FIRST + 2 * np.arange(windows), forecasts, actual, np.ones(2)
    )


def test_errors_are_what_they_are_by_hand() -> None:
    forecast, actual = np.array([[1.0, 4.0]]), np.array([[3.0, 5.0]])
    assert wape(forecast, actual) == pytest.approx(3 / 8)
    assert bias(forecast, actual) == pytest.approx(-3 / 8)
    expected = np.sqrt((1.0 + 0.0625) / 2)
    assert scaled_error(forecast, actual, np.array([2.0, 4.0])) == pytest.approx(expected)
    assert wape(np.zeros(2), np.zeros(2)) == bias(np.zeros(2), np.zeros(2)) == 0.0
    assert wape(np.ones(2), np.zeros(2)) == np.inf


def test_series_are_classed_by_how_often_they_sell() -> None:
    values = np.zeros((100, 3))
    values[::2, 0] = 5.0
    values[::5, 1] = 5.0
    values[:40, 2] = 5.0
    panel = Panel(("often", "seldom", "gone"), days_from(FIRST, 100), values)
    assert classify(panel) == ("regular", "intermittent", "silent")


def test_weights_are_inverse_squared_errors() -> None:
    trial = _trial(1.10, 0.90, 1.11)
    weights = class_weights(trial, ("regular", "regular"), CONFIG, 3)["regular"]
    inverse = np.array([1 / 0.1**2, 1 / 0.1**2, 1 / 0.11**2])
    assert weights == pytest.approx(inverse / inverse.sum())


def test_a_member_whose_bias_stands_apart_gets_no_weight_though_its_error_is_least() -> None:
    trial = _trial(1.31, 1.32, 1.30, 0.95)
    weights = class_weights(trial, ("regular", "regular"), CONFIG, 3)["regular"]
    assert weights[3] == 0.0
    assert weights[:3].min() > 0.3


def test_a_member_far_worse_than_the_best_gets_no_weight() -> None:
    weights = class_weights(_trial(1.1, 0.9, 1.15), ("regular", "regular"), CONFIG, 3)["regular"]
    assert weights == pytest.approx([0.5, 0.5, 0.0])


def test_members_in_two_camps_are_all_kept() -> None:
    weights = class_weights(_trial(1.3, 0.7), ("regular", "regular"), CONFIG, 3)["regular"]
    assert weights == pytest.approx([0.5, 0.5])


def test_weights_are_equal_where_nothing_sold() -> None:
    trial = _trial(1.1, 0.9)
    trial.actual[:] = 0.0
    weights = class_weights(trial, ("regular", "regular"), CONFIG, 3)["regular"]
    assert weights == pytest.approx([0.5, 0.5])


def test_classes_are_weighted_apart() -> None:
    trial = _trial(1.1, 1.1)
    trial.forecasts[:, 0, :, 1] = 20.0
    weights = class_weights(trial, ("regular", "intermittent"), CONFIG, 3)
    assert weights["regular"] == pytest.approx([0.5, 0.5])
    assert weights["intermittent"][0] > 0.99


def test_a_silent_series_is_forecast_zero() -> None:
    weights = class_weights(_trial(1.1, 0.9), ("regular", "silent"), CONFIG, 3)
    combined = combine(_trial(1.1, 0.9).forecasts[0], ("regular", "silent"), weights)
    assert combined.tolist() == [[10.0, 0.0], [10.0, 0.0]]


def test_a_windows_weights_come_from_windows_that_ended_before_it() -> None:
    trial = _trial(1.1, 0.9)
    classes = ("regular", "regular")
    before = earlier_only(trial, classes, CONFIG)
    trial.forecasts[2, 0] *= 50
    assert np.array_equal(earlier_only(trial, classes, CONFIG)[:2], before[:2])
    trial.forecasts[1, 0] *= 50
    overlapping = DemandConfig(horizon=2, step=1, windows=3)
    after = earlier_only(trial, classes, overlapping)
    expected = combine(trial.forecasts[2], classes, class_weights(trial, classes, overlapping, 1))
    assert np.array_equal(after[2], expected)
