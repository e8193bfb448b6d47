"""The blend: how much each member counts for one series, by what the series looks like.

Gradient boosting learns, over all series and past origins, which members err least on series of a
kind; a softmax makes weights of it (Montero-Manso et al. 2020, second in the M4 competition). It
starts from weights by the members' errors on all series and moves away only where that pays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.demand.history.histories import Bools, Floats, Histories
from models.demand.members.windows import series_units
from models.demand.task import Task
from models.demand.trials.features import opinion_features, series_features
from models.demand.trials.trial import Trial, at_origins
from models.demand.trials.weights import LEAST_WEIGHT, Measure, filled, importance, loss
from models.stored import booster_text, load_booster

# Series at past origins from which there is enough to learn from.
LEAST_ROWS = 500
MOST_ROWS = 12_000
# Start weights: the best member's error over each one's, to this power. 4 is 5 % better without trees
# (M4 hourly) and 3 % worse with them: poor members are good on some series.
POWER = 1
# What a loss is at least, so that members without any error count alike, and more than the others.
NO_ERROR = 1e-12
SEED = 1
ROUNDS = 80
# Errors beyond are cut to it: one broken series shall not decide.
MOST_ERROR = 0.98
PARAMETERS = {
    "num_leaves": 16,
    "min_data_in_leaf": 60,
    "learning_rate": 0.1,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class Blend:
    """Weights of members for each series.

    Parameters
    ----------
    start : array, shape (members,)
        What each counts before a series is looked at; 0 for one that never counts.
    text
        The boosted trees, as LightGBM's own text.
    """

    start: Floats
    text: str

    def shares(self, histories: Histories, task: Task, forecasts: Floats) -> Floats:
        """Return what each member counts for each of the histories, shape (series, members).

        `forecasts` (members, series, horizon) without NaN. Rows sum to 1.
        """
        return self.shares_by(series_features(histories, task), forecasts, series_units(histories))

    def shares_by(self, features: Floats, forecasts: Floats, units: Floats) -> Floats:
        """Return the same by features (series, features) and units (series,) made before."""
        counts = self.start > 0
        seen = np.column_stack([features, opinion_features(forecasts[counts], units)])
        scores = np.asarray(load_booster("lightgbm", self.text).predict(seen, num_threads=1))
        found = np.zeros((len(features), len(self.start)))
        found[:, counts] = _shares(self.start[counts], scores)
        return found

    def of_members(self, kept: Bools) -> Blend:
        """Return the blend of those members only that may count, `kept` among all."""
        assert not self.start[~kept].any()
        return replace(self, start=self.start[kept])


def with_features(trial: Trial, histories: Histories, task: Task, measure: Measure) -> Trial:
    """Return the trial with what its series looked like, where that is learnt from."""
    if not _teaches(trial, measure):
        return trial
    found: list[Floats] = []
    for origin, cut in enumerate(trial.cuts):
        kept = np.isfinite(trial.actual[origin, :, 0])
        seen = series_features(histories.cut(cut, kept), task)
        own = np.full((len(histories), seen.shape[1]), np.nan)
        own[kept] = seen
        found.append(own)
    return replace(trial, features=np.array(found))


def fit_blend(trial: Trial, measure: Measure) -> Blend | None:
    """Return what the trial teaches; None where it holds too little to learn from."""
    if trial.features is None or not _teaches(trial, measure):
        return None
    start = start_weights(trial, measure)
    few = _members(trial, start > 0)
    forecasts, known = filled(few), np.isfinite(trial.actual[:, :, 0])
    far = np.abs(forecasts - few.actual[None]) * importance(few, measure)[None]
    errors = np.moveaxis(far.mean(axis=-1), 0, -1)[known]
    rows = [
        np.column_stack([own[kept], opinion_features(said[:, kept], unit[kept])])
        for own, said, unit, kept in zip(
            trial.features, np.moveaxis(forecasts, 1, 0), trial.units, known, strict=True
        )
    ]
    return Blend(start, _fitted(np.concatenate(rows), errors, start[start > 0]))


def shares_at(trial: Trial, origin: int, seen: Trial, measure: Measure) -> Floats | None:
    """Return what members count at an origin, shape (series, members), by a trial at others, `seen`.

    None where `seen` holds too little to learn from.
    """
    blend = fit_blend(seen, measure)
    if blend is None or trial.features is None:
        return None
    said = filled(trial)[:, origin]
    return blend.shares_by(trial.features[origin], said, trial.units[origin])


def forecasts_of_others(trial: Trial, measure: Measure) -> Floats | None:
    """Return the blended forecasts, shape (origins, series, horizon), each by the other origins.

    What intervals are calibrated on: errors where the blend has not learnt. None where there is no
    blend; by all origins where the others hold too little.
    """
    whole = fit_blend(trial, measure)
    if whole is None or trial.features is None:
        return None
    forecasts, found = filled(trial), []
    for origin in range(len(trial.cuts)):
        others = [place for place in range(len(trial.cuts)) if place != origin]
        blend = fit_blend(at_origins(trial, others), measure) if others else None
        said = forecasts[:, origin]
        shares = (blend or whole).shares_by(trial.features[origin], said, trial.units[origin])
        found.append(np.einsum("msh,sm->sh", said, shares))
    return np.array(found)


def _teaches(trial: Trial, measure: Measure) -> bool:
    return measure == "owa" and int(np.isfinite(trial.actual[:, :, 0]).sum()) >= LEAST_ROWS


def counted(trial: Trial, blend: Blend) -> Trial:
    """Return the trial of the members that may count in the blend, what one cannot say filled."""
    few = _members(trial, blend.start > 0)
    return replace(few, forecasts=filled(few))


def start_weights(trial: Trial, measure: Measure) -> Floats:
    """Return the members' weights by their errors alone, shape (members,), sum 1."""
    weight = importance(trial, measure)
    losses = np.array([loss(one, trial, weight, measure) for one in filled(trial)])
    losses = np.maximum(losses, NO_ERROR)
    shares = (losses.min() / losses) ** POWER
    shares /= shares.sum()
    shares[shares < LEAST_WEIGHT / 2] = 0.0
    return np.asarray(shares / shares.sum())


def _members(trial: Trial, counts: Bools) -> Trial:
    names = tuple(name for name, kept in zip(trial.members, counts, strict=True) if kept)
    return replace(trial, members=names, forecasts=trial.forecasts[counts])


def _fitted(rows: Floats, errors: Floats, start: Floats) -> str:
    import lightgbm

    generator = np.random.default_rng(SEED)
    if len(rows) > MOST_ROWS:
        kept = np.sort(generator.choice(len(rows), MOST_ROWS, replace=False))
        rows, errors = rows[kept], errors[kept]
    errors = np.minimum(errors / errors.mean(), np.quantile(errors / errors.mean(), MOST_ERROR))

    def slopes(scores: Floats, _: Any) -> tuple[Floats, Floats]:
        """Gradient and curvature of the weights' mean error, by the scores (rows, members)."""
        shares = _shares(start, scores)
        gradient = shares * (errors - (shares * errors).sum(axis=1, keepdims=True))
        return gradient, np.maximum(shares * (1 - shares) * errors, 1e-3)

    asked = PARAMETERS | {"objective": slopes, "num_class": len(start), "seed": SEED}
    data = lightgbm.Dataset(rows, np.zeros(len(rows)), params={"verbosity": -1})
    return booster_text("lightgbm", lightgbm.train(asked, data, num_boost_round=ROUNDS))


def _shares(start: Floats, scores: Floats) -> Floats:
    found = start * np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(found / found.sum(axis=1, keepdims=True))
