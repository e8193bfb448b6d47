"""Reviews: what is approved is what was reviewed, and only that becomes a version."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.drafts import (
    BaseSupersededError,
    Desk,
    DraftStatusError,
    StaleRevisionError,
    apply_edit,
    approve,
    discard,
    load_draft,
    open_draft,
    publish,
    reject,
    reviews,
    submit,
    withdraw,
)
from pipelines.storage import reading
from pipelines.storage.repositories import NotFeasibleError, list_versions, load_version
from plant import evaluate
from plant.edits import Add, Cancel, Move, SetLock
from plant.examples.three_lines import THURSDAY, TUESDAY, WEDNESDAY, at
from tests.pipelines.drafts.conftest import WEIGHTS, ZONES, publish_example

MORE = Add("PACK-1", "JAM", at(THURSDAY, 8), 100)


def edited(desk: Desk) -> int:
    id = open_draft(desk, author="kim", title="more jam").meta.id
    apply_edit(desk, id, MORE, author="kim", revision=0)
    return id


def test_a_draft_becomes_the_next_version(desk: Desk) -> None:
    id = edited(desk)
    submit(desk, id, author="kim", revision=1)
    approve(desk, id, author="lee", revision=1, comment="fine")
    number = publish(desk, id, author="lee", revision=1)
    draft = load_draft(Desk(desk.engine, desk.clock), id)
    assert (draft.meta.status, draft.meta.published_version) == ("published", number)
    with reading(desk.engine) as session:
        stored = load_version(session, number)
        assert [one.status for one in list_versions(session)] == ["published", "superseded"]
    assert stored.schedule == draft.schedule
    assert (stored.meta.base, stored.meta.method, stored.meta.note) == (1, "edited", "more jam")
    judged = evaluate(draft.plant, draft.schedule, draft.published, WEIGHTS, ZONES)
    assert stored.meta.total_cost == judged.cost.total
    assert [(one.action, one.author) for one in reviews(desk, id)] == [
        ("submit", "kim"),
        ("approve", "lee"),
        ("publish", "lee"),
    ]


def test_a_run_unlocked_and_moved_can_be_published(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    apply_edit(desk, id, SetLock("R-2", "none"), author="kim", revision=0)
    moved = apply_edit(
        desk, id, Move("R-2", "PACK-1", at(WEDNESDAY, 9, 30)), author="kim", revision=1
    )
    assert {one.kind for one in moved.verdict.new} == set()
    submit(desk, id, author="kim", revision=2)
    approve(desk, id, author="lee", revision=2)
    assert publish(desk, id, author="lee", revision=2) == 2


def test_under_review_nothing_is_edited_until_it_is_withdrawn(desk: Desk) -> None:
    id = edited(desk)
    submit(desk, id, author="kim", revision=1)
    with pytest.raises(DraftStatusError, match="found submitted"):
        apply_edit(desk, id, Cancel("R-7"), author="kim", revision=1)
    withdraw(desk, id, author="kim", revision=1)
    apply_edit(desk, id, Cancel("R-7"), author="kim", revision=1)


def test_a_rejected_draft_opens_with_its_next_edit(desk: Desk) -> None:
    id = edited(desk)
    submit(desk, id, author="kim", revision=1)
    assert reject(desk, id, author="lee", revision=1, comment="too late").status == "rejected"
    apply_edit(desk, id, Cancel("R-7"), author="kim", revision=1)
    assert load_draft(desk, id).meta.status == "open"


def test_what_changed_since_it_was_reviewed_is_not_approved(desk: Desk) -> None:
    id = edited(desk)
    with pytest.raises(StaleRevisionError):
        submit(desk, id, author="kim", revision=0)
    submit(desk, id, author="kim", revision=1)
    with pytest.raises(StaleRevisionError):
        approve(desk, id, author="lee", revision=0)


def test_a_draft_that_breaks_a_rule_is_not_approved(desk: Desk) -> None:
    id = open_draft(desk, author="kim").meta.id
    apply_edit(desk, id, Move("R-7", "PACK-1", at(TUESDAY, 14)), author="kim", revision=0)
    submit(desk, id, author="kim", revision=1)
    with pytest.raises(NotFeasibleError, match="R-"):
        approve(desk, id, author="lee", revision=1)
    assert load_draft(desk, id).meta.status == "submitted"


@pytest.mark.parametrize("step", [approve, reject, withdraw, publish])
def test_a_step_from_another_status_is_refused(desk: Desk, step: object) -> None:
    id = edited(desk)
    with pytest.raises(DraftStatusError, match="found open"):
        step(desk, id, author="lee", revision=1)  # type: ignore[operator]
    assert reviews(desk, id) == []


def test_a_discarded_draft_stays_so_and_keeps_its_edits(desk: Desk) -> None:
    id = edited(desk)
    discard(desk, id, author="kim", revision=1)
    with pytest.raises(DraftStatusError):
        apply_edit(desk, id, Cancel("R-7"), author="kim", revision=1)
    with pytest.raises(DraftStatusError):
        discard(desk, id, author="kim", revision=1)


def test_a_draft_of_a_version_that_was_superseded_is_not_published(desk: Desk) -> None:
    id = edited(desk)
    submit(desk, id, author="kim", revision=1)
    approve(desk, id, author="lee", revision=1)
    publish_example(desk.engine, "another")
    with pytest.raises(BaseSupersededError, match="version 2 is published now") as caught:
        publish(desk, id, author="lee", revision=1)
    assert caught.value.published == 2
    meta = load_draft(desk, id).meta
    assert (meta.status, meta) == ("approved", replace(meta, published_version=None))
