"""One micro-batch, one transaction: its events once each, what they add up to, and what was refused.

The ledger takes the batch first; a batch that it has already is left alone. Then `event_ids` takes
the ids: what it has is a copy and goes. Sums are computed from the rest alone, so that they are exact
whatever is sent again. Where a later event replaces an earlier one, later is by (at, event_id),
whichever came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pipelines.storage.repositories import event_sql
from pipelines.storage.repositories.event_staging import Text, stage
from pipelines.storage.stream_tables import PLACES, EventBatchRow, EventQuarantineRow

WRITER_LOCK = 7_265_012  # any number that only the writers of events take

Place = tuple[str, int, int]  # topic, partition, offset


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is kept out: why, and what it was, byte for byte."""

    code: str
    reason: str
    original: bytes
    topic: str
    partition: int
    offset: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Incoming:
    """A micro-batch.

    texts: the events that may be stored, as `event_staging` has them. received: messages read. fetch:
    the messages at some places of the source, for those that prove to be false copies. clock: says
    when the batch is committed. utc_offset: minutes that the plant's clocks are ahead of UTC.
    seems_new: nothing speaks for copies among the events, so that they are first taken without looking
    for any; where there are some after all, that was in vain, not wrong.
    """

    query_id: str
    batch_id: int
    clock: Callable[[], datetime]
    received: int
    texts: Sequence[Text]
    refused: Sequence[Refused]
    fetch: Callable[[Sequence[Place]], Iterable[Refused]]
    utc_offset: int = 0
    seems_new: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a micro-batch.

    number: of the commit. stored: new events by type. copies: messages that were there before.
    refused: those kept out, by code. lines, items: whose state or stock changed.
    """

    number: int
    stored: Mapping[str, int]
    copies: int
    refused: Mapping[str, int]
    lines: frozenset[str]
    items: frozenset[str]


def store_events(session: Session, batch: Incoming) -> Stored | None:
    """What became of the batch; None where the ledger has it already and nothing was done."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":  # SQLite's writer is alone already
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITER_LOCK})
    number = _enter(session, batch)
    if number is None:
        return None
    staged = stage(connection, batch.texts)
    base = number * PLACES
    if staged >= PLACES:
        raise ValueError(f"a micro-batch holds fewer than {PLACES} events, found {staged}")
    is_new = batch.seems_new and _take_new_ids(connection, base)
    false_copies = [] if is_new else _take_ids(connection, base, staged)
    stored, lines, items = _add_up(connection, base, batch.utc_offset)
    refused = [*batch.refused, *(batch.fetch(false_copies) if false_copies else ())]
    _refuse(session, refused, number)
    codes: dict[str, int] = {}
    for one in refused:
        codes[one.code] = codes.get(one.code, 0) + 1
    copies = staged - sum(stored.values()) - len(false_copies)
    row = session.get_one(EventBatchRow, number)
    row.committed_at = batch.clock()
    row.stored, row.copies, row.refused = sum(stored.values()), copies, len(refused)
    session.flush()
    return Stored(number, stored, copies, codes, lines, items)


def find_batch(session: Session, query_id: str, batch_id: int) -> tuple[int, datetime]:
    """The number of a batch that the ledger has, and when it was committed."""
    row = session.execute(
        select(EventBatchRow.number, EventBatchRow.committed_at).where(
            EventBatchRow.query_id == query_id, EventBatchRow.batch_id == batch_id
        )
    ).one()
    return row.number, row.committed_at


def last_batch(session: Session, query_id: str) -> int | None:
    """The greatest batch of a query that the ledger has; None where it has none."""
    greatest = select(func.max(EventBatchRow.batch_id)).where(EventBatchRow.query_id == query_id)
    return session.scalar(greatest)


def _enter(session: Session, batch: Incoming) -> int | None:
    """The number of the batch, now in the ledger; None where it was there."""
    known = select(EventBatchRow.number).where(
        EventBatchRow.query_id == batch.query_id, EventBatchRow.batch_id == batch.batch_id
    )
    if session.scalar(known) is not None:
        return None
    number = (session.scalar(select(func.max(EventBatchRow.number))) or 0) + 1
    session.add(
        EventBatchRow(
            number=number,
            query_id=batch.query_id,
            batch_id=batch.batch_id,
            committed_at=batch.clock(),
            received=batch.received,
            stored=0,
            copies=0,
            refused=0,
        )
    )
    session.flush()
    return number


def _take_new_ids(connection: Connection, base: int) -> bool:
    """Whether all ids were free, and are taken now; else none is.

    Not to look each id up first, and not to be ready for another writer, saves PostgreSQL a third.
    """
    if connection.dialect.name != "postgresql":
        return False
    try:
        with connection.begin_nested():
            connection.execute(text(event_sql.TAKE_NEW_IDS), {"base": base})
    except IntegrityError:
        return False
    return True


def _take_ids(connection: Connection, base: int, staged: int) -> list[Place]:
    """Where false copies lie (an id that is taken, with other bytes); they and true copies go."""
    said = {"base": base}
    taken = connection.execute(text(event_sql.TAKE_IDS), said).rowcount
    if taken == staged:
        return []
    if connection.dialect.name == "postgresql":  # by its key: the table of ids is long
        connection.exec_driver_sql(
            "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
        )
    false_copies = [tuple(row) for row in connection.execute(text(event_sql.FALSE_COPIES))]
    connection.execute(text(event_sql.DROP_COPIES), said)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SET LOCAL enable_hashjoin = DEFAULT; SET LOCAL enable_mergejoin = DEFAULT"
        )
    return false_copies


def _add_up(
    connection: Connection, base: int, utc_offset: int
) -> tuple[dict[str, int], frozenset[str], frozenset[str]]:
    for statement in event_sql.split(connection.dialect.name):
        connection.exec_driver_sql(statement)
    stored = {str(kind): int(count) for kind, count in connection.execute(text(event_sql.BY_TYPE))}
    if not stored:
        return {}, frozenset(), frozenset()
    _make_partitions(connection)
    connection.execute(text(event_sql.EVENTS), {"base": base})
    for kinds, statement in event_sql.sums(connection.dialect.name, utc_offset):
        if kinds & stored.keys():
            connection.exec_driver_sql(statement)
    lines = connection.execute(text(event_sql.LINES_CHANGED)).scalars()
    items = connection.execute(text(event_sql.ITEMS_CHANGED)).scalars()
    return stored, frozenset(lines), frozenset(items)


def _make_partitions(connection: Connection) -> None:
    """Sees to the partitions of the days of `incoming`, where the tables are native partitions."""
    if connection.dialect.name != "postgresql" or not is_partitioned(connection):
        return
    for (day,) in connection.execute(text(event_sql.DAYS)):
        make_partition(connection, day)


def is_partitioned(connection: Connection) -> bool:
    """Whether events lie in native range partitions (with TimescaleDB they do not)."""
    return bool(
        connection.scalar(
            text(
                "SELECT to_regclass('events')::oid IN (SELECT partrelid FROM pg_partitioned_table)"
            )
        )
    )


def make_partition(connection: Connection, day: date) -> None:
    """Sees to the partitions of a UTC day."""
    for table in ("events", "line_minutes"):
        name = f"{table}_{day:%Y%m%d}"
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
            connection.exec_driver_sql(
                f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES "
                f"FROM ('{day} 00:00+00') TO ('{day + timedelta(days=1)} 00:00+00')"
            )


def _refuse(session: Session, refused: Sequence[Refused], number: int) -> None:
    if not refused:
        return
    rows = [
        {
            "code": one.code,
            "reason": _printable(one.reason),
            "original": one.original,
            "digest": sha256(one.original).hexdigest(),
            "topic": one.topic,
            "topic_partition": one.partition,
            "topic_offset": one.offset,
            "received_at": one.received_at,
            "batch": number,
        }
        for one in refused
    ]
    postgresql = session.get_bind().dialect.name == "postgresql"
    statement: Any = (insert_postgresql if postgresql else insert_sqlite)(EventQuarantineRow)
    session.connection().execute(statement.on_conflict_do_nothing(), rows)


def _printable(words: str) -> str:
    """The words with what a database's text cannot hold shown as its escape."""
    kept = "".join(
        mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in words
    )
    return kept.encode(errors="backslashreplace").decode()
