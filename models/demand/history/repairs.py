"""Repairs and refusals of a long table: what was put right, or what stops."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from models.demand.errors import TableError
from models.demand.history.arrays import Bools

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Repair:
    """What was put right: of which kind, in how many rows of how many series, and how.

    `series` is 0 where the series do not matter, `first` names the first of the rows.
    """

    kind: str
    rows: int
    series: int
    first: str
    done: str

    def __str__(self) -> str:
        rows = "row" if self.rows == 1 else "rows"
        series = f" of {self.series:,} series" if self.series else ""
        return f"{self.kind}: {self.rows:,} {rows}{series}, {self.done}; first {self.first}"


def written_time(time: object) -> str:
    """Return a time as it is read: to the minute, a day without its midnight."""
    return str(time)[:16].replace("T", " ").removesuffix(" 00:00")


def repair_of(table: pd.DataFrame, where: Bools, kind: str, done: str) -> tuple[Repair, ...]:
    """Return the repair of the marked rows of the table, none where none is marked."""
    if not where.any():
        return ()
    rows = table[where]
    first = rows.iloc[0]
    return (
        Repair(
            kind,
            len(rows),
            rows["series"].nunique(),
            f"row {rows.index[0]}, series {first['series']} at {written_time(first['time'])}",
            done,
        ),
    )


def refuse(
    table: pd.DataFrame, wrong: Bools, expected: str, what: str, column: str | None = None
) -> None:
    """Raise a TableError that names the first of the marked rows; return where none is marked."""
    if not wrong.any():
        return
    places = "; ".join(
        f"row {row} (series {record['series']}, {written_time(record['time'])})"
        + (f": {record[column]!r}" if column else "")
        for row, record in table[wrong].head(SHOWN).iterrows()
    )
    count = int(wrong.sum())
    raise TableError(
        f"history: expected {expected}, found {what} in {count} rows: {places}; correct them"
    )
