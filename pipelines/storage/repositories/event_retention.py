"""What is kept for how long: events and their ids for the retention, sums for as long as they say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from pipelines.storage.repositories.event_store import is_partitioned, make_partition
from pipelines.storage.stream_tables import EVENTS, EventIdRow, LineDayRow, LineMinuteRow

AHEAD = 2  # days whose partitions are made before anything happens in them
MARGIN = timedelta(days=1)  # an id outlives the youngest event that could be its copy


def forget_before(session: Session, oldest: datetime) -> int:
    """How many ids were forgotten, with all that happened more than a day before `oldest`.

    On PostgreSQL whole partitions are dropped. With TimescaleDB whole chunks are.
    """
    cutoff = oldest.astimezone(UTC) - MARGIN
    connection = session.connection()
    gone = connection.execute(delete(EventIdRow).where(EventIdRow.at < cutoff)).rowcount
    session.execute(delete(LineDayRow).where(LineDayRow.last_at < cutoff))
    if connection.dialect.name == "sqlite":
        session.execute(delete(EVENTS).where(EVENTS.c.at < cutoff))
        session.execute(delete(LineMinuteRow).where(LineMinuteRow.minute < cutoff))
    elif is_partitioned(connection):
        for name in connection.execute(text(PARTITIONS)).scalars().all():
            day = datetime.strptime(re.sub(r".*_", "", name), "%Y%m%d").replace(tzinfo=UTC)
            if day + timedelta(days=1) <= cutoff:
                connection.exec_driver_sql(f"DROP TABLE {name}")
    else:
        for table in ("events", "line_minutes"):
            connection.execute(text(f"SELECT drop_chunks('{table}', :cutoff)"), {"cutoff": cutoff})
    return gone


def make_partitions_ahead(session: Session, now: datetime) -> None:
    """Sees to the partitions of today and the days to come, so that no commit waits for a lock."""
    connection = session.connection()
    if connection.dialect.name == "postgresql" and is_partitioned(connection):
        for days in range(AHEAD + 1):
            make_partition(connection, (now.astimezone(UTC) + timedelta(days=days)).date())


PARTITIONS = """
SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent IN ('events'::regclass, 'line_minutes'::regclass)
"""
