"""Retrainings: what drift decided about fitting models anew, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipelines.storage.tables import RetrainingRow


@dataclass(frozen=True, slots=True)
class Retraining:
    """Whether a model is to be fitted anew and why.

    Parameters
    ----------
    inputs
        The digest of what was compared when it was decided.
    done_at, outcome
        When it was followed, and what the contest said; None until then.
    """

    at: datetime
    model: str
    is_due: bool
    reason: str
    inputs: str
    done_at: datetime | None = None
    outcome: str | None = None
    id: int = 0


def add_retraining(session: Session, decided: Retraining) -> int:
    """The id of the stored decision."""
    row = RetrainingRow(
        at=decided.at,
        model=decided.model,
        is_due=decided.is_due,
        reason=decided.reason,
        inputs=decided.inputs,
    )
    session.add(row)
    session.flush()
    return row.id


def list_retrainings(session: Session, model: str | None = None) -> list[Retraining]:
    """The decisions, newest first; of one model where it is named."""
    query = select(RetrainingRow).order_by(RetrainingRow.at.desc(), RetrainingRow.id.desc())
    if model is not None:
        query = query.where(RetrainingRow.model == model)
    return [
        Retraining(
            row.at,
            row.model,
            row.is_due,
            row.reason,
            row.inputs,
            row.done_at,
            row.outcome,
            row.id,
        )
        for row in session.scalars(query)
    ]


def due_retraining(session: Session, model: str) -> Retraining | None:
    """The newest decision to fit the model that nobody has followed, if there is one."""
    open_ones = (one for one in list_retrainings(session, model) if one.is_due)
    return next((one for one in open_ones if one.done_at is None), None)


def close_retrainings(session: Session, model: str, at: datetime, outcome: str) -> int:
    """How many decisions to fit the model were open; all of them are followed now."""
    found = session.execute(
        update(RetrainingRow)
        .where(RetrainingRow.model == model, RetrainingRow.is_due, RetrainingRow.done_at.is_(None))
        .values(done_at=at, outcome=outcome)
    )
    return int(found.rowcount)  # type: ignore[attr-defined]
