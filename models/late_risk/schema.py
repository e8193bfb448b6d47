"""The schema: which column of a table of orders says what, and the table checked against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.late_risk.errors import CasesError

SHOWN = 3
SECONDS_PER_DAY = 86_400

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Schema:
    """The roles of a table's columns; a row is an order (or a line of one).

    Parameters
    ----------
    due
        When it is promised for, a date or an instant.
    late
        0 or 1: whether it came after that; empty where nobody knows yet.
    known_at
        From when on `late` was known; without it, from a day after due on: then what has not come
        is late.
    asked
        When the row was looked at, before due; without it fitting draws such times. Its numbers are
        those known then.
    entities
        Who has part in it (vendor, site, customer, product): their history of lateness counts.
    pairs
        Two entities whose common history counts too.
    numbers
        Quantities, prices, slacks: anything ordered. Empty is allowed.
    dates
        Earlier dates in the order in which they usually come; days between them are lead times.
    groups
        Ids of what belongs together (an order's lines, a shipment): their size counts.
    sequences
        Document numbers that are given out in order of time: they tell when the document was made.
        Only what is there when the score is asked for may be named here.
    labels
        What a column is called in English and in Korean, where its name is not good enough.
    """

    due: str
    late: str = "late"
    known_at: str | None = None
    asked: str | None = None
    entities: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    sequences: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that a score needs."""
        asked = () if self.asked is None else (self.asked,)
        named = (self.due, *asked, *self.entities, *self.numbers, *self.dates, *self.groups)
        return tuple(dict.fromkeys((*named, *self.sequences)))

    def label(self, column: str) -> tuple[str, str]:
        """Return what the column is called in English and in Korean."""
        return self.labels.get(column, (column, column))


def check_cases(table: pd.DataFrame, schema: Schema, labelled: bool) -> pd.DataFrame:
    """Return the schema's columns of the table, typed, in the order of due dates.

    Entities, groups and sequences become text, numbers floats, dates naive UTC instants. With
    `labelled`, rows whose label is empty are left out.

    Raises
    ------
    CasesError
        Where a column is missing, there are no rows, a due date cannot be read, a number is no
        number, or a label is neither 0 nor 1; column and first rows are named.
    """
    wanted = [*schema.inputs]
    if labelled:
        wanted += [schema.late, *([schema.known_at] if schema.known_at else [])]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise CasesError(
            f"orders: expected columns {', '.join(wanted)}; {', '.join(missing)} missing among "
            f"{', '.join(map(str, table.columns))}"
        )
    if table.empty:
        raise CasesError("orders: expected rows, found none")
    cases = table.loc[:, wanted].copy()
    for name in dict.fromkeys((*schema.entities, *schema.groups, *schema.sequences)):
        cases[name] = cases[name].astype("string").fillna("").astype(object)
    for name in schema.numbers:
        cases[name] = _number(cases, name)
    for name in schema.dates:
        cases[name] = _instant(cases, name)
    cases[schema.due] = _instant(cases, schema.due)
    for name in filter(None, (schema.due, schema.asked)):
        if name != schema.due:
            cases[name] = _instant(cases, name)
        _refuse(cases, name, cases[name].isna(), "a date", table)
    if labelled:
        cases = _labelled(cases, schema, table)
    return cases.sort_values(schema.due, kind="stable")


def days_of(times: pd.Series) -> Floats:
    """Return days since 1970, with fractions; nan where there is no time."""
    seconds = (times - pd.Timestamp(0)).dt.total_seconds()
    days: Floats = seconds.to_numpy(np.float64) / SECONDS_PER_DAY
    return days


def known_days(cases: pd.DataFrame, schema: Schema) -> Floats:
    """Return the day from which on each label was known."""
    if schema.known_at is None:
        return days_of(cases[schema.due]) + 1.0
    return days_of(cases[schema.known_at])


def _labelled(cases: pd.DataFrame, schema: Schema, table: pd.DataFrame) -> pd.DataFrame:
    cases = cases[cases[schema.late].notna()].copy()
    late = pd.to_numeric(cases[schema.late], errors="coerce")
    _refuse(cases, schema.late, ~late.isin((0, 1)), "0 or 1", table)
    cases[schema.late] = late.astype(float)
    if schema.known_at is not None:
        cases[schema.known_at] = _instant(cases, schema.known_at)
        _refuse(cases, schema.known_at, cases[schema.known_at].isna(), "a date", table)
    return cases


def _number(cases: pd.DataFrame, name: str) -> pd.Series:
    given = cases[name]
    found = pd.to_numeric(given, errors="coerce").astype(float)
    wrong = given.notna() & found.isna() & (given.astype(str).str.strip() != "")
    _refuse(cases, name, wrong, "a number or nothing", cases)
    return found.replace([np.inf, -np.inf], np.nan)


def _instant(cases: pd.DataFrame, name: str) -> pd.Series:
    if isinstance(cases[name].dtype, np.dtype) and cases[name].dtype.kind == "M":
        return cases[name]
    found = pd.to_datetime(cases[name], errors="coerce", format="mixed", utc=True)
    return found.dt.tz_localize(None)


def _refuse(
    cases: pd.DataFrame, name: str, wrong: pd.Series, expected: str, table: pd.DataFrame
) -> None:
    if not wrong.any():
        return
    rows = cases.index[wrong.to_numpy()][:SHOWN]
    shown = "; ".join(f"row {row}: {_told(table.loc[row, name])}" for row in rows)
    raise CasesError(
        f"orders, column {name}: expected {expected}, found otherwise in {int(wrong.sum())} rows: "
        f"{shown}; correct them"
    )


def _told(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)
