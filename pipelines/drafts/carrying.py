"""A draft carried over to the version that is published now, edit by edit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipelines.drafts.desk import Desk, Draft
from pipelines.drafts.editing import apply_edit, open_draft
from pipelines.storage import reading
from pipelines.storage.repositories.drafts import Entry, list_entries
from plant import EditError, RecordError
from plant.edits import Add, Edit, Group, Move, Replace, Single

SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Left:
    """An edit that could not be done in the other version, and why."""

    entry: Entry
    why: str


@dataclass(frozen=True, slots=True)
class Carried:
    """The new draft, and the edits of the old one that it does not hold."""

    draft: Draft
    left: tuple[Left, ...]


def carry_over(desk: Desk, draft: int, *, author: str) -> Carried:
    """A new draft of the version published now, with the edits of another draft that still can be done.

    Each keeps its reason, in the minutes of the new version's plant; one that is undone in the old
    draft is not carried. The old draft stays as it is. An edit that breaks a rule there is carried, and
    its verdict names the breach.

    Raises
    ------
    NotStoredError
        Where there is no such draft.
    """
    old = desk.load(draft)
    with reading(desk.engine) as session:
        entries = [
            entry for entry in list_entries(session, draft) if entry.revision in old.undoable
        ]  # fmt: skip
    new = open_draft(desk, author=author, title=old.meta.title, plant_name=old.meta.plant_name)
    later = (new.plant.starts_at - old.plant.starts_at).total_seconds() / SECONDS_PER_MINUTE
    left = []
    for entry in entries:
        try:
            new = apply_edit(
                desk, new.meta.id, shifted(_named(entry), int(later)), author=entry.author,
                revision=new.meta.revision, reason=entry.reason,
            ).draft  # fmt: skip
        except (EditError, RecordError) as error:
            left.append(Left(entry, str(error)))
    return Carried(new, tuple(left))


def _named(entry: Entry) -> Edit:
    """The edit with the id that a new run was given, so that later edits find it."""
    if isinstance(entry.edit, Add) and entry.edit.run is None:
        return replace(entry.edit, run=entry.patch.put[0].id)
    return entry.edit


def shifted(edit: Edit, later: int) -> Edit:
    """The edit in the minutes of a plant that starts so much later.

    Raises
    ------
    RecordError
        Where a run of it would start before that plant does.
    """
    if isinstance(edit, Group):
        return Group(tuple(_shifted(one, later) for one in edit.edits))
    return _shifted(edit, later)


def _shifted(edit: Single, later: int) -> Single:
    if isinstance(edit, Move | Add):
        return replace(edit, start=edit.start - later)
    if isinstance(edit, Replace):
        moved = (replace(run, start=run.start - later, end=run.end - later) for run in edit.put)
        return replace(edit, put=tuple(moved), positions=())
    return edit
