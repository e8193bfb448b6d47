from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.demand import ForecastConfig, Forecaster, ModelError, fit_forecaster, read_table
from models.demand.fitting import of_members, refitted
from models.demand.history.classes import classify
from models.demand.history.histories import Histories
from models.demand.trials.judged import (
    ENSEMBLE,
    coverage,
    quantiles_at_origins,
    scores_of,
    trial_of,
    weighted_at_origins,
)
from models.demand.trials.replay import replay, seen_origins
from models.demand.trials.weights import WeightRules

MEMBERS = ("seasonal_naive:7", "seasonal_mean:7", "theta:7")


def _histories(days: int = 140, series: int = 10, seed: int = 3) -> Histories:
    generator = np.random.default_rng(seed)
    week = 1 + 0.4 * np.sin(2 * np.pi * np.arange(days) / 7)
    values = (
        generator.uniform(20, 200, (series, 1)) * week * generator.normal(1, 0.2, (series, days))
    )
    table = pd.DataFrame(
        {
            "series": np.repeat([f"S{number}" for number in range(series)], days),
            "time": np.tile(pd.date_range("2023-01-02", periods=days), series),
            "value": np.maximum(values, 0).ravel(),
        }
    )
    return read_table(table)[0]


def _model(histories: Histories, **other: object) -> Forecaster:
    asked = {"horizon": 14, "members": MEMBERS, "origins": 5, "step": 7} | other
    return fit_forecaster(histories, ForecastConfig(**asked))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model() -> Forecaster:
    return _model(_histories())


def _earlier(model: Forecaster) -> np.ndarray:
    classes = classify(model.histories, model.task)
    rules = model.config.weighing
    return weighted_at_origins(trial_of(model), model.measure, classes, rules, earlier=True)


def test_origins_lie_a_step_apart(model: Forecaster) -> None:
    assert trial_of(model).cuts == (14, 21, 28, 35, 42)


def test_weights_of_an_origin_come_from_those_before_it_that_share_no_day(
    model: Forecaster,
) -> None:
    spoiled = trial_of(model)
    actual = spoiled.actual.copy()
    actual[:2] = 1e6  # the two newest origins
    poisoned = type(spoiled)(
        spoiled.members, spoiled.cuts, spoiled.forecasts, actual, spoiled.units, {}, {}
    )
    classes = classify(model.histories, model.task)
    found = [
        weighted_at_origins(one, "wape", classes, WeightRules(), earlier=True)
        for one in (spoiled, poisoned)
    ]
    assert np.array_equal(found[0], found[1])
    equal = spoiled.forecasts[:, -1].mean(axis=0)
    assert np.allclose(found[0][-1], equal)


def test_intervals_are_judged_by_origins_before_only(model: Forecaster) -> None:
    quantiles = quantiles_at_origins(model, _earlier(model))
    told = np.isfinite(quantiles[0]).all(axis=(1, 2))
    assert told.tolist() == [True, True, False, False, False]
    held = coverage(model, _earlier(model))
    assert held is not None
    assert 0.6 < held <= 1.0


def test_scores_are_those_worked_out_by_hand(model: Forecaster) -> None:
    trial, classes = trial_of(model), classify(model.histories, model.task)
    scores = {one.forecaster: one for one in scores_of(trial, _earlier(model), classes)}
    assert set(scores) == {*MEMBERS, ENSEMBLE}
    error = trial.forecasts[0] - trial.actual
    assert scores[MEMBERS[0]].wape == pytest.approx(np.abs(error).sum() / trial.actual.sum())
    assert scores[MEMBERS[0]].bias == pytest.approx(error.sum() / trial.actual.sum())


def test_a_champion_of_the_same_data_and_recipe_says_the_same(model: Forecaster) -> None:
    assert seen_origins(model, model).all()
    classes = classify(model.histories, model.task)
    used = of_members(trial_of(model), model.members)
    rules = model.config.weighing
    expected = weighted_at_origins(used, model.measure, classes, rules, earlier=True)
    assert np.allclose(replay(model, model), expected)


def test_a_champion_answers_as_it_is_after_its_training(model: Forecaster) -> None:
    every = np.ones(len(model.histories), dtype=bool)
    older = _model(model.histories.cut(28, every))
    assert seen_origins(older, model).tolist() == [False, False, False, True, True]
    said = replay(older, model)
    assert np.allclose(said[0], older.point_forecast(model.histories.cut(14, every)))


def test_a_champion_of_other_series_or_fewer_steps_is_refused(model: Forecaster) -> None:
    every = np.arange(len(model.histories)) > 0
    with pytest.raises(ModelError, match="expected the 10 series of this history, found 9 others"):
        replay(_model(model.histories.select(every)), model)
    with pytest.raises(ModelError, match="expected forecasts of 14 steps, found 7"):
        replay(_model(model.histories, horizon=7), model)


def test_another_recipe_keeps_its_members_only(model: Forecaster) -> None:
    found = refitted(model, MEMBERS[:2], WeightRules(shrinkage=0.0))
    assert set(found.members) <= set(MEMBERS[:2])
    assert found.config.weighing.shrinkage == 0.0
    assert found.weights.sum(axis=1) == pytest.approx(np.ones(len(found.weights)))
