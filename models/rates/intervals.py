"""Quantiles calibrated conformally: what rows forecast alike really came to, in windows not fitted on.

Rows of the same days err together: a factory changes for all of its lines at once. The quantiles of pooled
errors are therefore stretched until those of the other days held each stretch of days as often as they
promise (cross-conformal over blocks of time, Barber et al. 2021, normalised by the pooled quantiles).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.rates.config import QUANTILES
from models.rates.schema import Floats

BINS = 5
LEAST_IN_BIN = 40
LEAST_OTHERS = 20  # rows of other days, without which a block of days says nothing
MIDDLE = QUANTILES.index(0.5)
# The outer and the inner interval: places of their ends in QUANTILES, and what they promise to hold.
INTERVALS = ((0, 4, 0.95), (1, 3, 0.8))
ENOUGH_BLOCKS = 5
MOST = 3.0  # beyond, blocks are too few to be believed
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Calibration:
    """Errors over the scale, by how large the forecast is over the scale.

    edges [B − 1] between the bins; errors [B, Q]: (value − forecast) / scale at each of QUANTILES.
    """

    edges: tuple[float, ...]
    errors: tuple[tuple[float, ...], ...]

    def quantiles(self, forecast: Floats, scale: Floats) -> Floats:
        """Return the quantiles, shape (rows, Q), not crossing and at least 0."""
        found = forecast[:, np.newaxis] + self.errors_of(forecast, scale) * scale[:, np.newaxis]
        within: Floats = np.maximum(np.maximum.accumulate(found, axis=1), 0.0)
        return within

    def errors_of(self, forecast: Floats, scale: Floats) -> Floats:
        """Return the errors over the scale at each of QUANTILES, shape (rows, Q)."""
        place = np.searchsorted(np.array(self.edges), forecast / scale)
        found: Floats = np.array(self.errors)[place]
        return found


def calibrate(
    forecast: Floats, actual: Floats, scale: Floats, block: NDArray[np.int64] | None = None
) -> Calibration:
    """Return the calibration of forecasts that were made before their rows were known.

    Parameters
    ----------
    block
        Shape (rows,): which stretch of days a row is of; without it rows count as independent.
    """
    pooled = _pooled(forecast, actual, scale)
    if block is None:
        return pooled
    needed = _needed(forecast, actual, scale, block)
    if not len(needed):
        return pooled
    # What few blocks have in common is itself off by such a share of what they differ in.
    blocks = len(np.unique(block))
    luck = np.sqrt(1.0 + 1.0 / blocks) if blocks < ENOUGH_BLOCKS else 1.0
    stretches = [
        luck * float(np.clip(np.quantile(needed[:, place], promised), 1.0, MOST))
        for place, (_, _, promised) in enumerate(INTERVALS)
    ]
    return Calibration(pooled.edges, tuple(_stretched(row, stretches) for row in pooled.errors))


def _pooled(forecast: Floats, actual: Floats, scale: Floats) -> Calibration:
    relative, error = forecast / scale, (actual - forecast) / scale
    count = int(np.clip(len(actual) // LEAST_IN_BIN, 1, BINS))
    edges = np.unique(np.quantile(relative, np.linspace(0, 1, count + 1)[1:-1]))
    place = np.searchsorted(edges, relative)
    rows = [
        tuple(_quantile(error[place == number], level) for level in QUANTILES)
        for number in range(len(edges) + 1)
    ]
    return Calibration(tuple(float(edge) for edge in edges), tuple(rows))


def _needed(forecast: Floats, actual: Floats, scale: Floats, block: NDArray[np.int64]) -> Floats:
    """By how much the other blocks' intervals must be stretched to hold each row, shape (rows, 2)."""
    parts = [np.empty((0, len(INTERVALS)))]
    for number in np.unique(block):
        own = block == number
        if (~own).sum() >= LEAST_OTHERS:
            others = _pooled(forecast[~own], actual[~own], scale[~own])
            errors = others.errors_of(forecast[own], scale[own])
            parts.append(_ratios(forecast[own] / scale[own], actual[own] / scale[own], errors))
    return np.concatenate(parts)


def _ratios(forecast: Floats, actual: Floats, errors: Floats) -> Floats:
    """How far each value lies from the middle, as a share of the way to the interval's end on its side.

    Quantiles are at least 0: where the lower end is, it holds every value from below.
    """
    far = actual - forecast - errors[:, MIDDLE]
    found = np.empty((len(far), len(INTERVALS)))
    for place, (low, high, _) in enumerate(INTERVALS):
        above = far / np.maximum(errors[:, high] - errors[:, MIDDLE], TINY)
        below = -far / np.maximum(errors[:, MIDDLE] - errors[:, low], TINY)
        below = np.where(forecast + errors[:, low] <= 0, 0.0, below)
        found[:, place] = np.where(far > 0, above, below)
    return found


def _stretched(errors: tuple[float, ...], stretches: list[float]) -> tuple[float, ...]:
    """The quantiles of errors, each interval stretched about the middle."""
    middle, found = errors[MIDDLE], list(errors)
    for (low, high, _), stretch in zip(INTERVALS, stretches, strict=True):
        for end in (low, high):
            found[end] = middle + stretch * (errors[end] - middle)
    return tuple(found)


def _quantile(errors: Floats, level: float) -> float:
    """The split-conformal quantile: one of n + 1 equally likely places, outward for outer levels."""
    ordered = np.sort(errors)
    if not len(ordered):
        return 0.0
    place = level * (len(ordered) + 1)
    rank = np.ceil(place) if level > 0.5 else np.floor(place) if level < 0.5 else round(place)
    return float(ordered[int(np.clip(rank - 1, 0, len(ordered) - 1))])
