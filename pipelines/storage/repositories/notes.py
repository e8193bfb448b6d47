"""Notes on exceptions: owner, comment and snooze; they only grow, so that none is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.storage.tables import ExceptionNoteRow


@dataclass(frozen=True, slots=True)
class Note:
    """What someone noted on an exception (`key` is the exception's id) of a plant.

    `owner` None leaves the owner as it is, "" takes it off; `snoozed_until` None leaves the snooze, an
    instant that has passed ends it.
    """

    plant_name: str
    key: str
    author: str
    at: datetime
    comment: str = ""
    owner: str | None = None
    snoozed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Handling:
    """How an exception is handled now: whose it is, until when it is snoozed, and all notes on it."""

    key: str
    owner: str | None
    snoozed_until: datetime | None
    notes: tuple[Note, ...]

    def is_snoozed(self, now: datetime) -> bool:
        """Whether it is not to be shown at this instant."""
        return self.snoozed_until is not None and now < self.snoozed_until


def add_note(session: Session, note: Note) -> None:
    """Add a note."""
    session.add(ExceptionNoteRow(**{name: getattr(note, name) for name in Note.__slots__}))
    session.flush()


def list_handling(
    session: Session, plant_name: str, keys: Iterable[str] | None = None
) -> dict[str, Handling]:
    """How each exception of a plant that has notes is handled, by its key; of some keys where given."""
    query = select(ExceptionNoteRow).where(ExceptionNoteRow.plant_name == plant_name)
    if keys is not None:
        query = query.where(ExceptionNoteRow.key.in_(list(keys)))
    notes: dict[str, list[Note]] = {}
    for row in session.scalars(query.order_by(ExceptionNoteRow.id)):
        note = Note(**{name: getattr(row, name) for name in Note.__slots__})
        notes.setdefault(note.key, []).append(note)
    return {key: _handling(key, of_key) for key, of_key in notes.items()}


def _handling(key: str, notes: list[Note]) -> Handling:
    owners = [note.owner for note in notes if note.owner is not None]
    snoozes = [note.snoozed_until for note in notes if note.snoozed_until is not None]
    return Handling(
        key,
        (owners[-1] or None) if owners else None,
        snoozes[-1] if snoozes else None,
        tuple(notes),
    )
