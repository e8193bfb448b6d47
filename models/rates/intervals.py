"""Quantiles calibrated conformally: what rows forecast alike really came to, in windows not fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.rates.config import QUANTILES
from models.rates.schema import Floats

BINS = 5
LEAST_IN_BIN = 40


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


def calibrate(forecast: Floats, actual: Floats, scale: Floats) -> Calibration:
    """Return the calibration of forecasts that were made before their rows were known."""
    relative, error = forecast / scale, (actual - forecast) / scale
    count = int(np.clip(len(actual) // LEAST_IN_BIN, 1, BINS))
    edges = np.unique(np.quantile(relative, np.linspace(0, 1, count + 1)[1:-1]))
    place = np.searchsorted(edges, relative)
    rows = [
        tuple(_quantile(error[place == number], level) for level in QUANTILES)
        for number in range(len(edges) + 1)
    ]
    return Calibration(tuple(float(edge) for edge in edges), tuple(rows))


def _quantile(errors: Floats, level: float) -> float:
    """The split-conformal quantile: one of n + 1 equally likely places, outward for outer levels."""
    ordered = np.sort(errors)
    if not len(ordered):
        return 0.0
    place = level * (len(ordered) + 1)
    rank = np.ceil(place) if level > 0.5 else np.floor(place) if level < 0.5 else round(place)
    return float(ordered[int(np.clip(rank - 1, 0, len(ordered) - 1))])
