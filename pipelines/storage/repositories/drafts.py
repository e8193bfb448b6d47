"""Drafts as rows: the head of each, its journal of edits and its reviews, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from pipelines.storage.repositories.sync import NotStoredError
from pipelines.storage.tables import DraftEditRow, DraftReviewRow, DraftRow
from plant import Weights, Zones
from plant.edits import Edit, Replace
from plant.io.edits import edit_from_document, edit_to_document

DraftStatus = Literal["open", "submitted", "approved", "rejected", "published", "discarded"]
EntryKind = Literal["edit", "undo", "redo"]
ReviewAction = Literal["submit", "withdraw", "approve", "reject", "publish", "discard"]


@dataclass(frozen=True, slots=True)
class DraftMeta:
    """What a list of drafts shows of one.

    `version` is the version that the draft changes, `revision` how many entries its journal has,
    `published_version` the version that came of it.
    """

    id: int
    version: int
    plant_name: str
    title: str
    author: str
    status: DraftStatus
    revision: int
    weights: Weights
    zones: Zones
    created_at: datetime
    changed_at: datetime
    published_version: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What led to a revision: who did what, when, why, every run before and after, and the verdict.

    `patch` holds the runs as they became, `inverse` as they were before. An undo or redo names in `of`
    the entry that it takes back or does again. `verdict` is that of `plant.verdict` as a document.
    """

    draft: int
    revision: int
    kind: EntryKind
    of: int | None
    author: str
    at: datetime
    reason: str
    edit: Edit
    patch: Replace
    inverse: Replace
    cost_before: float
    cost_after: float
    feasible: bool
    verdict: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Review:
    """A step of a draft's review, taken at a revision."""

    draft: int
    revision: int
    action: ReviewAction
    author: str
    at: datetime
    comment: str


def add_draft(session: Session, draft: DraftMeta) -> int:
    """The id that the new draft got; `draft.id` says nothing yet."""
    values = {name: getattr(draft, name) for name in DraftMeta.__slots__ if name != "id"}
    row = DraftRow(**values | {"weights": asdict(draft.weights), "zones": asdict(draft.zones)})
    session.add(row)
    session.flush()
    return row.id


def find_draft(session: Session, draft: int, for_update: bool = False) -> DraftMeta:
    """The draft's head, kept from other writers until the transaction ends where it is for update.

    Raises
    ------
    NotStoredError
        Where there is none of that id.
    """
    query = select(DraftRow).where(DraftRow.id == draft)
    row = session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise NotStoredError(f"draft {draft} is not stored")
    return _meta(row)


def list_drafts(
    session: Session, plant_name: str | None = None, status: DraftStatus | None = None
) -> list[DraftMeta]:
    """The drafts, the last changed first; of one plant or in one status where that is named."""
    query = select(DraftRow).order_by(DraftRow.changed_at.desc(), DraftRow.id.desc())
    if plant_name is not None:
        query = query.where(DraftRow.plant_name == plant_name)
    if status is not None:
        query = query.where(DraftRow.status == status)
    return [_meta(row) for row in session.scalars(query)]


def change_draft(session: Session, draft: DraftMeta, **values: Any) -> None:
    """Write values to the head of a draft that was found for update."""
    session.execute(update(DraftRow).where(DraftRow.id == draft.id).values(**values))


def add_entry(session: Session, entry: Entry) -> None:
    """Add an entry to its draft's journal."""
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    for name in ("edit", "patch", "inverse"):
        values[name] = edit_to_document(values[name])
    values["verdict"] = dict(entry.verdict)
    session.execute(insert(DraftEditRow).values(**values))


def list_entries(
    session: Session, draft: int, after: int = 0, until: int | None = None
) -> list[Entry]:
    """A draft's entries after one revision, up to another or the last."""
    query = select(DraftEditRow).where(DraftEditRow.draft == draft, DraftEditRow.revision > after)
    if until is not None:
        query = query.where(DraftEditRow.revision <= until)
    return [_entry(row) for row in session.scalars(query.order_by(DraftEditRow.revision))]


def find_entry(session: Session, draft: int, revision: int) -> Entry:
    """The entry that led to a revision; NotStoredError where there is none."""
    row = session.get(DraftEditRow, (draft, revision))
    if row is None:
        raise NotStoredError(f"draft {draft}: revision {revision} is not stored")
    return _entry(row)


def add_review(session: Session, review: Review) -> None:
    """Add a step to the draft's review."""
    session.add(DraftReviewRow(**asdict(review)))
    session.flush()


def list_reviews(session: Session, draft: int) -> list[Review]:
    """The steps of a draft's review, oldest first."""
    query = select(DraftReviewRow).where(DraftReviewRow.draft == draft).order_by(DraftReviewRow.id)
    return [
        Review(
            row.draft, row.revision, cast("Any", row.action), row.author, row.at, row.comment
        )
        for row in session.scalars(query)
    ]  # fmt: skip


def _meta(row: DraftRow) -> DraftMeta:
    values = {name: getattr(row, name) for name in DraftMeta.__slots__}
    return DraftMeta(**values | {"weights": Weights(**row.weights), "zones": Zones(**row.zones)})


def _entry(row: DraftEditRow) -> Entry:
    values = {name: getattr(row, name) for name in Entry.__slots__}
    for name in ("edit", "patch", "inverse"):
        values[name] = edit_from_document(values[name], f"draft {row.draft}, {row.revision}")
    return Entry(**values)
