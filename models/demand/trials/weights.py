"""The weights: how much each member counts, by what the trial says and not much more.

Members are added one at a time, each as often as it lowers the loss (Caruana et al. 2004), and what
that gives is drawn half way to equal weights of the members that are about as good as the best: a
choice made on two or three origins is mostly luck.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.demand.history.histories import Bools, Floats
from models.demand.trials.trial import Trial

Measure = Literal["owa", "wape", "rmsse"]
ROUNDS = 20
# Weights under it are not worth their time.
LEAST_WEIGHT = 0.03
# Share of the rounds from which a member is among the equals however it does alone: 1 % less error
# on M4 weekly, 0.3 % on M4 hourly.
CHOSEN_OFTEN = 0.1
# What a member at the limit `good_enough` counts beside the best where squared errors count: most of them
# is noise that all share, so that members differ by less than their errors do. Graded so, five origins of
# the orders from 2010-10-01 have an RMSSE of 0.729 (all within 12 % alike 0.731, within 2 % 0.723), from
# 2011-05-14 0.588 (0.589, 0.587), from 2011-07-23 0.600 (0.600, 0.601), and FMCG orders a WAPE of 0.359
# (0.351, 0.368).
AT_LIMIT = 1 / 3
# Values that a class must have before it has weights of its own.
LEAST_VALUES = 3000


@dataclass(frozen=True, slots=True)
class WeightRules:
    """What choosing weights goes by.

    Parameters
    ----------
    good_enough
        Times the best member's loss, up to which a member is among the equals; where squared errors
        count, at which it counts a third of the best.
    shrinkage
        Share of equal weights in the end.
    most_bias
        Of the level: a bias further than this from the members' middle bars one where totals count.
        At 0.15 the best member of the orders was barred for -0.13, against a middle of +0.05.
    """

    good_enough: float = 1.12
    shrinkage: float = 0.5
    most_bias: float = 0.25


USUAL_RULES = WeightRules()


def importance(trial: Trial, measure: Measure) -> Floats:
    """Return how much an error of one counts, shape (origins, series, horizon), mean about 1.

    "owa": half by the series' own unit, half by its level; "wape": alike; "rmsse": by the series'
    unit. All for series too short to be tried are 0.
    """
    known = ~np.isnan(trial.actual)
    actual = np.where(known, trial.actual, 0.0)
    ones = np.ones_like(actual)
    units = np.where(np.isnan(trial.units), 1.0, trial.units)[..., None]
    if measure == "wape":
        found = ones / max(float(np.abs(actual).mean()), 1e-9)
    elif measure == "rmsse":
        found = ones / units
    else:
        level = np.abs(actual).mean(axis=-1, keepdims=True)
        level = np.maximum(level, 0.05 * np.median(level[level > 0]) if (level > 0).any() else 1.0)
        by_unit, by_level = ones / units, ones / level
        naive = np.abs(actual - actual[..., :1])
        found = by_unit / _mean(naive * by_unit, known) + by_level / _mean(naive * by_level, known)
    return np.asarray(np.where(known, found, 0.0))


def loss(forecast: Floats, trial: Trial, weight: Floats, measure: Measure) -> float:
    """Return the mean weighted error of a forecast, shape (origins, series, horizon).

    For "rmsse" the root mean square over the horizon first, so that one day does not decide.
    """
    error = np.abs(np.nan_to_num(forecast - trial.actual)) * weight
    if measure == "rmsse":
        return float(np.sqrt((error**2).mean(axis=-1)).mean())
    return float(error.mean())


def member_weights(
    trial: Trial, measure: Measure, kept: Bools | None = None, rules: WeightRules = USUAL_RULES
) -> Floats:
    """Return the members' weights, shape (members,), sum 1, by the kept series (all by default)."""
    forecasts, weight = filled(trial), importance(trial, measure)
    if kept is not None:
        weight = weight * kept[None, :, None]
    losses = np.array([loss(one, trial, weight, measure) for one in forecasts])
    allowed = _allowed(trial, forecasts, measure, rules)
    if not (losses[allowed] > 0).any():
        return np.full(len(losses), 1 / len(losses))
    losses = np.where(allowed, losses, np.inf)
    chosen = _greedy(forecasts, trial, weight, measure, losses)
    equal = _graded(losses, rules) if measure == "rmsse" else _good(losses, chosen, rules)
    found = (1 - rules.shrinkage) * chosen + rules.shrinkage * equal / equal.sum()
    found[found < LEAST_WEIGHT] = 0.0
    return np.asarray(found / found.sum())


def _good(losses: Floats, chosen: Floats, rules: WeightRules) -> Floats:
    """Return 1 for each member that is about as good as the best or often chosen, 0 for others."""
    good = (losses <= rules.good_enough * losses.min()) | (chosen >= CHOSEN_OFTEN)
    return np.asarray(good, dtype=np.float64)


def _graded(losses: Floats, rules: WeightRules) -> Floats:
    """Return what each member counts beside the best, `AT_LIMIT` where it is as bad as `good_enough`."""
    behind = np.log(np.maximum(losses, 1e-300) / max(float(losses.min()), 1e-300))
    return np.asarray(AT_LIMIT ** (behind / max(float(np.log(rules.good_enough)), 1e-9)))


def filled(trial: Trial) -> Floats:
    """Return the forecasts with what a member could not say taken from the mean of the others."""
    return fill_members(trial.forecasts)


def fill_members(forecasts: Floats) -> Floats:
    """Return forecasts (members first) with NaN replaced by the other members' mean."""
    missing = np.isnan(forecasts)
    if not missing.any():
        return forecasts
    count = (~missing).sum(axis=0)
    mean = np.where(missing, 0.0, forecasts).sum(axis=0) / np.maximum(count, 1)
    mean = np.where(count > 0, mean, np.nan)
    return np.where(missing, mean[None], forecasts)


def _allowed(trial: Trial, forecasts: Floats, measure: Measure, rules: WeightRules) -> Bools:
    if measure == "owa":
        return np.ones(len(forecasts), dtype=bool)
    over = np.nan_to_num(forecasts - trial.actual[None]).sum(axis=(1, 2, 3))
    biases = over / max(float(np.nansum(np.abs(trial.actual))), 1e-9)
    near = np.abs(biases - np.median(biases)) <= rules.most_bias
    return near if near.any() else np.ones_like(near)


def _greedy(
    forecasts: Floats, trial: Trial, weight: Floats, measure: Measure, losses: Floats
) -> Floats:
    counts = np.zeros(len(forecasts))
    total = np.zeros_like(forecasts[0])
    for number in range(1, ROUNDS + 1):
        tried = [
            loss((total + one) / number, trial, weight, measure) if np.isfinite(limit) else np.inf
            for one, limit in zip(forecasts, losses, strict=True)
        ]
        best = int(np.argmin(tried))
        counts[best] += 1
        total = total + forecasts[best]
    return np.asarray(counts / counts.sum())


def _mean(values: Floats, known: Bools) -> float:
    return max(float(values[known].mean()), 1e-9) if known.any() else 1.0
