"""Times as people write them, made into those that every part of Takt understands.

ISO 8601 is left as it is; so are times that a file holds as times. 3/7/2023 is read by the order of day
and month that all of the column's cells allow; where both do, by the one that gives even steps; where
that does not tell either, nothing is guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 0.8
FIRST_YEAR, LAST_YEAR = 1900, 2100
ORDERED = r"\d{1,2}[./-]\d{1,2}[./-]\d{4}(?: .*)?"
QUARTER = r"\d{4}[- ]?[qQ][1-4]"
WEEK = r"\d{4}-?[wW]\d{2}"
MONTH = r"\d{4}(?:0[1-9]|1[0-2])"
COMPACT = r"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
SPELLED = r"\d{4}(?:년|\.) ?\d{1,2}(?:월|\.)(?: ?\d{1,2}(?:일|\.)?)?"
COUNT = r"[+-]?\d+"
YEAR = r"(?:19|20)\d\d"

Form = Literal[
    "ordered", "quarter", "week", "month", "compact", "year", "spelled", "count", "iso", "words"
]
FORMS: tuple[tuple[Form, str], ...] = (
    ("ordered", ORDERED),
    ("quarter", QUARTER),
    ("week", WEEK),
    ("compact", COMPACT),
    ("month", MONTH),
    ("year", YEAR),
    ("spelled", SPELLED),
    ("count", COUNT),
)


class MomentError(ValueError):
    """The order of day and month cannot be told."""


def looks_like_time(column: pd.Series, named: bool) -> bool:
    """Return whether nearly all cells are times; a plain count only where the column is `named` so."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return True
    if pd.api.types.is_float_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    text = _text(column)
    if not len(text):
        return False
    form = form_of(text)
    if form in ("count", "year", "month"):
        return named
    if form in ("iso", "words"):
        if pd.to_numeric(text, errors="coerce").notna().mean() > 1 - ENOUGH:
            return False
        return float(_parsed(text, form).notna().mean()) >= ENOUGH
    return True


def as_moments(column: pd.Series, day_first: bool | None = None) -> pd.Series:
    """Return the column with times that all of Takt reads: as they were, datetimes, or counts.

    A cell that cannot be read stays as it is written, for the table's check to name.

    Parameters
    ----------
    day_first
        Whether 3/7/2023 is the third of July; None: told by the column.

    Raises
    ------
    MomentError
        Where the column does not tell it.
    """
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return column
    whole = pd.api.types.is_integer_dtype(column)
    text = _text(column)
    form = form_of(text) if len(text) else "iso"
    if form == "iso":
        return column
    if whole and form == "count":
        return column
    if form == "count":
        counts = pd.to_numeric(column, errors="coerce")
        return counts.astype("int64") if counts.notna().all() else column
    written = column.astype(str).str.strip()
    found = _in_order(written, day_first) if form == "ordered" else _parsed(written, form)
    if found.notna().all():
        return found
    return found.astype(object).where(found.notna(), column)


def form_of(text: pd.Series) -> Form:
    """Return in which form nearly all of the cells write their time."""
    for form, pattern in FORMS:
        if float(text.str.fullmatch(pattern).mean()) >= ENOUGH:
            return form
    return "iso" if float(_parsed(text, "iso").notna().mean()) >= ENOUGH else "words"


def _text(column: pd.Series) -> pd.Series:
    held = column.dropna().astype(str).str.strip()
    return held[held != ""]


def _parsed(text: pd.Series, form: Form) -> pd.Series:
    import pandas as pd

    def read(given: Any, pattern: str) -> pd.Series:
        return pd.to_datetime(given, format=pattern, errors="coerce", utc=form == "iso")

    if form == "quarter":
        parts = text.str.extract(r"(\d{4})\D*([1-4])$")
        month = (pd.to_numeric(parts[1], errors="coerce") * 3 - 2).astype("Int64").astype(str)
        return read(parts[0] + "-" + month, "%Y-%m")
    if form == "week":
        return read(text.str.replace(r"-?[wW]", "-W", regex=True) + "-1", "%G-W%V-%u")
    if form == "spelled":
        parts = text.str.extract(r"^(\d{4})\D+(\d{1,2})\D*(\d{1,2})?\D*$").fillna("1")
        return read(parts[0] + "-" + parts[1] + "-" + parts[2], "%Y-%m-%d")
    patterns = {"month": "%Y%m", "compact": "%Y%m%d", "year": "%Y", "iso": "ISO8601"}
    return read(text, patterns.get(form, "mixed"))


def _in_order(text: pd.Series, day_first: bool | None) -> pd.Series:
    import pandas as pd

    parts = text.str.extract(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4})(.*)$")
    first, second = (pd.to_numeric(parts[n], errors="coerce") for n in (0, 1))
    if day_first is None:
        day_first = _is_day_first(parts, bool((first > 12).any()), bool((second > 12).any()))
    day, month = (0, 1) if day_first else (1, 0)
    iso = parts[2] + "-" + parts[month].str.zfill(2) + "-" + parts[day].str.zfill(2) + parts[3]
    return pd.to_datetime(iso, format="ISO8601", errors="coerce")


def _is_day_first(parts: Any, first_is_day: bool, second_is_day: bool) -> bool:
    if first_is_day != second_is_day:
        return first_is_day
    if first_is_day:
        raise MomentError(
            "expected days and months in one order, found numbers over 12 in both places; write "
            "dates as 2023-07-03"
        )
    readings = [_unevenness(parts, order) for order in ((2, 1, 0), (2, 0, 1))]
    if readings[0] == readings[1]:
        raise MomentError(
            "expected dates that tell day from month, found none over 12 in either place; say "
            "--day-first or --month-first, or write dates as 2023-07-03"
        )
    return readings[0] < readings[1]


def _unevenness(parts: Any, order: tuple[int, int, int]) -> int:
    """How many different steps there are between the column's distinct dates, read in that order."""
    import pandas as pd

    year, month, day = (parts[n].str.zfill(2) for n in order)
    dates = pd.to_datetime(year + "-" + month + "-" + day, format="%Y-%m-%d", errors="coerce")
    return int(dates.drop_duplicates().sort_values().diff().nunique())
