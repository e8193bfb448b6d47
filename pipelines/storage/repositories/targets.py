"""Targets: what each user wants figures of plans to be."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from pipelines.storage.tables import UserRow, UserTargetRow


def list_targets(session: Session, user: int) -> dict[str, float]:
    """What the user wants, by the figure's name."""
    rows = session.scalars(select(UserTargetRow).where(UserTargetRow.user_id == user))
    return {row.kpi: row.value for row in rows}


def set_target(session: Session, user: int, kpi: str, value: float | None) -> None:
    """Store what the user wants a figure to be; None forgets it."""
    session.get(
        UserRow, user, with_for_update=True
    )  # two browsers of one user, one after the other
    one = (UserTargetRow.user_id == user, UserTargetRow.kpi == kpi)
    session.execute(delete(UserTargetRow).where(*one))
    if value is not None:
        session.execute(insert(UserTargetRow).values(user_id=user, kpi=kpi, value=value))
