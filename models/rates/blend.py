"""The ensemble: members picked one after the other while the error falls and the bias stays in its gate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.rates.schema import Floats

PICKS = 20


def blend(
    forecasts: Mapping[str, Floats], actual: Floats, max_bias: float, always: str
) -> dict[str, float]:
    """Return the members' weights: multiples of 1/20 with the least absolute error.

    Picked greedily with replacement (Caruana et al. 2004). A blend whose total is off by more than
    `max_bias` of the actual total pays for the excess; where nothing helps, `always` alone is left.

    Parameters
    ----------
    forecasts
        By member, shape (rows,), made before the rows were known.
    """
    chosen: dict[str, int] = {}
    total = np.zeros(len(actual))
    for pick in range(1, PICKS + 1):
        losses = {
            name: _loss((total + values) / pick, actual, max_bias)
            for name, values in forecasts.items()
        }
        best = min(losses, key=lambda name: (losses[name], name != always, name))
        chosen[best] = chosen.get(best, 0) + 1
        total += forecasts[best]
    weights = {name: count / PICKS for name, count in chosen.items()}
    if _loss(total / PICKS, actual, max_bias) >= _loss(forecasts[always], actual, max_bias):
        return {always: 1.0}
    return weights


def excess_bias(bias: float, max_bias: float) -> float:
    """Return what a forecast pays, as a share of the actual total, for being off by more than `max_bias`."""
    return 2.0 * max(abs(bias) - max_bias, 0.0)


def _loss(forecast: Floats, actual: Floats, max_bias: float) -> float:
    scale = max(float(actual.sum()), 1e-9)
    error = float(np.abs(forecast - actual).sum()) / scale
    return error + excess_bias(float((forecast - actual).sum()) / scale, max_bias)
