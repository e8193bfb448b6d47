"""From log odds to chances: weights of the members and a calibration, both from later slices of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from models.late_risk.schema import Floats

Kind = Literal["platt", "isotonic"]
STEPS = 4  # weights are multiples of a quarter
LEAST_CHANCE = 1e-4
LEAST_LATE = 5  # late orders without which nothing can be calibrated


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone map from log odds to chances.

    platt: chance = 1 / (1 + exp(-(offset + slope · log odds))); isotonic: linear between `knots`
    (log odds) and `chances`.
    """

    kind: Kind
    offset: float = 0.0
    slope: float = 1.0
    knots: tuple[float, ...] = ()
    chances: tuple[float, ...] = ()

    def chance(self, log_odds: Floats) -> Floats:
        """Return the chances of being late, within [0.0001, 0.9999]."""
        if self.kind == "isotonic":
            found = np.interp(log_odds, self.knots, self.chances)
        else:
            found = 1.0 / (1.0 + np.exp(-(self.offset + self.slope * log_odds)))
        within: Floats = np.clip(found, LEAST_CHANCE, 1 - LEAST_CHANCE)
        return within


@dataclass(frozen=True, slots=True)
class Slice:
    """What the members said of a slice of time after what they were fitted on.

    log_odds [M, N] by member and order; late [N], 0 or 1.
    """

    log_odds: Floats
    late: Floats


def best_weights(slices: Sequence[Slice]) -> tuple[float, ...]:
    """Return the members' weights with the least log loss of each slice, calibrated on the others."""
    members = len(slices[0].log_odds)
    found = [
        tuple(part / STEPS for part in parts)
        for parts in product(range(STEPS + 1), repeat=members)
        if sum(parts) == STEPS
    ]
    return min(found, key=lambda weights: (_crossed_loss(slices, weights, "platt"), weights))


def calibrate(slices: Sequence[Slice], weights: Sequence[float]) -> Calibration:
    """Return the calibration that does better on each slice when made of the others."""
    kinds: tuple[Kind, ...] = ("platt", "isotonic")
    kind = min(kinds, key=lambda one: _crossed_loss(slices, weights, one))
    return fit_calibration(*_pooled(slices, weights), kind, _numbers(slices))


def fit_calibration(
    log_odds: Floats, late: Floats, kind: Kind, slices: Floats | None = None
) -> Calibration:
    """Return the calibration fitted on log odds and labels; the identity where too few were late.

    Parameters
    ----------
    slices
        Each order's slice of time. How far the members tell orders of one slice apart is the slope;
        that lateness is more or less from slice to slice is no reason to trust them less.
    """
    if min(late.sum(), (1 - late).sum()) < LEAST_LATE:
        return Calibration("platt")
    if kind == "isotonic":
        return _isotonic(log_odds, late)
    from sklearn.linear_model import LogisticRegression

    columns = [log_odds]
    if slices is not None:
        columns += [(slices == one).astype(np.float64) for one in np.unique(slices)[1:]]
    model = LogisticRegression(C=1e3, max_iter=1000).fit(np.column_stack(columns), late)
    # A falling map would say that what the members call risky is safe.
    slope = max(float(model.coef_[0, 0]), 0.0)
    return Calibration("platt", _offset(slope * log_odds, late), slope)


def log_loss(chance: Floats, late: Floats) -> float:
    """Return the mean log loss."""
    return float(-np.mean(late * np.log(chance) + (1 - late) * np.log(1 - chance)))


def _offset(log_odds: Floats, late: Floats) -> float:
    """The shift of all log odds with which the mean chance is the share late."""
    from scipy.optimize import brentq

    def excess(offset: float) -> float:
        return float(np.mean(1.0 / (1.0 + np.exp(-(offset + log_odds)))) - late.mean())

    return float(brentq(excess, -50.0, 50.0))


def _isotonic(log_odds: Floats, late: Floats) -> Calibration:
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(log_odds, late)
    return Calibration(
        "isotonic",
        knots=tuple(float(one) for one in model.X_thresholds_),
        chances=tuple(float(one) for one in model.y_thresholds_),
    )


def _numbers(slices: Sequence[Slice]) -> Floats:
    return np.repeat(np.arange(len(slices), dtype=np.float64), [len(one.late) for one in slices])


def _pooled(slices: Sequence[Slice], weights: Sequence[float]) -> tuple[Floats, Floats]:
    odds = np.concatenate([np.array(weights) @ one.log_odds for one in slices])
    return odds, np.concatenate([one.late for one in slices])


def _crossed_loss(slices: Sequence[Slice], weights: Sequence[float], kind: Kind) -> float:
    """The log loss over all orders, each slice's chances calibrated on the other slices."""
    if len(slices) == 1:
        odds, late = _pooled(slices, weights)
        return log_loss(fit_calibration(odds, late, kind).chance(odds), late)
    loss = 0.0
    for number, one in enumerate(slices):
        others = [other for place, other in enumerate(slices) if place != number]
        calibration = fit_calibration(*_pooled(others, weights), kind, _numbers(others))
        loss += log_loss(calibration.chance(np.array(weights) @ one.log_odds), one.late) * len(
            one.late
        )
    return loss
