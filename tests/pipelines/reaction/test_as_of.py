"""The plant as it is now: stops, late material and orders put in; what is past stays past."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import numpy as np
import pytest

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.repair.mend import repair
from pipelines.params import SnapshotParams
from pipelines.reaction.as_of import AsOf, judged, plant_as_of
from pipelines.reaction.situation import Situation
from pipelines.reaction.triggers import trigger_of
from plant import (
    Arrival,
    BomLine,
    Capability,
    Changeover,
    Item,
    Line,
    Order,
    Plant,
    Run,
    Schedule,
    Shift,
    Weights,
    Zones,
    evaluate,
)
from tests.pipelines.committed_events import line_state, material, order

S = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
PARAMS = SnapshotParams(consume_back_days=7, consume_ahead_days=3, bucket_days=2, weight=0.5)
PLANT = Plant(
    "EUR", S, 2880,
    (Line("L", shifts=(Shift(0, 720), Shift(800, 1440), Shift(1440, 2880)), initial_family="FA"),),
    (Item("A", "FA"), Item("B", "FB"), Item("R", "FR", stock=110.0)),
    (Capability("L", "A", 60.0), Capability("L", "B", 60.0)),
    (Changeover("FA", "FB", 30),),
    (BomLine("B", "R", 1.0),),
    (Arrival("R", 300, 50.0),),
    (
        Order("O1", "A", 120.0, 600), Order("O2", "B", 150.0, 1400),
        Order("F1", "A", 40.0, 1440, source="forecast"), Order("F2", "A", 40.0, 2880, source="forecast"),
    ),
)  # fmt: skip
PLAN = Schedule(
    (Run("R1", "L", "A", 60, 180, 120.0), Run("R2", "L", "B", 400, 550, 150.0),
     Run("R3", "L", "B", 1000, 1010, 10.0))
)  # fmt: skip


def as_of(minute: float, *events: object, plant: Plant = PLANT, plan: Schedule = PLAN) -> AsOf:
    situation = Situation()
    for event in events:
        situation.note(event)
    now = plant.starts_at + timedelta(minutes=minute)
    return plant_as_of(plant, plan, Zones(), situation, now, HOUR, PARAMS)


def shifts(found: AsOf) -> list[tuple[int, int]]:
    return [(shift.start, shift.end) for shift in found.plant.lines[0].shifts]


def runs(found: AsOf) -> list[tuple[str, int, int]]:
    return [(run.id, run.start, run.end) for run in found.base.runs]


def test_at_the_plans_start_nothing_has_changed() -> None:
    found = as_of(0)
    assert (found.plant, found.base) == (PLANT, PLAN)


def test_of_the_past_a_line_keeps_what_its_runs_and_changeovers_took() -> None:
    assert shifts(as_of(700)) == [(60, 180), (370, 550), (700, 720), (800, 1440), (1440, 2880)]
    assert shifts(as_of(380)) == [(60, 180), (370, 720), (800, 1440), (1440, 2880)]
    assert evaluate(as_of(700).plant, PLAN).feasible


def test_a_run_that_a_stop_cuts_ends_later_by_what_it_lost() -> None:
    found = as_of(100, line_state(S, 100, "L", "down", 145))
    assert runs(found)[0] == ("R1", 60, 225)
    assert shifts(found)[:2] == [(60, 100), (145, 720)]
    assert evaluate(found.plant, found.base).feasible


def test_a_line_that_does_not_say_when_is_taken_to_be_down_for_a_while_and_then_for_longer() -> (
    None
):
    down = line_state(S, 100, "L", "down")
    assert shifts(as_of(100, down))[:2] == [(60, 100), (160, 720)]
    assert shifts(as_of(200, down))[:2] == [(60, 100), (260, 720)]


def test_a_stop_that_is_over_took_what_it_took_and_the_run_began_after_it() -> None:
    down, up = line_state(S, 30, "L", "down", 400), line_state(S, 90, "L", "running")
    found = as_of(150, down, up)
    assert runs(found)[0] == ("R1", 90, 210)
    assert shifts(found)[0] == (90, 720)


def test_in_whatever_order_events_come_the_plant_is_the_same() -> None:
    events = [
        line_state(S, 30, "L", "down", 400), line_state(S, 90, "L", "running"),
        material(S, 95, "D", "R", "expected", 50.0, 900), material(S, 96, "D", "R", "expected", 50.0, 800),
        order(S, 97, "N", "A", 30.0, 700), order(S, 98, "N", "A", 35.0, 700, "changed"),
    ]  # fmt: skip
    first = as_of(150, *events)
    for mixed in permutations(events, 6):
        assert as_of(150, *mixed, *mixed[:2]) == first


def test_material_that_slips_arrives_later_and_what_is_cancelled_does_not() -> None:
    told = material(S, 10, "D", "R", "expected", 50.0, 300)
    late = material(S, 20, "D", "R", "expected", 50.0, 900)
    assert as_of(30, told, late).plant.arrivals == (Arrival("R", 900, 50.0),)
    assert as_of(30, late).plant.arrivals == (Arrival("R", 900, 50.0),)
    assert as_of(30, told, material(S, 25, "D", "R", "cancelled", 50.0)).plant.arrivals == ()
    came = material(S, 310, "D", "R", "arrived", 45.0)
    assert as_of(320, told, came).plant.arrivals == (Arrival("R", 310, 45.0),)
    assert as_of(400, told).plant.arrivals == (Arrival("R", 460, 50.0),), "it should have come"


def test_a_delivery_that_the_plan_does_not_know_is_added() -> None:
    more = material(S, 10, "X", "R", "expected", 7.0, 500)
    assert as_of(30, more).plant.arrivals == (Arrival("R", 300, 50.0), Arrival("R", 500, 7.0))


def test_a_new_order_takes_its_part_of_the_forecast_and_a_cancelled_one_is_gone() -> None:
    found = as_of(10, order(S, 5, "N", "A", 50.0, 1000))
    assert [(one.id, one.quantity, one.due) for one in found.plant.orders] == [
        ("O1", 120.0, 600), ("O2", 150.0, 1400), ("F2", 30.0, 2880), ("N", 50.0, 1000)
    ]  # fmt: skip
    gone = as_of(10, order(S, 5, "O2", "B", 150.0, 1400, "cancelled"))
    assert "O2" not in {one.id for one in gone.plant.orders}


def test_a_plan_that_knows_what_happened_is_not_changed_again() -> None:
    events = [
        line_state(S, 100, "L", "down", 145), material(S, 101, "D", "R", "expected", 50.0, 900),
        order(S, 102, "N", "A", 30.0, 700),
    ]  # fmt: skip
    first = as_of(110, *events)
    again = as_of(110, *events, plant=first.plant, plan=first.base)
    assert (again.plant, again.base) == (first.plant, first.base)


@pytest.mark.parametrize("seed", range(12))
def test_without_events_every_plan_still_holds_and_costs_the_same_but_for_idling(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plant = generate(6, 18, 50, 5, 0.95, seed + 1, stages=1 + seed % 2)
    plan = dispatch(plant, RULES["atcs"])
    found = as_of(int(rng.integers(0, plant.horizon)), plant=plant, plan=plan)
    assert found.base == plan
    was, now = evaluate(plant, plan), evaluate(found.plant, plan)
    assert now.feasible
    assert replace(now.cost, idle=0.0, total=0.0) == replace(was.cost, idle=0.0, total=0.0)
    assert now.cost.idle <= was.cost.idle + 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_a_repair_of_what_happened_holds_and_puts_nothing_into_the_past(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plant = generate(6, 18, 50, 5, 0.95, seed + 1, stages=1 + seed % 2)
    plan = dispatch(plant, RULES["atcs"])
    now = int(rng.integers(400, 3 * 1440))
    events: list[object] = []
    for line in rng.choice([line.id for line in plant.lines], 3, replace=False).tolist():
        since = int(rng.integers(max(now - 600, 0), now))
        events.append(line_state(S, since, line, "down", since + int(rng.integers(60, 900))))
        if rng.random() < 0.4:
            events.append(line_state(S, int(rng.integers(since, now)), line, "running"))
    for number, one in enumerate(plant.arrivals):
        if one.at > now and rng.random() < 0.3:
            late = one.at + int(rng.integers(60, 1440))
            events.append(
                material(S, now - 1, f"D{number}", one.item, "expected", one.quantity, late)
            )
    like = plant.orders[int(rng.integers(len(plant.orders)))]
    events.append(order(S, now - 1, "RUSH", like.item, like.quantity, now + 1000))
    found = as_of(now, *events, plant=plant, plan=plan)
    weights = Weights(instability=50.0)
    done = repair(found.plant, found.base, 0.05, 1, weights, found.zones)
    assert judged(found, done.schedule, weights).feasible
    begun = {run.id: run.start for run in found.base.runs if run.start < now}
    for run in done.schedule.runs:
        assert run.start >= now or begun.get(run.id) == run.start, run


def test_what_is_worth_an_answer() -> None:
    situation = Situation()

    def kind(event: object) -> str | None:
        situation.note(event)
        trigger = trigger_of(event, situation, PLANT)
        return trigger.kind if trigger else None

    assert kind(line_state(S, 10, "L", "running")) is None
    assert kind(line_state(S, 20, "L", "down", 200)) == "line_down"
    assert kind(line_state(S, 190, "L", "running")) is None, "about when it was expected"
    assert kind(line_state(S, 300, "L", "down", 500)) == "line_down"
    assert kind(line_state(S, 320, "L", "idle")) == "line_up"
    assert kind(material(S, 10, "D", "R", "expected", 50.0, 300)) is None
    assert kind(material(S, 20, "D", "R", "expected", 50.0, 500)) == "material"
    assert kind(material(S, 500, "D", "R", "arrived", 50.0)) is None
    assert kind(material(S, 510, "E", "R", "expected", 9.0, 900)) is None, "more than was planned"
    assert kind(material(S, 520, "E", "R", "cancelled", 9.0)) is None, (
        "nor did the plan count on it"
    )
    assert kind(order(S, 10, "N1", "A", 5.0, 2000)) == "rush_order"
    assert kind(order(S, 11, "N2", "A", 5.0, 9000)) is None
    assert kind(order(S, 12, "N1", "A", 5.0, 2000, "cancelled")) is None
    assert kind(order(S, 13, "O1", "A", 120.0, 600)) is None, "the plan knows it"
