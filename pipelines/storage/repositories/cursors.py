"""How far a follower of the events has come; moved in the transaction that holds its answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, insert, select, text, update
from sqlalchemy.orm import Session

from pipelines.storage.react_tables import CursorRow
from pipelines.storage.stream_tables import EVENTS, NOTED


class CursorMovedError(RuntimeError):
    """Another follower of the same name has answered these events; nothing of ours may be stored."""


def load_cursor(session: Session, name: str) -> int | None:
    """The position up to which the follower has answered, or None where it never did."""
    return session.scalar(select(CursorRow.position).where(CursorRow.name == name))


def move_cursor(
    session: Session, name: str, before: int | None, position: int, now: datetime
) -> None:
    """Moves a cursor on from where it was read.

    Raises
    ------
    CursorMovedError
        Where it is there no longer: another process of the same name is at work.
    """
    if before is None:
        if load_cursor(session, name) is not None:
            raise CursorMovedError(_moved(name))
        session.execute(insert(CursorRow).values(name=name, position=position, moved_at=now))
        return
    done = session.execute(
        update(CursorRow)
        .where(CursorRow.name == name, CursorRow.position == before)
        .values(position=position, moved_at=now)
    )
    if cast("CursorResult[Any]", done).rowcount != 1:
        raise CursorMovedError(_moved(name))


def position_before(session: Session, at: datetime) -> int:
    """A position after which stand all noted events that happened at or after an instant."""
    query = select(func.min(EVENTS.c.position)).where(EVENTS.c.at >= at, text(NOTED))
    first = session.scalar(query)
    if first is None:
        last = session.scalar(select(func.max(EVENTS.c.position)).where(text(NOTED)))
        return int(last or 0)
    return int(first) - 1


def _moved(name: str) -> str:
    return f"cursor {name}: another process has moved it; let one process at a time follow"
