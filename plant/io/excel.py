"""One Excel workbook with a sheet per table, as sheets and back."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plant.errors import DocumentError, Problem
from plant.io.atomic import whole_file
from plant.io.cells import is_empty
from plant.io.problems import Phrase
from plant.io.sheet_rows import TableProblem
from plant.io.sheets import TABLES, Sheet, Sheets, plain
from plant.io.suggestions import Suggestions

WIDTH = 16
INSTANT_FORMAT = "yyyy-mm-dd hh:mm"


def sheets_of_workbook(path: Path) -> Sheets:
    """The sheets of a workbook; empty ones and those called #... are left alone.

    Raises
    ------
    DocumentError
        Where the file is no workbook.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, SyntaxError) as error:
        found = Phrase(f"a file that is none ({error})")
        problem = TableProblem(path.name, "", "an Excel workbook (.xlsx, without password)", found)
        raise DocumentError([problem]) from None
    try:
        return _sheets(workbook)
    finally:
        workbook.close()


def save_workbook(path: Path, tables: dict[str, list[Sequence[Any]]]) -> None:
    """Write a workbook with a sheet per table; headers say what their columns hold.

    Excel keeps 16 digits of a number. An instant is written as Excel's own, without its time zone.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with (
        whole_file(path) as temporary,
        xlsxwriter.Workbook(
            str(temporary), {"default_date_format": INSTANT_FORMAT, **options}
        ) as book,
    ):
        bold = book.add_format({"bold": True, "bottom": 1})
        for name, rows in tables.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, len(rows) - 1, len(rows[0]) - 1)
            sheet.set_column(0, len(rows[0]) - 1, WIDTH)
            for column, (title, about) in enumerate(zip(rows[0], _notes(name), strict=True)):
                sheet.write_string(0, column, title, bold)
                sheet.write_comment(0, column, about)
            for number, row in enumerate(rows[1:], start=1):
                for column, cell in enumerate(row):
                    _write(sheet, number, column, cell)


def _write(sheet: Any, row: int, column: int, cell: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif cell is not None:
        sheet.write(row, column, cell)


def _notes(table: str) -> list[str]:
    return [
        f"{column.expected}{'' if column.required else '; may be empty'}"
        for column in TABLES[table].columns
    ]


def _sheets(workbook: Any) -> Sheets:
    sheets: dict[str, Sheet] = {}
    problems: list[Problem] = []
    for worksheet in workbook.worksheets:
        worksheet.reset_dimensions()
        rows = [(number, tuple(row)) for number, row in _rows(worksheet)]
        name = plain(worksheet.title)
        if name in TABLES:
            header = rows[0][1] if rows and rows[0][0] == 1 else ()
            sheets[name] = Sheet(worksheet.title, header, [row for row in rows if row[0] > 1])
        elif rows and not worksheet.title.startswith("#"):
            hint = Suggestions(TABLES).for_name(name)
            expected = f"a sheet called {', '.join(TABLES)}{hint}, or #... for what is no table"
            where = f"sheet {worksheet.title}"
            problems.append(TableProblem(where, "", expected, Phrase("this name")))
    return Sheets(sheets, problems)


def _rows(worksheet: Any) -> list[tuple[int, tuple[Any, ...]]]:
    found = enumerate(worksheet.iter_rows(values_only=True), start=1)
    return [(number, row) for number, row in found if not all(is_empty(cell) for cell in row)]
