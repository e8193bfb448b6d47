from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.demand import ForecastConfig, fit_forecaster, load_forecaster, save_forecaster
from models.demand.history.histories import Bools, Histories
from models.demand.task import Task
from models.demand.trials.blend import fit_blend, forecasts_of_others, shares_at, start_weights
from models.demand.trials.features import opinion_features, series_features
from models.demand.trials.trial import Trial

SERIES, HORIZON = 400, 4


def _trial(seed: int = 3) -> tuple[Trial, Bools]:
    """Two members: the first is right where a series is rough, the second where it is smooth."""
    generator = np.random.default_rng(seed)
    rough = generator.random((2, SERIES)) < 0.5
    actual = 10 + generator.normal(0, 0.1, (2, SERIES, HORIZON))
    wrong = actual + generator.normal(0, 3, actual.shape)
    said = np.array(
        [np.where(rough[..., None] == choice, actual, wrong) for choice in (True, False)]
    )
    features = np.stack([rough + 0.1 * generator.random(rough.shape)] * 3, axis=-1)
    names = ("rough", "smooth")
    spent = dict.fromkeys(names, 1.0)
    units = np.ones((2, SERIES))
    return Trial(names, (4, 8), said, actual, units, spent, {}, features), rough


def test_a_member_counts_most_for_series_of_the_kind_that_it_was_right_on() -> None:
    trial, rough = _trial()
    assert start_weights(trial, "owa") == pytest.approx([0.5, 0.5], abs=0.15)
    shares = shares_at(trial, 0, trial, "owa")
    assert shares is not None
    assert shares.sum(axis=1) == pytest.approx(np.ones(SERIES))
    assert shares[rough[0], 0].mean() > 0.8
    assert shares[~rough[0], 1].mean() > 0.8


def test_errors_to_calibrate_by_are_made_by_blends_of_the_other_origins() -> None:
    trial, _ = _trial()
    trial = replace(
        trial,
        forecasts=np.concatenate([trial.forecasts] * 2, axis=2),
        actual=np.concatenate([trial.actual] * 2, axis=1),
        units=np.concatenate([trial.units] * 2, axis=1),
        features=np.concatenate([trial.features] * 2, axis=1),
    )
    before = forecasts_of_others(trial, "owa")
    changed = trial.actual.copy()
    changed[0] *= 3
    after = forecasts_of_others(replace(trial, actual=changed), "owa")
    assert before is not None
    assert after is not None
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])


def test_few_series_and_other_measures_are_not_learnt_from() -> None:
    trial, _ = _trial()
    few = replace(trial, actual=np.where(np.arange(SERIES)[:, None] < 50, trial.actual, np.nan))
    assert fit_blend(few, "owa") is None
    assert fit_blend(trial, "rmsse") is None
    assert fit_blend(replace(trial, features=None), "owa") is None


def test_a_hopeless_member_never_counts() -> None:
    trial, _ = _trial()
    poor = np.concatenate([trial.forecasts, np.full((1, *trial.actual.shape), 90.0)])
    blend = fit_blend(replace(trial, members=("a", "b", "c"), forecasts=poor), "owa")
    assert blend is not None
    assert blend.start[2] == 0
    kept = blend.of_members(np.array([True, True, False]))
    assert kept.start.tolist() == blend.start[:2].tolist()


def test_features_do_not_depend_on_the_unit_and_take_any_length() -> None:
    generator = np.random.default_rng(5)
    lengths = [1, 2, 7, 130, 400]
    values = generator.gamma(4, 2, sum(lengths))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    names = tuple(str(length) for length in lengths)
    histories = Histories(names, values, offsets, np.array(lengths))
    found = series_features(histories, Task(6, (12,)))
    scaled = series_features(histories.with_values(1000 * values), Task(6, (12,)))
    assert found.shape == (5, 11)
    assert np.isfinite(found).all()
    assert np.allclose(found, scaled, rtol=1e-3, atol=1e-3)


def test_a_trend_and_a_season_show_in_the_features() -> None:
    step = np.arange(96)
    noise = np.random.default_rng(1).normal(0, 1, (3, 96))
    values = noise + np.stack([0 * step, step, 8 * np.sin(2 * np.pi * step / 12)])
    histories = Histories(("a", "b", "c"), values.ravel(), np.arange(4) * 96, np.full(3, 95))
    found = series_features(histories, Task(6, (12,)))
    assert found[:, 3].argmax() == 1
    assert found[:, 7].argmax() == 2


def test_how_far_members_are_apart_is_told_in_the_series_unit() -> None:
    said = np.array([[[1.0, 1.0]], [[3.0, 3.0]], [[9.0, 9.0]]])
    assert opinion_features(said, np.array([2.0])).tolist() == [
        [-1.0, 0.0, 3.0, 1.0, 0.0, 3.0, pytest.approx(4 / 3)]
    ]


def test_a_blended_forecast_is_the_same_when_it_is_loaded(tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    values = 20 + generator.normal(0, 1, (260, 40)).cumsum(axis=1) * 0.2
    offsets = np.arange(261) * 40
    histories = Histories(
        tuple(str(number) for number in range(260)), values.ravel(), offsets, np.full(260, 39)
    )
    members = ("seasonal_naive:1", "seasonal_mean:4", "level:6")
    model = fit_forecaster(histories, ForecastConfig(4, (4,), members=members, origins=2))
    assert model.blend is not None
    save_forecaster(model, tmp_path)
    assert load_forecaster(tmp_path).predict().equals(model.predict())


def test_series_too_short_for_the_first_origin_are_tried_at_the_later_ones() -> None:
    generator = np.random.default_rng(6)
    lengths = np.array([40, 40, 40, 14, 14])
    values = 20 + generator.normal(0, 1, lengths.sum())
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    histories = Histories(("a", "b", "c", "d", "e"), values, offsets, lengths)
    asked = ForecastConfig(4, (1,), members=("seasonal_naive:1", "level:6"), origins=3)
    trial = fit_forecaster(histories, asked).trial
    assert trial is not None
    assert np.isfinite(trial.actual[:, :, 0]).sum(axis=0).tolist() == [3, 3, 3, 2, 2]


def test_members_without_any_error_count_alike_and_the_others_do_not() -> None:
    trial, _ = _trial()
    said = np.stack([trial.actual, trial.actual, trial.actual + 1.0])
    known = replace(trial, members=("right", "right too", "wrong"), forecasts=said)
    assert start_weights(known, "owa").tolist() == [0.5, 0.5, 0.0]
