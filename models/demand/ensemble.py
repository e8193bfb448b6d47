"""The ensemble: which member counts how much for which class of series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.demand.backtest import Backtest
from models.demand.config import DemandConfig
from models.demand.members import is_silent
from models.demand.panel import Floats, Panel

SeriesClass = Literal["regular", "intermittent", "silent"]
CLASSES: tuple[SeriesClass, ...] = ("regular", "intermittent", "silent")
# Share of days with demand, of all days; below, a series is intermittent.
REGULAR_SHARE = 0.5

# A member whose error is so many times the best one's gets no weight in the class.
MOST_OVER_BEST = 1.15

Weights = Mapping[SeriesClass, Floats]


def classify(panel: Panel) -> tuple[SeriesClass, ...]:
    """Return each series' class: how often it sells, silent where not in the last eight weeks."""
    silent, share = is_silent(panel), (panel.values > 0).mean(axis=0)
    return tuple(
        "silent" if quiet else "regular" if often >= REGULAR_SHARE else "intermittent"
        for quiet, often in zip(silent, share, strict=True)
    )


def scaled_error(forecast: Floats, actual: Floats, scale: Floats) -> float:
    """Return the root mean square of scaled errors; the last axis is the series.

    Squared, because an absolute error rewards forecasting too little.
    """
    return float(np.sqrt(np.mean(((forecast - actual) / scale) ** 2)))


def bias(forecast: Floats, actual: Floats) -> float:
    """Return forecast less actual as a share of actual; with nothing sold, 0 or infinite."""
    over, sold = float((forecast - actual).sum()), float(actual.sum())
    return over / sold if sold > 0 else float(np.inf if over > 0 else 0.0)


def wape(forecast: Floats, actual: Floats) -> float:
    """Return the sum of absolute errors over the sum of actuals; with nothing sold, 0 or infinite."""
    error, sold = float(np.abs(forecast - actual).sum()), float(actual.sum())
    return error / sold if sold > 0 else float(np.inf if error > 0 else 0.0)


def class_weights(
    trial: Backtest, classes: tuple[SeriesClass, ...], config: DemandConfig, windows: int
) -> Weights:
    """Return for each class the members' weights (shape (members,), sum 1) by the first windows.

    A member whose bias in the class is further than `config.max_bias` from the members' median gets
    none. Not from zero: when demand falls all members are high, and the one that is not is the one
    that is always low. Nor does one whose error is far over the best one's. Weights are equal for
    silent series, and where no window is given or nothing sold in any.
    """
    equal = np.full(len(trial.members), 1 / len(trial.members))
    found: dict[SeriesClass, Floats] = dict.fromkeys(CLASSES, equal)
    for name in ("regular", "intermittent"):
        inside = np.array([cls == name for cls in classes])
        if trial.actual[:windows, :, inside].any():
            found[name] = _weights(trial, inside, config, windows)
    return found


def combine(forecasts: Floats, classes: tuple[SeriesClass, ...], weights: Weights) -> Floats:
    """Return the weighted forecast, shape (horizon, series), of (members, horizon, series)."""
    each = np.array([weights[cls] for cls in classes])
    combined: Floats = np.einsum("mhs,sm->hs", forecasts, each)
    combined[:, [cls == "silent" for cls in classes]] = 0.0
    return combined


def earlier_only(trial: Backtest, classes: tuple[SeriesClass, ...], config: DemandConfig) -> Floats:
    """Return the ensemble's backtest forecasts, shape (windows, horizon, series).

    Each window's weights come from the windows before it, so that no weight has seen its own window;
    neighbouring windows share days where step < horizon, and those are not used either.
    """
    overlap = -(-config.horizon // config.step)
    return np.array(
        [
            combine(
                trial.forecasts[number],
                classes,
                class_weights(trial, classes, config, max(0, number + 1 - overlap)),
            )
            for number in range(len(trial.origins))
        ]
    )


def _weights(
    trial: Backtest, inside: NDArray[np.bool_], config: DemandConfig, windows: int
) -> Floats:
    actual, scale = trial.actual[:windows, :, inside], trial.scale[inside]
    members = [trial.forecasts[:windows, m, :, :][..., inside] for m in range(len(trial.members))]
    errors = np.array([scaled_error(forecast, actual, scale) for forecast in members])
    biases = np.array([bias(forecast, actual) for forecast in members])
    allowed = np.abs(biases - np.median(biases)) <= config.max_bias
    if not allowed.any():  # two camps, the median between them
        allowed = np.ones_like(allowed)
    allowed &= errors <= MOST_OVER_BEST * errors[allowed].min()
    weights = np.where(allowed, np.maximum(errors, 1e-9) ** -config.sharpness, 0.0)
    return np.asarray(weights / weights.sum())
