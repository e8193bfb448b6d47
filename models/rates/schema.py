"""The schema: which column of a table of what lines made says what, and the table checked against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rates.errors import RowsError

SHOWN = 3
SECONDS_PER_DAY = 86_400

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RateSchema:
    """The roles of a table's columns; a row is a run, a line's day, or an item's day.

    Parameters
    ----------
    at
        When it was made: a day, or the instant at which a run began.
    value
        What is forecast: good units an hour, a yield, units a day, a productivity. At least 0.
    keys
        Who made what (line, item, shift): their recent values count, alone and together.
    reference
        What master data or the factory's own target say of the row.
    capacity
        How much could be made at value 1 (standard minutes available): recent amounts count too.
    numbers, names
        What is known before the row is made: run length, time since the changeover; styles, shifts.
    drivers
        What is only known afterwards (orders, backlog): its recent level counts.
    closed
        0 or 1: a holiday, whose value says nothing of the level.
    kind
        One of keys or names: rows of one kind (sewing, finishing) have weights and intervals of
        their own where there are enough of them.
    """

    at: str
    value: str
    keys: tuple[str, ...]
    reference: str | None = None
    capacity: str | None = None
    numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    closed: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in (*self.keys, *self.names):
            raise RowsError(f"kind: expected one of the keys or names, found {self.kind!r}")

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that a forecast needs."""
        single = (self.reference, self.capacity, self.closed)
        named = (self.at, *self.keys, *self.numbers, *self.names, *filter(None, single))
        return tuple(dict.fromkeys(named))


def check_rows(table: pd.DataFrame, schema: RateSchema, known: bool) -> pd.DataFrame:
    """Return the schema's columns of the table, typed, in the order of time.

    With `known`, rows without a value are left out.

    Raises
    ------
    RowsError
        Where a column is missing, there are no rows, a time cannot be read, or a number is no number
        or, for values, negative; column and first rows are named.
    """
    wanted = list(schema.inputs)
    if known:
        wanted += [schema.value, *schema.drivers]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise RowsError(
            f"lines: expected columns {', '.join(wanted)}; {', '.join(missing)} missing among "
            f"{', '.join(map(str, table.columns))}"
        )
    if table.empty:
        raise RowsError("lines: expected rows, found none")
    rows = table.loc[:, list(dict.fromkeys(wanted))].copy()
    rows[schema.at] = _instant(rows, schema.at)
    for name in (*schema.keys, *schema.names):
        rows[name] = rows[name].astype("string").fillna("").astype(object)
    numbers = (schema.reference, schema.capacity, schema.closed, *schema.numbers)
    for name in (*filter(None, numbers), *(schema.drivers if known else ())):
        rows[name] = _number(rows, name)
    if known:
        rows[schema.value] = _number(rows, schema.value)
        rows = rows[rows[schema.value].notna()]
        _refuse(rows, schema.value, rows[schema.value] < 0, "at least 0")
    return rows.sort_values(schema.at, kind="stable")


def days_of(times: pd.Series) -> Floats:
    """Return days since 1970, with fractions."""
    seconds = (times - pd.Timestamp(0)).dt.total_seconds()
    days: Floats = seconds.to_numpy(np.float64) / SECONDS_PER_DAY
    return days


def _instant(rows: pd.DataFrame, name: str) -> pd.Series:
    found = rows[name]
    if not (isinstance(found.dtype, np.dtype) and found.dtype.kind == "M"):
        found = pd.to_datetime(found, errors="coerce", format="mixed", utc=True)
        found = found.dt.tz_localize(None)
    _refuse(rows, name, found.isna(), "a date or an instant")
    return found


def _number(rows: pd.DataFrame, name: str) -> pd.Series:
    given = rows[name]
    found = pd.to_numeric(given, errors="coerce").astype(float)
    _refuse(rows, name, given.notna() & ~np.isfinite(found), "a number or nothing")
    return found


def _refuse(rows: pd.DataFrame, name: str, wrong: pd.Series, expected: str) -> None:
    if not wrong.any():
        return
    found = rows.loc[wrong, name].head(SHOWN)
    shown = "; ".join(f"row {row}: {_told(value)}" for row, value in found.items())
    raise RowsError(
        f"lines, column {name}: expected {expected}, found otherwise in {int(wrong.sum())} rows: "
        f"{shown}; correct them"
    )


def _told(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)
