"""Recent levels: what a key made lately, as it was known at any time that is asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rates.schema import Floats

SPAN = 1e6  # days; more than any history
MEANS = (1, 3, 7, 14, 28, 56)
VALUE = "mean1"  # the mean of one value is the value
MEDIAN_OF = 14
WEEKS = 4


@dataclass(frozen=True, slots=True)
class Levels:
    """Rolling figures of one key in time order, to be looked up at any time.

    slot [N]: code · SPAN + day, ascending; figures [N, F]: after the row, by `columns`; days [N].
    """

    names: pd.Index
    slot: Floats
    columns: tuple[str, ...]
    figures: Floats

    def at(self, keys: pd.Series, asked: Floats) -> dict[str, Floats]:
        """Return the figures of each key from rows before `asked`; nan where there was none."""
        code = self.names.get_indexer(keys)
        if not len(self.slot):
            return {name: np.full(len(code), np.nan) for name in self.columns}
        place = np.searchsorted(self.slot, code * SPAN + asked, side="left") - 1
        own = (code >= 0) & (place >= 0)
        place = np.maximum(place, 0)
        own &= np.floor(self.slot[place] / SPAN).astype(np.int64) == code
        found = np.where(own[:, np.newaxis], self.figures[place], np.nan)
        return {name: found[:, column] for column, name in enumerate(self.columns)}

    def last(self, keys: pd.Series, asked: Floats, count: int) -> tuple[Floats, Floats]:
        """Return days and values of each key's last rows before `asked`, shape (keys, count).

        Oldest first; nan before a key's first row.
        """
        code = self.names.get_indexer(keys)[:, np.newaxis]
        if not len(self.slot):
            nothing = np.full((len(keys), count), np.nan)
            return nothing, nothing
        end = np.searchsorted(self.slot, code[:, 0] * SPAN + asked, side="left")
        place = end[:, np.newaxis] - np.arange(count, 0, -1)
        slot = self.slot[np.maximum(place, 0)]
        own = (code >= 0) & (place >= 0) & (np.floor(slot / SPAN).astype(np.int64) == code)
        value = self.figures[np.maximum(place, 0), self.columns.index(VALUE)]
        return np.where(own, slot - code * SPAN, np.nan), np.where(own, value, np.nan)


def keep_levels(keys: pd.Series, days: Floats, value: Floats) -> Levels:
    """Return the rolling figures of values by key; those that are nan count as not there."""
    names, frame = _sorted(keys, days, value)
    grouped = frame.groupby("code")["value"]
    figures = {f"mean{n}": _rolling(grouped, n, "mean") for n in MEANS}
    figures["median"] = _rolling(grouped, MEDIAN_OF, "median")
    figures["spread"] = _rolling(grouped, MEDIAN_OF, "std")
    figures["idle"] = _rolling(
        frame.assign(value=frame["value"] <= 0).groupby("code")["value"], MEDIAN_OF, "mean"
    )
    figures["count"] = grouped.cumcount().to_numpy(np.float64) + 1
    figures["day"] = frame["day"].to_numpy()
    return _levels(names, frame, figures)


def keep_weekdays(keys: pd.Series, days: Floats, value: Floats) -> Levels:
    """Return by key and weekday (`with_weekday`) the mean of its last four values."""
    names, frame = _sorted(with_weekday(keys, days), days, value)
    grouped = frame.groupby("code")["value"]
    return _levels(names, frame, {"weekday": _rolling(grouped, WEEKS, "mean")})


def with_weekday(keys: pd.Series, days: Floats) -> pd.Series:
    """Return the keys with their rows' weekday, Monday 0."""
    # 1970-01-01, day 0, was a Thursday.
    weekday = (np.floor(days).astype(np.int64) + 3) % 7
    return keys + " | " + pd.Series(weekday, index=keys.index).astype(str)


def joined(rows: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return the key of each row: the column, or several side by side."""
    key = rows[columns[0]]
    for name in columns[1:]:
        key = key + " | " + rows[name]
    return key


def _sorted(keys: pd.Series, days: Floats, value: Floats) -> tuple[pd.Index, pd.DataFrame]:
    there = ~np.isnan(value)
    names = pd.Index(pd.unique(keys[there]))
    frame = pd.DataFrame(
        {"code": names.get_indexer(keys[there]), "day": days[there], "value": value[there]}
    )
    return names, frame.sort_values(["code", "day"], kind="stable", ignore_index=True)


def _rolling(grouped: NDArray[np.float64] | object, window: int, what: str) -> Floats:
    rolled = grouped.rolling(window, min_periods=1)  # type: ignore[union-attr]
    found: Floats = getattr(rolled, what)().to_numpy(np.float64)
    return found


def _levels(names: pd.Index, frame: pd.DataFrame, figures: Mapping[str, Floats]) -> Levels:
    slot = frame["code"].to_numpy() * SPAN + frame["day"].to_numpy()
    table = np.column_stack(list(figures.values())) if len(frame) else np.empty((0, len(figures)))
    return Levels(names, slot, tuple(figures), table)
