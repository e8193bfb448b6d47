"""Drafts: every edit is priced and stored, undone and done again; stale writers are told why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipelines.drafts import (
    Desk,
    NothingToUndoError,
    StaleRevisionError,
    apply_edit,
    compare,
    exception_handling,
    history,
    legal_lines,
    list_drafts,
    load_draft,
    note_exception,
    open_draft,
    price_edit,
    redo,
    undo,
)
from pipelines.storage import reading, writing
from pipelines.storage.repositories import NotStoredError
from pipelines.storage.repositories.notices import list_notices
from plant import EditError, evaluate
from plant.edits import Add, Cancel, Group, Move, SetLock, Split
from plant.examples.three_lines import THURSDAY, WEDNESDAY, at
from plant.verdict import judge
from tests.pipelines.drafts.conftest import ZONES
from tests.pipelines.storage.samples import NOW

LATER = Move("R-7", "PACK-1", at(THURSDAY, 6))
MORE = Add("PACK-1", "JAM", at(THURSDAY, 8), 100)


def fresh(desk: Desk) -> Desk:
    """A desk that has read nothing yet, as another process has."""
    return Desk(desk.engine, desk.clock)


def test_a_draft_starts_as_the_published_version(desk: Desk) -> None:
    draft = open_draft(desk, author="kim", title="Thursday")
    assert draft.schedule == draft.published == draft.base
    assert (draft.meta.version, draft.meta.revision, draft.meta.status) == (1, 0, "open")
    assert (draft.meta.plant_name, draft.meta.zones) == ("jam", ZONES)
    assert list_drafts(desk) == [draft.meta]


def test_without_a_published_version_there_is_nothing_to_draft(database: object) -> None:
    empty = Desk(database, lambda: NOW)  # type: ignore[arg-type]
    with pytest.raises(NotStoredError, match="no version is published yet"):
        open_draft(empty, author="kim")


def test_an_edit_is_stored_with_all_that_learning_needs(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    changed = apply_edit(desk, id, LATER, author="kim", revision=0, reason="cleaning")
    (entry,) = history(fresh(desk), id)
    assert entry == changed.entry
    assert (entry.author, entry.reason, entry.kind, entry.edit) == (
        "kim",
        "cleaning",
        "edit",
        LATER,
    )
    assert entry.at.tzinfo is not None
    assert [run.start for run in entry.inverse.put] == [at(WEDNESDAY, 8)]
    assert [run.start for run in entry.patch.put] == [at(THURSDAY, 6)]
    assert entry.cost_after - entry.cost_before == pytest.approx(
        changed.verdict.cost["total"].change
    )
    assert entry.verdict["cost"]["holding"]["change"] == changed.verdict.cost["holding"].change


def test_the_verdict_is_the_referees(desk: Desk) -> None:
    draft = open_draft(desk, author="kim")
    found = apply_edit(desk, draft.meta.id, MORE, author="kim", revision=0)
    plant, meta = draft.plant, draft.meta
    expected = judge(
        plant, draft.schedule, found.draft.schedule, draft.schedule, meta.weights, meta.zones
    )
    assert found.verdict == expected
    assert (found.verdict.saved, found.verdict.late) == (("O-5",), ())
    assert price_edit(desk, meta.id, Cancel("R-1")).new[0].kind == "stock"
    assert load_draft(desk, meta.id).meta.revision == 1


def test_another_process_sees_the_same_draft(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    apply_edit(desk, id, LATER, author="kim", revision=0)
    split = apply_edit(fresh(desk), id, Split("R-5", 200), author="lee", revision=1)
    there = load_draft(desk, id)
    assert there == split.draft
    assert load_draft(fresh(desk), id) == there
    assert [entry.author for entry in history(desk, id)] == ["kim", "lee"]


def test_undo_and_redo_go_all_the_way(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    seen = [load_draft(desk, id).schedule]
    group = Group((Cancel("R-1"), SetLock("R-2", "none"), Cancel("R-2")))
    for revision, edit in enumerate((LATER, MORE, group, Split("R-5", 200))):
        seen.append(
            apply_edit(desk, id, edit, author="kim", revision=revision).draft.schedule
        )  # fmt: skip
    for revision, before in enumerate(reversed(seen[:-1]), start=4):
        assert undo(desk, id, author="kim", revision=revision).draft.schedule == before
    with pytest.raises(NothingToUndoError):
        undo(desk, id, author="kim", revision=8)
    assert load_draft(fresh(desk), id).schedule == seen[0]
    for revision, after in enumerate(seen[1:], start=8):
        assert redo(fresh(desk), id, author="lee", revision=revision).draft.schedule == after
    with pytest.raises(NothingToUndoError):
        redo(desk, id, author="kim", revision=12)
    entries = history(desk, id)
    assert [entry.kind for entry in entries] == ["edit"] * 4 + ["undo"] * 4 + ["redo"] * 4
    assert [entry.of for entry in entries[4:]] == [4, 3, 2, 1, 1, 2, 3, 4]


def test_an_edit_after_an_undo_ends_what_could_be_redone(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    apply_edit(desk, id, LATER, author="kim", revision=0)
    undo(desk, id, author="kim", revision=1)
    apply_edit(desk, id, MORE, author="kim", revision=2)
    with pytest.raises(NothingToUndoError):
        redo(desk, id, author="kim", revision=3)
    assert load_draft(fresh(desk), id).undoable == (3,)


def test_a_stale_edit_is_refused_with_what_changed(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    apply_edit(desk, id, LATER, author="lee", revision=0)
    with pytest.raises(StaleRevisionError, match=r"lee move R-7 \(revision 1\)") as caught:
        apply_edit(fresh(desk), id, MORE, author="kim", revision=0)
    assert [entry.edit for entry in caught.value.since] == [LATER]
    assert (caught.value.expected, caught.value.found) == (0, 1)
    assert len(history(desk, id)) == 1
    with pytest.raises(StaleRevisionError):
        apply_edit(desk, id, MORE, author="kim", revision=2)


def test_an_edit_that_cannot_be_done_stores_nothing(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    with pytest.raises(EditError, match="R-99"):
        apply_edit(desk, id, Cancel("R-99"), author="kim", revision=0)
    assert (history(desk, id), load_draft(desk, id).meta.revision) == ([], 0)


def test_an_unlocked_run_may_move_and_taking_the_unlocking_back_holds_it(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    move = Move("R-2", "PACK-1", at(WEDNESDAY, 9))
    assert "lock" in {one.kind for one in price_edit(desk, id, move).new}
    apply_edit(desk, id, SetLock("R-2", "none"), author="kim", revision=0)
    assert "lock" not in {one.kind for one in price_edit(fresh(desk), id, move).new}
    undo(desk, id, author="kim", revision=1)
    assert "lock" in {one.kind for one in price_edit(desk, id, move).new}
    assert "lock" in {one.kind for one in price_edit(fresh(desk), id, move).new}


def test_a_draft_is_compared_with_its_version(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    assert compare(desk, id).is_empty
    apply_edit(desk, id, LATER, author="kim", revision=0)
    assert [(one.id, one.changes) for one in compare(desk, id).runs] == [("R-7", ("start", "end"))]


def test_legal_lines_judge_against_the_draft(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    places = legal_lines(desk, id, "R-6", at(THURSDAY, 8))
    assert [place.line for place in places] == ["PACK-1", "PACK-2"]
    draft = load_draft(desk, id)
    for place in places:
        move = Move("R-6", place.line, place.start)
        assert place.breaches == price_edit(desk, id, move).new
    assert evaluate(draft.plant, draft.schedule).feasible


def test_browsers_are_told_of_each_edit_in_its_transaction(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    apply_edit(desk, id, LATER, author="lee", revision=0)
    with reading(desk.engine) as session:
        opened, edited = list_notices(session, 0, 10)[-2:]
    assert (opened.kind, opened.subject) == ("draft.status", str(id))
    assert (edited.kind, edited.data["revision"], edited.data["author"]) == (
        "draft.changed", 1, "lee",
    )  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE draft_edits SET reason = 'other'",
        "DELETE FROM draft_edits",
        "UPDATE exception_notes SET comment = ''",
        "DELETE FROM exception_notes",
    ],
)
def test_what_was_done_cannot_be_rewritten(desk: Desk, statement: str) -> None:
    id = open_draft(desk, author="kim").meta.id
    apply_edit(desk, id, LATER, author="kim", revision=0)
    note_exception(desk, "jam", "late:O-5", author="kim", comment="called them")
    with pytest.raises(DBAPIError, match="only added to"), writing(desk.engine) as session:
        session.execute(text(statement))
    assert len(history(desk, id)) == 1


def test_notes_on_exceptions_add_up(desk: Desk) -> None:
    note_exception(desk, "jam", "late:O-5", author="kim", comment="called them", owner="lee")
    until = NOW + timedelta(hours=2)
    note_exception(desk, "jam", "late:O-5", author="lee", snoozed_until=until)
    note_exception(desk, "jam", "stock:JAM", author="lee", owner="lee")
    note_exception(desk, "jam", "stock:JAM", author="lee", owner="")
    found = exception_handling(desk, "jam")
    late = found["late:O-5"]
    assert (late.owner, late.snoozed_until) == ("lee", until)
    assert [note.comment for note in late.notes] == ["called them", ""]
    assert late.is_snoozed(NOW)
    assert not late.is_snoozed(until)
    assert found["stock:JAM"].owner is None
    assert set(exception_handling(desk, "jam", ["late:O-5"])) == {"late:O-5"}
    assert exception_handling(desk, "other") == {}
