"""Naive2, what OWA is measured against: the last value, seasonally adjusted where a test finds a season.

The M4 competition's rule: autocorrelation at the season beyond a 90 % limit, then classical
multiplicative decomposition.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.demand.history.histories import Floats

LIMIT = 1.645


def naive2_of(train: pd.DataFrame, horizon: int, season: int) -> pd.DataFrame:
    """Return unique_id, F1..FH of a long table (unique_id, ds, y)."""
    ordered = train.sort_values(["unique_id", "ds"])
    found = {
        name: _one(own.to_numpy(np.float64), horizon, season)
        for name, own in ordered.groupby("unique_id")["y"]
    }
    columns = [f"F{step + 1}" for step in range(horizon)]
    wide = pd.DataFrame.from_dict(found, orient="index", columns=columns)
    return wide.rename_axis("unique_id").reset_index()


def _one(own: Floats, horizon: int, season: int) -> Floats:
    if not _is_seasonal(own, season):
        return np.full(horizon, own[-1])
    index = _seasonal_index(own, season)
    adjusted = own[-1] / index[(len(own) - 1) % season]
    return np.asarray(adjusted * index[(len(own) + np.arange(horizon)) % season])


def _is_seasonal(own: Floats, season: int) -> bool:
    if season <= 1 or len(own) < 3 * season or own.min() <= 0:
        return False
    centred = own - own.mean()
    spread = float(centred @ centred)
    if spread <= 0:
        return False
    lags = np.array([centred[lag:] @ centred[:-lag] for lag in range(1, season + 1)]) / spread
    limit = LIMIT * np.sqrt((1 + 2 * float((lags[:-1] ** 2).sum())) / len(own))
    return bool(abs(lags[-1]) > limit)


def _seasonal_index(own: Floats, season: int) -> Floats:
    weights = np.ones(season + 1 - season % 2)
    if season % 2 == 0:
        weights[[0, -1]] = 0.5
    trend = np.convolve(own, weights / season, mode="valid")
    first = len(weights) // 2
    ratio = own[first : first + len(trend)] / trend
    phase = (first + np.arange(len(trend))) % season
    index = np.bincount(phase, ratio, season) / np.bincount(phase, minlength=season)
    return np.asarray(index / index.mean())
