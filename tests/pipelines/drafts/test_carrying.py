"""A draft whose version was superseded goes on from the new one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipelines.drafts import (
    Desk,
    apply_edit,
    approve,
    carry_over,
    history,
    open_draft,
    publish,
    submit,
    undo,
)
from pipelines.drafts.errors import BaseSupersededError
from pipelines.storage import writing
from pipelines.storage.repositories import Publication, publish_version, store_draft
from plant import Arrival, Schedule, Shift, Weights, Zones, evaluate
from plant.edits import Add, Cancel, Group, Move, Resize
from plant.examples import three_lines
from plant.examples.three_lines import THURSDAY, at
from tests.pipelines.storage.samples import NOW


def tomorrow(base: int | None) -> Publication:
    """The jam factory a day later, with the runs that start from then on; R-1 to R-3 are done."""
    day, plant = 1440, three_lines.plant()
    plant = replace(
        plant,
        starts_at=plant.starts_at + timedelta(days=1),
        horizon=plant.horizon - day,
        lines=tuple(
            replace(
                line,
                available_from=0,
                shifts=tuple(
                    Shift(shift.start - day, shift.end - day, shift.overtime)
                    for shift in line.shifts
                    if shift.start >= day
                ),
            )
            for line in plant.lines
        ),
        items=tuple(replace(item, stock=2000) for item in plant.items),
        arrivals=(Arrival("FRUIT", 480, 800),),
        orders=tuple(replace(order, due=order.due - day) for order in plant.orders),
    )
    runs = tuple(
        replace(run, start=run.start - day, end=run.end - day)
        for run in three_lines.schedule().runs
        if run.start >= day
    )
    schedule = Schedule(runs)
    return Publication(
        plant=plant, schedule=schedule, evaluation=evaluate(plant, schedule), method="refined",
        plant_name="jam", weights=Weights(), zones=Zones(), base=base,
    )  # fmt: skip


def test_edits_are_carried_in_the_new_minutes_and_what_cannot_be_is_named(desk: Desk) -> None:
    old = open_draft(desk, author="kim", title="more jam").meta.id
    more = Add("PACK-1", "JAM", at(THURSDAY, 8), 100)
    edits = (more, Cancel("R-3"), Resize("JAM-1", 120), Move("R-7", "PACK-1", 100), Cancel("R-6"))
    for revision, edit in enumerate(edits):
        apply_edit(desk, old, edit, author="kim", revision=revision, reason=f"reason {revision}")
    undo(desk, old, author="kim", revision=5)
    with writing(desk.engine) as session:
        number = publish_version(session, tomorrow(1), NOW)
    found = carry_over(desk, old, author="lee")
    assert (found.draft.meta.version, found.draft.meta.title) == (number, "more jam")
    assert [one.entry.edit for one in found.left] == [edits[1], edits[3]]
    assert "R-3" in found.left[0].why
    assert "start: expected a whole minute" in found.left[1].why
    carried = history(desk, found.draft.meta.id)
    assert [(entry.author, entry.reason) for entry in carried] == [
        ("kim", "reason 0"),
        ("kim", "reason 2"),
    ]
    added = next(run for run in found.draft.schedule.runs if run.id == "JAM-1")
    assert (added.start, added.quantity) == (at(THURSDAY, 8) - 1440, 120)
    assert "R-6" in {run.id for run in found.draft.schedule.runs}


def test_a_group_is_carried_whole_or_not_at_all(desk: Desk) -> None:
    old = open_draft(desk, author="kim").meta.id
    group = Group((Move("R-7", "PACK-1", at(THURSDAY, 8)), Cancel("R-1")))
    apply_edit(desk, old, group, author="kim", revision=0)
    with writing(desk.engine) as session:
        publish_version(session, tomorrow(1), NOW)
    found = carry_over(desk, old, author="kim")
    assert [one.entry.edit for one in found.left] == [group]
    assert found.draft.schedule == found.draft.published


def test_a_draft_of_a_recommendation_is_published_while_what_that_follows_is(desk: Desk) -> None:
    with writing(desk.engine) as session:
        recommended = store_draft(session, tomorrow(1), NOW)
    ids = [open_draft(desk, recommended, author="kim").meta.id for _ in range(2)]
    for id in ids:
        submit(desk, id, author="kim", revision=0)
        approve(desk, id, author="lee", revision=0)
    assert publish(desk, ids[0], author="lee", revision=0) == 3
    with pytest.raises(BaseSupersededError, match="version 3 is published now"):
        publish(desk, ids[1], author="lee", revision=0)
