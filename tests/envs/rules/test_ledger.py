"""The book of component stocks agrees with what `evaluate` finds when runs take components."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envs.rules import RULES, dispatch
from envs.rules.ledger import (
    NEVER,
    Ledger,
    earliest_take,
    enter,
    free_to_take,
    may_take,
    open_ledger,
)
from plant import Arrival, BomLine, Capability, Item, Line, Order, Plant, Schedule, Shift, evaluate
from plant.arrays import plant_arrays, run_arrays
from plant.io import plant_from_document
from plant.kernel import GAIN, TAKE
from tests.plant.random_plants import random_plant


def a_plant(*orders: Order, stock: float = 10.0, arrivals: tuple[Arrival, ...] = ()) -> Plant:
    """One product made of one part a unit; the part may be ordered, too."""
    return Plant(
        "EUR",
        datetime(2026, 1, 5, tzinfo=UTC),
        1440,
        (Line("L", shifts=(Shift(0, 1440),)),),
        (Item("P", "F"), Item("part", "raw", stock=stock)),
        (Capability("L", "P", 60.0),),
        bom=(BomLine("P", "part", 1.0),),
        arrivals=arrivals,
        orders=orders,
    )


def a_ledger(plant: Plant) -> Ledger:
    arrays = plant_arrays(plant)
    return open_ledger(arrays, run_arrays(arrays, ())[0], np.full(2, 8))


def test_what_is_in_stock_can_be_taken_and_no_more() -> None:
    ledger = a_ledger(a_plant())
    assert may_take(ledger, 0, 0, 10.0)
    assert not may_take(ledger, 0, 0, 10.1)
    assert free_to_take(ledger, 0, 500) == 10.0


def test_an_order_takes_its_share_after_the_takes_of_its_minute() -> None:
    ledger = a_ledger(a_plant(Order("1", "part", 4.0, 100)))
    assert free_to_take(ledger, 0, 100) == 10.0
    assert free_to_take(ledger, 0, 101) == 6.0


def test_orders_that_wait_take_what_comes_first() -> None:
    plant = a_plant(Order("1", "part", 15.0, 50), arrivals=(Arrival("part", 200, 20.0),))
    ledger = a_ledger(plant)
    assert free_to_take(ledger, 0, 100) == 0.0
    # In the minute of the arrival takes come before the waiting order, a minute later after it.
    assert free_to_take(ledger, 0, 200) == 20.0
    assert free_to_take(ledger, 0, 201) == 15.0


def test_a_take_must_leave_enough_for_those_already_booked() -> None:
    ledger = a_ledger(a_plant(arrivals=(Arrival("part", 300, 5.0),)))
    assert enter(ledger, 0, 200, TAKE, 8.0)
    assert may_take(ledger, 0, 100, 2.0)
    assert not may_take(ledger, 0, 100, 3.0)
    assert earliest_take(ledger, 0, 100, 3.0) == 300
    assert earliest_take(ledger, 0, 100, 8.0) == NEVER


def test_what_is_made_can_be_taken_from_its_end_on() -> None:
    ledger = a_ledger(a_plant(stock=0.0))
    assert enter(ledger, 0, 400, GAIN, 7.0)
    assert earliest_take(ledger, 0, 0, 7.0) == 400


def test_a_full_ledger_says_so() -> None:
    ledger = a_ledger(a_plant())
    assert all(enter(ledger, 0, minute, GAIN, 1.0) for minute in range(8))
    assert not enter(ledger, 0, 9, GAIN, 1.0)


@pytest.mark.parametrize("block", range(10))
def test_what_the_ledger_allows_evaluate_allows_and_what_it_refuses_evaluate_names(
    block: int,
) -> None:
    """Take some of a component by a run beside a plan, at any minute and in any amount."""
    tried = 0
    for seed in range(40 * block, 40 * block + 40):
        rng = np.random.default_rng(seed)
        plant = plant_from_document(random_plant(rng))
        plan = dispatch(plant, RULES["edd"])
        arrays = plant_arrays(plant)
        # Of items made of one thing only, so that only that thing can be short.
        single = {b.item: b for b in plant.bom if sum(o.item == b.item for o in plant.bom) == 1}
        takers = [run for run in plan.runs if run.item in single]
        if not takers:
            continue
        like = takers[int(rng.integers(len(takers)))]
        row = single[like.item]
        ledger = open_ledger(arrays, run_arrays(arrays, plan.runs)[0], np.full(len(plant.items), 2))
        slot = ledger.slot[arrays.item_index[row.component]]
        yields = next(
            c.yield_ for c in plant.capabilities if (c.line, c.item) == (like.line, like.item)
        )
        at = int(rng.integers(0, plant.horizon))
        free = free_to_take(ledger, slot, at)
        for units in (free, float(rng.uniform(0, 2 * free + 5))):
            if units > 1e-3:
                quantity = units * yields / row.per_unit
                other = replace(like, id="X", start=at, end=10**6, quantity=quantity)
                found = evaluate(plant, Schedule((*plan.runs, other))).violations
                short = any((v.kind, v.record) == ("stock", row.component) for v in found)
                assert may_take(ledger, slot, at, units) != short
                assert not (short and units == free)
                tried += 1
    assert tried > 10
