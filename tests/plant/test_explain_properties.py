"""Exceptions of random plants: they add up to what the referee says, and what they claim is so."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from plant import Plant, Schedule, Weights, Zones, evaluate
from plant.edits import Move, apply
from plant.explain import exceptions
from plant.explain_stock import profiles
from plant.explain_trace import Trace
from plant.io import plant_from_document, schedule_from_document
from plant.plant_changes import changed
from tests.plant.random_plants import random_plant, random_schedule, with_locks

WEIGHTS, ZONES = Weights(tardiness=2.0, holding=3.0, instability=5.0), Zones(200, 500)
seeds = st.integers(0, 2**32 - 1)
Case = tuple[Plant, Schedule, Schedule | None]


def case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    document = random_plant(rng)
    runs = random_schedule(rng, document)
    base = schedule_from_document(with_locks(rng, runs)) if rng.random() < 0.4 else None
    return plant_from_document(document), schedule_from_document(runs), base


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_late_orders_and_their_money_are_the_referees(seed: int) -> None:
    plant, schedule, base = case(seed)
    judged = evaluate(plant, schedule, base, WEIGHTS, ZONES)
    found = exceptions(plant, schedule, base, WEIGHTS, ZONES, fixes=0)
    late = {one.record: one for one in found if one.kind == "late"}
    assert {id: one.quantity for id, one in late.items()} == judged.late_orders
    money = math.fsum(one.money for one in late.values())
    assert money == pytest.approx(judged.cost.tardiness, abs=1e-6)
    assert all(one.chain and one.why in one.chain for one in late.values())
    assert {one.record for one in found if one.kind == "breach"} == {
        one.record for one in judged.violations
    }


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_stock_and_overtime_are_the_referees(seed: int) -> None:
    plant, schedule, _ = case(seed)
    judged = evaluate(plant, schedule, weights=WEIGHTS)
    found = exceptions(plant, schedule, weights=WEIGHTS, fixes=0)
    minutes = sum(one.late for one in found if one.kind == "overtime")
    assert minutes == pytest.approx(judged.kpis.overtime_hours * 60)
    short = sum(one.money for one in found if one.kind == "stock")
    held = 0.0
    levels = profiles(plant, schedule, judged.pegging)
    for item in plant.items:
        profile = levels[item.id]
        ends = (*profile.at[1:], plant.horizon)
        for at, end, level in zip(profile.at, ends, profile.level, strict=True):
            held += level * item.holding_cost * (end - at) / 1440
    assert short + held * WEIGHTS.holding == pytest.approx(judged.cost.holding, abs=1e-5)


@given(seeds)
@settings(max_examples=120, deadline=None)
def test_every_fix_helps_as_much_as_it_says_in_the_whole_plant(seed: int) -> None:
    plant, schedule, _base = case(seed)
    before = evaluate(plant, schedule, None, WEIGHTS, ZONES)
    for one in exceptions(plant, schedule, None, WEIGHTS, ZONES, fixes=100):
        for fix in one.fixes or ():
            then = changed(plant, fix.change) if fix.change else plant
            edited = apply(then, schedule, fix.edit).schedule if fix.edit else schedule
            after = evaluate(then, edited, None, WEIGHTS, ZONES)
            assert before.cost.total - after.cost.total == pytest.approx(fix.money, abs=1e-6)
            late = before.late_orders[one.record] - after.late_orders.get(one.record, 0.0)
            assert late == pytest.approx(fix.units, abs=1e-6)
            assert fix.units > 0 or fix.order_money > 0
            known = {(v.kind, v.record): v.amount for v in before.violations}
            for broken in after.violations:
                assert broken.amount <= known[broken.kind, broken.record] + 1e-6


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_no_fix_breaks_a_lock_or_the_frozen_zone_unless_it_says_so(seed: int) -> None:
    plant, schedule, base = case(seed)
    if base is None:
        return
    for one in exceptions(plant, schedule, base, WEIGHTS, ZONES, fixes=100):
        for fix in one.fixes or ():
            then = changed(plant, fix.change) if fix.change else plant
            edited = apply(then, schedule, fix.edit).schedule if fix.edit else schedule
            broken = {v.record for v in evaluate(then, edited, base, WEIGHTS, ZONES).violations}
            locks = {v.record for v in evaluate(plant, schedule, base, WEIGHTS, ZONES).violations}
            assert fix.said.code == "unlock" or broken <= locks


@given(seeds)
@settings(max_examples=120, deadline=None)
def test_a_run_of_which_a_gap_is_told_can_start_there(seed: int) -> None:
    plant, schedule, _ = case(seed)
    judged = evaluate(plant, schedule)
    known = {(v.kind, v.record): v.amount for v in judged.violations}
    for one in exceptions(plant, schedule, fixes=0, was=judged):
        for cause in one.chain:
            if cause.said.code != "gap":
                continue
            run = next(run for run in schedule.runs if run.id == cause.runs[0])
            at = int(cause.said.parameters["at"])
            assert at < run.start
            if known:  # where rules are broken already, what is there need not be whole
                continue
            moved = apply(plant, schedule, Move(run.id, run.line, at)).schedule
            assert evaluate(plant, moved).feasible


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_nothing_explained_as_held_could_start_a_minute_earlier(seed: int) -> None:
    plant, schedule, _ = case(seed)
    judged = evaluate(plant, schedule)
    if not judged.feasible:
        return
    trace = Trace(plant, schedule, judged, None, Weights(), Zones())
    shifts = {line.id: line.shifts for line in plant.lines}
    for run in schedule.runs:
        held = trace.held(run)
        if held.line <= held.material or run.start > held.line:
            continue
        manned = [m for s in shifts[run.line] for m in range(s.start, s.end) if m < run.start]
        if manned:
            earlier = apply(plant, schedule, Move(run.id, run.line, manned[-1])).schedule
            assert not evaluate(plant, earlier).feasible


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_the_order_of_runs_says_nothing(seed: int) -> None:
    plant, schedule, base = case(seed)
    turned = Schedule(schedule.runs[::-1])
    one = exceptions(plant, schedule, base, WEIGHTS, ZONES)
    assert one == exceptions(plant, turned, base, WEIGHTS, ZONES)
    assert one == exceptions(plant, schedule, base, WEIGHTS, ZONES)


@pytest.mark.parametrize("seed", range(4))
def test_on_busy_plants_every_fix_helps_as_much_as_it_says(seed: int) -> None:
    plant = generate(4, 8, 24, 4, 1.1, seed, stages=1 + seed % 2)
    schedule = dispatch(plant, RULES["atcs"])
    before = evaluate(plant, schedule, None, WEIGHTS)
    found = exceptions(plant, schedule, None, WEIGHTS, fixes=100)
    chains = {cause.said.code for one in found for cause in one.chain}
    assert chains >= {"delivery", "capacity"}
    fixes = [(one, fix) for one in found for fix in one.fixes or ()]
    assert fixes
    for one, fix in fixes:
        then = changed(plant, fix.change) if fix.change else plant
        edited = apply(then, schedule, fix.edit).schedule if fix.edit else schedule
        after = evaluate(then, edited, None, WEIGHTS)
        assert after.feasible
        assert before.cost.total - after.cost.total == pytest.approx(fix.money, abs=1e-5)
        late = before.late_orders[one.record] - after.late_orders.get(one.record, 0.0)
        assert late == pytest.approx(fix.units, abs=1e-6)
