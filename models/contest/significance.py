"""The test: whether one model's losses are lower than another's by more than chance would make them.

The statistic of Diebold and Mariano (1995) for a panel of series: the mean difference of paired losses
over its standard error, clustered both ways, by origin (what happened that week happened to every
series) and by series (who is good at a series is good at it each week), as Cameron, Gelbach and Miller
(2011) do. Origins closer to each other than the horizon share days: their covariance counts, with the
small-sample correction of Harvey, Leybourne and Newbold (1997). One series gives their test; one origin
gives the paired t test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.contest.losses import ContestError, Floats, Losses

CONFIDENCE = 0.9


@dataclass(frozen=True, slots=True)
class Difference:
    """How much lower the challenger's mean loss is, as a share of the champion's.

    Parameters
    ----------
    gain
        Positive where the challenger is better; 0.02 is two per cent.
    low, high
        The interval that holds the true gain with `CONFIDENCE`.
    error
        The standard error of the gain.
    freedom
        Degrees of freedom of the error. 0: there is nothing to judge by.
    """

    gain: float
    low: float
    high: float
    error: float
    freedom: int

    def chance(self, least: float) -> float:
        """Return the p-value (one-sided) of "the gain is no more than `least`"."""
        from scipy.special import stdtr

        if self.freedom < 1:
            return 1.0
        if self.error <= 0:
            return 0.0 if self.gain > least else 1.0
        return float(stdtr(self.freedom, -(self.gain - least) / self.error))


def compare(champion: Losses, challenger: Losses, overlap: int = 1) -> Difference:
    """Return the challenger's gain over the champion with its standard error.

    Parameters
    ----------
    overlap
        Origins that one horizon reaches over: horizon / step, rounded up. 1 where windows are apart.

    Raises
    ------
    ContestError
        Where the two were not tried on the same cases.
    """
    if champion.total.shape != challenger.total.shape or (champion.count != challenger.count).any():
        raise ContestError(
            f"expected losses of the same cases, found {champion.total.shape} (origins, series) with "
            f"{champion.count.sum():.0f} cases and {challenger.total.shape} with "
            f"{challenger.count.sum():.0f}"
        )
    base, cases = champion.mean, champion.count.sum()
    difference = float((champion.total - challenger.total).sum() / cases)
    if base <= 0:
        # A champion without any error cannot be beaten, and only be equalled by one without any.
        return Difference(difference, difference, difference, 0.0, 0)
    # Influence of each cell on the mean difference; they sum to zero.
    cells = (champion.total - challenger.total - difference * champion.count) / cases
    used = cells[champion.count.any(axis=1)][:, champion.count.any(axis=0)]
    variance, freedom = _variance(used, overlap)
    error = float(np.sqrt(variance)) / base
    gain = difference / base
    reach = _quantile(freedom) * error if freedom else float("inf")
    return Difference(gain, gain - reach, gain + reach, error, freedom)


def holm(chances: Sequence[float]) -> tuple[float, ...]:
    """Return p-values that hold for all of the hypotheses together (Holm 1979), in the same order."""
    order = np.argsort(chances, kind="stable")
    adjusted = np.empty(len(chances))
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[place]))
        adjusted[place] = highest
    return tuple(float(one) for one in adjusted)


def _variance(cells: Floats, overlap: int) -> tuple[float, int]:
    """The variance of the cells' sum, clustered by origin and by series, at least either's own.

    And its degrees of freedom: those of origins; where series vary more, the fewer of both.
    """
    origins, series = cells.shape
    independent = -(-origins // max(1, overlap))
    by_series = _small(series) * float((cells.sum(axis=0) ** 2).sum())
    by_origin = _by_origin(cells.sum(axis=1), overlap)
    if origins == 1:
        return by_series, series - 1
    if series == 1:
        return by_origin, independent - 1
    both = by_origin + by_series - float((cells**2).sum())
    fewer = min(independent, series) if by_series > by_origin else independent
    return max(both, by_origin, by_series), fewer - 1


def _by_origin(sums: Floats, overlap: int) -> float:
    """The variance of the sum over origins, counting the covariance of those that overlap."""
    count = len(sums)
    if count < 2:
        return 0.0
    alone = float((sums**2).sum())
    reach = min(overlap, count)
    shared = sum(2 * float((sums[lag:] * sums[:-lag]).sum()) for lag in range(1, reach))
    # Never less than what one independent origin would leave.
    corrected = max(count + 1 - 2 * reach + reach * (reach - 1) / count, 1.0)
    return max(alone + shared, alone) * count / corrected


def _small(count: int) -> float:
    return count / (count - 1) if count > 1 else 1.0


def _quantile(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + CONFIDENCE / 2))
