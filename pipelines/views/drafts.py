"""Drafts as they are shown: how one stands, what was done to it, and the verdict on a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import TypeAdapter

from pipelines.drafts import Carried, Changed, Draft, DraftMeta, Entry
from pipelines.storage.repositories.drafts import EntryKind
from pipelines.views.versions import Figure, RunDifference
from plant import Violation
from plant.diff import Difference, RunChange
from plant.edits import Edit
from plant.io.edits import EditDocument, edit_to_document
from plant.legal_lines import Place
from plant.verdict import OrderChange, Verdict

EDIT: TypeAdapter[EditDocument] = TypeAdapter(EditDocument)


@dataclass(frozen=True, slots=True)
class DraftView:
    """How a draft stands: its head, its figures, the rules it breaks, and what could be taken back."""

    draft: DraftMeta
    feasible: bool
    violations: tuple[Violation, ...]
    cost: Mapping[str, float]
    kpis: Mapping[str, float]
    undoable: int
    redoable: int


@dataclass(frozen=True, slots=True)
class VerdictView:
    """What the referee says of a change; `plant.verdict.Verdict` says what each part means."""

    feasible: bool
    cost: Mapping[str, Figure]
    kpis: Mapping[str, Figure]
    breaches: tuple[Violation, ...]
    new: tuple[Violation, ...]
    grown: tuple[Violation, ...]
    gone: tuple[Violation, ...]
    late: tuple[str, ...]
    saved: tuple[str, ...]
    orders: tuple[OrderChange, ...]
    runs: tuple[RunDifference, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """Who did what to a draft, when and why; `of` is the entry that an undo or redo is about."""

    revision: int
    kind: EntryKind
    of: int | None
    author: str
    at: datetime
    reason: str
    edit: EditDocument
    cost_before: float
    cost_after: float
    feasible: bool


@dataclass(frozen=True, slots=True)
class ChangedView:
    """The draft after an edit, the edit as it was stored, and the verdict on it."""

    draft: DraftView
    entry: EntryView
    verdict: VerdictView


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A line for a run: from when to when it would run there, and what that would newly break."""

    line: str
    start: int
    end: int
    is_legal: bool
    breaches: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a draft changes in the version that it was opened from."""

    runs: tuple[RunDifference, ...]
    unchanged: int
    cost: Mapping[str, Figure]
    kpis: Mapping[str, Figure]
    orders_late: tuple[str, ...]
    orders_saved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftView:
    """An edit that could not be carried over, and why."""

    entry: EntryView
    why: str


@dataclass(frozen=True, slots=True)
class CarriedView:
    """The new draft, and the edits of the old one that it does not hold."""

    draft: DraftView
    left: tuple[LeftView, ...]


def draft_view(draft: Draft) -> DraftView:
    """How the draft stands."""
    verdict = draft.evaluation
    return DraftView(
        draft.meta,
        verdict.feasible,
        verdict.violations,
        asdict(verdict.cost),
        asdict(verdict.kpis),
        len(draft.undoable),
        len(draft.redoable),
    )


def verdict_view(verdict: Verdict) -> VerdictView:
    """The verdict as it is shown."""
    return VerdictView(
        verdict.feasible,
        {name: Figure(one.before, one.after, one.change) for name, one in verdict.cost.items()},
        {name: Figure(one.before, one.after, one.change) for name, one in verdict.kpis.items()},
        verdict.breaches,
        verdict.new,
        verdict.grown,
        verdict.gone,
        verdict.late,
        verdict.saved,
        verdict.orders,
        _differences(verdict.runs),
    )


def edit_document(edit: Edit) -> EditDocument:
    """The edit as it is sent."""
    found: EditDocument = EDIT.validate_python(edit_to_document(edit))
    return found


def entry_view(entry: Entry) -> EntryView:
    """An entry of a draft's journal as it is shown."""
    return EntryView(
        entry.revision,
        entry.kind,
        entry.of,
        entry.author,
        entry.at,
        entry.reason,
        edit_document(entry.edit),
        entry.cost_before,
        entry.cost_after,
        entry.feasible,
    )


def changed_view(changed: Changed) -> ChangedView:
    """What came of an edit as it is shown."""
    return ChangedView(
        draft_view(changed.draft), entry_view(changed.entry), verdict_view(changed.verdict)
    )


def carried_view(carried: Carried) -> CarriedView:
    """What came of carrying a draft over as it is shown."""
    left = tuple(LeftView(entry_view(one.entry), one.why) for one in carried.left)
    return CarriedView(draft_view(carried.draft), left)


def place_view(place: Place) -> PlaceView:
    """A line for a run as it is shown."""
    return PlaceView(place.line, place.start, place.end, place.is_legal, place.breaches)


def changes_view(difference: Difference) -> Changes:
    """What a draft changes as it is shown."""
    return Changes(
        _differences(difference.runs),
        difference.unchanged,
        {name: Figure(one.before, one.after, one.change) for name, one in difference.cost.items()},
        {name: Figure(one.before, one.after, one.change) for name, one in difference.kpis.items()},
        difference.orders_late,
        difference.orders_saved,
    )


def _differences(changes: tuple[RunChange, ...]) -> tuple[RunDifference, ...]:
    return tuple(RunDifference(one.id, one.changes, one.before, one.after) for one in changes)
