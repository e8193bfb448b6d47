"""The rows of sheets as objects of a document, and the way back from an object to its row and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plant.errors import Problem
from plant.io.cells import is_empty, value_of
from plant.io.problems import NOTHING, Again, Fault, Phrase, Place, told
from plant.io.sheets import OR_AN_INSTANT, TIMES, Column, Sheet, Table, plain
from plant.io.suggestions import Suggestions

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableProblem(Problem):
    """A problem of a table: `orders, row 42, column quantity: expected ..., found ...`.

    `where` is the sheet and row, `field` the column.
    """

    def __str__(self) -> str:
        place = f"{self.where}, column {self.field}" if self.field else self.where
        return f"{place}: expected {self.expected}, found {told(self.found)}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an object of a document came from: sheet, row number, its columns, cells by column."""

    sheet: Sheet
    number: int
    names: list[str]
    cells: Row


@dataclass(slots=True)
class RowReader:
    """Turns sheets into rows of a document and remembers where each row came from."""

    origins: dict[Place, Origin] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def report(self, where: str, column: str, expected: str, found: object) -> None:
        """Add a problem whose place is known."""
        self.problems.append(TableProblem(where, column, expected, found))

    def read(self, table: Table, sheet: Sheet, starts_at: datetime | None) -> list[Row]:
        """The objects of a sheet; wrong columns and rows of the wrong width become problems."""
        names = self._columns(sheet, table)
        columns = {column.name: column for column in table.columns}
        found: list[Row] = []
        for number, cells in sheet.rows:
            if all(is_empty(cell) for cell in cells):
                continue
            self._check_width(sheet, number, len(names), cells)
            kept = {
                name: cell
                for name, cell in zip(names, cells, strict=False)
                if name in columns and not is_empty(cell)
            }
            self.origins[table.name, len(found)] = Origin(sheet, number, names, kept)
            found.append(_values(kept, columns, starts_at, sheet))
        return found

    def locate(self, fault: Fault) -> TableProblem | None:
        """The fault by sheet, row and column; None where a missing column was named already."""
        column = "" if isinstance(fault.path[-1], int) else fault.path[-1]
        for length in range(len(fault.path), 0, -1):
            origin = self.origins.get(fault.path[:length])
            if origin is None:
                continue
            if fault.kind == "key" and column not in origin.names:
                return None
            where = f"{origin.sheet.label}, row {origin.number}"
            found = self._found(fault, origin, column)
            return TableProblem(where, column, _expected(fault, column), found)
        where = ".".join(str(step) for step in fault.path)
        return TableProblem(where, "", fault.expected, fault.found)

    def _found(self, fault: Fault, origin: Origin, column: str) -> object:
        if isinstance(fault.found, Again):
            first = self.origins[fault.found.table, fault.found.first]
            return Phrase(f"{fault.found.key} again, after row {first.number}")
        return fault.found if isinstance(fault.found, Phrase) else origin.cells.get(column, NOTHING)

    def _check_width(self, sheet: Sheet, number: int, width: int, cells: Any) -> None:
        if any(not is_empty(cell) for cell in cells[width:]):
            found = Phrase(f"{len(cells)} cells, the last {told(cells[-1])}")
            self.report(f"{sheet.label}, row {number}", "", f"{width} cells as the header", found)

    def _columns(self, sheet: Sheet, table: Table) -> list[str]:
        names = ["" if is_empty(cell) else plain(cell) for cell in sheet.header]
        while names and not names[-1]:
            names.pop()
        known = [column.name for column in table.columns]
        suggestions = Suggestions(known)
        where = f"{sheet.label}, row 1"
        for position, name in enumerate(names):
            if name in names[:position]:
                self.report(where, name, "each column once", Phrase("it again"))
            elif name not in known:
                told_name = name or f"number {position + 1}"
                expected = f"one of the columns {', '.join(known)}{suggestions.for_name(name)}"
                self.report(where, told_name, expected, Phrase("an unknown column"))
        for column in table.columns:
            if column.required and column.name not in names:
                self.report(where, column.name, "this column", NOTHING)
        return names


def _values(
    cells: Row, columns: dict[str, Column], starts_at: datetime | None, sheet: Sheet
) -> Row:
    return {
        name: value_of(cell, columns[name], starts_at, decimal_comma=sheet.decimal_comma)
        for name, cell in cells.items()
    }


def _expected(fault: Fault, column: str) -> str:
    """What a cell may hold; a time is an instant too."""
    minute = column in TIMES and fault.expected.startswith("a whole minute")
    return fault.expected + OR_AN_INSTANT if minute else fault.expected
