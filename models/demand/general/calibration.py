"""The calibration: how wide the intervals must be, from what the trial got wrong.

Split conformal: every error of the trial is divided by its series' spread, and the quantiles of what
comes out, per class of series and part of the horizon, are the intervals of the forecast (Vovk et
al. 2005). Each side has its own, so that intervals lean the way errors do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.demand.general.histories import Floats, Histories, Ints

# Errors behind each quantile; parts of the horizon and classes are joined until there are as many.
ENOUGH = 400
MOST_PARTS = 12
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Quantiles of scaled errors.

    Parameters
    ----------
    levels
        Rising, between 0 and 1.
    bounds : array of int, shape (parts + 1,)
        Where the parts of the horizon begin, and its end.
    scores : array, shape (classes, parts, levels)
        Multiples of a series' spread.
    """

    levels: tuple[float, ...]
    bounds: Ints
    scores: Floats

    def quantiles(self, forecast: Floats, spread: Floats, classes: Ints) -> Floats:
        """Return quantiles, shape (levels, series, horizon), of a forecast (series, horizon).

        `spread` has the forecast's shape. Beyond the calibrated horizon the last part holds,
        widening with the root of the step.
        """
        horizon, end = forecast.shape[1], int(self.bounds[-1])
        step = np.arange(horizon)
        part = np.clip(
            np.searchsorted(self.bounds, step, side="right") - 1, 0, len(self.bounds) - 2
        )
        widening = np.sqrt(np.maximum(1.0, (step + 1) / end))
        scores = self.scores[classes][:, part] * widening[None, :, None]
        found = forecast[..., None] + scores * spread[..., None]
        return np.sort(np.moveaxis(found, -1, 0), axis=0)


def spreads(histories: Histories, forecast: Floats, is_count: bool) -> Floats:
    """Return what errors are measured in, shape (series, horizon): larger where more can go wrong.

    The recent mean absolute change; for demand with zeros the root of the forecast times the level,
    as counts have it, beside it.
    """
    found = np.empty(len(histories))
    for number in range(len(histories)):
        own = histories.of(number)
        steps = np.abs(np.diff(own)) if len(own) > 1 else np.abs(own)
        recent = steps[-max(24, len(steps) // 4) :]
        found[number] = max(0.5 * (recent.mean() + steps.mean()), 1e-3 * np.abs(own).mean(), 1e-9)
    wide = np.repeat(found[:, None], forecast.shape[1], axis=1)
    if not is_count:
        return wide
    level = np.maximum(forecast.mean(axis=1, keepdims=True), 1e-9)
    shape = np.sqrt(np.maximum(forecast, 0.0) / level)
    return np.asarray(wide * np.clip(shape, 0.05, 3.0))


def calibrate(
    errors: Floats,
    spread: Floats,
    classes: Ints,
    class_count: int,
    levels: Sequence[float] = LEVELS,
) -> Calibration:
    """Return the calibration from errors (origins, series, horizon), NaN where none was made.

    `spread` has the same shape. A class with too few errors takes those of all.
    """
    horizon = errors.shape[-1]
    scaled = errors / spread
    usable = int(np.isfinite(scaled).sum())
    parts = int(np.clip(usable // (ENOUGH * max(1, class_count)), 1, min(MOST_PARTS, horizon)))
    bounds = np.unique(np.linspace(0, horizon, parts + 1).round().astype(np.int64))
    scores = np.zeros((class_count, len(bounds) - 1, len(levels)))
    for cls in range(class_count):
        for part, (first, after) in enumerate(pairwise(bounds)):
            own = _finite(scaled[:, classes == cls, first:after])
            if own.size < ENOUGH:
                own = _finite(scaled[..., first:after])
            if own.size < ENOUGH:
                own = _finite(scaled)
            if own.size:
                scores[cls, part] = [_conformal(own, level) for level in levels]
    return Calibration(tuple(levels), bounds, scores)


def _finite(values: Floats) -> Floats:
    return np.asarray(values[np.isfinite(values)])


def _conformal(scores: Floats, level: float) -> float:
    # n + 1 in place of n: the finite-sample correction of split conformal prediction.
    count = scores.size
    if level == 0.5:
        return float(np.median(scores))
    share = min(1.0, np.ceil((count + 1) * max(level, 1 - level)) / count)
    if level > 0.5:
        return float(np.quantile(scores, share, method="higher"))
    return float(np.quantile(scores, 1 - share, method="lower"))
