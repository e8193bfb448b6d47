"""Drafts reviewed and published: submitted, approved or rejected, and made the next version.

open ─submit▶ submitted ─approve▶ approved ─publish▶ published
  ▲───withdraw──┴─────────┴ │ └─reject▶ rejected ─(next edit)▶ open      any but published ─discard▶ discarded
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from pipelines.drafts.desk import Desk
from pipelines.drafts.editing import checked, tell
from pipelines.drafts.errors import BaseSupersededError
from pipelines.storage import reading, writing
from pipelines.storage.repositories import (
    NotFeasibleError,
    Publication,
    latest_published,
    list_versions,
    publish_version,
)
from pipelines.storage.repositories.drafts import (
    DraftMeta,
    DraftStatus,
    Review,
    ReviewAction,
    add_review,
    change_draft,
    find_draft,
    list_reviews,
)
from pipelines.storage.repositories.versions import lock_versions

STEPS: dict[ReviewAction, tuple[tuple[DraftStatus, ...], DraftStatus]] = {
    "submit": (("open", "rejected"), "submitted"),
    "withdraw": (("submitted", "approved", "rejected"), "open"),
    "approve": (("submitted",), "approved"),
    "reject": (("submitted", "approved"), "rejected"),
    "discard": (("open", "submitted", "approved", "rejected"), "discarded"),
}
METHOD = "edited"  # how a version says that planners made it


def submit(desk: Desk, draft: int, *, author: str, revision: int, comment: str = "") -> DraftMeta:
    """The draft's head, submitted for review: nothing is edited until it is withdrawn or rejected.

    Raises
    ------
    StaleRevisionError, DraftStatusError, NotStoredError
        Where the draft has changed, is not in a status that this starts from, or is not there.
    """
    return _step(desk, draft, "submit", author, revision, comment)


def withdraw(desk: Desk, draft: int, *, author: str, revision: int, comment: str = "") -> DraftMeta:
    """The draft's head, open for edits again. Raises as `submit` does."""
    return _step(desk, draft, "withdraw", author, revision, comment)


def approve(desk: Desk, draft: int, *, author: str, revision: int, comment: str = "") -> DraftMeta:
    """The draft's head, approved. Raises as `submit` does, and NotFeasibleError where it breaks a rule."""
    _refuse_infeasible(desk, draft)
    return _step(desk, draft, "approve", author, revision, comment)


def reject(desk: Desk, draft: int, *, author: str, revision: int, comment: str = "") -> DraftMeta:
    """The draft's head, rejected; its next edit opens it again. Raises as `submit` does."""
    return _step(desk, draft, "reject", author, revision, comment)


def discard(desk: Desk, draft: int, *, author: str, revision: int, comment: str = "") -> DraftMeta:
    """The draft's head, given up for good; its edits stay to be read. Raises as `submit` does."""
    return _step(desk, draft, "discard", author, revision, comment)


def reviews(desk: Desk, draft: int) -> list[Review]:
    """The steps of a draft's review, oldest first; NotStoredError where there is no draft."""
    with reading(desk.engine) as session:
        find_draft(session, draft)
        return list_reviews(session, draft)


def publish(
    desk: Desk,
    draft: int,
    *,
    author: str,
    revision: int,
    comment: str = "",
    mlflow_run_id: str | None = None,
) -> int:
    """The number of the version that the approved draft became, in one transaction.

    Raises
    ------
    BaseSupersededError
        Where another version was published since the draft was opened; `carry_over` goes on from there.
    NotFeasibleError
        Where the draft breaks a rule; names the first.
    StaleRevisionError, DraftStatusError, NotStoredError
        As `submit`.
    """
    found = desk.load(draft)
    now = desk.clock()
    publication = Publication(
        plant=found.plant,
        schedule=found.schedule,
        evaluation=found.evaluation,
        method=METHOD,
        plant_name=found.meta.plant_name,
        weights=found.meta.weights,
        zones=found.meta.zones,
        base=found.meta.version,
        mlflow_run_id=mlflow_run_id,
        author=author,
        note=comment or found.meta.title,
    )
    with writing(desk.engine) as session:
        meta = checked(session, draft, revision, "publish", "approved")
        lock_versions(session)
        _refuse_superseded(session, meta)
        number = publish_version(session, publication, now)
        after = replace(meta, status="published", changed_at=now, published_version=number)
        change_draft(
            session, meta, status="published", published_version=number, changed_at=now
        )  # fmt: skip
        add_review(session, Review(draft, revision, "publish", author, now, comment))
        tell(session, after, "draft.status", author)
    return number


def _step(
    desk: Desk, draft: int, action: ReviewAction, author: str, revision: int, comment: str
) -> DraftMeta:
    expected, status = STEPS[action]
    now = desk.clock()
    with writing(desk.engine) as session:
        meta = checked(session, draft, revision, action, *expected)
        after = replace(meta, status=status, changed_at=now)
        change_draft(session, meta, status=status, changed_at=now)
        add_review(session, Review(draft, revision, action, author, now, comment))
        tell(session, after, "draft.status", author)
    return after


def _refuse_superseded(session: Session, meta: DraftMeta) -> None:
    """Raise where something else is published than what the draft changes.

    A draft of a recommendation, a version that was never published, follows what that one follows.
    """
    newest = latest_published(session, meta.plant_name)
    published = None if newest is None else newest.number
    changes = list_versions(session, before=meta.version + 1, limit=1)[0]
    if published != (changes.base if changes.status == "draft" else changes.number):
        raise BaseSupersededError(meta, published)


def _refuse_infeasible(desk: Desk, draft: int) -> None:
    broken = desk.load(draft).evaluation.violations
    if broken:
        raise NotFeasibleError(
            f"draft {draft}: only a feasible draft is approved; this one breaks {len(broken)} rules, "
            f"first: {broken[0].message}"
        )
