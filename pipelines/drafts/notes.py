"""What planners note on exceptions: whose one is, a comment, until when it is snoozed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipelines.drafts.desk import Desk
from pipelines.storage import reading, writing
from pipelines.storage.repositories.notes import Handling, Note, add_note, list_handling


def note_exception(
    desk: Desk,
    plant_name: str,
    key: str,
    *,
    author: str,
    comment: str = "",
    owner: str | None = None,
    snoozed_until: datetime | None = None,
) -> Handling:
    """How the exception is handled after this note.

    `owner` None leaves the owner, "" takes it off; `snoozed_until` None leaves the snooze, an instant
    that has passed ends it.
    """
    note = Note(plant_name, key, author, desk.clock(), comment, owner, snoozed_until)
    with writing(desk.engine) as session:
        add_note(session, note)
        return list_handling(session, plant_name, [key])[key]


def exception_handling(
    desk: Desk, plant_name: str, keys: Iterable[str] | None = None
) -> dict[str, Handling]:
    """How the exceptions of a plant that have notes are handled, by key; of some keys where given."""
    with reading(desk.engine) as session:
        return list_handling(session, plant_name, keys)
