"""The demand history: what was ordered per product and day, complete."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

MEASURE = "ordered_units"
COLUMNS = ("unique_id", "ds", MEASURE)


class HistoryError(ValueError):
    """The silver history cannot be forecast from; the text names folder and column."""


@dataclass(frozen=True, slots=True)
class DemandHistory:
    """A long table (series, time, value) without gaps, and how many of its rows were filled in."""

    table: pd.DataFrame
    filled: int

    @property
    def digest(self) -> str:
        """The SHA-256 of the table's rows, whatever the files' layout."""
        text = self.table.to_csv(index=False, float_format="%.9g", date_format="%Y-%m-%d")
        return hashlib.sha256(text.encode()).hexdigest()


def load_history(silver: Path, until: date, report: Callable[[str], None]) -> DemandHistory:
    """Return the demand before the day `until`, read from silver's daily table.

    A product's day that is not there (its row is in quarantine) takes the value of its weekday
    before, or for want of one the next, and that is said aloud; so are days from `until` on, which
    are left out.

    Raises
    ------
    HistoryError
        Where the folder, a column or any day before `until` is missing, a file is broken, or a
        product has a day twice.
    """
    daily = _read(silver / "daily")
    daily["ds"] = pd.to_datetime(daily["ds"])
    later = daily["ds"] >= pd.Timestamp(until)
    if later.any():
        report(
            f"history: {int(later.sum())} rows from {until} on are after the plant's start, unused"
        )
    known = daily[~later]
    if known.empty:
        raise HistoryError(f"{silver / 'daily'}: expected days before {until}, found none")
    return _complete(known, until, report)


def _read(folder: Path) -> pd.DataFrame:
    if not folder.is_dir():
        raise HistoryError(f"{folder}: not there, run `takt ingest` first")
    try:
        daily = pd.read_parquet(folder)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise HistoryError(
            f"{folder}: cannot be read as Parquet: {reason}; run `takt ingest` again"
        ) from error
    missing = [column for column in COLUMNS if column not in daily.columns]
    if missing:
        raise HistoryError(
            f"{folder}: expected columns {', '.join(COLUMNS)}, found no {', '.join(missing)}; "
            "run `takt ingest` again"
        )
    return daily.loc[:, list(COLUMNS)]


def _complete(known: pd.DataFrame, until: date, report: Callable[[str], None]) -> DemandHistory:
    days = pd.date_range(known["ds"].min(), pd.Timestamp(until) - pd.Timedelta(days=1), freq="D")
    double = known[known.duplicated(["unique_id", "ds"])]
    if len(double):
        product, day = double.iloc[0][["unique_id", "ds"]]
        raise HistoryError(
            f"silver daily: expected one row per product and day, found {len(double)} more, first "
            f"{product} on {day:%F}; run `takt ingest` again"
        )
    wide = known.pivot(index="ds", columns="unique_id", values=MEASURE).reindex(days)
    absent = wide.isna()
    filled = int(absent.to_numpy().sum())
    if filled:
        weekday = wide.index.dayofweek
        wide = wide.groupby(weekday).ffill().groupby(weekday).bfill().fillna(0.0)
        first = absent.stack().loc[lambda gap: gap].index[0]
        report(
            f"history: {filled} product days are not in silver (first {first[1]} on {first[0]:%F}), "
            "they take their weekday's value before"
        )
    table = wide.rename_axis(index="time", columns="series").stack().rename("value").reset_index()
    table = table.sort_values(["series", "time"], ignore_index=True)
    return DemandHistory(table[["series", "time", "value"]], filled)
