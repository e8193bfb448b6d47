"""The calibration: how wide the intervals must be, from what the trial got wrong.

Split conformal: every error of the trial is divided by its series' spread, and the quantiles of what
comes out, per class of series and part of the horizon, are the intervals of the forecast (Vovk et
al. 2005). Each side has its own, so that intervals lean the way errors do. The errors of an origin
are not independent, so the levels are moved outwards until intervals that the other origins calibrate
hold what they promise at each origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.demand.history.histories import Floats, Histories, Ints

# Errors behind each quantile; parts of the horizon and classes are joined until there are as many.
ENOUGH = 400
MOST_PARTS = 12
# Of the tail beyond an interval: what may have to be asked for in its place.
TAIL_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4, 0.3)
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
    asked = _levels_that_hold(scaled, classes, class_count, bounds, levels)
    scores = _scores(scaled, classes, class_count, bounds, asked)
    return Calibration(tuple(levels), bounds, scores)


def _scores(
    scaled: Floats, classes: Ints, class_count: int, bounds: Ints, levels: Sequence[float]
) -> Floats:
    """Return the quantiles of scaled errors, shape (classes, parts, levels)."""
    scores = np.zeros((class_count, len(bounds) - 1, len(levels)))
    for cls in range(class_count):
        for part, (first, after) in enumerate(pairwise(bounds)):
            own = _finite(scaled[:, classes == cls, first:after])
            if own.size < ENOUGH:
                own = _finite(scaled[..., first:after])
            if own.size < ENOUGH:
                own = _finite(scaled)
            if own.size:
                scores[cls, part] = _conformal(own, levels)
    return scores


def _levels_that_hold(
    scaled: Floats, classes: Ints, class_count: int, bounds: Ints, levels: Sequence[float]
) -> list[float]:
    """Return the levels to ask for, so that what other origins calibrate holds its promise at each.

    Errors of one origin have that origin's luck in common: quantiles of the others' errors hold less
    there than of their own (M3 monthly: 93.3 % in place of 95 %).
    """
    origins = [place for place, own in enumerate(scaled) if np.isfinite(own).any()]
    if len(origins) < 2:
        return list(levels)
    tails = sorted({round(min(level, 1 - level), 6) for level in levels} - {0.5})
    tried = np.array([tail * share for tail in tails for share in TAIL_SHARES])
    inside = np.zeros(len(tried))
    for origin in origins:
        others = np.delete(scaled, origin, axis=0)
        scores = _scores(others, classes, class_count, bounds, [*tried, *(1 - tried)])
        inside += _inside(scaled[origin], scores, classes, bounds) / len(origins)
    held = inside.reshape(len(tails), len(TAIL_SHARES))
    # The others are one origin fewer than calibrate in the end: their shortfall is that much larger.
    part = 1 - 1 / len(origins)
    wanted = {tail: tail * _share(own, tail) ** part for tail, own in zip(tails, held, strict=True)}
    return [_moved(level, wanted) for level in levels]


def _inside(own: Floats, scores: Floats, classes: Ints, bounds: Ints) -> Floats:
    """Return the share of errors (series, horizon) between each lower and its upper score."""
    widths = np.diff(bounds)
    pairs = scores.shape[-1] // 2
    found = np.empty(pairs)
    known = np.isfinite(own)
    for pair in range(pairs):
        low, high = (
            np.repeat(scores[:, :, place], widths, axis=1)[classes]
            for place in (pair, pairs + pair)
        )
        found[pair] = ((own >= low) & (own <= high))[known].mean()
    return found


def _share(held: Floats, tail: float) -> float:
    """Return the largest share of the tail whose interval held what was promised."""
    enough = np.flatnonzero(held >= 1 - 2 * tail)
    return TAIL_SHARES[int(enough[0]) if enough.size else len(TAIL_SHARES) - 1]


def _moved(level: float, wanted: dict[float, float]) -> float:
    tail = wanted.get(round(min(level, 1 - level), 6), 0.5)
    return tail if level < 0.5 else 1 - tail


def _finite(values: Floats) -> Floats:
    return np.asarray(values[np.isfinite(values)])


def _conformal(scores: Floats, levels: Sequence[float]) -> Floats:
    """Return the scores' quantiles, with the finite-sample correction: n + 1 in place of n."""
    ordered, count = np.sort(scores), scores.size
    asked = np.asarray(levels, dtype=np.float64)
    rank = np.ceil((count + 1) * np.maximum(asked, 1 - asked)).astype(np.int64)
    rank = np.clip(rank, 1, count) - 1
    found = np.where(asked > 0.5, ordered[rank], ordered[count - 1 - rank])
    return np.asarray(np.where(asked == 0.5, np.median(scores), found))
