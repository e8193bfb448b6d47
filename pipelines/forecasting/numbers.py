"""Numbers as people write them: with a decimal point or comma, thousands apart or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 0.8  # of the cells that are not empty: a few wrong ones are to be named, not a column lost
EMPTY = ("", "na", "n/a", "nan", "null", "none", "-")


def looks_like_numbers(column: pd.Series, enough: float = ENOUGH) -> bool:
    """Return whether at least the share `enough` of the cells that hold something hold numbers."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    if pd.api.types.is_datetime64_any_dtype(column):
        return False
    held = column[~is_empty(column)]
    if not len(held):
        return False
    return float(pd.to_numeric(_points(held), errors="coerce").notna().mean()) >= enough


def is_empty(column: pd.Series) -> pd.Series:
    """Return which cells hold nothing, or a word for it."""
    if column.dtype != object and not str(column.dtype).startswith(("str", "string")):
        return column.isna()
    return column.isna() | column.astype(str).str.strip().str.casefold().isin(EMPTY)


def as_numbers(column: pd.Series) -> pd.Series:
    """Return the column with numbers in place of their texts; what is none stays as it is written.

    Empty cells become NaN. A comma is the decimal mark where a cell shows that it must be ("1,5",
    "1.234,5"); else it stands between thousands.
    """
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    empty = is_empty(column)
    if not (numbers.isna() & ~empty).any():
        return numbers
    again = pd.to_numeric(_points(column), errors="coerce")
    wrong = again.isna() & ~empty
    return again.astype(object).where(~wrong, column) if wrong.any() else again


def _points(column: pd.Series) -> pd.Series:
    """The cells with a decimal point, and nothing between thousands."""
    text = column.astype(str).str.strip().str.replace(r"[\s\u00a0'](?=\d{3}\b)", "", regex=True)
    point = text.str.contains(r"\.", regex=True)
    thousands = text.str.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
    decimal = text.str.contains(r",\d{1,2}$|,\d{4,}$|\.\d{3},", regex=True)
    if decimal.any() and not (point & thousands).any():
        return text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return text.str.replace(",", "", regex=False).where(thousands, text)
