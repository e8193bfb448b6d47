"""Common random numbers, and what they draw from quantiles.

A draw belongs to what it is about (an item's day, a line's day), not to its place in a list: two plans
that are compared have the same luck wherever they have the same work.
"""

from __future__ import annotations

import math
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

LEVELS = (0.1, 0.5, 0.9)
# Beyond the outer quantiles a draw goes on as an exponential tail does; this far at most.
MOST_TAIL = 0.999


def normal_draws(seed: int, name: str, shape: tuple[int, ...]) -> Floats:
    """Return standard normal draws that are the name's own, whatever else is drawn."""
    rng = np.random.default_rng([seed, crc32(name.encode())])
    return rng.standard_normal(shape)


def day_shares(seed: int, name: str, scenarios: int, days: int, persistence: float) -> Floats:
    """Return normal draws, shape (scenarios, days), in which a day is like the day before.

    `persistence`: the correlation of two days in a row.
    """
    fresh = normal_draws(seed, name, (scenarios, days))
    drawn = fresh.copy()
    rest = math.sqrt(1 - persistence**2)
    for day in range(1, days):
        drawn[:, day] = persistence * drawn[:, day - 1] + rest * fresh[:, day]
    return drawn


def from_quantiles(z: Floats, q10: Floats, q50: Floats, q90: Floats) -> Floats:
    """Return the values, at least 0, whose chances are those of standard normal draws.

    Between quantiles linear; below q10 down to 0 or as far under it as q50 is above, whichever is
    nearer; above q90 an exponential tail that goes on as the step from q50 to q90 does.
    """
    chance = np.minimum(ndtr(z), MOST_TAIL)
    low, middle, high = LEVELS
    below = np.maximum(q10 - (q50 - q10), 0.0)
    value = np.where(
        chance < low,
        below + (q10 - below) * chance / low,
        np.where(
            chance < middle,
            q10 + (q50 - q10) * (chance - low) / (middle - low),
            q50 + (q90 - q50) * (chance - middle) / (high - middle),
        ),
    )
    survival = np.maximum(1 - chance, 1 - MOST_TAIL)
    tail = q90 + (q90 - q50) * np.log((1 - high) / survival) / math.log((1 - middle) / (1 - high))
    drawn: Floats = np.maximum(np.where(chance > high, tail, value), 0.0)
    return drawn
