"""The histories: many series of different lengths in one flat array, and what may be cut off them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.demand.history.arrays import Bools, Floats, Ints
from models.demand.history.known import Known

__all__ = ["Bools", "Floats", "Histories", "Ints"]


@dataclass(frozen=True, slots=True)
class Histories:
    """Series of values at equal steps, one after the other in one array.

    Parameters
    ----------
    names
        One a series, each once.
    values : array of float, shape (points,)
        Series by series, oldest first.
    offsets : array of int, shape (series + 1,)
        Where each series starts in `values`; the last is their count.
    lasts : array, shape (series,)
        The time of each series' last value: datetime64[ns], or int where time is counted.
    frequency
        The step as pandas writes it ("D", "W-SUN", "MS"); None where time is counted in ones.
    known
        Columns that are known ahead, of the steps after the last values too; a cut leaves them whole.
    """

    names: tuple[str, ...]
    values: Floats
    offsets: Ints
    lasts: NDArray[np.generic]
    frequency: str | None = None
    known: Known | None = None

    @property
    def lengths(self) -> Ints:
        """The number of values of each series, shape (series,)."""
        return np.diff(self.offsets)

    @property
    def ends(self) -> Ints:
        """The place after each series' last value, shape (series,)."""
        return self.offsets[1:]

    def __len__(self) -> int:
        return len(self.names)

    def of(self, series: int) -> Floats:
        """Return a view of one series' values."""
        own: Floats = self.values[self.offsets[series] : self.offsets[series + 1]]
        return own

    def select(self, kept: Bools) -> Histories:
        """Return the series for which `kept` (shape (series,)) is true."""
        return self._with(kept, self.lengths[kept], 0)

    def cut(self, steps: int, kept: Bools) -> Histories:
        """Return the kept series as they were known `steps` before their ends."""
        return self._with(kept, self.lengths[kept] - steps, steps)

    def recent(self, steps: int) -> Histories:
        """Return the last `steps` values of each series; all where there are fewer."""
        lengths = np.minimum(self.lengths, steps)
        every = _places(self.ends - lengths, lengths)
        known = self.known.recent(self.lengths - lengths) if self.known else None
        return replace(self, values=self.values[every], offsets=_offsets(lengths), known=known)

    def with_values(self, values: Floats) -> Histories:
        """Return the same series with other values, shape (points,)."""
        return replace(self, values=values)

    def future(self, steps: int, horizon: int) -> Floats:
        """Return what came after a cut of `steps`, shape (series, horizon); steps >= horizon."""
        came: Floats = self.values[(self.ends - steps)[:, None] + np.arange(horizon)]
        return came

    def ahead(self, series: int, horizon: int) -> NDArray[np.generic]:
        """Return the times of the `horizon` steps after a series' last value."""
        last = self.lasts[series]
        if self.frequency is None:
            return np.asarray(last + 1 + np.arange(horizon))
        times = pd.date_range(pd.Timestamp(last), periods=horizon + 1, freq=self.frequency)
        return np.asarray(times.to_numpy()[-horizon:])

    def axis(self, horizon: int) -> pd.DatetimeIndex | None:
        """Return the times from the oldest value to `horizon` steps after the last ones.

        None where time is counted, or the series do not end together.
        """
        if self.frequency is None or not len(self) or (self.lasts != self.lasts[0]).any():
            return None
        last = pd.Timestamp(self.lasts[0])
        past = pd.date_range(end=last, periods=int(self.lengths.max()), freq=self.frequency)
        return past.append(pd.date_range(last, periods=horizon + 1, freq=self.frequency)[1:])

    def total(self) -> Floats:
        """Return the sum of series that end together, oldest first, shape (longest,)."""
        longest = int(self.lengths.max())
        place = longest - (np.repeat(self.ends, self.lengths) - np.arange(len(self.values)))
        return np.asarray(np.bincount(place, self.values, longest), dtype=np.float64)

    def _with(self, kept: Bools, lengths: Ints, steps: int) -> Histories:
        names = tuple(name for name, keep in zip(self.names, kept, strict=True) if keep)
        every = _places(self.offsets[:-1][kept], lengths)
        lasts = self.lasts[kept]
        if steps and self.frequency is None:
            lasts = lasts - steps
        elif steps:
            lasts = _earlier(lasts, steps, self.frequency or "D")
        known = self.known.select(kept) if self.known else None
        return Histories(names, self.values[every], _offsets(lengths), lasts, self.frequency, known)


def _offsets(lengths: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _places(starts: Ints, lengths: Ints) -> Ints:
    shift = np.repeat(starts - _offsets(lengths)[:-1], lengths)
    return np.asarray(np.arange(int(lengths.sum())) + shift)


def _earlier(lasts: NDArray[np.generic], steps: int, frequency: str) -> NDArray[np.generic]:
    offset = pd.tseries.frequencies.to_offset(frequency)
    distinct = {last: (pd.Timestamp(last) - steps * offset).to_datetime64() for last in set(lasts)}
    return np.array([distinct[last] for last in lasts], dtype="datetime64[ns]")
