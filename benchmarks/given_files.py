"""Files that a benchmark is given: read with their columns checked, labels joined by id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SHOWN = 3


class GivenFileError(ValueError):
    """A file cannot be used; the text names it, what was expected, what was found, and what to do."""


def read_table(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    """Return the table of a Parquet or CSV file that has at least the columns needed and a row."""
    if not path.is_file():
        raise GivenFileError(f"{path}: expected a Parquet or CSV file, found none; check the path")
    try:
        table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise GivenFileError(f"{path}: expected Parquet, or CSV named .csv: {error}") from error
    require_columns(path, table, needed)
    if table.empty:
        raise GivenFileError(f"{path}: expected rows, found none")
    return table


def require_columns(path: Path, table: pd.DataFrame, needed: Sequence[str]) -> None:
    """Return where the file's table has all the columns; GivenFileError names those it has not."""
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise GivenFileError(
            f"{path}: expected columns {', '.join(needed)}; {', '.join(missing)} missing among "
            f"{', '.join(map(str, table.columns))}"
        )


def dates_of(path: Path, table: pd.DataFrame, name: str) -> pd.Series:
    """Return the column as times without zone; GivenFileError names rows that hold none."""
    found = pd.to_datetime(table[name], errors="coerce", format="mixed", utc=True)
    wrong = found.isna()
    if wrong.any():
        shown = "; ".join(
            f"row {row}: {value!r}" for row, value in table.loc[wrong, name].head(SHOWN).items()
        )
        raise GivenFileError(
            f"{path}, column {name}: expected dates, found otherwise in {int(wrong.sum())} rows: {shown}"
        )
    return found.dt.tz_localize(None)


def labels_of(path: Path, given: pd.DataFrame, key: str, label: str) -> NDArray[np.float64]:
    """Return the label of each given row, by its key; where the file has no key, row by row.

    Raises
    ------
    GivenFileError
        Where rows have no label or several, or a label is no number.
    """
    table = read_table(path, [label])
    if key in table.columns:
        return _numbers(path, label, _by_key(path, table, given[key], key, label))
    if len(table) != len(given):
        raise GivenFileError(
            f"{path}: expected a column {key}, or {len(given)} labels in the rows' order; found "
            f"{len(table)} labels without it"
        )
    return _numbers(path, label, table[label])


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write the table as CSV where the file is named so, else as Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path, index=False)


def _by_key(path: Path, table: pd.DataFrame, keys: pd.Series, key: str, label: str) -> pd.Series:
    twice = table.loc[table[key].duplicated(), key]
    absent = keys[~keys.isin(table[key])]
    for what, found in (("more than one label", twice), ("no label", absent)):
        if len(found):
            shown = ", ".join(str(one) for one in found.unique()[:SHOWN])
            raise GivenFileError(
                f"{path}: expected one label for each {key}; {what} for {found.nunique()}: {shown}"
            )
    return table.set_index(key).loc[keys, label]


def _numbers(path: Path, label: str, found: pd.Series) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = pd.to_numeric(found, errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        raise GivenFileError(
            f"{path}, column {label}: expected numbers, found otherwise in {int(wrong.sum())} rows: "
            f"{', '.join(repr(one) for one in found[wrong].head(SHOWN))}"
        )
    return numbers
