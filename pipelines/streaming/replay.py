"""Replay: what is in quarantine judged again, after a fix; what passes is stored, each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4
from zlib import crc32

from sqlalchemy import Engine, select, update

from pipelines.context import Context
from pipelines.events import EventError, check, parse
from pipelines.plan_base import PLANT_NAME
from pipelines.storage import open_database, reading, writing
from pipelines.storage.repositories import live
from pipelines.storage.repositories.event_staging import line_of
from pipelines.storage.repositories.event_store import Incoming, store_events
from pipelines.storage.stream_tables import EventQuarantineRow
from pipelines.stream import StreamError

AT_ONCE = 10_000
FALSE_COPY = "false_copy"  # its id is taken: no fix of ours makes it an event


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of messages in quarantine; copies: events that had been stored meanwhile."""

    looked_at: int
    stored: int
    copies: int
    still_refused: int


def replay(
    context: Context,
    code: str | None = None,
    retention: timedelta = timedelta(days=90),
    *,
    dry_run: bool = False,
) -> Replayed:
    """What became of the quarantine's messages of that code, of all where None.

    A message that passes is stored and marked in one transaction, so that a replay cut short and
    begun again stores none twice. Latest states that others keep are theirs to renew.
    """
    engine = open_database(context.settings.database_url)
    try:
        done = Replayed(0, 0, 0, 0)
        after = 0
        while rows := _rows(engine, code, after):
            after = rows[-1].id
            part = _replay(engine, context, rows, retention, dry_run)
            done = Replayed(
                done.looked_at + part.looked_at,
                done.stored + part.stored,
                done.copies + part.copies,
                done.still_refused + part.still_refused,
            )
        return done
    finally:
        engine.dispose()


def _rows(engine: Engine, code: str | None, after: int) -> list[EventQuarantineRow]:
    row = EventQuarantineRow
    query = select(row).where(row.replayed_at.is_(None), row.id > after, row.code != FALSE_COPY)
    if code is not None:
        query = query.where(row.code == code)
    with reading(engine) as session:
        found = list(session.scalars(query.order_by(row.id).limit(AT_ONCE)))
        session.expunge_all()
        return found


def _replay(
    engine: Engine,
    context: Context,
    rows: list[EventQuarantineRow],
    retention: timedelta,
    dry_run: bool,
) -> Replayed:
    with writing(engine) as session:
        found = live.known_of(session, PLANT_NAME)
        if found is None:
            raise StreamError("no plant is stored, so that no line or item is known")
        known, utc_offset = found
        now = context.clock()
        texts, passed = [], []
        for row in rows:
            try:
                event = parse(row.original)
                check(event, known, now, retention=retention)
            except EventError:
                continue
            passed.append(row.id)
            texts.append(
                line_of(
                    event, crc32(row.original), row.topic, row.topic_partition, row.topic_offset
                )
            )
        if dry_run or not passed:
            return Replayed(len(rows), len(passed), 0, len(rows) - len(passed))
        batch = Incoming(
            f"replay {uuid4()}", 0, context.clock, len(texts), texts, (), lambda _places: (),
            utc_offset,
        )  # fmt: skip
        stored = store_events(session, batch)
        assert stored is not None
        session.execute(
            update(EventQuarantineRow)
            .where(EventQuarantineRow.id.in_(passed))
            .values(replayed_at=now)
        )
        new = sum(stored.stored.values())
        return Replayed(len(rows), new, len(passed) - new, len(rows) - len(passed))
