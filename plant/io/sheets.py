"""The tables that a plant and a schedule are written in, one per CSV file or Excel sheet.

Their columns are the documents' keys, with two differences: what a plant has once stands in the one row
of `plant`, and the shifts of all lines stand in one table that names the line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from plant.errors import Problem
from plant.io.documents import (
    ArrivalDocument,
    BomLineDocument,
    CapabilityDocument,
    ChangeoverDocument,
    Document,
    Expected,
    ItemDocument,
    LineDocument,
    OrderDocument,
    PlantDocument,
    RunDocument,
    ShiftDocument,
)

OR_AN_INSTANT = " or an instant"
TIMES = {"start", "end", "due", "at", "available_from"}


class Kind(Enum):
    """What the cells of a column hold. TIME: minutes after starts_at, or an instant."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    TIME = "time"
    FLAG = "flag"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what it holds in words, and whether it may be left out or empty."""

    name: str
    kind: Kind
    expected: str
    required: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table that we know: its columns in order, and whether it may be left out."""

    name: str
    columns: tuple[Column, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it was found: the label that errors call it by, its header and rows of cells.

    rows: (row number as a spreadsheet shows it, cells). decimal_comma says that 12,5 is a number.
    """

    label: str
    header: Sequence[Any]
    rows: Sequence[tuple[int, Sequence[Any]]]
    decimal_comma: bool = False


@dataclass(frozen=True, slots=True)
class Sheets:
    """The sheets of a folder or workbook by table, and what was wrong with files or sheets themselves.

    unreadable names the tables that are there but could not be read; place is how one is called.
    """

    tables: Mapping[str, Sheet]
    problems: Sequence[Problem] = ()
    unreadable: frozenset[str] = frozenset()
    place: str = "sheet {}"


def plain(name: object) -> str:
    """A sheet's or column's name without case, with _ for spaces and dashes."""
    return re.sub(r"[\s\-]+", "_", str(name).strip().casefold())


def _column(name: str, field: FieldInfo) -> Column:
    words = next(mark.words for mark in field.metadata if isinstance(mark, Expected))
    kind = _kind(name, field.annotation)
    if kind is Kind.TIME:
        words += OR_AN_INSTANT
    return Column(field.alias or name, kind, words, field.is_required())


def _kind(name: str, annotation: Any) -> Kind:
    if get_origin(annotation) is Literal:
        return Kind.TEXT
    if get_origin(annotation) in (Union, type(int | None)):
        annotation = get_args(annotation)[0]
    by_type = {bool: Kind.FLAG, int: Kind.WHOLE, float: Kind.NUMBER}
    if name in TIMES:
        return Kind.TIME
    return Kind.INSTANT if name == "starts_at" else by_type.get(annotation, Kind.TEXT)


def _table(name: str, model: type[Document], *, required: bool) -> Table:
    columns = tuple(
        _column(key, field)
        for key, field in model.model_fields.items()
        if get_origin(field.annotation) is not list
    )
    return Table(name, columns, required)


def _shifts() -> Table:
    table = _table("shifts", ShiftDocument, required=True)
    line = Column("line", Kind.TEXT, "a name", required=True)
    return Table("shifts", (line, *table.columns), required=True)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table("plant", PlantDocument, required=True),
        _table("lines", LineDocument, required=True),
        _shifts(),
        _table("items", ItemDocument, required=True),
        _table("capabilities", CapabilityDocument, required=True),
        _table("changeovers", ChangeoverDocument, required=False),
        _table("bom", BomLineDocument, required=False),
        _table("arrivals", ArrivalDocument, required=False),
        _table("orders", OrderDocument, required=True),
        _table("runs", RunDocument, required=False),
    )
}
