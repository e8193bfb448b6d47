"""Quantiles calibrated conformally: what rows forecast alike really came to, in windows not fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.rates.config import QUANTILES
from models.rates.schema import Floats

BINS = 5
LEAST_IN_BIN = 40
SURE = 0.9
# Of the windows' mean spread: a window without errors does not stretch the others' without end.
LEAST_SPREAD = 0.25
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
        place = np.searchsorted(np.array(self.edges), forecast / scale)
        found = forecast[:, np.newaxis] + np.array(self.errors)[place] * scale[:, np.newaxis]
        within: Floats = np.maximum(np.maximum.accumulate(found, axis=1), 0.0)
        return within


def calibrate(
    forecast: Floats, actual: Floats, scale: Floats, window: NDArray[np.int64] | None = None
) -> Calibration:
    """Return the calibration of forecasts that were made before their rows were known.

    Parameters
    ----------
    window
        The number of each row's window, where they are of several.
    """
    relative, error = forecast / scale, (actual - forecast) / scale
    if window is not None:
        error = _for_another_window(error, window)
    count = int(np.clip(len(actual) // LEAST_IN_BIN, 1, BINS))
    edges = np.unique(np.quantile(relative, np.linspace(0, 1, count + 1)[1:-1]))
    place = np.searchsorted(edges, relative)
    rows = [
        tuple(_quantile(error[place == number], level) for level in QUANTILES)
        for number in range(len(edges) + 1)
    ]
    return Calibration(tuple(float(edge) for edge in edges), tuple(rows))


def _for_another_window(error: Floats, window: NDArray[np.int64]) -> Floats:
    """The errors as they would be in a window that was not seen yet.

    Rows of a window share its luck: its mean and its spread. Those of a new window lie further from
    the middle of W windows than theirs do, by √((W + 1) / (W − 1)), and further still as so few windows
    say little of how far they lie apart (Student's t in the normal's place).
    """
    numbers, place, rows = np.unique(window, return_inverse=True, return_counts=True)
    count = len(numbers)
    if count < 2:
        return error
    means = np.bincount(place, error) / rows
    own = error - means[place]
    least = max(LEAST_SPREAD * float(np.abs(own).mean()), TINY)
    spreads = np.maximum(np.bincount(place, np.abs(own)) / rows, least)
    further = _further(count)
    middle, usual = float(error.mean()), float(np.log(spreads).mean())
    moved = middle + further * (means - middle)
    widened = np.exp(usual + further * (np.log(spreads) - usual))
    found: Floats = moved[place] + own / spreads[place] * widened[place]
    return found


def _further(windows: int) -> float:
    from scipy.special import ndtri, stdtrit

    by_few = float(stdtrit(windows - 1, SURE)) / float(ndtri(SURE))
    return float(np.sqrt((windows + 1) / (windows - 1))) * by_few


def _quantile(errors: Floats, level: float) -> float:
    """The split-conformal quantile: one of n + 1 equally likely places, outward for outer levels."""
    ordered = np.sort(errors)
    if not len(ordered):
        return 0.0
    place = level * (len(ordered) + 1)
    rank = np.ceil(place) if level > 0.5 else np.floor(place) if level < 0.5 else round(place)
    return float(ordered[int(np.clip(rank - 1, 0, len(ordered) - 1))])
