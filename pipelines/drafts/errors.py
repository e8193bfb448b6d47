"""Why a draft refuses something, one small tree.

DraftError
├── StaleRevisionError    others changed the draft meanwhile; `since` says what they did
├── DraftStatusError      the draft is not in a status in which this can be done
├── NothingToUndoError    there is nothing to take back, or nothing to do again
└── BaseSupersededError   another version was published since the draft was opened
"""

from __future__ import annotations

from pipelines.storage.repositories.drafts import DraftMeta, Entry
from plant.io.edits import edit_kind


class DraftError(RuntimeError):
    """A draft refuses something; nothing was stored. `draft` is its id."""

    def __init__(self, draft: int, says: str) -> None:
        self.draft = draft
        super().__init__(f"draft {draft}: {says}")


class StaleRevisionError(DraftError):
    """The draft is at another revision than expected; `since` holds the entries in between."""

    def __init__(self, meta: DraftMeta, expected: int, since: tuple[Entry, ...]) -> None:
        self.expected, self.found, self.since = expected, meta.revision, since
        did = ", ".join(f"{one.author} {told(one)}" for one in since) or "nothing, it was ahead"
        super().__init__(
            meta.id,
            f"expected at revision {expected}, found at {meta.revision}: meanwhile {did}; "
            "load it again and repeat what is still wanted",
        )


class DraftStatusError(DraftError):
    """The draft is not in a status in which this can be done."""

    def __init__(self, meta: DraftMeta, what: str, expected: tuple[str, ...]) -> None:
        self.what, self.expected, self.found = what, expected, meta.status
        super().__init__(
            meta.id, f"to {what} it expected status {' or '.join(expected)}, found {meta.status}"
        )


class NothingToUndoError(DraftError):
    """There is no edit to take back, or none to do again."""


class BaseSupersededError(DraftError):
    """Another version than the draft's was published meanwhile; `published` is its number."""

    def __init__(self, meta: DraftMeta, published: int | None) -> None:
        self.version, self.published = meta.version, published
        super().__init__(
            meta.id,
            f"it changes version {meta.version}, but version {published} is published now; "
            f"carry it over to version {published}",
        )


def told(entry: Entry) -> str:
    """An entry in a few words: `move R-1 (revision 6)`."""
    runs = [run.id for run in entry.patch.put] + list(entry.patch.remove)
    named = " ".join(runs[:3]) + (f" and {len(runs) - 3} more" if len(runs) > 3 else "")
    did = edit_kind(entry.edit) if entry.kind == "edit" else f"{entry.kind} {entry.of}"
    return f"{did} {named} (revision {entry.revision})"
