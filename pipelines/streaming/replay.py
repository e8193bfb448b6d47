"""Replay: what is in quarantine judged again, after a fix; what passes is stored, each once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zlib import crc32

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from pipelines.context import Context
from pipelines.events import EventError, Known, check, parse
from pipelines.plan_base import PLANT_NAME
from pipelines.storage import open_database, reading, writing
from pipelines.storage.repositories import live
from pipelines.storage.repositories.event_staging import line_of
from pipelines.storage.repositories.event_store import Incoming, Place, store_events
from pipelines.storage.stream_tables import EventQuarantineRow
from pipelines.stream import StreamError
from pipelines.streaming.sink import FALSE_COPY

AT_ONCE = 10_000
FALSE = "false_copy"  # its id is taken: no fix of ours makes it an event


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
    query = select(row).where(row.replayed_at.is_(None), row.id > after, row.code != FALSE)
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
        texts = _passing(rows, known, now, retention)
        if dry_run or not texts:
            return Replayed(len(rows), len(texts), 0, len(rows) - len(texts))
        false: set[int] = set()

        def note(places: Sequence[Place]) -> tuple[()]:
            """Remember which are false copies; they lie in quarantine already."""
            false.update(number for _topic, _partition, number in places)
            return ()

        batch = Incoming(
            f"replay {uuid4()}", 0, context.clock, len(texts), list(texts.values()), (), note,
            utc_offset,
        )  # fmt: skip
        stored = store_events(session, batch)
        assert stored is not None
        _mark(session, texts.keys() - false, replayed_at=now)
        _mark(session, false, code=FALSE, reason=FALSE_COPY)
        passed = len(texts) - len(false)
        return Replayed(len(rows), sum(stored.stored.values()), stored.copies, len(rows) - passed)


def _passing(
    rows: Sequence[EventQuarantineRow], known: Known, now: datetime, retention: timedelta
) -> dict[int, bytes]:
    """The lines of text of those that are events now, by their number in quarantine."""
    texts: dict[int, bytes] = {}
    for row in rows:
        try:
            event = parse(row.original)
            check(event, known, now, retention=retention)
        except EventError:
            continue
        texts[row.id] = line_of(event, crc32(row.original), "quarantine", 0, row.id)
    return texts


def _mark(session: Session, numbers: Collection[int], **values: Any) -> None:
    row = EventQuarantineRow
    session.execute(update(row).where(row.id.in_(numbers)).values(**values))
