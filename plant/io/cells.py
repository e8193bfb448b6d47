"""One cell as the value that a document holds; what is no such value stays as it is, to be named."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from plant.io.sheets import Column, Kind
from plant.io.times import minute_at

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
FLAGS = {"true": True, "yes": True, "1": True, "예": True}
FLAGS |= {"false": False, "no": False, "0": False, "아니오": False}


def is_empty(cell: Any) -> bool:
    """Whether a cell holds nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def value_of(
    cell: Any, column: Column, starts_at: datetime | None, *, decimal_comma: bool = False
) -> Any:
    """The value that a document holds for a cell that is not empty.

    Parameters
    ----------
    starts_at
        What instants in time columns become minutes after; None where it cannot be read itself.
    """
    cell = cell.strip() if isinstance(cell, str) else cell
    match column.kind:
        case Kind.TEXT:
            return _text(cell)
        case Kind.NUMBER:
            return _number(cell, decimal_comma)
        case Kind.WHOLE:
            return _whole(_number(cell, decimal_comma))
        case Kind.FLAG:
            return _flag(cell)
        case Kind.INSTANT:
            return cell
    return _minute(cell, starts_at)


def instant_of(cell: Any) -> datetime | None:
    """The instant that a cell holds, with or without time zone; None where it holds none."""
    if isinstance(cell, datetime):
        return (cell + timedelta(milliseconds=500)).replace(microsecond=0)
    if isinstance(cell, date):
        return datetime.combine(cell, time())
    try:
        return datetime.fromisoformat(cell) if isinstance(cell, str) else None
    except ValueError:
        return None


def _text(cell: Any) -> Any:
    """A spreadsheet holds an id such as 12 as a number."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else cell


def _number(cell: Any, decimal_comma: bool) -> Any:
    if not isinstance(cell, str):
        return cell
    text = cell.replace(",", ".") if decimal_comma and cell.count(",") == 1 else cell
    if not NUMBER.fullmatch(text):
        return cell
    try:
        return int(text)
    except ValueError:
        return float(text)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flag(cell: Any) -> Any:
    return FLAGS.get(str(cell).casefold(), cell) if not isinstance(cell, bool) else cell


def _minute(cell: Any, starts_at: datetime | None) -> Any:
    value = _whole(_number(cell, decimal_comma=False))
    instant = instant_of(value)
    if instant is None or starts_at is None:
        return value
    minute = minute_at(starts_at, instant)
    return cell if minute is None else minute
