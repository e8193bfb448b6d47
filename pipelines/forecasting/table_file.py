"""A table from a file never seen: CSV, Parquet or Excel, made into the long table of a forecast.

What stands in it is judged by `models.demand`, which knows histories; this module finds out which
column is which, reads numbers and dates as people write them, and says an error with file and row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.forecasting.columns import JOINED, ColumnError, Columns, tell_columns
from pipelines.forecasting.moments import MomentError, as_moments
from pipelines.forecasting.numbers import as_numbers, looks_like_numbers
from pipelines.forecasting.raw_file import (
    CSV,
    EXCEL,
    PARQUET,
    FileError,
    decoded,
    layout_of,
    not_there,
    read_sheet,
    read_whole,
    refuse_empty,
    tried,
)
from pipelines.forecasting.wide_file import CELL, COLUMN, Every, melted, summed

if TYPE_CHECKING:
    import pandas as pd

RULE = re.compile(r"\b(duplicates|negatives|gaps)='(\w+)'")
# An hour of the night in which clocks are put back.
AUTUMN_NIGHT = re.compile(r"-(?:10|11|03|04)-\d\d 0[0-3]:")
SAMPLE_ROWS = 2_000
FIRST_ROW = 2  # of the data, where the header is row 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user said of the file; what is None is found out."""

    time: str | None = None
    value: str | None = None
    series: Sequence[str] | None = None
    day_first: bool | None = None
    sheet: str | None = None
    encoding: str | None = None
    known: Sequence[str] = ()
    wide: bool = False
    every: Every | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class TableFile:
    """A long table, where it comes from, and what its columns were.

    Parameters
    ----------
    table
        series, time, value and the columns known ahead; in the file's order.
    rows : array, shape (rows,)
        Where each row of the table stands in the file; the header is row 1. Text for those of a second
        file.
    entities
        Of each series (index) the columns that name it, as they are written in the file.
    """

    path: Path
    table: pd.DataFrame
    rows: Any
    columns: Columns
    entities: pd.DataFrame

    def told(self, error: Exception) -> FileError:
        """Return an error of the table's check as one of the file: its rows, its columns' names."""

        def in_file(match: re.Match[str]) -> str:
            return f"row {self.rows[int(match[1])]}"

        text = re.sub(r"\brow (\d+)\b", in_file, str(error)).removeprefix("history: ")
        text = RULE.sub(r"--\1 \2", text)
        if "found another" in text:
            text += "; --every day adds up rows of one day"
        if "found another" in text and AUTUMN_NIGHT.search(text):
            text += "; --time-zone tells apart the hours that daylight saving repeats"
        names = f"time is {self.columns.time!r}, value {self.columns.value!r}"
        return FileError(f"{self.path}: {text} ({names})")


def read_table_file(path: Path, asked: Asked | None = None) -> TableFile:
    """Return the file's long table.

    Raises
    ------
    FileError
        Where it cannot be read, or a column cannot be told.
    OSError
        Where it is not there.
    """
    asked = asked or Asked()
    if not path.is_file():
        raise not_there(path)
    try:
        frame, columns = _columns_of(path, asked)
    except ColumnError as error:
        raise FileError(f"{path}: {error}") from None
    frame = frame[~frame.isna().all(axis=1)]
    refuse_empty(path, frame)
    rows = frame.index.to_numpy() + FIRST_ROW
    frame = frame.reset_index(drop=True)
    try:
        times = as_moments(frame[columns.time], asked.day_first)
    except MomentError as error:
        raise FileError(f"{path}: {columns.time}: {error}") from None
    names, entities = _series(frame, columns, path, rows)
    table = _frame(names, times, as_numbers(frame[columns.value]))
    for name in columns.known:
        table[name] = _known(frame[name])
    file = TableFile(path, table, rows, columns, entities)
    return _in_steps(file, asked) if asked.every else file


def _in_steps(file: TableFile, asked: Asked) -> TableFile:
    """The file's table with its rows added up by day, week or month."""
    from models.demand import DemandError

    assert asked.every is not None
    try:
        found = summed(file.table, asked.every, asked.time_zone)
    except DemandError as error:
        raise file.told(error) from error
    note = f"{len(file.table):,} rows added up by {asked.every} to {len(found):,}"
    columns = replace(file.columns, notes=(*file.columns.notes, note))
    rows = file.rows[found.index.to_numpy()]
    return replace(file, table=found.reset_index(drop=True), rows=rows, columns=columns)


def with_future(file: TableFile, path: Path, asked: Asked) -> TableFile:
    """Return the file's table with what another file says of the columns known ahead, of later steps.

    That one has the columns of time and series as the first, and those known ahead; other columns are
    left alone.

    Raises
    ------
    FileError
        Where it cannot be read, or lacks a column.
    """
    import numpy as np
    import pandas as pd

    columns = file.columns
    if not path.is_file():
        raise not_there(path)
    frame = read_whole(path, asked.sheet, asked.encoding, (*columns.series, columns.time))
    wanted = [*columns.series, columns.time, *columns.known]
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise FileError(
            f"{path}: expected columns {', '.join(wanted)}, found no {', '.join(missing)}; columns: "
            f"{', '.join(frame.columns)}"
        )
    frame = frame[~frame[wanted].isna().all(axis=1)]
    rows = np.array([f"{row + FIRST_ROW} of {path.name}" for row in frame.index], dtype=object)
    frame = frame.reset_index(drop=True)
    try:
        times = as_moments(frame[columns.time], asked.day_first)
    except MomentError as error:
        raise FileError(f"{path}: {columns.time}: {error}") from None
    names, _ = _series(frame, columns, path, rows)
    if not columns.series:
        names = file.table["series"].iloc[0]
    later = _frame(names, times, float("nan"))
    for name in columns.known:
        later[name] = _known(frame[name])
    table = pd.concat([file.table, later], ignore_index=True)
    every = np.concatenate([np.asarray(file.rows, dtype=object), rows])
    return replace(file, table=table, rows=every)


def _known(column: pd.Series) -> pd.Series:
    """Numbers where the column holds them, else the text as it is written."""
    return as_numbers(column) if looks_like_numbers(column) else column


def _columns_of(path: Path, asked: Asked) -> tuple[pd.DataFrame, Columns]:
    """The file's rows, of the columns that are used, and what those are."""
    import pandas as pd

    kind = path.suffix.casefold()
    if asked.wide and kind in (*CSV, *PARQUET, *EXCEL):
        return _wide(path, asked)
    if kind in PARQUET:
        whole = tried(path, "Parquet", lambda: pd.read_parquet(path))
    elif kind in EXCEL:
        whole = tried(path, "Excel", lambda: read_sheet(path, asked.sheet))
    elif kind in CSV:
        return _csv(path, asked)
    else:
        known = ", ".join((*CSV, *PARQUET, *EXCEL))
        raise FileError(
            f"{path}: expected a file whose name ends in {known}, found {kind or 'none'}"
        )
    whole = whole.reset_index() if whole.index.name else whole
    refuse_empty(path, whole)
    whole.columns = [str(name) for name in whole.columns]
    columns = tell_columns(
        whole.head(SAMPLE_ROWS), asked.time, asked.value, asked.series, asked.known
    )
    return whole[columns.used], columns


def _wide(path: Path, asked: Asked) -> tuple[pd.DataFrame, Columns]:
    """Every column of numbers as a series."""
    whole = read_whole(path, asked.sheet, asked.encoding, ())
    refuse_empty(path, whole)
    whole.columns = [str(name) for name in whole.columns]
    long = melted(whole, asked.time)
    note = f"{long[COLUMN].nunique():,} columns of numbers, each a series"
    return long, Columns(str(long.columns[0]), CELL, (COLUMN,), (note,))


def _csv(path: Path, asked: Asked) -> tuple[pd.DataFrame, Columns]:
    """Read twice: some rows as text to tell the columns, then all of those that are used.

    What names series stays text, so that 00123 is not 123.
    """
    import pandas as pd

    def read(**options: Any) -> pd.DataFrame:
        return decoded(path, asked.encoding, layout, **options)

    layout = layout_of(path)
    sample = read(dtype=str, nrows=SAMPLE_ROWS, keep_default_na=False)
    refuse_empty(path, sample)
    columns = tell_columns(sample, asked.time, asked.value, asked.series, asked.known)
    kept = dict.fromkeys((*columns.series, columns.time), str)
    whole = read(dtype=kept, usecols=columns.used, skip_blank_lines=False, low_memory=False)
    return pd.DataFrame(whole[columns.used]), columns


def _series(
    frame: pd.DataFrame, columns: Columns, path: Path, rows: Any
) -> tuple[Any, pd.DataFrame]:
    """The name of each row's series, and the table of series."""
    import pandas as pd

    if not columns.series:
        name = path.name.partition(".")[0]
        return name, pd.DataFrame(index=pd.Index([name], name="series"))
    parts = frame[list(columns.series)]
    parts = parts.astype({column: str for column in parts if parts[column].dtype != object})
    empty = parts.isna().to_numpy()
    if empty.any():
        row, place = (int(where[0]) for where in empty.nonzero())
        raise FileError(
            f"{path}: row {rows[row]}: {columns.series[place]}: expected what names the series, "
            f"found nothing ({int(empty.any(axis=1).sum())} rows like it)"
        )
    parts = parts.astype(str)
    names = parts[columns.series[0]]
    for column in columns.series[1:]:
        names = names + JOINED + parts[column]
    entities = parts.loc[~names.duplicated()]
    entities.index = pd.Index(names[~names.duplicated()], name="series")
    return names.to_numpy(), entities.sort_index()


def _frame(names: Any, times: Any, values: Any) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame({"time": times, "value": values})
    table.insert(0, "series", names)
    return table
