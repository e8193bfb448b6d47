"""What must hold for every plant and schedule, and the slow reference on thousands of them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plant import COMPONENTS, Evaluation, Weights, Zones, evaluate
from plant.io import plant_from_document, schedule_from_document
from tests.plant.random_plants import random_plant, random_schedule, with_locks
from tests.plant.reference import reference_evaluate

Document = dict[str, Any]
seeds = st.integers(0, 2**32 - 1)
WEIGHTS = {"makespan": 1.5, "tardiness": 2.0, "instability": 3.0}


def told(
    plant: Document, schedule: Document, base: Document | None = None, **how: Any
) -> Evaluation:
    return evaluate(
        plant_from_document(plant),
        schedule_from_document(schedule),
        schedule_from_document(base) if base else None,
        **how,
    )


def same_money(one: Evaluation, other: Evaluation) -> None:
    for name in (*COMPONENTS, "total"):
        assert getattr(one.cost, name) == pytest.approx(getattr(other.cost, name), abs=1e-6), name
    assert {(v.kind, v.record) for v in one.violations} == {
        (v.kind, v.record) for v in other.violations
    }


def agrees_with_the_reference(seed: int) -> bool:
    """Compare the two on one random case; whether it was feasible."""
    rng = np.random.default_rng(seed)
    plant = random_plant(rng)
    schedule = random_schedule(rng, plant)
    base = with_locks(rng, random_schedule(rng, plant)) if rng.random() < 0.3 else None
    if base and rng.random() < 0.7:
        base = with_locks(rng, schedule)
    zones = Zones(int(rng.choice([0, 500])), int(rng.choice([0, 400])))
    fast = told(plant, schedule, base, weights=Weights(**WEIGHTS), zones=zones)
    slow = reference_evaluate(plant, schedule, WEIGHTS, base, zones.frozen, zones.slush)
    assert sorted([v.kind, v.record] for v in fast.violations) == slow["violations"], seed
    for name, money in slow["cost"].items():
        assert getattr(fast.cost, name) == pytest.approx(money, abs=1e-6), (seed, name)
    for name, value in slow["kpis"].items():
        assert getattr(fast.kpis, name) == pytest.approx(value, abs=1e-6), (seed, name)
    return fast.feasible


def test_the_slow_reference_agrees_on_a_hundred_random_plants() -> None:
    feasible = [agrees_with_the_reference(seed) for seed in range(100)]
    assert 0.2 < np.mean(feasible) < 0.9  # both kinds are in the sample


@pytest.mark.slow
def test_the_slow_reference_agrees_on_thousands_of_random_plants() -> None:
    for seed in range(1000, 5000):
        agrees_with_the_reference(seed)


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_a_locked_run_that_moves_is_named(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plant = random_plant(rng)
    schedule = random_schedule(rng, plant)
    for lock, field in (
        ("line", "line"),
        ("start", "start"),
        ("all", "start"),
        ("all", "quantity"),
    ):
        base = copy.deepcopy(schedule)
        for run in base["runs"]:
            run["lock"] = lock
        for run in schedule["runs"]:
            moved = copy.deepcopy(schedule)
            target = next(r for r in moved["runs"] if r["id"] == run["id"])
            if field == "line":
                others = [line["id"] for line in plant["lines"] if line["id"] != run["line"]]
                if not others:
                    continue
                target["line"] = others[0]
            elif field == "start":
                target["start"] += 1
                target["end"] += 1
            else:
                target["quantity"] += 1
            named = {v.record for v in told(plant, moved, base).violations if v.kind == "lock"}
            assert named == {run["id"]}


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_cost_never_depends_on_the_order_of_anything(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plant = random_plant(rng)
    schedule = random_schedule(rng, plant)
    one = told(plant, schedule)
    for table in (schedule["runs"], plant["orders"], plant["arrivals"], plant["bom"]):
        rng.shuffle(table)
    same_money(one, told(plant, schedule))


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_splitting_a_shift_at_any_minute_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plant = random_plant(rng)
    schedule = random_schedule(rng, plant)
    split = copy.deepcopy(plant)
    for line in split["lines"]:
        pieces = []
        for shift in line["shifts"]:
            cut = int(rng.integers(shift["start"], shift["end"]))
            pieces += [{**shift, "end": cut}, {**shift, "start": cut}]
        line["shifts"] = [piece for piece in pieces if piece["end"] > piece["start"]]
    one, other = told(plant, schedule), told(split, schedule)
    same_money(one, other)
    assert one.kpis == other.kpis


@given(seeds, st.sampled_from([0.25, 3.0, 1000.0]))
@settings(max_examples=60, deadline=None)
def test_scaling_units_and_rates_together_changes_nothing(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    plant = random_plant(rng)
    schedule = random_schedule(rng, plant)
    grown, grown_schedule = copy.deepcopy(plant), copy.deepcopy(schedule)
    for table, fields in {
        "items": ("stock", "safety_stock"), "capabilities": ("rate", "min_lot", "lot_multiple"),
        "arrivals": ("quantity",), "orders": ("quantity",),
    }.items():  # fmt: skip
        for record in grown[table]:
            for field in fields:
                record[field] *= factor
    for item in grown["items"]:
        item["holding_cost"] /= factor
        item["shortage_cost"] /= factor
    for order in grown["orders"]:
        order["weight"] /= factor
    for run in grown_schedule["runs"]:
        run["quantity"] *= factor
    one, other = told(plant, schedule), told(grown, grown_schedule)
    same_money(one, other)
    assert one.kpis.on_time_in_full == other.kpis.on_time_in_full


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_every_unit_served_is_pegged_to_where_it_came_from(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plant = random_plant(rng)
    schedule = random_schedule(rng, plant)
    told_of = told(plant, schedule)
    supplied: dict[tuple[str, str | None], float] = {}
    for peg in told_of.pegging.pegs:
        key = (peg.supplier, peg.supplier_id if peg.supplier != "stock" else peg.item)
        supplied[key] = supplied.get(key, 0.0) + peg.quantity
    for run in schedule["runs"]:
        assert supplied.get(("run", run["id"]), 0.0) <= run["quantity"] + 1e-6
    for item in plant["items"]:
        assert supplied.get(("stock", item["id"]), 0.0) <= item["stock"] + 1e-6
    if told_of.feasible:
        assert not [peg for peg in told_of.pegging.pegs if peg.supplier == "nobody"]
        for order in plant["orders"]:
            got = sum(p.quantity for p in told_of.pegging.by_order.get(order["id"], ()))
            on_time = sum(
                p.quantity
                for p in told_of.pegging.by_order.get(order["id"], ())
                if p.at <= order["due"]
            )
            assert got <= order["quantity"] + 1e-6
            late = told_of.late_orders.get(order["id"], 0.0)
            if order["due"] < plant["horizon"] + 1440 and order["due"] <= plant["horizon"]:
                assert order["quantity"] - on_time == pytest.approx(late, abs=1e-5)
