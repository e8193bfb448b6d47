"""Columns: which one of a table is the time, which the value, which name the series."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pipelines.forecasting.moments import looks_like_time
from pipelines.forecasting.numbers import looks_like_numbers

if TYPE_CHECKING:
    import pandas as pd

TIMES = (
    "ds", "date", "time", "timestamp", "datetime", "day", "week", "month", "period", "quarter",
    "year", "datum", "날짜", "일자", "일시", "기준일", "주문일", "연월", "년월",
)  # fmt: skip
VALUES = (
    "y", "value", "quantity", "qty", "demand", "units", "sales", "sold", "ordered", "orders",
    "orderedunits", "unitssold", "volume", "amount", "count", "target", "menge",
    "수량", "판매량", "판매수량", "주문량", "주문수량", "출고량", "출고수량", "출하량", "생산량",
    "생산수량", "사용량", "수요", "수요량", "매출", "매출액", "값",
)  # fmt: skip
SERIES = (
    "uniqueid", "series", "seriesid", "id", "sku", "item", "itemid", "product", "productid",
    "article", "material", "store", "storeid", "shop", "site", "plant", "location", "region",
    "customer", "channel", "line", "warehouse", "artikel",
    "품목", "품목코드", "품번", "제품", "제품코드", "상품", "상품코드", "점포", "매장", "지점", "고객",
    "거래처", "공장", "창고", "지역",
)  # fmt: skip
WHOLE_ID = "uniqueid"  # names a series by itself, whatever stands beside it
CLOSE = 0.8
NAMED_ENOUGH = (
    0.3  # of the cells of a column that is named like a value: the rest are errors to name
)
JOINED = " / "  # between the names of a series that several columns name


class ColumnError(ValueError):
    """A column that is needed cannot be told; the message lists those that are there."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are used, and how each was told.

    `series` may be empty (the whole table is one series); `notes` says what was guessed, `known` are
    those known ahead.
    """

    time: str
    value: str
    series: tuple[str, ...]
    notes: tuple[str, ...] = ()
    known: tuple[str, ...] = ()

    @property
    def used(self) -> list[str]:
        """All of them, each once."""
        return [*self.series, self.time, self.value, *self.known]


def tell_columns(
    sample: pd.DataFrame,
    time: str | None = None,
    value: str | None = None,
    series: Sequence[str] | None = None,
    known: Sequence[str] = (),
) -> Columns:
    """Return what the columns of a table mean: those named here, the others guessed.

    Guessed by name first (of the words above, or one spelled nearly so), then by what stands in
    them.

    Parameters
    ----------
    sample
        The table's first rows.

    Raises
    ------
    ColumnError
        Where a column named here is not there, or none or several could be the time or the value.
    """
    names = [str(name) for name in sample.columns]
    for option, given in (("--time", time), ("--value", value)):
        if given is not None:
            _refuse_unknown(option, given, names)
    for given in series or ():
        _refuse_unknown("--series", given, names)
    for given in known:
        _refuse_unknown("--known", given, names)
    names = [name for name in names if name not in known]
    notes: list[str] = []
    taken = {*(series or ()), value}
    when = time or _guess_time(sample, [name for name in names if name not in taken], notes)
    taken = {*(series or ()), when}
    what = value or _guess_value(sample, [name for name in names if name not in taken], notes)
    rest = [name for name in names if name not in (when, what)]
    who = tuple(series) if series is not None else _guess_series(sample, rest, notes)
    unused = [name for name in rest if name not in who]
    if unused:
        notes.append(f"not used: {', '.join(unused)}")
    return Columns(when, what, who, tuple(notes), tuple(known))


def tell_time(sample: pd.DataFrame, time: str | None = None) -> str:
    """Return the column of the time: the one named here, or guessed.

    Raises
    ------
    ColumnError
        Where it is not there, or none or several could be it.
    """
    names = [str(name) for name in sample.columns]
    if time is not None:
        _refuse_unknown("--time", time, names)
        return time
    return _guess_time(sample, names, [])


def plain(name: str) -> str:
    """Return a column's name as it is compared: letters and digits, lower case."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _refuse_unknown(option: str, given: str, names: Sequence[str]) -> None:
    if given in names:
        return
    folded = {name.casefold(): name for name in names}
    near = get_close_matches(given.casefold(), folded, n=1, cutoff=0.5)
    hint = f"; is {folded[near[0]]!r} meant?" if near else ""
    raise ColumnError(
        f"{option}: expected a column of the table, found {given!r}{hint} Columns: "
        f"{', '.join(names)}"
    )


def _guess_time(sample: pd.DataFrame, names: Sequence[str], notes: list[str]) -> str:
    fitting = [name for name in names if looks_like_time(sample[name], plain(name) in TIMES)]
    found = _by_word(fitting, TIMES, notes, "time")
    if found:
        return found
    if len(fitting) == 1:
        notes.append(f"time is {fitting[0]!r}: its values are times")
        return fitting[0]
    raise _untold("time", "--time", fitting, sample, _named_but_not(sample, names, TIMES, "times"))


def _guess_value(sample: pd.DataFrame, names: Sequence[str], notes: list[str]) -> str:
    numeric = [name for name in names if looks_like_numbers(sample[name])]
    some = [name for name in names if looks_like_numbers(sample[name], NAMED_ENOUGH)]
    found = _by_word(some, VALUES, notes, "value")
    if found:
        return found
    free = [name for name in numeric if plain(name) not in SERIES]
    if len(free) == 1:
        notes.append(f"value is {free[0]!r}: the only column of numbers")
        return free[0]
    raise _untold(
        "value", "--value", free, sample, _named_but_not(sample, names, VALUES, "numbers")
    )


def _guess_series(sample: pd.DataFrame, names: Sequence[str], notes: list[str]) -> tuple[str, ...]:
    whole = [name for name in names if plain(name) == WHOLE_ID]
    if whole:
        return (whole[0],)
    found = tuple(
        name for name in names if plain(name) in SERIES or not looks_like_numbers(sample[name])
    )
    if len(found) > 1:
        notes.append(f"a series is named by {', '.join(found)} together")
    elif not found:
        notes.append("one series: no column names any")
    return found


def _by_word(names: Sequence[str], words: Sequence[str], notes: list[str], role: str) -> str | None:
    """The column whose name is the first of the words that any has, or one spelled nearly so."""
    named = {plain(name): name for name in reversed(names)}
    for word in words:
        if word in named:
            return named[word]
    for name in names:
        near = get_close_matches(plain(name), words, n=1, cutoff=CLOSE)
        if near and len(plain(name)) > 2:
            notes.append(
                f"{role} is {name!r}, spelled nearly as {near[0]!r} (--{role} says another)"
            )
            return name
    parts = [name for name in names if _words(name) & set(words)]
    if len(parts) == 1:
        return parts[0]
    return None


def _words(name: str) -> set[str]:
    """The words of a name such as order_date or OrderDate."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return {plain(word) for word in re.split(r"[\W_]+", spaced) if word}


def _named_but_not(
    sample: pd.DataFrame, names: Sequence[str], words: Sequence[str], what: str
) -> str:
    """What stands in the column that has the right name and not the right cells, if there is one."""
    name = _by_word(names, words, [], "")
    if name is None:
        return ""
    held = [cell for cell in sample[name].tolist() if str(cell).strip() not in ("", "nan", "None")]
    example = f"such as {held[0]!r}" if held else "empty cells"
    return f"; {name!r} holds no {what} but {'cells ' if held else ''}{example}"


def _untold(
    role: str, option: str, fitting: Iterable[str], sample: pd.DataFrame, hint: str
) -> ColumnError:
    fitting = list(fitting)
    some = ", ".join(fitting)
    wide = ", or say --wide where each is a series" if role == "value" and len(fitting) > 1 else ""
    found = f"{some} could each be it" if some else f"none that could be it{hint}"
    return ColumnError(
        f"{role}: expected one column, found {found}; name it with {option}{wide}. Columns: "
        f"{', '.join(map(str, sample.columns))}"
    )
