r"""How the events of a micro-batch get into the database: as text that PostgreSQL's COPY reads.

One event a line, one column a tab; `\N` is null. Spark writes the text, so that no event becomes a
Python object on its way. SQLite takes the same text, line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from pipelines.events import Event

COLUMNS = (
    "event_id", "crc", "type", "version", "at", "source", "line", "item", "run", "delivery",
    "order_id", "status", "reason", "until", "due_at", "quantity", "good", "scrap", "checked",
    "failed", "weight", "topic", "topic_partition", "topic_offset",
)  # fmt: skip
FIELDS = {"order": "order_id", "state": "status", "change": "status"}  # a contract's field: column
NULL = "\\N"
INSTANTS = frozenset({"at", "until", "due_at"})
NUMBERS = frozenset({"quantity", "good", "scrap", "checked", "failed", "weight"})
WHOLE = frozenset({"crc", "version", "topic_partition", "topic_offset"})
POSTGRESQL = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming (
    place integer GENERATED ALWAYS AS IDENTITY (CACHE 1000), event_id uuid, crc bigint, type text,
    version smallint, at timestamptz, source text, line text, item text, run text, delivery text,
    order_id text, status text, reason text, until timestamptz, due_at timestamptz,
    quantity double precision, good double precision, scrap double precision,
    checked double precision, failed double precision, weight double precision, topic text,
    topic_partition integer, topic_offset bigint)
"""
SQLITE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming "
    f"(place INTEGER PRIMARY KEY, {', '.join(COLUMNS)})"
)

Text = bytes | memoryview


def stage(connection: Connection, texts: Iterable[Text]) -> int:
    """How many events lie in `incoming` now, a table of this connection alone, placed from 1 on."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(POSTGRESQL)
        connection.exec_driver_sql("TRUNCATE incoming RESTART IDENTITY")
        with _cursor(connection) as cursor:
            with cursor.copy(f"COPY incoming ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                for text in texts:
                    copy.write(text)
            return int(cursor.rowcount)
    connection.exec_driver_sql(SQLITE)
    connection.exec_driver_sql("DELETE FROM incoming")
    marks = ", ".join("?" * len(COLUMNS))
    cursor = _cursor(connection)
    cursor.executemany(
        f"INSERT INTO incoming ({', '.join(COLUMNS)}) VALUES ({marks})",  # noqa: S608
        (_row(line) for text in texts for line in bytes(text).decode().split("\n") if line),
    )
    return int(cursor.execute("SELECT count(*) FROM incoming").fetchone()[0])


def line_of(event: Event, crc: int, topic: str, partition: int, offset: int) -> bytes:
    """The line of text of an event that came at a place of a topic; crc: CRC-32 of its bytes."""
    values: dict[str, Any] = {FIELDS.get(name, name): value for name, value in event}
    values |= {"crc": crc, "topic": topic, "topic_partition": partition, "topic_offset": offset}
    return ("\t".join(_told(values.get(name)) for name in COLUMNS) + "\n").encode()


def _told(value: Any) -> str:
    if value is None:
        return NULL
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return repr(value) if isinstance(value, float) else str(value).replace("\\", "\\\\")


def _row(line: str) -> Sequence[Any]:
    return [_read(name, text) for name, text in zip(COLUMNS, line.split("\t"), strict=True)]


def _read(name: str, text: str) -> Any:
    if text == NULL:
        return None
    if name in NUMBERS:
        return float(text)
    if name in WHOLE:
        return int(text)
    if name in INSTANTS:  # as SQLAlchemy's instants are stored, so that they compare as text
        return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if name == "event_id":
        return text.replace("-", "").lower()
    return text.replace("\\\\", "\\")


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()
