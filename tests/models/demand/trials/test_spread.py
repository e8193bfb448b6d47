from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.demand.history.histories import Floats
from models.demand.trials.spread import fit_spread, spreads_of_others
from models.demand.trials.trial import Trial

SERIES, HORIZON = 300, 6


def _rough(seed: int) -> tuple[Trial, Floats]:
    """A trial whose errors are ten times larger where the first feature is 1."""
    generator = np.random.default_rng(seed)
    rough = (generator.random((2, SERIES)) < 0.5).astype(float)
    errors = generator.normal(0, 1, (2, SERIES, HORIZON)) * np.where(rough, 10.0, 1.0)[..., None]
    said = np.zeros((2, 2, SERIES, HORIZON))
    features = np.stack([rough, generator.random(rough.shape)], axis=-1)
    names, spent = ("a", "b"), {"a": 0.0, "b": 0.0}
    units = np.full((2, SERIES), 7.0)
    return Trial(names, (6, 12), said, errors, units, spent, {}, features), errors


def test_the_spread_is_as_wide_as_errors_of_such_series_were() -> None:
    trial, errors = _rough(1)
    far = spreads_of_others(trial, errors)
    assert trial.features is not None
    rough = trial.features[..., 0] == 1
    assert 7 < far[rough].mean() / far[~rough].mean() < 13
    assert 0.6 < far[~rough].mean() < 1.0


def test_members_that_disagree_widen_the_spread() -> None:
    trial, errors = _rough(2)
    assert trial.features is not None
    said = trial.forecasts.copy()
    said[1] = 20 * trial.features[..., :1]
    blind = np.zeros_like(trial.features)
    learnt = fit_spread(replace(trial, forecasts=said, features=blind), errors)
    told = [
        learnt.of_features(np.zeros((1, 2)), np.array([[[0.0] * 6], [[apart] * 6]]), np.ones(1))
        for apart in (0.0, 20.0 / 7)
    ]
    assert told[1] > 4 * told[0]


def test_an_origins_spread_does_not_know_its_own_errors() -> None:
    trial, errors = _rough(3)
    changed = errors.copy()
    changed[0] *= 50
    before, after = spreads_of_others(trial, errors), spreads_of_others(trial, changed)
    assert np.array_equal(before[0], after[0])
    assert (after[1] > 10 * before[1]).all()


def test_a_series_that_was_not_tried_has_no_spread() -> None:
    trial, errors = _rough(4)
    errors[0, :5] = np.nan
    far = spreads_of_others(trial, errors)
    assert np.isnan(far[0, :5]).all()
    assert np.isfinite(far[0, 5:]).all()
