"""What is known ahead: columns beside the values whose future is told, as prices and promotions are.

Numbers are taken as they are; text becomes a column of 0 and 1 for each of its common values. They go
to the boosted members; a row of them belongs to a step, and only rows up to a step that is forecast
are read for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.demand.errors import TableError
from models.demand.history.arrays import Bools, Floats, Ints
from models.demand.history.repairs import refuse

if TYPE_CHECKING:
    from models.demand.history.histories import Histories

# Values of a text column that get a column of their own, the commonest first.
MOST_CATEGORIES = 20


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a column of the table becomes numbers: `values` are the texts that have one, in order."""

    column: str
    values: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns that it makes."""
        return tuple(f"{self.column}={value}" for value in self.values) or (self.column,)

    def apply(self, given: pd.Series) -> Floats:
        """Return the numbers, shape (rows, columns); NaN where a number is empty."""
        if not self.values:
            return np.asarray(pd.to_numeric(given, errors="coerce"), dtype=np.float64)[:, None]
        text = given.astype(str).to_numpy()
        return np.asarray(text[:, None] == np.array(self.values, dtype=object), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Known:
    """Columns beside histories, series by series, reaching as far after their ends as is told.

    Parameters
    ----------
    encodings
        How they were made of the table's columns.
    values : array, shape (rows, columns)
    starts, counts : array of int, shape (series,)
        The row of each series' first value, and how many rows it has: at least its values.
    """

    encodings: tuple[Encoding, ...]
    values: Floats
    starts: Ints
    counts: Ints

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(name for one in self.encodings for name in one.names)

    def select(self, kept: Bools) -> Known:
        """Return the columns of the kept series."""
        return replace(self, starts=self.starts[kept], counts=self.counts[kept])

    def recent(self, steps: Ints) -> Known:
        """Return the columns of histories that begin so many steps later, shape (series,)."""
        return replace(self, starts=self.starts + steps, counts=self.counts - steps)


def encodings_of(table: pd.DataFrame, columns: Sequence[str]) -> tuple[Encoding, ...]:
    """Return how the named columns become numbers, by what stands in the table.

    Raises
    ------
    TableError
        Where a number is infinite.
    """
    return tuple(_encoding(table, name) for name in columns)


def known_of(
    table: pd.DataFrame,
    encodings: Sequence[Encoding],
    histories: Histories,
    codes: Ints,
    places: Ints,
    firsts: Ints,
) -> Known:
    """Return the columns as arrays beside the histories.

    Parameters
    ----------
    table, codes, places : rows
        All rows with these columns, those after the histories' ends too; of each row its series, and
        its place on the grid of time.
    firsts : array of int, shape (series,)
        The place of each series' first value.

    A step that has no row takes the one before it, one at the beginning the first that there is.
    """
    given = np.concatenate([one.apply(table[one.column]) for one in encodings], axis=1)
    inside = places >= firsts[codes]
    codes, places, given = codes[inside], places[inside], given[inside]
    counts = histories.lengths.copy()
    np.maximum.at(counts, codes, places - firsts[codes] + 1)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    values = np.full((int(starts[-1]), given.shape[1]), np.nan)
    values[starts[codes] + places - firsts[codes]] = given
    series = np.repeat(np.arange(len(counts)), counts)
    filled = pd.DataFrame(values).groupby(series)
    values = filled.ffill().groupby(series).bfill().to_numpy()
    return Known(tuple(encodings), values, starts[:-1], counts)


def refuse_unknown(histories: Histories, horizon: int, living: Bools) -> None:
    """Raise a TableError where the columns known ahead end within the horizon of a living series."""
    known = histories.known
    if known is None:
        return
    short = np.flatnonzero(living & (known.counts < histories.lengths + horizon))
    if short.size:
        one = short[0]
        told = int(known.counts[one] - histories.lengths[one])
        raise TableError(
            f"known ahead: expected {', '.join(known.names)} of {horizon} steps after the end of series "
            f"{histories.names[one]}, found {told} ({short.size} series like it); add rows for them, "
            "without a value, or leave the columns out"
        )


def known_features(
    histories: Histories, series: Ints, origins: Ints, step: Ints, window: int
) -> dict[str, Floats]:
    """Return of each row what is known of its step, and how that differs from the last `window` steps.

    `origins` are flat places, as in `design`.
    """
    known = histories.known
    if known is None:
        return {}
    place = origins - histories.offsets[:-1][series]
    at = known.starts[series] + np.minimum(place + step, known.counts[series] - 1)
    told = np.isfinite(known.values)
    sums, counts = _running(np.where(told, known.values, 0.0)), _running(told.astype(np.float64))
    after = known.starts[series] + place + 1
    first = np.maximum(after - window, known.starts[series])
    count = counts[after] - counts[first]
    recent = (sums[after] - sums[first]) / np.where(count > 0, count, np.nan)
    found = {}
    for column in range(len(known.names)):
        own = known.values[at, column]
        found[f"known_{column}"] = own
        found[f"known_{column}_against"] = own - recent[:, column]
        level = np.abs(recent[:, column])
        found[f"known_{column}_over"] = own / np.where(level > 0, level, np.nan)
    return found


def _running(values: Floats) -> Floats:
    """The sums of all rows before each, shape (rows + 1, columns)."""
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def _encoding(table: pd.DataFrame, name: str) -> Encoding:
    given = table[name]
    if pd.api.types.is_bool_dtype(given) or pd.api.types.is_numeric_dtype(given):
        wrong = np.isinf(given.astype(float).to_numpy())
        refuse(table, wrong, "a number known ahead", "another", name)
        return Encoding(name)
    numbers = pd.to_numeric(given, errors="coerce").notna() | given.isna()
    if numbers.all():
        return Encoding(name)
    common = given.dropna().astype(str).value_counts()
    return Encoding(name, tuple(sorted(common.index[:MOST_CATEGORIES])))
