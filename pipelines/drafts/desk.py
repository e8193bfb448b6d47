"""The desk that drafts lie on: a database with a clock, and what of it was read already.

What is read twice is kept: versions never change, and a journal only grows, so that a draft of which
some revision is known needs only the entries after it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipelines.storage import reading
from pipelines.storage.repositories import StoredVersion, load_version
from pipelines.storage.repositories.drafts import DraftMeta, Entry, find_draft, list_entries
from plant import Evaluation, Plant, Run, Schedule, evaluate
from plant.edits import Group, apply, relocked

KEPT = 8  # versions, and drafts, in memory: a few MB each

K = TypeVar("K")
V = TypeVar("V")


class _Recent(Generic[K, V]):
    """The last few values asked for; may be used by several threads."""

    def __init__(self, size: int) -> None:
        self._size, self._values, self._lock = size, OrderedDict[K, V](), Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._size:
                self._values.popitem(last=False)


@dataclass(frozen=True)
class Draft:
    """A draft at a revision: its schedule, what it follows, and what the referee says of it.

    `published` is the schedule of the version that it changes, `base` the same with the locks that the
    draft took off or set; `base` is what the schedule is judged against. `undoable` and `redoable` are
    the revisions of the edits that could be taken back and done again, the next one last.
    """

    meta: DraftMeta
    plant: Plant
    published: Schedule
    base: Schedule
    schedule: Schedule
    undoable: tuple[int, ...]
    redoable: tuple[int, ...]
    relocks: Mapping[int, tuple[Run, ...]]

    @cached_property
    def evaluation(self) -> Evaluation:
        """What the referee says of the draft's schedule."""
        return self.evaluate(self.schedule)

    def evaluate(self, schedule: Schedule) -> Evaluation:
        """What the referee says of another schedule, by the draft's measures."""
        return evaluate(self.plant, schedule, self.base, self.meta.weights, self.meta.zones)


class Desk:
    """A database of drafts. May be shared by threads; other processes may write to the same database.

    Parameters
    ----------
    engine
        The database, its tables there (`pipelines.storage.open_database`).
    clock
        Returns this instant, aware.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.clock = clock
        self._versions: _Recent[int, StoredVersion] = _Recent(KEPT)
        self._drafts: _Recent[int, Draft] = _Recent(KEPT)

    def version(self, session: Session, number: int) -> StoredVersion:
        """The content of a version, its status that of the first time; NotStoredError where there is none."""
        found = self._versions.get(number)
        if found is None:
            found = load_version(session, number)
            self._versions.put(number, found)
        return found

    def load(self, draft: int) -> Draft:
        """The draft as it is now; NotStoredError where there is none of that id."""
        with reading(self.engine) as session:
            meta = find_draft(session, draft)
            known = self._drafts.get(draft)
            if known is None or known.meta.revision > meta.revision:
                stored = self.version(session, meta.version)
                known = _unchanged(meta, stored)
            entries = list_entries(session, draft, known.meta.revision, meta.revision)
        found = advanced(known, entries, meta)
        self.keep(found)
        return found

    def keep(self, draft: Draft) -> None:
        """Remember a draft as it was stored."""
        known = self._drafts.get(draft.meta.id)
        if known is None or known.meta.revision <= draft.meta.revision:
            self._drafts.put(draft.meta.id, draft)


def advanced(draft: Draft, entries: list[Entry], meta: DraftMeta) -> Draft:
    """The draft after some more entries of its journal."""
    if not entries and draft.meta == meta:
        return draft
    done = Group(tuple(entry.patch for entry in entries))
    schedule = apply(draft.plant, draft.schedule, done).schedule
    undoable, redoable, relocks = list(draft.undoable), list(draft.redoable), dict(draft.relocks)
    for entry in entries:
        match entry.kind, entry.of:
            case "undo", int(of):
                undoable.remove(of)
                redoable.append(of)
            case "redo", int(of):
                redoable.remove(of)
                undoable.append(of)
            case _:
                undoable.append(entry.revision)
                redoable.clear()
                locked = _relocked_by(entry)
                if locked:
                    relocks[entry.revision] = locked
    followed = [run for revision in undoable for run in relocks.get(revision, ())]
    base = relocked(draft.published, followed) if relocks else draft.published
    return Draft(
        meta, draft.plant, draft.published, base, schedule,
        tuple(undoable), tuple(redoable), relocks,
    )  # fmt: skip


def _relocked_by(entry: Entry) -> tuple[Run, ...]:
    """The runs whose lock the entry changed, as they became."""
    before = {run.id: run.lock for run in entry.inverse.put}
    return tuple(run for run in entry.patch.put if before.get(run.id, run.lock) != run.lock)


def _unchanged(meta: DraftMeta, stored: StoredVersion) -> Draft:
    schedule = stored.schedule
    at_start = replace(meta, revision=0)
    return Draft(at_start, stored.plant, schedule, schedule, schedule, (), (), {})
