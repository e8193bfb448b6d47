"""The losses of one model in a backtest: how far off it was, origin by origin and series by series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class ContestError(ValueError):
    """Two models cannot be compared; the message says what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Sums of a loss, and of how many cases they are; lower is better.

    An origin is a point in time that was forecast from, or a fold of a time split. A series is what
    is forecast: a product, a line, an order's line, a simulated scenario.

    Parameters
    ----------
    total, count : array, shape (origins, series)
        The sum of the loss over the cell's cases, and their number (0 where there are none). With
        one origin the series are taken to be independent of each other.
    """

    total: Floats
    count: Floats

    def __post_init__(self) -> None:
        if self.total.ndim != 2 or self.total.shape != self.count.shape:
            raise ContestError(
                "losses: expected sums and counts of one shape (origins, series), found "
                f"{self.total.shape} and {self.count.shape}"
            )
        if not np.isfinite(self.total).all():
            raise ContestError("losses: expected numbers, found one that is not finite")
        if not (self.count >= 0).all() or not self.count.any():
            raise ContestError("losses: expected at least one case, found none")

    @staticmethod
    def of(values: ArrayLike) -> Losses:
        """Return the losses of one case a cell, shape (origins, series); NaN where there is none."""
        found = np.atleast_2d(np.asarray(values, dtype=np.float64))
        there = ~np.isnan(found)
        return Losses(np.where(there, found, 0.0), there.astype(np.float64))

    @property
    def mean(self) -> float:
        """The mean loss of a case."""
        return float(self.total.sum() / self.count.sum())

    def only(self, kept: NDArray[np.bool_]) -> Losses | None:
        """Return the losses of the series for which `kept` (shape (series,)) is true, if any."""
        count = self.count[:, kept]
        return Losses(self.total[:, kept], count) if count.any() else None


def losses_from_rows(
    origins: Sequence[object], series: Sequence[object], losses: ArrayLike
) -> Losses:
    """Return the losses of a long table: of each row its origin, its series and its loss.

    Cells are in the order of the sorted labels, so that two tables of the same cases can be compared.
    """
    rows, columns = (
        np.unique(np.asarray(labels, dtype=str), return_inverse=True)
        for labels in (origins, series)
    )
    values = np.asarray(losses, dtype=np.float64)
    shape = (len(rows[0]), len(columns[0]))
    total, count = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (rows[1], columns[1]), values)
    np.add.at(count, (rows[1], columns[1]), 1.0)
    return Losses(total, count)
