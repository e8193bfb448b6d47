"""CSV folders and workbooks: what is read is what was written, and errors say sheet, row and column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from plant import DocumentError, Plant, Schedule
from plant.examples import three_lines
from plant.io.tables import load_runs, load_tables, save_runs, save_tables


@pytest.fixture
def plant() -> Plant:
    return three_lines.plant()


@pytest.fixture
def schedule() -> Schedule:
    return three_lines.schedule()


@pytest.fixture
def folder(tmp_path: Path, plant: Plant, schedule: Schedule) -> Path:
    save_tables(tmp_path / "tables", plant, schedule)
    return tmp_path / "tables"


@pytest.fixture
def workbook(tmp_path: Path, plant: Plant, schedule: Schedule) -> Path:
    save_tables(tmp_path / "plant.xlsx", plant, schedule)
    return tmp_path / "plant.xlsx"


def said(path: Path) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load_tables(path)
    return [str(problem) for problem in caught.value.problems]


def edit(path: Path, change: Callable[[list[list[str]]], object]) -> None:
    rows = [line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines()]
    change(rows)
    path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")


def put(row: int, column: int, cell: str) -> Callable[[list[list[str]]], None]:
    """Change the cell of a row (as a spreadsheet counts) and column (from 0)."""

    def change(rows: list[list[str]]) -> None:
        rows[row - 1][column] = cell

    return change


@pytest.mark.parametrize("name", ["tables", "plant.xlsx"])
@pytest.mark.parametrize("instants", [False, True])
def test_tables_survive_the_way_out_and_back(
    tmp_path: Path, plant: Plant, schedule: Schedule, name: str, instants: bool
) -> None:
    save_tables(tmp_path / name, plant, schedule, instants=instants)
    assert load_tables(tmp_path / name) == (plant, schedule)


@pytest.mark.parametrize("name", ["tables", "runs.xlsx"])
def test_a_schedule_alone_survives_the_way_out_and_back(
    tmp_path: Path, plant: Plant, schedule: Schedule, name: str
) -> None:
    save_runs(tmp_path / name, plant, schedule, instants=True)
    assert load_runs(tmp_path / name, plant) == schedule


def test_a_plant_without_runs_has_no_schedule(tmp_path: Path, plant: Plant) -> None:
    save_tables(tmp_path / "tables", plant)
    assert load_tables(tmp_path / "tables") == (plant, None)


def test_an_instant_without_zone_is_taken_in_that_of_the_plant(folder: Path, plant: Plant) -> None:
    edit(folder / "orders.csv", put(2, 3, "2026-01-06 07:30"))
    assert load_tables(folder)[0].orders[0].due == 1440 + 450


def test_excel_dates_and_numbers_as_ids_are_read(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    book["orders"]["A2"] = 77
    book["orders"]["D2"] = datetime(2026, 1, 6, 7, 30)  # noqa: DTZ001  Excel knows no zones
    book.save(workbook)
    order = load_tables(workbook)[0].orders[0]
    assert (order.id, order.due) == ("77", 1440 + 450)


def test_a_semicolon_file_with_decimal_commas_is_read(folder: Path, plant: Plant) -> None:
    path = folder / "items.csv"
    text = path.read_text(encoding="utf-8-sig")
    path.write_text(text.replace(",", ";").replace(".", ","), encoding="utf-8")
    assert load_tables(folder)[0].items == plant.items


def test_shifts_may_stand_in_any_order(folder: Path, plant: Plant) -> None:
    edit(folder / "shifts.csv", lambda rows: rows.append(rows.pop(1)))
    assert load_tables(folder)[0].lines == plant.lines


def test_blank_rows_keep_the_row_numbers(folder: Path) -> None:
    edit(folder / "orders.csv", lambda rows: rows.insert(1, [""] * 6))
    edit(folder / "orders.csv", put(3, 2, "abc"))
    assert said(folder) == [
        'orders.csv, row 3, column quantity: expected a number above 0, found "abc"'
    ]


def rename(header: str, name: str) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        rows[0][rows[0].index(header)] = name

    return change


@pytest.mark.parametrize(
    ("file", "change", "expected"),
    [
        ("orders", put(2, 2, "abc"), 'row 2, column quantity: expected a number above 0, found "abc"'),
        ("orders", put(2, 2, "nan"), 'row 2, column quantity: expected a number above 0, found "nan"'),
        ("orders", put(2, 2, ""), "row 2, column quantity: expected a number above 0, found nothing"),
        (
            "orders",
            put(3, 3, "2026-13-01"),
            'row 3, column due: expected a whole minute or an instant, found "2026-13-01"',
        ),
        (
            "orders",
            put(3, 0, "O-1"),
            "row 3, column id: expected each once, found O-1 again, after row 2",
        ),
        (
            "orders",
            put(2, 1, "jam"),
            'row 2, column item: expected the id of one of the items (did you mean JAM?), found "jam"',
        ),
        ("orders", put(2, 5, "sure"), 'row 2, column source: expected firm or forecast, found "sure"'),
        ("shifts", put(2, 0, "L9"), 'row 2, column line: expected the id of one of the lines, found "L9"'),
        (
            "shifts",
            put(3, 1, "400"),
            'row 3, column start: expected a minute at or after the end of row 2, found "400"',
        ),
        (
            "shifts",
            put(2, 2, "1"),
            'row 2, column end: expected a minute after start 360, found "1"',
        ),
        (
            "lines",
            rename("run_cost", "runcost"),
            ("row 1, column runcost: expected one of the columns id, run_cost, overtime_cost, "
            "idle_cost, initial_family, available_from (did you mean run_cost?), found an unknown column"),
        ),
        (
            "lines",
            rename("idle_cost", "run_cost"),
            "row 1, column run_cost: expected each column once, found it again",
        ),
        (
            "runs",
            put(2, 1, "L9"),
            'row 2, column line: expected the id of one of the lines, found "L9"',
        ),
        (
            "plant",
            put(2, 1, "2026-01-05"),
            ("row 2, column starts_at: expected an instant with its time zone, such as "
            '2026-01-05T00:00:00+09:00, found "2026-01-05"'),
        ),
        ("bom", lambda rows: rows[1].append("x"),
         'row 2: expected 3 cells as the header, found 4 cells, the last "x"'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_row_and_column(
    folder: Path, file: str, change: Callable[[list[list[str]]], object], expected: str
) -> None:
    edit(folder / f"{file}.csv", change)
    assert said(folder) == [f"{file}.csv, {expected}"]


def test_a_missing_required_column_is_named_once_for_all_rows(folder: Path) -> None:
    edit(folder / "orders.csv", rename("quantity", "qty"))
    assert said(folder) == [
        (
            "orders.csv, row 1, column qty: expected one of the columns id, item, quantity, due, "
            "weight, source, found an unknown column"
        ),
        "orders.csv, row 1, column quantity: expected this column, found nothing",
    ]


def test_everything_wrong_is_named_at_once_by_sheet_and_row(folder: Path) -> None:
    (folder / "order.csv").write_text("id\n1\n")
    (folder / "capabilities.csv").unlink()
    (folder / "items.csv").write_bytes("id,family\n과자,과자류\n".encode("cp949"))
    edit(folder / "runs.csv", put(2, 5, "0"))
    edit(folder / "lines.csv", put(3, 1, "-1"))
    places = [text.split(": ")[0] for text in said(folder)]
    assert places == [
        "items.csv",
        "order.csv",
        "file capabilities.csv",
        "lines.csv, row 3, column run_cost",
        "runs.csv, row 2, column quantity",
    ]


def test_a_workbook_names_sheets_and_rows(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    book["orders"]["C3"] = "abc"
    del book["items"]
    book.create_sheet("Sheet1")
    book.create_sheet("#notes")["A1"] = "left alone"
    book.create_sheet("item")["A1"] = "id"
    book.save(workbook)
    assert said(workbook) == [
        (
            "sheet item: expected a sheet called plant, lines, shifts, items, capabilities, "
            "changeovers, bom, arrivals, orders, runs (did you mean items?), or #... for what is no "
            "table, found this name"
        ),
        "sheet items: expected it to be there, found nothing",
        'orders, row 3, column quantity: expected a number above 0, found "abc"',
    ]


@pytest.mark.parametrize(
    ("name", "content"), [("plant.xlsx", b"no zip"), ("plant.xls", b"x"), ("plant.txt", b"x")]
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert said(tmp_path / name)[0].startswith(f"{name}: expected ")


def test_an_open_quote_is_named_by_row(folder: Path) -> None:
    edit(folder / "orders.csv", put(3, 0, '"O'))
    assert said(folder)[0].startswith("orders.csv, row 3: expected cells with closed quotes")


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path, workbook: Path) -> None:
    book: Any = openpyxl.load_workbook(workbook)
    book["items"]["B2"].value = "=1+1"
    book["items"]["B2"].data_type = "s"
    book.save(workbook)
    plant, _ = load_tables(workbook)
    assert plant.items[0].family == "=1+1"
    save_tables(tmp_path / "again.xlsx", plant)
    assert load_tables(tmp_path / "again.xlsx")[0] == plant
