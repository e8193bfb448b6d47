"""Verdicts, parts and places for a run say what the referee says of the whole."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plant import Cost, EditError, Weights, Zones, evaluate
from plant.diff import diff
from plant.edits import Cancel, Move, Resize, apply
from plant.examples import three_lines
from plant.examples.three_lines import THURSDAY, TUESDAY, at
from plant.io import schedule_from_document
from plant.io.verdicts import place_to_document, verdict_to_document
from plant.legal_lines import legal_lines
from plant.part import part_of, touched, touching
from plant.schedule import Schedule
from plant.verdict import judge
from tests.plant.random_plants import random_plant, random_schedule, with_locks
from tests.plant.test_edits import random_case, random_edit

PLANT, SCHEDULE = three_lines.plant(), three_lines.schedule()
WEIGHTS, ZONES = Weights(tardiness=2.0, instability=7.0), Zones(frozen=300, slush=700)
seeds = st.integers(0, 2**32 - 1)


def test_a_verdict_names_breaches_orders_and_money() -> None:
    after = apply(PLANT, SCHEDULE, Cancel("R-1")).schedule
    found = judge(PLANT, SCHEDULE, after)
    assert {(one.kind, one.record) for one in found.new} == {("stock", "PULP")}
    assert not found.feasible
    assert found.cost["production"].change == -4 * 30_000
    back = judge(PLANT, after, SCHEDULE)
    assert {(one.kind, one.record) for one in back.gone} == {("stock", "PULP")}
    assert back.feasible


def test_a_verdict_names_whom_it_makes_late() -> None:
    after = apply(PLANT, SCHEDULE, Move("R-5", "PACK-1", at(THURSDAY, 6))).schedule
    found = judge(PLANT, SCHEDULE, after)
    assert found.late == ("O-3",)
    assert {one.order: one.before for one in found.orders}["O-3"] == 0
    assert judge(PLANT, after, SCHEDULE).saved == ("O-3",)


def test_a_breach_that_grows_is_named() -> None:
    once = apply(PLANT, SCHEDULE, Move("R-7", "PACK-1", at(TUESDAY, 15, 30))).schedule
    more = apply(PLANT, once, Resize("R-5", 600)).schedule
    found = judge(PLANT, once, more)
    assert {one.kind for one in found.grown} >= {"overlap"}
    assert all(one not in found.new for one in found.grown)


def test_a_verdict_as_a_document_holds_what_it_says() -> None:
    after = apply(PLANT, SCHEDULE, Cancel("R-1")).schedule
    document = verdict_to_document(judge(PLANT, SCHEDULE, after))
    assert document["new"][0]["kind"] == "stock"
    assert document["runs"][0]["after"] is None
    assert document["cost"]["total"]["change"] < 0


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_a_verdict_agrees_with_the_difference_and_the_referee(seed: int) -> None:
    rng, plant, before = random_case(seed)
    edit = random_edit(rng, plant, before.runs)
    if edit is None:
        return
    after = apply(plant, before, edit).schedule
    found, expected = (
        judge(plant, before, after, weights=WEIGHTS),
        diff(plant, before, after, WEIGHTS),
    )
    assert found.cost == expected.cost
    assert {name: found.kpis[name] for name in expected.kpis} == expected.kpis
    assert set(expected.orders_late) == set(found.late)
    assert set(expected.orders_saved) == set(found.saved)
    assert found.breaches == evaluate(plant, after).violations
    assert len(found.new) - len(found.gone) == len(found.breaches) - len(
        evaluate(plant, before).violations
    )


@given(seeds)
@settings(max_examples=150, deadline=None)
def test_a_part_changes_by_as_much_as_the_whole(seed: int) -> None:
    rng, plant, before = random_case(seed)
    edit = random_edit(rng, plant, before.runs)
    if edit is None:
        return
    after = apply(plant, before, edit).schedule
    by = touched(plant, set(before.runs) ^ set(after.runs))
    part = part_of(
        plant,
        Schedule(
            (*before.runs, *(r for r in after.runs if r.id not in {b.id for b in before.runs}))
        ),
        by,
    )
    whole = evaluate(plant, before), evaluate(plant, after)
    for smaller in (plant, part):
        small = tuple(
            evaluate(smaller, touching(plant, schedule, by)) for schedule in (before, after)
        )
        for name in (field.name for field in fields(Cost) if field.name != "makespan"):
            if name == "total":
                continue
            change = getattr(whole[1].cost, name) - getattr(whole[0].cost, name)
            told = getattr(small[1].cost, name) - getattr(small[0].cost, name)
            assert told == pytest.approx(change, abs=1e-6), name
        assert broken(whole[1]) - broken(whole[0]) == broken(small[1]) - broken(small[0])


def broken(evaluation: object) -> set[tuple[str, str]]:
    return {(one.kind, one.record) for one in evaluation.violations}  # type: ignore[attr-defined]


@given(seeds)
@settings(max_examples=150, deadline=None)
def test_places_for_a_run_break_what_moving_it_there_breaks(seed: int) -> None:
    rng, plant, schedule = random_case(seed)
    if not schedule.runs:
        return
    document = random_plant(np.random.default_rng(seed))
    base = None
    if rng.random() < 0.5:
        runs = with_locks(rng, random_schedule(np.random.default_rng(seed + 1), document))
        base = schedule_from_document(runs)
    run = schedule.runs[int(rng.integers(len(schedule.runs)))]
    start = int(rng.integers(plant.horizon))
    before = broken(evaluate(plant, schedule, base, zones=ZONES))
    places = legal_lines(plant, schedule, run.id, start, base, ZONES)
    assert {place.line for place in places} == {
        one.line for one in plant.capabilities if one.item == run.item
    }
    for place in places:
        after = apply(plant, schedule, Move(run.id, place.line, start)).schedule
        now = evaluate(plant, after, base, zones=ZONES)
        expected = {one for one in now.violations if (one.kind, one.record) not in before}
        assert set(place.breaches) == expected


def test_places_for_a_run_that_is_not_there_are_refused() -> None:
    with pytest.raises(EditError, match="R-99"):
        legal_lines(PLANT, SCHEDULE, "R-99")


def test_a_place_says_whether_it_is_legal() -> None:
    now, wrong = (legal_lines(PLANT, SCHEDULE, "R-7", start) for start in (None, at(TUESDAY, 14)))
    assert place_to_document(now[0])["is_legal"] is True
    assert (now[0].start, now[0].end) == (SCHEDULE.runs[6].start, SCHEDULE.runs[6].end)
    assert place_to_document(wrong[0])["is_legal"] is False
