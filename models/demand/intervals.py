"""Intervals: quantiles around the forecast, calibrated on what the backtest got wrong.

Split conformal: each backtest error is divided by a unit that grows with the forecast, and a
quantile is the forecast plus its unit times the corresponding quantile of those scores
(Vovk et al. 2005; Romano et al. 2019 for one score a side). Scores of one series where it has enough,
else those of its class.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.demand.panel import Floats

LEVELS = (0.1, 0.5, 0.9)
ENOUGH_SCORES = 60


def units_of(forecast: Floats) -> Floats:
    """Return the unit of each day's error; forecast and unit have shape (..., horizon, series).

    The geometric mean of the day's forecast and its horizon's: of the powers tried on the FMCG data
    the one with the lowest pinball loss, and next to no interval on a weekly day of rest.
    """
    unit: Floats = np.sqrt(forecast * forecast.mean(axis=-2, keepdims=True))
    return unit


def calibrate(forecast: Floats, actual: Floats, classes: Sequence[str]) -> Floats:
    """Return each series' score quantiles, shape (series, levels).

    Forecast and actual have shape (windows, horizon, series). A series whose forecasts were all
    zero has no scores and borrows its class's; a class without any gets 0.
    """
    unit = units_of(forecast)
    usable = unit > 0
    scores = np.divide(actual - forecast, unit, out=np.zeros_like(unit), where=usable)
    found = np.zeros((forecast.shape[-1], len(LEVELS)))
    for index, cls in enumerate(classes):
        own = scores[..., index][usable[..., index]]
        if own.size < ENOUGH_SCORES:
            peers = [number for number, other in enumerate(classes) if other == cls]
            own = scores[..., peers][usable[..., peers]]
        if own.size:
            found[index] = [_conformal(own, level) for level in LEVELS]
    return found


def quantiles(forecast: Floats, calibration: Floats) -> Floats:
    """Return the quantiles, shape (levels, horizon, series): rising, and at least 0."""
    spread = calibration.T[:, None, :] * units_of(forecast)[None]
    return np.sort(np.maximum(forecast[None] + spread, 0.0), axis=0)


def coverage(low: Floats, high: Floats, actual: Floats) -> float:
    """Return the share of actuals within [low, high]."""
    return float(np.mean((actual >= low) & (actual <= high)))


def _conformal(scores: Floats, level: float) -> float:
    # The finite-sample correction widens either side: n + 1 in place of n.
    count = scores.size
    if level == 0.5:
        return float(np.median(scores))
    outer = level if level > 0.5 else 1 - level
    share = min(1.0, np.ceil((count + 1) * outer) / count)
    if level > 0.5:
        return float(np.quantile(scores, share, method="higher"))
    return float(np.quantile(scores, 1 - share, method="lower"))
