"""Notices: what browsers are told, in an order without gaps.

Ids are given under a lock that lasts as long as the transaction, so that whoever has seen notice n
has seen, or can still load, every notice before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from pipelines.storage.tables import NoticeRow

NOTICE_LOCK = 7_265_013  # any number that only Takt's notices take

NoticeKind = Literal[
    "version.published",
    "version.recommended",
    "draft.changed",
    "draft.status",
    "job.changed",
    "line.changed",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: `subject` is the id of what it is about, `data` what a list of those shows."""

    id: int
    at: datetime
    kind: str
    subject: str
    data: Mapping[str, Any]


def add_notice(
    session: Session, kind: NoticeKind, subject: str, data: Mapping[str, Any], now: datetime
) -> None:
    """Tell browsers, from the moment in which the transaction is committed."""
    session.flush()
    if session.get_bind().dialect.name == "postgresql":  # SQLite's writer is alone already
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": NOTICE_LOCK})
    session.add(NoticeRow(at=now, kind=kind, subject=subject, data=dict(data)))
    session.flush()


def list_notices(session: Session, after: int, limit: int) -> list[Notice]:
    """The notices after an id, oldest first, at most so many."""
    query = select(NoticeRow).where(NoticeRow.id > after).order_by(NoticeRow.id).limit(limit)
    return [
        Notice(row.id, row.at, row.kind, row.subject, row.data) for row in session.scalars(query)
    ]


def notice_bounds(session: Session) -> tuple[int, int]:
    """The ids of the oldest and the newest notice that are kept; (1, 0) where there is none."""
    oldest, newest = session.execute(select(func.min(NoticeRow.id), func.max(NoticeRow.id))).one()
    return (1, 0) if newest is None else (oldest, newest)


def forget_notices(session: Session, before: datetime) -> None:
    """Remove the notices before an instant, all but the newest, which keeps the count."""
    newest = select(func.max(NoticeRow.id)).scalar_subquery()
    session.execute(delete(NoticeRow).where(NoticeRow.at < before, NoticeRow.id < newest))
