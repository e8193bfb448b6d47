"""A folder of CSV files, one per table, as sheets and back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from plant.errors import DocumentError, Problem
from plant.io.atomic import write_whole
from plant.io.problems import Phrase
from plant.io.sheet_rows import TableProblem
from plant.io.sheets import TABLES, Sheet, Sheets, plain
from plant.io.suggestions import Suggestions
from plant.io.text import decoded

DELIMITERS = (",", ";", "\t")


def sheets_of_folder(folder: Path) -> Sheets:
    """The sheets of the CSV files of a folder; files that are no CSV are left alone."""
    sheets: dict[str, Sheet] = {}
    unreadable: set[str] = set()
    problems: list[Problem] = []
    for path in sorted(folder.iterdir()):
        if path.suffix.casefold() != ".csv" or path.name.startswith("."):
            continue
        name = plain(path.stem)
        if name not in TABLES:
            hint = Suggestions(TABLES).for_name(name)
            expected = f"a file called after a table, {', '.join(TABLES)}{hint}"
            problems.append(TableProblem(path.name, "", expected, Phrase("this name")))
            continue
        try:
            sheets[name] = sheet_of_csv(path.read_bytes(), path.name, name)
        except DocumentError as error:
            problems.extend(error.problems)
            unreadable.add(name)
    return Sheets(sheets, problems, frozenset(unreadable), "file {}.csv")


def sheet_of_csv(content: bytes, label: str, table: str) -> Sheet:
    """The sheet of a CSV file's bytes; the delimiter is the one that gives most known columns.

    Raises
    ------
    DocumentError
        Where the bytes are not text or a quote is not closed.
    """
    text = decoded(content, label)
    delimiter = _delimiter(text, table)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, Sequence[str]]] = []
    try:
        for cells in reader:
            rows.append((len(rows) + 1, cells))
    except csv.Error as error:
        where = f"{label}, row {len(rows) + 1}"
        found = Phrase(f"{error} (line {reader.line_num})")
        problem = TableProblem(where, "", "cells with closed quotes", found)
        raise DocumentError([problem]) from None
    header = rows[0][1] if rows else ()
    return Sheet(label, header, rows[1:], decimal_comma=delimiter == ";")


def csv_of_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as the bytes of a CSV file, in UTF-8 with the mark that Excel asks for."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def save_folder(folder: Path, tables: dict[str, list[Sequence[Any]]]) -> None:
    """Write one CSV file per table, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        write_whole(folder / f"{name}.csv", csv_of_rows(rows))


def _delimiter(text: str, table: str) -> str:
    header = text.split("\n", 1)[0]
    known = {column.name for column in TABLES[table].columns}

    def matches(delimiter: str) -> int:
        cells = re.split(re.escape(delimiter), header)
        return sum(plain(cell.strip('"\r ')) in known for cell in cells)

    return max(DELIMITERS, key=matches)
