"""What the stream has done lately, from the database alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from pipelines.context import Context
from pipelines.events import LineNow
from pipelines.storage import open_database, reading
from pipelines.storage.repositories import live
from pipelines.storage.stream_tables import EventBatchRow, EventQuarantineRow

LAST = 5


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the stream, and what became of its messages."""

    number: int
    committed_at: datetime
    received: int
    stored: int
    copies: int
    refused: int


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """The last commits, newest first; messages in quarantine by code; what lines do now."""

    commits: tuple[Commit, ...]
    quarantine: Mapping[str, int]
    lines: tuple[LineNow, ...]


def stream_status(context: Context) -> StreamStatus:
    """What the database says of the stream."""
    engine = open_database(context.settings.database_url)
    row = EventBatchRow
    waiting = select(EventQuarantineRow.code, func.count()).where(
        EventQuarantineRow.replayed_at.is_(None)
    )
    try:
        with reading(engine) as session:
            commits = tuple(
                Commit(
                    one.number, one.committed_at, one.received, one.stored, one.copies, one.refused
                )
                for one in session.scalars(select(row).order_by(row.number.desc()).limit(LAST))
            )
            refused = {
                str(code): int(count)
                for code, count in session.execute(waiting.group_by(EventQuarantineRow.code))
            }
            lines = live.latest_now(session).lines
    finally:
        engine.dispose()
    return StreamStatus(commits, refused, tuple(lines[line] for line in sorted(lines)))
