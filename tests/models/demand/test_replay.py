from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models.demand import DemandConfig, Panel, earlier_only, fit, replay, run_backtest
from models.demand.panel import days_from

FIRST = np.datetime64("2023-01-02")
CONFIG = DemandConfig(
    horizon=7, windows=3, rounds=10, lags=14, members=("seasonal_naive", "weekday_mean", "lightgbm")
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    rng = np.random.default_rng(3)
    week = np.array([8.0, 9, 10, 12, 0, 4, 14])[(np.arange(120) % 7)]
    values = week[:, None] * np.array([1.0, 5, 20]) * rng.gamma(20.0, 1 / 20, (120, 3))
    return Panel(("A", "B", "C"), days_from(FIRST, 120), values)


@pytest.mark.integration
def test_a_champion_of_the_same_recipe_and_days_says_what_the_challenger_says(panel: Panel) -> None:
    trial = run_backtest(panel, CONFIG)
    champion = fit(panel, CONFIG, trial)
    ensemble = earlier_only(trial, champion.classes, CONFIG)
    assert np.array_equal(replay(champion, panel, trial, CONFIG), ensemble)


@pytest.mark.integration
def test_a_champion_is_asked_as_it_is_after_its_training_and_fitted_anew_before(
    panel: Panel,
) -> None:
    trial = run_backtest(panel, CONFIG)
    champion = fit(panel, CONFIG, trial)
    weights = {cls: np.array([1.0, 0.0, 0.0]) for cls in champion.weights}
    # As if trained until the day before the last window.
    until = trial.origins[2].astype(date) - (trial.origins[2] - trial.origins[1]).astype(object) / 7
    frozen = replace(champion, weights=weights, trained_until=until)
    replayed = replay(frozen, panel, trial, CONFIG)
    ensemble = earlier_only(trial, champion.classes, CONFIG)
    assert np.array_equal(replayed[:2], ensemble[:2])
    assert np.array_equal(replayed[2], panel.values[-14:-7])


@pytest.mark.integration
def test_only_members_of_another_recipe_are_forecast_again(panel: Panel) -> None:
    trial = run_backtest(panel, CONFIG)
    other = replace(CONFIG, rounds=30)
    other_trial = run_backtest(panel, other)
    champion = fit(panel, other, other_trial)
    replayed = replay(champion, panel, trial, CONFIG)
    assert np.array_equal(replayed, earlier_only(other_trial, champion.classes, other))
    assert not np.array_equal(replayed, earlier_only(trial, champion.classes, CONFIG))
