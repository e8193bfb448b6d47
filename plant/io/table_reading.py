"""From sheets to a plant and its schedule, or all that is wrong by sheet, row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from plant.errors import DocumentError, Problem
from plant.io.cells import instant_of
from plant.io.problems import NOTHING, Fault, Phrase
from plant.io.reading import SCALARS, FaultsError, read_plant, read_schedule
from plant.io.references import Tables
from plant.io.sheet_rows import Row, RowReader
from plant.io.sheets import TABLES, Sheets
from plant.model import Plant
from plant.schedule import Schedule

T = TypeVar("T")
Rows = dict[str, list[Row]]


def plant_from_sheets(sheets: Sheets) -> tuple[Plant, Schedule | None]:
    """The plant of some sheets, and the schedule where there is a sheet of runs.

    Raises
    ------
    DocumentError
        Naming all that is wrong by sheet, row and column.
    """
    reader = RowReader(problems=list(sheets.problems))
    for table in TABLES.values():
        if table.required and table.name not in {*sheets.tables, *sheets.unreadable}:
            reader.report(sheets.place.format(table.name), "", "it to be there", NOTHING)
    header = _header(reader, sheets)
    starts_at = _starts_at(header)
    rows: Rows = {
        name: reader.read(table, sheets.tables[name], starts_at)
        for name, table in TABLES.items()
        if name in sheets.tables and name != "plant"
    }
    faults = list(_attach_shifts(reader, rows))
    runs = rows.pop("runs", None)
    known: Tables = {name: rows[name] for name in ("lines", "items") if name in rows}
    plant = _attempt(read_plant, {**header, **rows}, faults)
    schedule = None
    if runs is not None:
        schedule = _attempt(lambda document: read_schedule(document, known), {"runs": runs}, faults)
    _raise_problems(reader, faults, sheets)
    assert plant is not None
    return plant, schedule


def schedule_from_sheets(sheets: Sheets, plant: Plant) -> Schedule:
    """The schedule that a sheet of runs holds, for a plant. Raises DocumentError."""
    reader = RowReader(problems=list(sheets.problems))
    if "runs" not in sheets.tables:
        if "runs" not in sheets.unreadable:
            reader.report(sheets.place.format("runs"), "", "it to be there", NOTHING)
        raise DocumentError(reader.problems)
    runs = reader.read(TABLES["runs"], sheets.tables["runs"], plant.starts_at)
    known = {
        "lines": [{"id": line.id} for line in plant.lines],
        "items": [{"id": item.id} for item in plant.items],
    }
    faults: list[Fault] = []
    schedule = _attempt(lambda document: read_schedule(document, known), {"runs": runs}, faults)
    _raise_problems(reader, faults, sheets)
    assert schedule is not None
    return schedule


def _header(reader: RowReader, sheets: Sheets) -> Row:
    """What stands in the one row of the plant sheet."""
    sheet = sheets.tables.get("plant")
    if sheet is None:
        return {}
    rows = reader.read(TABLES["plant"], sheet, None)
    if len(rows) != 1:
        reader.report(sheet.label, "", "one row under the header", Phrase(f"{len(rows)} rows"))
        return {}
    for name in SCALARS:
        reader.origins[(name,)] = reader.origins["plant", 0]
    return rows[0]


def _starts_at(header: Row) -> datetime | None:
    """What instants are counted from. One without time zone, itself a fault, still reads the others."""
    starts_at = instant_of(header.get("starts_at"))
    if starts_at is None or starts_at.tzinfo is not None:
        return starts_at
    return starts_at.replace(tzinfo=UTC)


def _attach_shifts(reader: RowReader, rows: Rows) -> Iterator[Fault]:
    """Move the rows of shifts into their lines, in time order, and name those that have no line."""
    shifts = rows.pop("shifts", [])
    if "lines" not in rows:
        return
    lines = {
        row["id"]: index for index, row in reversed([*enumerate(rows["lines"])]) if "id" in row
    }
    for row in rows["lines"]:
        row["shifts"] = []
    for position in sorted(range(len(shifts)), key=lambda position: _start(shifts[position])):
        name = shifts[position].pop("line", None)
        index = lines.get(name)
        if index is None:
            found = NOTHING if name is None else name
            yield Fault(("shifts", position, "line"), "the id of one of the lines", found)
            continue
        siblings = rows["lines"][index]["shifts"]
        origin = reader.origins["shifts", position]
        before = reader.origins.get(("lines", index, "shifts", len(siblings) - 1))
        if before and siblings and _overlap(siblings[-1], shifts[position]):
            expected = f"a minute at or after the end of row {before.number}"
            yield Fault(("shifts", position, "start"), expected, shifts[position]["start"])
        reader.origins["lines", index, "shifts", len(siblings)] = origin
        siblings.append(shifts[position])


def _start(shift: Row) -> int:
    start = shift.get("start")
    return start if isinstance(start, int) else -1


def _overlap(before: Row, after: Row) -> bool:
    end, start = before.get("end"), after.get("start")
    return isinstance(end, int) and isinstance(start, int) and start < end


def _attempt(read: Callable[[Any], T], document: Row, faults: list[Fault]) -> T | None:
    try:
        return read(document)
    except FaultsError as error:
        faults.extend(error.faults)
        return None


def _raise_problems(reader: RowReader, faults: Iterable[Fault], sheets: Sheets) -> None:
    """Raise what is wrong, once each, by sheet and row, without what follows from a named problem."""
    located = (reader.locate(fault) for fault in faults if not _is_named(reader, fault))
    problems = [*reader.problems, *(problem for problem in located if problem is not None)]
    if problems:
        labels = [sheets.tables[name].label for name in TABLES if name in sheets.tables]
        raise DocumentError(sorted(dict.fromkeys(problems), key=lambda one: _rank(one, labels)))


def _is_named(reader: RowReader, fault: Fault) -> bool:
    """Whether a missing sheet or row said it already, or the row of a shift that overlaps."""
    without_sheet = fault.kind == "key" and len(fault.path) == 1
    overlap = len(fault.path) == 3 and fault.path[-1] == "shifts"
    return (without_sheet and fault.path not in reader.origins) or overlap


def _rank(problem: Problem, labels: list[str]) -> tuple[int, int]:
    label, _, row = problem.where.partition(", row ")
    return labels.index(label) if label in labels else -1, int(row or 0)
