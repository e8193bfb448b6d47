from __future__ import annotations

import numpy as np
import pytest

from models.demand import Backtest, DemandConfig, earlier_coverage, score_all, window_errors

CLASSES = ("regular", "silent")


def _trial(windows: int = 12) -> Backtest:
    rng = np.random.default_rng(9)
    actual = np.zeros((windows, 7, 2))
    actual[..., 0] = rng.gamma(25.0, 4.0, (windows, 7))
    forecasts = np.zeros((windows, 2, 7, 2))
    forecasts[:, 0, :, 0] = 100.0
    forecasts[:, 1, :, 0] = 90.0
    days = np.datetime64("2023-01-01") + 7 * np.arange(windows)
    return Backtest(("A", "B"), ("m", "n"), days, forecasts, actual, np.array([10.0, 1.0]))


def test_scores_are_given_for_each_forecaster_and_each_class_that_sold() -> None:
    trial = _trial()
    scores = score_all(trial, trial.forecasts[:, 0], CLASSES)
    assert [(s.forecaster, s.series_class) for s in scores] == [
        (name, cls) for name in ("m", "n", "ensemble") for cls in ("all", "regular")
    ]
    sold = trial.actual.sum()
    assert scores[3].bias == pytest.approx((90.0 * 84 - sold) / sold)
    assert scores[0] == (scores[4].__class__("m", "all", *_figures(scores[4])))


def _figures(score: object) -> tuple[float, float, float]:
    return tuple(getattr(score, name) for name in ("wape", "bias", "rmsse"))  # type: ignore[return-value]


def test_a_windows_error_is_the_root_mean_square_of_its_scaled_errors() -> None:
    trial = _trial(2)
    trial.actual[0, :, 0] = 110.0
    assert window_errors(trial.forecasts[:, 0], trial)[0] == pytest.approx(np.sqrt(0.5))


def test_coverage_is_near_its_promise_and_reads_selling_series_only() -> None:
    trial = _trial(60)
    config = DemandConfig(horizon=7, step=7)
    assert earlier_coverage(trial, trial.forecasts[:, 0], CLASSES, config) == pytest.approx(
        0.8, abs=0.08
    )
    few = _trial(2)
    assert np.isnan(earlier_coverage(few, few.forecasts[:, 0], CLASSES, config))
