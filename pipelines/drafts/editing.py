"""Drafts opened and edited: every deed priced by the referee and stored whole, at an expected revision.

The work is done before the transaction, which only checks that the draft is still what it was worked
out for, and writes. So writers wait for each other for milliseconds, and of two at once one is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from pipelines.drafts.desk import Desk, Draft, advanced
from pipelines.drafts.errors import DraftStatusError, NothingToUndoError, StaleRevisionError
from pipelines.storage import reading, writing
from pipelines.storage.repositories import NotStoredError, latest_published
from pipelines.storage.repositories.drafts import (
    DraftMeta,
    DraftStatus,
    Entry,
    EntryKind,
    add_draft,
    add_entry,
    change_draft,
    find_draft,
    find_entry,
    list_entries,
)
from pipelines.storage.repositories.drafts import list_drafts as _list_drafts
from pipelines.storage.repositories.notices import NoticeKind, add_notice
from plant import Weights, Zones
from plant.diff import Difference, diff
from plant.edits import Applied, Edit, apply
from plant.io.verdicts import verdict_to_document
from plant.legal_lines import Place
from plant.legal_lines import legal_lines as _legal_lines
from plant.verdict import Verdict, verdict

EDITABLE: tuple[DraftStatus, ...] = ("open", "rejected")


@dataclass(frozen=True, slots=True)
class Changed:
    """What came of an edit: the draft as it is now, the entry in its journal, and the verdict."""

    draft: Draft
    entry: Entry
    verdict: Verdict


def open_draft(
    desk: Desk,
    version: int | None = None,
    *,
    author: str,
    title: str = "",
    plant_name: str | None = None,
) -> Draft:
    """A new draft of a version: of the one published now (of the plant, where named) if None.

    Raises
    ------
    NotStoredError
        Where there is no such version, or nothing is published yet.
    """
    with reading(desk.engine) as session:
        if version is None:
            newest = latest_published(session, plant_name)
            if newest is None:
                raise NotStoredError("no version is published yet; publish one, then open a draft")
            version = newest.number
        meta = desk.version(session, version).meta
    now = desk.clock()
    draft = DraftMeta(
        id=0,
        version=version,
        plant_name=meta.plant_name,
        title=title,
        author=author,
        status="open",
        revision=0,
        weights=Weights(**meta.weights),
        zones=Zones(**meta.zones),
        created_at=now,
        changed_at=now,
        published_version=None,
    )
    with writing(desk.engine) as session:
        id = add_draft(session, draft)
        tell(session, replace(draft, id=id), "draft.status")
    return desk.load(id)


def load_draft(desk: Desk, draft: int) -> Draft:
    """The draft as it is now; NotStoredError where there is none of that id."""
    return desk.load(draft)


def list_drafts(
    desk: Desk, plant_name: str | None = None, status: DraftStatus | None = None
) -> list[DraftMeta]:
    """The heads of the drafts, the last changed first."""
    with reading(desk.engine) as session:
        return _list_drafts(session, plant_name, status)


def price_edit(desk: Desk, draft: int, edit: Edit) -> Verdict:
    """The verdict on an edit that is not done, as while dragging; nothing is stored.

    Raises
    ------
    NotStoredError, plant.EditError
        Where there is no such draft, or the edit cannot be done.
    """
    found = desk.load(draft)
    done = apply(found.plant, found.schedule, edit)
    return _outcome(desk, found, _entry(desk, found, edit, done, author="")).verdict


def legal_lines(
    desk: Desk, draft: int, run: str, start: int | None = None
) -> tuple[Place, ...]:  # fmt: skip
    """The lines that can make a run of the draft, and what dropping it there at a start would break."""
    found = desk.load(draft)
    meta = found.meta
    return _legal_lines(
        found.plant, found.schedule, run, start, found.base, meta.zones, found.evaluation
    )


def apply_edit(
    desk: Desk, draft: int, edit: Edit, *, author: str, revision: int, reason: str = ""
) -> Changed:
    """The draft after an edit, which is stored with who did it, when, why, before and after.

    A broken rule is no reason to refuse it: the verdict names it, and publishing will.

    Raises
    ------
    StaleRevisionError
        Where the draft is at another revision; it says who did what meanwhile.
    DraftStatusError
        Where the draft is under review, published or discarded.
    NotStoredError, plant.EditError
        Where there is no such draft, or the edit cannot be done.
    """
    found = _expected(desk, draft, revision)
    done = apply(found.plant, found.schedule, edit)
    return _store(desk, found, _entry(desk, found, edit, done, author=author, reason=reason))


def undo(desk: Desk, draft: int, *, author: str, revision: int, reason: str = "") -> Changed:
    """The draft with its last edit taken back, as an entry of its own; as often as there are edits.

    Raises
    ------
    NothingToUndoError
        Where every edit is taken back already.
    StaleRevisionError, DraftStatusError, NotStoredError
        As `apply_edit`.
    """
    found = _expected(desk, draft, revision)
    if not found.undoable:
        raise NothingToUndoError(draft, "every edit is taken back already")
    return _again(desk, found, "undo", found.undoable[-1], author, reason)


def redo(desk: Desk, draft: int, *, author: str, revision: int, reason: str = "") -> Changed:
    """The draft with the edit done again that was taken back last. Raises as `undo` does."""
    found = _expected(desk, draft, revision)
    if not found.redoable:
        raise NothingToUndoError(draft, "no edit is taken back that could be done again")
    return _again(desk, found, "redo", found.redoable[-1], author, reason)


def history(desk: Desk, draft: int, after: int = 0) -> list[Entry]:
    """The entries of a draft's journal after a revision; NotStoredError where there is no draft."""
    with reading(desk.engine) as session:
        find_draft(session, draft)
        return list_entries(session, draft, after)


def compare(desk: Desk, draft: int) -> Difference:
    """What the draft changes in the version that it was opened from."""
    found = desk.load(draft)
    return diff(found.plant, found.published, found.schedule, found.meta.weights)


def checked(session: Session, draft: int, revision: int, what: str, *statuses: str) -> DraftMeta:
    """The draft's head, kept from other writers, at the expected revision and in one of the statuses."""
    meta = find_draft(session, draft, for_update=True)
    if meta.revision != revision:
        raise StaleRevisionError(meta, revision, tuple(list_entries(session, draft, revision)))
    if meta.status not in statuses:
        raise DraftStatusError(meta, what, statuses)
    return meta


def tell(session: Session, meta: DraftMeta, kind: NoticeKind, author: str | None = None) -> None:
    """Tell browsers of the draft, once the transaction is committed."""
    data = {
        "revision": meta.revision,
        "status": meta.status,
        "version": meta.version,
        "author": author or meta.author,
        "published_version": meta.published_version,
    }
    add_notice(session, kind, str(meta.id), data, meta.changed_at)


def _expected(desk: Desk, draft: int, revision: int) -> Draft:
    """The draft at the expected revision; cheaper to find out before the work than after."""
    found = desk.load(draft)
    if found.meta.revision != revision:
        with reading(desk.engine) as session:
            since = tuple(list_entries(session, draft, revision))
        raise StaleRevisionError(found.meta, revision, since)
    if found.meta.status not in EDITABLE:
        raise DraftStatusError(found.meta, "edit", EDITABLE)
    return found


def _entry(
    desk: Desk,
    draft: Draft,
    edit: Edit,
    done: Applied,
    *,
    author: str,
    reason: str = "",
    kind: EntryKind = "edit",
    of: int | None = None,
) -> Entry:
    """The entry of an edit, not yet judged; its patch is what restores the schedule after it."""
    patch = apply(draft.plant, done.schedule, done.inverse).inverse
    revision = draft.meta.revision + 1
    money = draft.evaluation.cost.total
    return Entry(
        draft.meta.id, revision, kind, of, author, desk.clock(), reason,
        edit, patch, done.inverse, money, money, draft.evaluation.feasible, {},
    )  # fmt: skip


def _again(
    desk: Desk, found: Draft, kind: EntryKind, of: int, author: str, reason: str
) -> Changed:  # fmt: skip
    with reading(desk.engine) as session:
        target = find_entry(session, found.meta.id, of)
    patch = target.inverse if kind == "undo" else target.patch
    done = apply(found.plant, found.schedule, patch)
    entry = _entry(
        desk, found, patch, done, author=author, reason=reason, kind=kind, of=of
    )  # fmt: skip
    return _store(desk, found, replace(entry, edit=target.edit))


def _outcome(desk: Desk, found: Draft, entry: Entry) -> Changed:
    """The draft after the entry, and the entry with the verdict on it."""
    meta = replace(found.meta, revision=entry.revision, changed_at=entry.at, status="open")
    after = advanced(found, [entry], meta)
    says = verdict(found.evaluation, after.evaluation, found.schedule, after.schedule)
    document = verdict_to_document(says)
    del document["runs"], document["breaches"]  # in patch and inverse; in new and those before
    judged = replace(
        entry,
        cost_after=after.evaluation.cost.total,
        feasible=after.evaluation.feasible,
        verdict=document,
    )
    return Changed(after, judged, says)


def _store(desk: Desk, found: Draft, entry: Entry) -> Changed:
    changed = _outcome(desk, found, entry)
    meta = changed.draft.meta
    with writing(desk.engine) as session:
        checked(session, meta.id, found.meta.revision, "edit", *EDITABLE)
        add_entry(session, changed.entry)
        change_draft(session, meta, revision=meta.revision, status="open", changed_at=entry.at)
        tell(session, meta, "draft.changed", entry.author)
    desk.keep(changed.draft)
    return changed
