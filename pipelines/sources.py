"""Source files: found, and proven readable to the last row before anything is made of them.

What is wrong with a file as a whole (broken bytes, a missing column) stops here and names file, column
and row. What is wrong with a single value is for the checks. Rows count as a spreadsheet shows them:
in CSV the header is row 1, in Parquet the first record is.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.source_tables import SourceTable

SUFFIXES = (".parquet", ".csv")
HEADER = {".csv": "row 1", ".parquet": "schema"}
FIRST_ROW = {"csv": 2, "parquet": 1}


class SourceError(ValueError):
    """A source file cannot be used; the message names the file, the column and the row."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A readable file of a table; `columns` says under which name each column of silver comes.

    `nanoseconds` are Parquet columns of instants finer than Spark reads; `rows` counts data rows.
    """

    table: SourceTable
    path: Path
    format: Literal["csv", "parquet"]
    columns: Mapping[str, str]
    rows: int
    nanoseconds: tuple[str, ...] = ()


def open_source(folder: Path, table: SourceTable) -> SourceFile:
    """Return the table's file after reading all of it once.

    Raises
    ------
    SourceError
        Where it is missing, broken, empty, or lacks a column.
    """
    path = _find(folder, table)
    try:
        return _parquet(path, table) if path.suffix == ".parquet" else _csv(path, table)
    except OSError as error:
        raise SourceError(f"{path.name}: cannot be read: {error.strerror or error}") from error


def _find(folder: Path, table: SourceTable) -> Path:
    wanted = [folder / f"{table.stem}{suffix}" for suffix in SUFFIXES]
    found = [path for path in wanted if path.is_file()]
    if len(found) == 2:
        raise SourceError(f"{found[0].name} and {found[1].name} are both in {folder}: remove one")
    if not found:
        there = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        names = " or ".join(path.name for path in wanted)
        raise SourceError(f"{table.name}: expected {names} in {folder}, found {there}")
    return found[0]


def _parquet(path: Path, table: SourceTable) -> SourceFile:
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{path.name}: not a whole Parquet file ({path.stat().st_size} bytes): {_line(error)}"
        ) from error
    with file:
        columns = _columns(path, table, file.schema_arrow.names)
        _read_through(path, file)
        rows = file.metadata.num_rows
        fine = tuple(
            field.name
            for field in file.schema_arrow
            if pa.types.is_timestamp(field.type) and field.type.unit == "ns"
        )
    return _with_rows(SourceFile(table, path, "parquet", columns, rows, fine))


def _read_through(path: Path, file: pq.ParquetFile) -> None:
    """Reads each column of each group of rows, so that a broken one can be named."""
    first = 1
    for group in range(file.num_row_groups):
        last = first + file.metadata.row_group(group).num_rows - 1
        for name in file.schema_arrow.names:
            try:
                file.read_row_group(group, columns=[name])
            except (pa.ArrowException, OSError) as error:
                raise SourceError(
                    f"{path.name}: column {name}, rows {first} to {last}: broken: {_line(error)}"
                ) from error
        first = last + 1


def _csv(path: Path, table: SourceTable) -> SourceFile:
    text = _decoded(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = _next(path, reader, (), 1)
    if not header:
        raise SourceError(f"{path.name}: row 1: empty; expected a header and rows below it")
    columns = _columns(path, table, header)
    row, blank = 1, 0
    while (fields := _next(path, reader, header, row + 1)) is not None:
        row += 1
        if not fields:
            blank = blank or row
            continue
        if blank:
            raise SourceError(f"{path.name}: row {blank}: empty, with rows below it; remove it")
        if len(fields) != len(header):
            raise SourceError(
                f"{path.name}: row {row}: expected {len(header)} fields, found {len(fields)}, the "
                f"last in column {header[min(len(fields), len(header)) - 1]}: {fields[-1]!r}"
            )
    return _with_rows(SourceFile(table, path, "csv", columns, (blank or row + 1) - 2))


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    if b"\0" in content:
        row = content[: content.index(b"\0")].count(b"\n") + 1
        raise SourceError(f"{path.name}: row {row}: expected text, found binary content")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before[before.rfind(b"\n") + 1 :]
        header = content.split(b"\n", 1)[0].decode("utf-8", "replace").strip().split(",")
        column = header[min(line.count(b","), len(header) - 1)]
        raise SourceError(
            f"{path.name}: row {before.count(bytes([10])) + 1}, column {column}: byte "
            f"0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from error


def _next(
    path: Path, reader: Iterator[list[str]], header: Sequence[str], row: int
) -> list[str] | None:
    """The next record, or None at the end; a quote that breaks the file is named with its column."""
    try:
        return next(reader, None)
    except csv.Error as error:
        said = str(error)
        if "unexpected end" in said:
            said = "a quote opens that is never closed"
        column = f", column {_open_quote(path, header, row)}" if header else ""
        raise SourceError(f"{path.name}: row {row}{column}: broken quoting: {said}") from error


def _open_quote(path: Path, header: Sequence[str], row: int) -> str:
    """The column in which the first quote of a record stands, records before it being one line each."""
    lines = path.read_text("utf-8-sig").splitlines()
    line = lines[row - 1] if row <= len(lines) else ""
    return header[min(line[: max(line.find('"'), 0)].count(","), len(header) - 1)]


def _columns(path: Path, table: SourceTable, found: Sequence[str]) -> dict[str, str]:
    """Under which name each column comes; the first that is missing or twice stops."""
    columns = {}
    for column in table.columns:
        named = [name for name in dict.fromkeys(column.names) if name in found]
        if not named:
            taken = {name for other in table.columns for name in other.names}
            raise SourceError(_missing(path, column.names, found, taken))
        if len(named) > 1 or list(found).count(named[0]) > 1:
            raise SourceError(
                f"{path.name}: {HEADER[path.suffix]}: column {' or '.join(column.names)} stands there "
                "twice"
            )
        columns[column.name] = named[0]
    return columns


def _missing(
    path: Path, names: Sequence[str], found: Sequence[str], taken: AbstractSet[str]
) -> str:
    wanted = " or ".join(dict.fromkeys(names))
    free = [name for name in found if name not in taken]
    near = difflib.get_close_matches(names[0], free, 1, 0.7)
    hint = f"; is {near[0]!r} meant?" if near else ""
    if len(found) == 1 and any(mark in found[0] for mark in ";\t"):
        hint = "; columns must be separated by commas"
    return (
        f"{path.name}: {HEADER[path.suffix]}: column {wanted} is missing; found "
        f"{', '.join(map(repr, found))}{hint}"
    )


def _with_rows(source: SourceFile) -> SourceFile:
    if source.rows < 1:
        raise SourceError(f"{source.path.name}: row {FIRST_ROW[source.format]}: no data rows")
    return source


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
