"""The tables of planners' work: drafts, their edits, their reviews, and notes on exceptions.

A draft's schedule is its version's, with every edit of its journal applied in turn. The journal only
grows: taking an edit back is an entry of its own. Triggers refuse to change or delete an entry.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.storage.base import Base
from pipelines.storage.fact_tables import SERIAL


class DraftRow(Base):
    """A planner's draft of the next version; `revision` counts the entries of its journal."""

    __tablename__ = "drafts"
    __table_args__ = (
        CheckConstraint(
            "status IN ('open', 'submitted', 'approved', 'rejected', 'published', 'discarded')",
            name="status",
        ),
        CheckConstraint("revision >= 0", name="revision"),
        CheckConstraint(
            "(status = 'published') = (published_version IS NOT NULL)", name="published_version"
        ),
        Index(None, "plant_name", "status"),
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("versions.number"))
    plant_name: Mapped[str]
    title: Mapped[str]
    author: Mapped[str]
    status: Mapped[str]
    revision: Mapped[int]
    weights: Mapped[dict[str, Any]]
    zones: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_version: Mapped[int | None] = mapped_column(ForeignKey("versions.number"))


class DraftEditRow(Base):
    """An entry of a draft's journal: what led from the revision before to this one.

    `edit` is what the planner asked for; `patch` the same with every run as it became, `inverse` with
    every run as it was before (documents of plant.io.edits). An undo or redo names in `of` the entry
    that it takes back or does again. `verdict` is what the referee said of it.
    """

    __tablename__ = "draft_edits"
    __table_args__ = (
        CheckConstraint("kind IN ('edit', 'undo', 'redo')", name="kind"),
        CheckConstraint("(kind = 'edit') = (of IS NULL)", name="of"),
        CheckConstraint("revision >= 1", name="revision"),
        Index(None, "at"),
    )

    draft: Mapped[int] = mapped_column(SERIAL, ForeignKey("drafts.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    of: Mapped[int | None]
    author: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str]
    edit: Mapped[dict[str, Any]]
    patch: Mapped[dict[str, Any]]
    inverse: Mapped[dict[str, Any]]
    cost_before: Mapped[float]
    cost_after: Mapped[float]
    feasible: Mapped[bool]
    verdict: Mapped[dict[str, Any]]


class DraftReviewRow(Base):
    """A step of a draft's review, taken at a revision."""

    __tablename__ = "draft_reviews"
    __table_args__ = (
        CheckConstraint(
            "action IN ('submit', 'withdraw', 'approve', 'reject', 'publish', 'discard')",
            name="action",
        ),
        Index(None, "draft"),
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    draft: Mapped[int] = mapped_column(SERIAL, ForeignKey("drafts.id"))
    revision: Mapped[int]
    action: Mapped[str]
    author: Mapped[str]
    at: Mapped[datetime]
    comment: Mapped[str]


class ExceptionNoteRow(Base):
    """What a planner notes on an exception of a plant; `key` is the exception's id.

    Notes only grow, so that of two planners at once neither is lost. The owner and the snooze that
    hold are those of the newest note that says something of them: '' takes the owner off, an
    instant that has passed ends a snooze.
    """

    __tablename__ = "exception_notes"
    __table_args__ = (Index(None, "plant_name", "key"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    plant_name: Mapped[str]
    key: Mapped[str]
    author: Mapped[str]
    at: Mapped[datetime]
    comment: Mapped[str]
    owner: Mapped[str | None]
    snoozed_until: Mapped[datetime | None]
