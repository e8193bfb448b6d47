"""Edits: a run's end follows from the calendar, and every edit is taken back exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plant import EditError, Plant, Run, Schedule, evaluate
from plant.edits import (
    LATEST,
    Add,
    Cancel,
    Edit,
    Group,
    Merge,
    Move,
    Replace,
    Resize,
    SetLock,
    Single,
    Split,
    apply,
    relocked,
)
from plant.examples import three_lines
from plant.examples.three_lines import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, at
from plant.io import plant_from_document, schedule_from_document
from tests.plant.random_plants import random_plant, random_schedule

PLANT, SCHEDULE = three_lines.plant(), three_lines.schedule()
seeds = st.integers(0, 2**32 - 1)


def run_of(schedule: Schedule, id: str) -> Run:
    return next(run for run in schedule.runs if run.id == id)


def done(edit: Edit, schedule: Schedule = SCHEDULE) -> Schedule:
    return apply(PLANT, schedule, edit).schedule


def test_a_moved_run_pauses_where_its_line_does() -> None:
    moved = run_of(done(Move("R-3", "PACK-1", at(MONDAY, 12))), "R-3")
    assert (moved.start, moved.end) == (at(MONDAY, 12), at(TUESDAY, 7, 30))  # 2 h + 1 h 30


def test_a_run_moved_to_a_faster_line_ends_sooner() -> None:
    plant_2 = run_of(SCHEDULE, "R-6")
    moved = run_of(done(Move("R-6", "PACK-1", plant_2.start)), "R-6")
    assert moved.end - moved.start == 900 / 150 * 60
    assert moved.line == "PACK-1"


def test_a_run_for_which_shifts_end_is_drawn_at_its_length_and_named_by_the_referee() -> None:
    moved = done(Move("R-3", "PACK-1", at(THURSDAY, 13)))
    assert run_of(moved, "R-3").end == at(THURSDAY, 14) + 150  # of 210 minutes 60 are manned
    kinds = {one.kind for one in evaluate(PLANT, moved).violations if one.record == "R-3"}
    assert kinds == {"duration", "shift"}


def test_a_split_leaves_the_rest_behind_it() -> None:
    after = done(Split("R-5", 200))
    first, rest = run_of(after, "R-5"), run_of(after, "R-5/2")
    assert (first.quantity, first.end) == (200, at(TUESDAY, 15))
    assert (rest.quantity, rest.start, rest.end) == (300, at(TUESDAY, 15), at(WEDNESDAY, 8))
    assert evaluate(PLANT, after).feasible


def test_a_second_split_takes_the_next_free_id() -> None:
    after = done(Split("R-5", 100), done(Split("R-5", 200)))
    assert {run.id for run in after.runs} >= {"R-5", "R-5/2", "R-5/3"}


def test_a_merge_adds_the_quantities() -> None:
    after = done(Merge("R-5", "R-7"))
    assert run_of(after, "R-5").quantity == 600
    assert run_of(after, "R-5").end == at(WEDNESDAY, 9)
    assert "R-7" not in {run.id for run in after.runs}


def test_an_added_run_gets_a_free_id_and_its_end() -> None:
    after = done(Add("PACK-1", "JAM", at(THURSDAY, 6), 100))
    assert after.runs[-1] == Run("JAM-1", "PACK-1", "JAM", at(THURSDAY, 6), at(THURSDAY, 7), 100)


def test_what_breaks_rules_is_no_error() -> None:
    overlapping = done(Move("R-7", "PACK-1", at(TUESDAY, 14)))
    assert "overlap" in {one.kind for one in evaluate(PLANT, overlapping).violations}


@pytest.mark.parametrize(
    ("edit", "run", "field", "found"),
    [
        (Move("R-99", "PACK-1", 0), "R-99", "run", "R-99"),
        (Move("R-3", "PACK-2", 600), "R-3", "line", "PACK-2"),
        (Move("R-3", "PACK-9", 600), "R-3", "line", "PACK-9"),
        (Move("R-3", "PACK-1", -1), "R-3", "start", -1),
        (Move("R-3", "PACK-1", LATEST + 1), "R-3", "start", LATEST + 1),
        (Resize("R-3", -5), "R-3", "quantity", -5),
        (Resize("R-3", 0), "R-3", "quantity", 0),
        (Resize("R-3", float("nan")), "R-3", "quantity", None),
        (Resize("R-3", 1e300), "R-3", "quantity", 1e300),
        (Split("R-3", 350), "R-3", "quantity", 350),
        (Split("R-3", 100, "R-1"), "R-1", "new", "R-1"),
        (Merge("R-3", "R-3"), "R-3", "other", "R-3"),
        (Merge("R-3", "R-2"), "R-3", "other", "R-2 of JUICE"),
        (Merge("R-3", "R-0"), "R-0", "run", "R-0"),
        (SetLock("R-3", "most"), "R-3", "lock", "most"),  # type: ignore[arg-type]
        (Add("PACK-1", "JAM", 600, 100, "R-1"), "R-1", "run", "R-1"),
        (Add("PACK-1", "TEA", 600, 100, "N"), "N", "item", "TEA"),
        (Add("PACK-1", "JAM", 600, 0, "N"), "N", "quantity", 0),
        (Cancel("R-99"), "R-99", "run", "R-99"),
        (Replace(("R-1",), (SCHEDULE.runs[0],)), "R-1", "put", "R-1"),
        (Replace((), (Run("N", "L", "JAM", 0, 1, 1.0),)), "N", "line", "L"),
        (Replace((), (Run("N", "MIX", "JAM", 0, 1, 1.0),), (9,)), "N", "positions", 9),
    ],
)
def test_what_cannot_be_done_is_named(edit: Edit, run: str, field: str, found: object) -> None:
    with pytest.raises(EditError) as caught:
        apply(PLANT, SCHEDULE, edit)
    (problem,) = caught.value.problems
    assert (problem.where, problem.field) == (f"run {run}", field)
    assert problem.found == found or found is None
    assert problem.expected


def test_a_group_that_cannot_be_done_whole_is_not_done() -> None:
    with pytest.raises(EditError, match="R-99"):
        apply(PLANT, SCHEDULE, Group((Cancel("R-1"), Cancel("R-99"))))


def test_a_lock_taken_off_in_a_draft_holds_no_longer() -> None:
    free = relocked(SCHEDULE, [run_of(done(SetLock("R-2", "none")), "R-2")])
    moved = done(Move("R-2", "PACK-1", at(WEDNESDAY, 9)))
    assert "lock" in {one.kind for one in evaluate(PLANT, moved, SCHEDULE).violations}
    assert "lock" not in {one.kind for one in evaluate(PLANT, moved, free).violations}


def test_a_run_locked_where_it_was_published_is_held_there() -> None:
    held = relocked(SCHEDULE, [run_of(done(SetLock("R-7", "start")), "R-7")])
    moved = done(Move("R-7", "PACK-1", at(THURSDAY, 9)))
    assert "lock" in {one.kind for one in evaluate(PLANT, moved, held).violations}


def test_a_run_locked_at_a_place_of_its_own_is_not_held_to_the_published_one() -> None:
    moved = done(Move("R-7", "PACK-1", at(THURSDAY, 9)))
    locked = run_of(apply(PLANT, moved, SetLock("R-7", "start")).schedule, "R-7")
    assert evaluate(PLANT, moved, relocked(SCHEDULE, [locked])).feasible


def random_edit(rng: np.random.Generator, plant: Plant, runs: tuple[Run, ...]) -> Single | None:
    """An edit that can be done, or None where there is nothing to do it with."""
    able = [(one.line, one.item) for one in plant.capabilities]
    if not runs or (able and rng.random() < 0.15):
        if not able:
            return None
        line, item = able[int(rng.integers(len(able)))]
        return Add(line, item, int(rng.integers(plant.horizon)), float(rng.integers(1, 40)))
    run = runs[int(rng.integers(len(runs)))]
    lines = [line for line, item in able if item == run.item]
    alike = [one.id for one in runs if one.item == run.item and one.id != run.id]
    is_made = run.line in lines
    kinds: list[Any] = [
        lambda: Cancel(run.id),
        lambda: SetLock(run.id, str(rng.choice(["none", "line", "start", "all"]))),  # type: ignore[arg-type]
        lambda: Replace((run.id,), (), ()),
    ]
    if lines:
        start = int(rng.integers(plant.horizon + 300))
        kinds.append(lambda: Move(run.id, str(rng.choice(lines)), start))
    if is_made:
        kinds.append(lambda: Resize(run.id, float(rng.integers(1, 90))))
        kinds.append(lambda: Split(run.id, run.quantity * float(rng.uniform(0.1, 0.9))))
    if is_made and alike:
        kinds.append(lambda: Merge(run.id, str(rng.choice(alike))))
    chosen: Single = kinds[int(rng.integers(len(kinds)))]()
    return chosen


def random_case(seed: int) -> tuple[np.random.Generator, Plant, Schedule]:
    rng = np.random.default_rng(seed)
    document = random_plant(rng)
    schedule = schedule_from_document(random_schedule(rng, document))
    return rng, plant_from_document(document), schedule


@given(seeds)
@settings(max_examples=150, deadline=None)
def test_every_edit_is_taken_back_exactly_and_done_again(seed: int) -> None:
    rng, plant, first = random_case(seed)
    schedule, inverses, seen = first, [], [first]
    for _ in range(6):
        edit = random_edit(rng, plant, schedule.runs)
        if edit is None:
            return
        applied = apply(plant, schedule, edit)
        assert apply(plant, applied.schedule, applied.inverse).schedule == schedule
        again = apply(plant, applied.schedule, applied.inverse).inverse
        assert apply(plant, schedule, again).schedule == applied.schedule
        inverses.append(applied.inverse)
        seen.append(applied.schedule)
        schedule = applied.schedule
    for inverse, before in zip(reversed(inverses), reversed(seen[:-1]), strict=True):
        schedule = apply(plant, schedule, inverse).schedule
        assert schedule == before


@given(seeds)
@settings(max_examples=80, deadline=None)
def test_a_group_does_what_its_edits_do_and_is_taken_back_exactly(seed: int) -> None:
    rng, plant, first = random_case(seed)
    schedule, edits = first, []
    for _ in range(5):
        edit = random_edit(rng, plant, schedule.runs)
        if edit is None:
            return
        edits.append(edit)
        schedule = apply(plant, schedule, edit).schedule
    applied = apply(plant, first, Group(tuple(edits)))
    assert applied.schedule == schedule
    assert apply(plant, schedule, applied.inverse).schedule == first


@given(seeds)
@settings(max_examples=150, deadline=None)
def test_a_run_holds_exactly_the_shift_time_that_its_quantity_takes(seed: int) -> None:
    rng, plant, schedule = random_case(seed)
    edit = random_edit(rng, plant, schedule.runs)
    if not isinstance(edit, Move | Resize | Split | Merge | Add):
        return
    after = apply(plant, schedule, edit).schedule
    changed = [run for run in after.runs if run not in schedule.runs]
    shifts = {line.id: line.shifts for line in plant.lines}
    rates = {(one.line, one.item): one.rate for one in plant.capabilities}
    for run in changed:
        manned = sum(
            max(min(run.end, shift.end) - max(run.start, shift.start), 0)
            for shift in shifts[run.line]
        )
        needed = run.quantity / rates[run.line, run.item] * 60
        last = max([shift.end for shift in shifts[run.line]], default=0)
        beyond = max(run.end - max(last, run.start), 0)
        assert needed - 1e-6 <= manned + beyond < needed + 1 + 1e-6
