"""Drafts: opened from a version, edited, judged while dragging, reviewed and published.

Whoever changes a draft says at which revision it was seen; where it has moved on since, nothing is
done and the answer (409, `stale`) says what others did.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from pipelines import drafts
from pipelines.drafts import DraftMeta, DraftStatus, Release, Review
from pipelines.views import drafts as views
from plant.io.documents import LATEST
from plant.io.edits import EditDocument
from service.dependencies import MOST_NUMBER, NameQuery, Number, Planner, StateDep, Viewer
from service.problems import told

router = APIRouter(prefix="/api/drafts", tags=["drafts"])
READ = told(401, 404, 422)
WRITE = told(401, 403, 404, 409, 422)
Words = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
Revision = Annotated[int, Field(ge=0, le=MOST_NUMBER)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class NewDraft(_Body):
    """A draft to be opened."""

    version: Annotated[int, Field(ge=1, le=MOST_NUMBER)] | None = None
    """The version to change; the published one where it is left out."""
    title: Words = ""


class Trial(_Body):
    """An edit that is only judged."""

    edit: EditDocument


class EditRequest(_Body):
    """An edit to be done."""

    revision: Revision
    """Where the draft stood when the edit was thought of."""
    edit: EditDocument
    reason: Words = ""


class UndoRequest(_Body):
    """The last edit is taken back, or done again."""

    revision: Revision
    reason: Words = ""


class ReviewRequest(_Body):
    """A step of a draft's review."""

    revision: Revision
    comment: Words = ""


@router.get("", responses=told(401, 422))
def list_drafts(
    state: StateDep, _user: Viewer, status: DraftStatus | None = None
) -> list[DraftMeta]:
    """The drafts, the last changed first."""
    return drafts.list_drafts(state.desk, status=status)


@router.post("", status_code=201, responses=told(401, 403, 404, 422))
def open_draft(state: StateDep, user: Planner, asked: NewDraft) -> views.DraftView:
    """Open a draft of a version."""
    made = drafts.open_draft(state.desk, asked.version, author=user.name, title=asked.title)
    return views.draft_view(made)


@router.get("/{number}", responses=READ)
def get_draft(state: StateDep, _user: Viewer, number: Number) -> views.DraftView:
    """How a draft stands."""
    return views.draft_view(drafts.load_draft(state.desk, number))


@router.get("/{number}/changes", responses=READ)
def get_draft_changes(state: StateDep, _user: Viewer, number: Number) -> views.Changes:
    """What a draft changes in its version."""
    return views.changes_view(drafts.compare(state.desk, number))


@router.get("/{number}/history", responses=READ)
def get_draft_history(
    state: StateDep,
    _user: Viewer,
    number: Number,
    after: Annotated[int, Query(ge=0, le=MOST_NUMBER)] = 0,
) -> list[views.EntryView]:
    """Who did what to a draft, oldest first."""
    return [views.entry_view(one) for one in drafts.history(state.desk, number, after)]


@router.get("/{number}/reviews", responses=READ)
def get_draft_reviews(state: StateDep, _user: Viewer, number: Number) -> list[Review]:
    """The steps of a draft's review, oldest first."""
    return drafts.reviews(state.desk, number)


@router.get("/{number}/places", responses=READ)
def get_draft_places(
    state: StateDep,
    _user: Viewer,
    number: Number,
    run: NameQuery,
    start: Annotated[int | None, Query(ge=0, le=LATEST)] = None,
) -> list[views.PlaceView]:
    """The lines that can make a run, and what dropping it there would break."""
    return [views.place_view(one) for one in drafts.legal_lines(state.desk, number, run, start)]


@router.post("/{number}/preview", responses=told(401, 403, 404, 422))
def preview_edit(
    state: StateDep, _user: Planner, number: Number, asked: Trial
) -> views.VerdictView:
    """The verdict on an edit that is not done, as while dragging; nothing is stored."""
    return views.verdict_view(drafts.price_edit(state.desk, number, asked.edit.record))


@router.post("/{number}/edits", responses=WRITE)
def edit_draft(
    state: StateDep, user: Planner, number: Number, asked: EditRequest
) -> views.ChangedView:
    """Edit a draft; a broken rule is no reason to refuse it, the verdict names it."""
    changed = drafts.apply_edit(
        state.desk,
        number,
        asked.edit.record,
        author=user.name,
        revision=asked.revision,
        reason=asked.reason,
    )
    return views.changed_view(changed)


@router.post("/{number}/undo", responses=WRITE)
def undo_edit(
    state: StateDep, user: Planner, number: Number, asked: UndoRequest
) -> views.ChangedView:
    """Take the last edit back, as often as there are edits."""
    changed = drafts.undo(
        state.desk, number, author=user.name, revision=asked.revision, reason=asked.reason
    )
    return views.changed_view(changed)


@router.post("/{number}/redo", responses=WRITE)
def redo_edit(
    state: StateDep, user: Planner, number: Number, asked: UndoRequest
) -> views.ChangedView:
    """Do the edit again that was taken back last."""
    changed = drafts.redo(
        state.desk, number, author=user.name, revision=asked.revision, reason=asked.reason
    )
    return views.changed_view(changed)


@router.post("/{number}/review/{action}", responses=WRITE)
def review_draft(
    state: StateDep,
    user: Planner,
    number: Number,
    action: Literal["submit", "withdraw", "approve", "reject", "discard"],
    asked: ReviewRequest,
) -> DraftMeta:
    """Submit a draft, withdraw it, approve or reject it, or give it up."""
    steps = {
        "submit": drafts.submit,
        "withdraw": drafts.withdraw,
        "approve": drafts.approve,
        "reject": drafts.reject,
        "discard": drafts.discard,
    }
    return steps[action](
        state.desk, number, author=user.name, revision=asked.revision, comment=asked.comment
    )


@router.post("/{number}/publish", responses=WRITE)
def publish_draft(state: StateDep, user: Planner, number: Number, asked: ReviewRequest) -> Release:
    """Publish an approved draft as the next version; its artefacts go to MLflow where one is set."""
    return drafts.release(
        state.context,
        state.desk,
        number,
        author=user.name,
        revision=asked.revision,
        comment=asked.comment,
    )


@router.post("/{number}/carry", status_code=201, responses=told(401, 403, 404, 422))
def carry_draft(state: StateDep, user: Planner, number: Number) -> views.CarriedView:
    """A draft of the version published now, with what of this draft's edits can be done there."""
    return views.carried_view(drafts.carry_over(state.desk, number, author=user.name))
