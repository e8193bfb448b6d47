"""Plants and schedules as tables: a folder of CSV files or one Excel workbook.

Times are minutes after starts_at or instants, cell by cell; an instant without time zone is taken in
that of starts_at, so that a planner may write 2026-01-05 08:00. Writing gives minutes unless instants
are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plant.errors import DocumentError
from plant.io.csv_files import save_folder, sheet_of_csv, sheets_of_folder
from plant.io.excel import save_workbook, sheets_of_workbook
from plant.io.problems import Phrase
from plant.io.sheet_rows import TableProblem
from plant.io.sheets import TABLES, Kind, Sheets, Table
from plant.io.table_reading import plant_from_sheets, schedule_from_sheets
from plant.io.times import instant_at
from plant.io.writing import plant_to_document, schedule_to_document
from plant.model import Plant
from plant.schedule import Schedule

WORKBOOKS = (".xlsx", ".xlsm")


def load_tables(path: Path | str) -> tuple[Plant, Schedule | None]:
    """The plant of a CSV folder or workbook, and its schedule where there is a table of runs.

    Raises
    ------
    DocumentError
        Naming all that is wrong by sheet or file, row and column.
    OSError
        Where the path cannot be read.
    """
    return plant_from_sheets(_sheets(Path(path)))


def load_runs(path: Path | str, plant: Plant) -> Schedule:
    """The schedule of a CSV file or folder or workbook, for a plant. Raises as `load_tables` does."""
    path = Path(path)
    if path.suffix.casefold() == ".csv" and not path.is_dir():
        sheets = Sheets({"runs": sheet_of_csv(path.read_bytes(), path.name, "runs")})
    else:
        sheets = _sheets(path)
    return schedule_from_sheets(sheets, plant)


def save_tables(
    path: Path | str, plant: Plant, schedule: Schedule | None = None, *, instants: bool = False
) -> None:
    """Write a plant, with its schedule if given, as a workbook (.xlsx) or else a CSV folder.

    Parameters
    ----------
    instants
        Whether times are written as instants in the time zone of starts_at instead of minutes.
    """
    path = Path(path)
    _save(path, plant_tables(plant, schedule, instants=instants))


def save_runs(
    path: Path | str, plant: Plant, schedule: Schedule, *, instants: bool = False
) -> None:
    """Write a schedule alone, as a workbook (.xlsx) or else a CSV folder."""
    _save(Path(path), {"runs": _run_rows(plant, schedule, instants=instants)})


def plant_tables(
    plant: Plant, schedule: Schedule | None = None, *, instants: bool = False
) -> dict[str, list[Sequence[Any]]]:
    """The rows of every table, the header first; instants are aware datetimes."""
    document = plant_to_document(plant)
    document["plant"] = [document]
    document["shifts"] = [
        {"line": line["id"], **shift} for line in document["lines"] for shift in line["shifts"]
    ]
    tables = {
        name: _rows(table, document[name], plant, instants=instants)
        for name, table in TABLES.items()
        if name != "runs"
    }
    if schedule is not None:
        tables["runs"] = _run_rows(plant, schedule, instants=instants)
    return tables


def _run_rows(plant: Plant, schedule: Schedule, *, instants: bool) -> list[Sequence[Any]]:
    rows = schedule_to_document(schedule)["runs"]
    return _rows(TABLES["runs"], rows, plant, instants=instants)


def _rows(
    table: Table, records: Sequence[Mapping[str, Any]], plant: Plant, *, instants: bool
) -> list[Sequence[Any]]:
    timed = {column.name for column in table.columns if column.kind is Kind.TIME and instants}
    names = [column.name for column in table.columns]
    rows: list[Sequence[Any]] = [names]
    for record in records:
        rows.append(
            [
                instant_at(plant.starts_at, record[name]) if name in timed else record[name]
                for name in names
            ]
        )
    return rows


def _save(path: Path, tables: dict[str, list[Sequence[Any]]]) -> None:
    if path.suffix.casefold() in WORKBOOKS:
        save_workbook(path, tables)
    else:
        save_folder(path, tables)


def _sheets(path: Path) -> Sheets:
    if path.is_dir():
        sheets = sheets_of_folder(path)
    elif path.suffix.casefold() in (*WORKBOOKS, ".xls"):
        sheets = sheets_of_workbook(path)
    else:
        path.stat()
        expected = "a folder of CSV files or an Excel workbook (.xlsx)"
        found = Phrase(f"a {path.suffix or 'plain'} file")
        raise DocumentError([TableProblem(path.name, "", expected, found)])
    if not (sheets.tables or sheets.problems):
        expected = f"one table at least of {', '.join(TABLES)}"
        raise DocumentError([TableProblem(path.name, "", expected, Phrase("none"))])
    return sheets
