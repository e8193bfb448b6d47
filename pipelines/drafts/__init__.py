"""Planners' drafts: opened from a version, edited together, reviewed, published; every deed stored.

>>> desk = Desk(open_database(settings.database_url), utc_now)
>>> draft = open_draft(desk, author="kim")
>>> moved = apply_edit(desk, draft.meta.id, Move("R-1", "L2", 480), author="kim", revision=0)
>>> moved.verdict.cost["total"].change, moved.draft.meta.revision
"""

from pipelines.drafts.carrying import Carried, Left, carry_over
from pipelines.drafts.desk import Desk, Draft
from pipelines.drafts.editing import (
    Changed,
    apply_edit,
    compare,
    history,
    legal_lines,
    list_drafts,
    load_draft,
    open_draft,
    price_edit,
    redo,
    undo,
)
from pipelines.drafts.errors import (
    BaseSupersededError,
    DraftError,
    DraftStatusError,
    NothingToUndoError,
    StaleRevisionError,
)
from pipelines.drafts.notes import exception_handling, note_exception
from pipelines.drafts.review import (
    approve,
    discard,
    publish,
    reject,
    reviews,
    submit,
    withdraw,
)
from pipelines.drafts.tracked import Release, release
from pipelines.storage.repositories.drafts import DraftMeta, DraftStatus, Entry, Review
from pipelines.storage.repositories.notes import Handling, Note

__all__ = [
    "BaseSupersededError",
    "Carried",
    "Changed",
    "Desk",
    "Draft",
    "DraftError",
    "DraftMeta",
    "DraftStatus",
    "DraftStatusError",
    "Entry",
    "Handling",
    "Left",
    "Note",
    "NothingToUndoError",
    "Release",
    "Review",
    "StaleRevisionError",
    "apply_edit",
    "approve",
    "carry_over",
    "compare",
    "discard",
    "exception_handling",
    "history",
    "legal_lines",
    "list_drafts",
    "load_draft",
    "note_exception",
    "open_draft",
    "price_edit",
    "publish",
    "redo",
    "reject",
    "release",
    "reviews",
    "submit",
    "undo",
    "withdraw",
]
