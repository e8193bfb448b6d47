"""The panel: daily series side by side, made from a long table and checked on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.demand.errors import TableError

COLUMNS = ("series", "time", "value")
SHOWN = 3

Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Panel:
    """Daily series side by side.

    Parameters
    ----------
    series
        Names, sorted.
    days : array of datetime64[D], shape (days,)
        One after the other, without gaps.
    values : array of float, shape (days, series)
        Units of demand, at least 0.
    """

    series: tuple[str, ...]
    days: Days
    values: Floats

    def before(self, origin: np.datetime64) -> Panel:
        """Return what was known at the origin: all days before it."""
        known = self.days < origin
        return Panel(self.series, self.days[known], self.values[known])

    def select(self, kept: NDArray[np.bool_]) -> Panel:
        """Return the series for which `kept` (shape (series,)) is true."""
        names = tuple(name for name, keep in zip(self.series, kept, strict=True) if keep)
        return Panel(names, self.days, self.values[:, kept])

    def ahead(self, horizon: int) -> Days:
        """Return the `horizon` days after the last one."""
        return days_from(self.days[-1] + np.timedelta64(1, "D"), horizon)


def days_from(first: np.datetime64, count: int) -> Days:
    """Return `count` days in a row, as datetime64[D]."""
    days: Days = first.astype("datetime64[D]") + np.arange(count)
    return days


def weekdays(days: Days) -> NDArray[np.int64]:
    """Return the days' weekdays, Monday 0 to Sunday 6."""
    # 1970-01-01, day 0, was a Thursday.
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7


def panel_from_table(table: pd.DataFrame) -> Panel:
    """Return the panel of a long table with columns series, time and value.

    Every series must have every day from the table's first to its last exactly once.

    Raises
    ------
    TableError
        Where a column is missing, a value is no number or negative, a time is no day, or a
        (series, day) pair is there twice or not at all; the first few are named.
    """
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise TableError(
            f"history: expected columns {', '.join(COLUMNS)}, found {', '.join(table.columns)}: "
            f"{', '.join(missing)} missing"
        )
    if table.empty:
        raise TableError("history: expected rows, found none")
    table = table.loc[:, list(COLUMNS)].reset_index(drop=True)
    table["time"] = _days(table)
    table["value"] = _values(table)
    table["series"] = table["series"].astype(str)
    _refuse(table, table.duplicated(["series", "time"]), "one row per series and day", "another")
    wide = table.pivot(index="time", columns="series", values="value").sort_index(axis=1)
    wide = wide.reindex(pd.date_range(wide.index[0], wide.index[-1], freq="D"))
    _refuse_gaps(wide)
    return Panel(
        tuple(str(name) for name in wide.columns),
        wide.index.to_numpy().astype("datetime64[D]"),
        wide.to_numpy(np.float64),
    )


def _days(table: pd.DataFrame) -> pd.Series:
    times = pd.to_datetime(table["time"], format="ISO8601", errors="coerce")
    _refuse(table, times.isna(), "a day", "time", column="time")
    whole = times.dt.normalize()
    _refuse(table, times != whole, "a day without a time of day", "time", column="time")
    return whole


def _values(table: pd.DataFrame) -> pd.Series:
    values = pd.to_numeric(table["value"], errors="coerce").astype(float)
    _refuse(table, ~np.isfinite(values), "a number", "value", column="value")
    _refuse(table, values < 0, "at least 0", "value", column="value")
    return values


def _refuse(
    table: pd.DataFrame, wrong: pd.Series, expected: str, what: str, column: str | None = None
) -> None:
    if not wrong.any():
        return
    rows = table[wrong].head(SHOWN)
    places = "; ".join(
        f"row {row} (series {record['series']}, {str(record['time'])[:10]})"
        + (f": {record[column]!r}" if column else "")
        for row, record in rows.iterrows()
    )
    count = int(wrong.sum())
    raise TableError(
        f"history: expected {expected}, found {what} in {count} rows: {places}; correct them"
    )


def _refuse_gaps(wide: pd.DataFrame) -> None:
    absent = wide.isna()
    if not absent.to_numpy().any():
        return
    pairs = absent.stack()
    named = [f"series {series} on {day:%Y-%m-%d}" for day, series in pairs[pairs].index[:SHOWN]]
    raise TableError(
        f"history: expected every day of every series, found {int(pairs.sum())} missing: "
        f"{'; '.join(named)}; add them, with 0 where nothing was ordered"
    )
