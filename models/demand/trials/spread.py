"""The spread: how far off a forecast of one series is likely to be, by what the series looks like.

Gradient boosting learns the size of errors at past origins from the series' features and from how far
the members are apart. Intervals are multiples of it: wide where a series is rough and members
disagree, narrow where it repeats itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.members.windows import series_units
from models.demand.task import Task
from models.demand.trials.features import opinion_features, series_features
from models.demand.trials.trial import Trial, at_origins
from models.stored import booster_text, load_booster

ROUNDS = 60
# Mean steps: no error is smaller, so that its logarithm is one.
LEAST_ERROR = 1e-3
PARAMETERS = {
    "objective": "l2",
    "num_leaves": 8,
    "min_data_in_leaf": 40,
    "learning_rate": 0.08,
    "feature_fraction": 0.7,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class Spread:
    """Boosted trees, as LightGBM's own text, that tell a series' mean absolute error in its unit."""

    text: str

    def of(self, histories: Histories, task: Task, forecasts: Floats) -> Floats:
        """Return the mean error to expect of each series, shape (series,), in its measure.

        `forecasts` (members, series, horizon), without NaN, of the members that it was fitted with.
        """
        units = series_units(histories)
        return self.of_features(series_features(histories, task), forecasts, units)

    def of_features(self, features: Floats, forecasts: Floats, units: Floats) -> Floats:
        """Return the same by features (series, features) and units (series,) made before."""
        rows = _rows(features, forecasts, units)
        told = np.asarray(load_booster("lightgbm", self.text).predict(rows, num_threads=1))
        return np.asarray(units * np.exp(told))


def fit_spread(trial: Trial, errors: Floats) -> Spread:
    """Return what errors (origins, series, horizon), NaN where untried, teach of their size.

    The trial has features, and no members but those that the forecast is made of.
    """
    import lightgbm

    assert trial.features is not None
    known = np.isfinite(errors[:, :, 0])
    rows, sizes = [], []
    for origin, kept in enumerate(known):
        units = trial.units[origin, kept]
        rows.append(_rows(trial.features[origin, kept], trial.forecasts[:, origin, kept], units))
        far = np.abs(errors[origin, kept]).mean(axis=-1) / units
        sizes.append(np.log(np.maximum(far, LEAST_ERROR)))
    data = lightgbm.Dataset(
        np.concatenate(rows), np.concatenate(sizes), params={"verbosity": -1, "num_threads": 1}
    )
    return Spread(booster_text("lightgbm", lightgbm.train(PARAMETERS, data, ROUNDS)))


def spreads_of_others(trial: Trial, errors: Floats) -> Floats:
    """Return spreads, shape (origins, series), each learnt at the other origins; its own where alone."""
    assert trial.features is not None
    found = np.full(errors.shape[:2], np.nan)
    for origin in range(len(errors)):
        kept = np.isfinite(errors[origin, :, 0])
        others = [place for place in range(len(errors)) if place != origin] or [origin]
        learnt = fit_spread(at_origins(trial, others), errors[others])
        seen = trial.features[origin, kept], trial.forecasts[:, origin, kept]
        found[origin, kept] = learnt.of_features(*seen, trial.units[origin, kept])
    return found


def _rows(features: Floats, forecasts: Floats, units: Floats) -> Floats:
    return np.column_stack([features, opinion_features(forecasts, units)[:, -1]])
