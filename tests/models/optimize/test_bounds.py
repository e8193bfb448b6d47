"""The lower bound: under every feasible schedule there is, and close where that can be known."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.bounds.relaxation import lower_bound
from models.optimize.search.disaggregate import Lot, realise
from plant import Item, Line, Order, Plant, Run, Schedule, Shift, Weights, evaluate
from plant.model import Capability, Changeover
from tests.models.optimize.tiny import chain_plant, small_plant, two_line_plant

SLACK = 1e-6
ODD = Weights(tardiness=0.7, production=1.9, changeover=3.0, holding=5.0, idle=2.0, makespan=9.0)


def some_lots(plant: Plant, rng: np.random.Generator) -> dict[str, list[Lot]]:
    """Random whole lots on lines that can make them, in a random order."""
    lots: dict[str, list[Lot]] = {}
    for _ in range(rng.integers(1, 12)):
        if not plant.capabilities:
            break
        able = plant.capabilities[rng.integers(len(plant.capabilities))]
        step = able.lot_multiple or 1.0
        units = np.ceil(max(able.min_lot, rng.uniform(1, 60)) / step) * step
        release = int(rng.integers(plant.horizon)) if rng.random() < 0.3 else 0
        lots.setdefault(able.line, []).append(Lot(able.item, float(units), release))
    return lots


@pytest.mark.parametrize(
    "block", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 34))]
)
def test_no_feasible_schedule_costs_less_than_the_bound(block: int) -> None:
    tried = 0
    for seed in range(block * 30, block * 30 + 30):
        rng = np.random.default_rng(seed)
        plant = small_plant(seed)
        for weights in (Weights(), ODD):
            bound = lower_bound(plant, weights, minutes=(360, 1440, 4320)[seed % 3])
            for _ in range(6):
                schedule = realise(plant, some_lots(plant, rng))
                verdict = evaluate(plant, schedule, weights=weights)
                assert verdict.feasible, verdict.violations[:2]
                assert bound <= verdict.cost.total * (1 + SLACK) + SLACK, (seed, weights)
                tried += bool(schedule.runs)
    assert tried > 150


@pytest.mark.parametrize("seed", range(12))
def test_no_rule_beats_the_bound_on_generated_plants(seed: int) -> None:
    plant = generate(2 + seed % 3, 8, 12, 4, (0.6, 0.9, 1.2)[seed % 3], seed, stages=1 + seed % 2)
    best = min(evaluate(plant, dispatch(plant, rule)).cost.total for rule in RULES.values())
    bound = lower_bound(plant)
    assert 0 < bound <= best * (1 + SLACK)


def test_brute_force_on_a_tiny_plant_stays_above_the_bound_and_comes_close() -> None:
    plant = two_line_plant()
    best = np.inf
    for lines in product(("A", "B", None), repeat=len(plant.orders)):
        for turn in (1, -1):
            lots: dict[str, list[Lot]] = {}
            for order, line in list(zip(plant.orders, lines, strict=True))[::turn]:
                if line is not None:
                    lots.setdefault(line, []).append(Lot(order.item, order.quantity))
            best = min(best, evaluate(plant, realise(plant, lots)).cost.total)
    bound = lower_bound(plant, minutes=60)
    assert 0.6 * best < bound <= best * (1 + SLACK)


def test_one_order_on_one_line_is_bounded_by_exactly_what_making_it_costs() -> None:
    plant = Plant(
        "EUR",
        small_plant(0).starts_at,
        1440,
        lines=(Line("A", run_cost=60.0, shifts=(Shift(0, 1440),), initial_family="g"),),
        items=(Item("I", "f"),),
        capabilities=(Capability("A", "I", 60.0, min_lot=10),),
        changeovers=(Changeover("g", "f", 0, 5.0),),
        orders=(Order("O", "I", 100.0, 1440, 50.0),),
    )
    made = Schedule((Run("R", "A", "I", 0, 100, 100.0),))
    assert evaluate(plant, made).cost.total == pytest.approx(105.0)
    assert 100.0 <= lower_bound(plant) <= 105.0 + SLACK


def test_a_tighter_grid_never_lowers_the_bound() -> None:
    for seed in range(8):
        plant = small_plant(seed)
        assert lower_bound(plant, minutes=360) >= lower_bound(plant, minutes=1440) * (1 - SLACK)


def test_parts_that_never_come_raise_the_bound_to_what_lateness_costs() -> None:
    plant = chain_plant(parts=0.0)
    late = evaluate(plant, Schedule()).cost.total
    assert lower_bound(plant) == pytest.approx(late, rel=1e-6)
    assert lower_bound(chain_plant(parts=100.0)) < late


def test_plants_with_nothing_in_them_are_bounded_by_what_they_cost() -> None:
    plant = small_plant(3)
    for bare in (
        replace(plant, orders=()),
        replace(plant, lines=(), capabilities=(), changeovers=()),
        replace(plant, capabilities=()),
        replace(plant, lines=tuple(replace(line, shifts=()) for line in plant.lines)),
    ):
        assert 0 <= lower_bound(bare) <= evaluate(bare, Schedule()).cost.total + SLACK
