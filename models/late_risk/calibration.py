"""From log odds to chances: weights of the members and a calibration, both from later slices of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from models.late_risk.schema import Floats

STEPS = 4  # weights are multiples of a quarter
LEAST_CHANCE = 1e-4
LEAST_LATE = 5  # late orders of a slice, and ones in time, without which it calibrates nothing
LEAST_SLICES = 2
ALPHA = 0.05
# A member with 2 % more loss counts half. Measured on order ages and on deliveries of before July 2012: Brier
# 0.187 and 0.118 with 32, 0.190 and 0.119 with none.
SHARPNESS = 32
FARTHEST = 50.0  # log odds
SLOPES = (0.0, 4.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising map from log odds to chances: 1 / (1 + exp(-(offset + slope · log odds)))."""

    offset: float = 0.0
    slope: float = 1.0

    def chance(self, log_odds: Floats) -> Floats:
        """Return the chances of being late, within [0.0001, 0.9999]."""
        found = _chance(self.offset + self.slope * log_odds)
        within: Floats = np.clip(found, LEAST_CHANCE, 1 - LEAST_CHANCE)
        return within


@dataclass(frozen=True, slots=True)
class Slice:
    """What the members said of a slice of time after what they were fitted on.

    log_odds [M, N] by member and order; late [N], 0 or 1.
    """

    log_odds: Floats
    late: Floats


def telling(slices: Sequence[Slice]) -> list[Slice]:
    """Return the slices with orders enough of either end."""
    return [one for one in slices if min(one.late.sum(), (1 - one.late).sum()) >= LEAST_LATE]


def best_weights(slices: Sequence[Slice], usual: Sequence[float]) -> tuple[float, ...]:
    """Return the weights with the least loss, or about the usual ones where those are as good by chance.

    These fall with each member's own loss (`SHARPNESS`): who is a little worse counts less.

    The loss is the log loss of each slice with the offset and slope that suit it best: weights say who
    tells the orders of one slice apart. A few slices often prefer one member by luck, so that others
    take the place of the usual weights only where they gain significantly over the slices (t test at
    5 %).
    """
    from scipy.special import stdtrit

    found = [
        tuple(part / STEPS for part in parts)
        for parts in product(range(STEPS + 1), repeat=len(usual))
        if sum(parts) == STEPS
    ]
    losses = np.array([[_own_loss(one, weights) for one in slices] for weights in found])
    sizes = np.array([len(one.late) for one in slices], dtype=np.float64)
    best = int(np.argmin(losses @ sizes))
    shares = _by_loss(slices, usual, sizes)
    if len(slices) < LEAST_SLICES:
        return shares
    gains = np.array([_own_loss(one, shares) for one in slices]) - losses[best]
    error = gains.std(ddof=1) / np.sqrt(len(slices))
    surely = gains @ sizes / sizes.sum() > stdtrit(len(slices) - 1, 1 - ALPHA) * error
    return found[best] if surely else shares


def _by_loss(slices: Sequence[Slice], usual: Sequence[float], sizes: Floats) -> tuple[float, ...]:
    """The usual weights, less for those members whose own loss is larger."""
    alone = np.eye(len(usual))
    losses = np.array([[_own_loss(one, member) for one in slices] for member in alone]) @ sizes
    shares = np.array(usual) * (losses / losses.min()) ** -SHARPNESS
    return tuple(float(share) for share in shares / shares.sum())


def calibrate(slices: Sequence[Slice], weights: Sequence[float]) -> Calibration:
    """Return the calibration that the slices agree on; where they do not, log odds stay as they are.

    Slices differ in how many were late for reasons that no column tells: their mean offset counts as
    far as it stands out from their differences (James and Stein 1961). The members of a slice knew
    fewer orders than those that are fitted last and were surer than they might be: the mean of their
    slopes counts half. Measured on the public deliveries: Brier 0.095, with the pooled map 0.101.
    """
    odds = [np.array(weights) @ one.log_odds for one in slices]
    if not odds:
        return Calibration()
    slopes = [_best_slope(own, one.late) for own, one in zip(odds, slices, strict=True)]
    slope = (1.0 + float(np.mean(slopes))) / 2
    offsets = [best_offset(slope * own, one.late) for own, one in zip(odds, slices, strict=True)]
    return Calibration(_agreed(offsets), slope)


def best_offset(log_odds: Floats, late: Floats) -> float:
    """Return the shift of all log odds with which the mean chance is the share late."""
    from scipy.optimize import brentq

    def excess(offset: float) -> float:
        return float(np.mean(_chance(offset + log_odds)) - late.mean())

    return float(brentq(excess, -FARTHEST, FARTHEST))


def log_loss(chance: Floats, late: Floats) -> float:
    """Return the mean log loss."""
    within = np.clip(chance, LEAST_CHANCE, 1 - LEAST_CHANCE)
    return float(-np.mean(late * np.log(within) + (1 - late) * np.log(1 - within)))


def _best_slope(log_odds: Floats, late: Floats) -> float:
    """The slope of least log loss, each with its best offset; never falling."""
    from scipy.optimize import minimize_scalar

    def loss(slope: float) -> float:
        steep = slope * log_odds
        return log_loss(_chance(best_offset(steep, late) + steep), late)

    return float(minimize_scalar(loss, bounds=SLOPES, method="bounded").x)


def _agreed(values: Sequence[float]) -> float:
    """The values' mean, drawn to 0 by what its standard error leaves of it."""
    if len(values) < LEAST_SLICES:
        return 0.0
    mean, error = float(np.mean(values)), float(np.var(values, ddof=1)) / len(values)
    return mean * max(0.0, 1.0 - error / max(mean**2, 1e-12))


def _own_loss(one: Slice, weights: Sequence[float] | Floats) -> float:
    odds = np.array(weights) @ one.log_odds
    steep = _best_slope(odds, one.late) * odds
    return log_loss(_chance(best_offset(steep, one.late) + steep), one.late)


def _chance(log_odds: Floats) -> Floats:
    found: Floats = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -700.0, 700.0)))
    return found
