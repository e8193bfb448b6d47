"""The features: what a series looks like, in numbers that tell which member suits it."""

from __future__ import annotations

import numpy as np

from models.demand.history.histories import Bools, Floats, Histories
from models.demand.task import Task

# Values looked back over, and the longest season that they can show twice.
LOOKED_BACK = 120
LONGEST_SHOWN = 48
UNSHOWN_SEASON = 4
LATELY = 6
TINY = 1e-9


def series_features(histories: Histories, task: Task) -> Floats:
    """Return length, roughness, trend, autocorrelations and unrest, shape (series, 11).

    All without a unit of measure: steps are told in the series' own mean step, of the last 120
    values. A series too short for one has 0 there.
    """
    season = task.season if 1 < task.season <= LONGEST_SHOWN else UNSHOWN_SEASON
    own, known = _recent(histories)
    count = known.sum(axis=1)
    steps, moves = np.diff(own, axis=1), known[:, 1:] & known[:, :-1]
    steps = np.where(moves, steps, 0.0)
    unit = _mean(np.abs(steps), moves) + TINY
    level = _mean(np.abs(own), known) + TINY
    slope, rest = _without_trend(own, known)
    centred = np.where(known, own - _mean(own, known)[:, None], 0.0)
    whole, left = (centred**2).sum(axis=1) + TINY, (rest**2).sum(axis=1) + TINY
    last_season = known & (np.arange(own.shape[1]) >= own.shape[1] - season)
    found = [
        np.log1p(histories.lengths),
        unit / level,
        slope * task.horizon / unit,
        1 - left / whole,
        *(_autocorrelation(centred, lag, whole) for lag in (1, 2, season)),
        _autocorrelation(rest, season, left),
        _mean(np.abs(steps[:, -LATELY:]), moves[:, -LATELY:]) / unit,
        (own[:, -1] - _mean(own, last_season)) / unit,
        (steps[:, 1:] * steps[:, :-1]).sum(axis=1) / np.maximum(count - 2, 1) / unit**2,
    ]
    return np.column_stack(found)


def opinion_features(forecasts: Floats, unit: Floats) -> Floats:
    """Return how far each member is from the middle one, shape (series, 2 * members + 1).

    On the whole, and step by step, in each series' `unit`, shape (series,); then the mean of these.
    `forecasts` has the shape (members, series, horizon), without NaN.
    """
    apart = (forecasts - np.median(forecasts, axis=0)) / unit[None, :, None]
    far = np.abs(apart).mean(axis=-1).T
    return np.column_stack([apart.mean(axis=-1).T, far, far.mean(axis=1)])


def _recent(histories: Histories) -> tuple[Floats, Bools]:
    """Return the last values, right-aligned, shape (series, 120), and which there are."""
    back = np.arange(LOOKED_BACK, 0, -1)
    known: Bools = back[None, :] <= histories.lengths[:, None]
    places = np.where(known, histories.ends[:, None] - back[None, :], 0)
    return np.where(known, histories.values[places], 0.0), known


def _mean(values: Floats, known: Bools) -> Floats:
    return np.asarray(np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def _without_trend(own: Floats, known: Bools) -> tuple[Floats, Floats]:
    """Return the slope a step, shape (series,), and what a straight line leaves, 0 where unknown."""
    step = np.arange(own.shape[1], dtype=np.float64)[None, :]
    middle, mean = _mean(np.where(known, step, 0.0), known), _mean(own, known)
    apart = np.where(known, step - middle[:, None], 0.0)
    slope = (apart * own).sum(axis=1) / np.maximum((apart**2).sum(axis=1), TINY)
    rest = own - mean[:, None] - slope[:, None] * apart
    return slope, np.asarray(np.where(known, rest, 0.0))


def _autocorrelation(centred: Floats, lag: int, whole: Floats) -> Floats:
    return np.asarray((centred[:, lag:] * centred[:, :-lag]).sum(axis=1) / whole)
