"""Dispatching rules: feasible on every plant, and what each is meant to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from envs.rules import RULES, Rule, dispatch, kept_runs, tune_atcs, tuned_atcs
from envs.rules.lots import Lotting
from envs.scenarios import generate
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
    violations,
)
from plant.io import plant_from_document
from tests.plant.random_plants import random_plant

DAY = 1440


def any_rule(rng: np.random.Generator) -> Rule:
    """A rule with random parameters."""
    return replace(
        list(RULES.values())[int(rng.integers(len(RULES)))],
        lookahead=float(rng.uniform(0.1, 10)),
        setup=float(rng.uniform(0.05, 3)),
        lotting=Lotting(
            int(rng.integers(0, 5000)), int(rng.integers(30, 2000)), bool(rng.random() < 0.5)
        ),
        window=int(rng.choice([300, DAY, 2**40])),
        overtime=bool(rng.random() < 0.5),
    )


def small(
    *orders: Order, lines: int = 1, shifts: tuple[Shift, ...] = (Shift(0, DAY),), **changes: object
) -> Plant:
    """Lines manned for one day, products A1 and A2 of family A, B of family B, at one unit a minute."""
    items = (Item("A1", "A"), Item("A2", "A"), Item("B", "B"), Item("raw", "raw", stock=1e6))
    parts: dict[str, object] = {
        "currency": "EUR",
        "starts_at": datetime(2026, 1, 5, tzinfo=UTC),
        "horizon": DAY,
        "lines": tuple(
            Line(f"L{n}", run_cost=60, shifts=shifts, initial_family="A") for n in range(lines)
        ),
        "items": items,
        "capabilities": tuple(
            Capability(f"L{n}", item.id, 60.0) for n in range(lines) for item in items[:3]
        ),
        "changeovers": (Changeover("A", "B", 30, 10.0), Changeover("B", "A", 60, 20.0)),
        "bom": tuple(BomLine(item.id, "raw", 1.0) for item in items[:3]),
        "orders": orders,
    }
    return Plant(**(parts | changes))  # type: ignore[arg-type]


def placed(schedule: Schedule) -> list[tuple[str, int, int, float]]:
    """Item, start, end and units of the runs by start."""
    runs = sorted(schedule.runs, key=lambda run: (run.start, run.line))
    return [(run.item, run.start, run.end, run.quantity) for run in runs]


@pytest.mark.parametrize("block", range(20))
def test_every_rule_is_feasible_on_generated_plants(block: int) -> None:
    for seed in range(20 * block, 20 * block + 20):
        rng = np.random.default_rng(seed)
        items = int(rng.integers(1, 25))
        plant = generate(
            int(rng.integers(1, 8)), items, int(rng.integers(0, 60)), int(rng.integers(1, 10)),
            float(rng.uniform(0.3, 1.8)), seed, stages=min(1 + seed % 2, items),
            stock=float(rng.uniform(0, 0.6)), severity=float(rng.uniform(0, 0.8)),
        )  # fmt: skip
        assert violations(plant, dispatch(plant, any_rule(rng))) == ()


@pytest.mark.parametrize("block", range(20))
def test_every_rule_is_feasible_on_odd_plants_of_up_to_three_stages(block: int) -> None:
    for seed in range(20 * block, 20 * block + 20):
        rng = np.random.default_rng(seed)
        plant = plant_from_document(random_plant(rng))
        assert violations(plant, dispatch(plant, any_rule(rng))) == ()


@pytest.mark.parametrize("seed", range(60))
def test_what_is_locked_or_frozen_stays_and_the_rest_fits_around_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plant = plant_from_document(random_plant(rng))
    if seed % 2:
        plant = generate(4, 12, 40, 5, 0.9, seed, stages=1 + seed // 2 % 2)
    first = dispatch(plant, any_rule(rng))
    locks = rng.choice(["none", "none", "line", "start", "all"], len(first.runs))
    base = Schedule(
        tuple(replace(run, lock=str(lock)) for run, lock in zip(first.runs, locks, strict=True))  # type: ignore[arg-type]
    )
    zones = Zones(frozen=int(rng.integers(0, plant.horizon // 3)), slush=DAY)
    again = dispatch(plant, any_rule(rng), base, zones)
    assert violations(plant, again, base, zones) == ()
    kept = {run.id for run in kept_runs(plant, base, zones)}
    fresh = [run for run in again.runs if run.id not in kept]
    assert all(run.start >= zones.frozen for run in fresh)
    assert not {run.id for run in fresh} & {run.id for run in base.runs}


def test_edd_makes_what_is_due_first() -> None:
    plant = small(Order("1", "A1", 100, 900), Order("2", "B", 50, 600))
    assert placed(dispatch(plant, RULES["edd"])) == [
        ("B", 30, 80, 50),
        ("A1", 140, 240, 100),
    ]


def test_fifo_makes_what_was_ordered_first() -> None:
    plant = small(Order("1", "A1", 100, 900), Order("2", "B", 50, 600))
    assert [run[0] for run in placed(dispatch(plant, RULES["fifo"]))] == ["A1", "B"]


def test_spt_makes_the_shortest_first_and_wspt_the_dearest_per_minute() -> None:
    orders = Order("1", "A1", 100, 900, weight=9.0), Order("2", "A2", 50, 900, weight=1.0)
    plant = small(*orders)
    assert [run[0] for run in placed(dispatch(plant, RULES["spt"]))] == ["A2", "A1"]
    assert [run[0] for run in placed(dispatch(plant, RULES["wspt"]))] == ["A1", "A2"]


def test_critical_ratio_and_slack_see_the_work_before_the_due() -> None:
    plant = small(Order("1", "A1", 500, 600), Order("2", "A2", 10, 400))
    for name in ("slack", "critical-ratio"):
        assert [run[0] for run in placed(dispatch(plant, RULES[name]))] == ["A1", "A2"]
    assert [run[0] for run in placed(dispatch(plant, RULES["edd"]))] == ["A2", "A1"]


def test_campaign_and_atcs_stay_in_the_family_where_atc_does_not() -> None:
    lotting = Lotting(cover=0)
    orders = [
        Order("1", "A1", 100, 1000), Order("2", "B", 100, 1040), Order("3", "A1", 100, 1060),
    ]  # fmt: skip
    plant = small(*orders)
    made = {
        name: [run[0] for run in placed(dispatch(plant, replace(RULES[name], lotting=lotting)))]
        for name in ("atc", "atcs", "campaign")
    }
    assert made == {
        "atc": ["A1", "B", "A1"],
        "atcs": ["A1", "A1", "B"],
        "campaign": ["A1", "A1", "B"],
    }


def test_a_lot_waits_for_its_material_with_the_changeover_already_made() -> None:
    plant = small(
        Order("1", "B", 50, 600),
        items=(Item("A1", "A"), Item("A2", "A"), Item("B", "B"), Item("raw", "raw")),
        arrivals=(Arrival("raw", 200, 80.0),),
    )
    assert placed(dispatch(plant, RULES["edd"])) == [("B", 200, 250, 50)]


def test_a_lot_whose_material_never_comes_in_full_is_cut_to_what_comes() -> None:
    plant = small(
        Order("1", "B", 50, 600),
        items=(Item("A1", "A"), Item("A2", "A"), Item("B", "B"), Item("raw", "raw", stock=20.0)),
    )
    assert placed(dispatch(plant, RULES["edd"])) == [("B", 30, 50, 20)]


def test_material_that_an_earlier_order_takes_is_not_there_for_a_run() -> None:
    raw = Item("raw", "raw", stock=50.0)
    plant = small(
        Order("1", "B", 50, 600),
        Order("2", "raw", 30, 0),
        items=(Item("A1", "A"), Item("A2", "A"), Item("B", "B"), raw),
    )
    assert placed(dispatch(plant, RULES["edd"])) == [("B", 30, 50, 20)]


def test_overtime_starts_only_what_is_late_where_the_rule_says_so() -> None:
    shifts = (Shift(0, 100, overtime=True), Shift(200, 1000))
    plant = small(
        Order("1", "A1", 50, 900),
        Order("2", "A2", 50, 40),
        shifts=shifts,
    )
    rule = replace(RULES["fifo"], overtime=False)
    assert placed(dispatch(plant, rule)) == [("A2", 0, 50, 50), ("A1", 200, 250, 50)]


def test_a_window_keeps_lots_from_being_made_too_early() -> None:
    plant = small(Order("1", "A1", 50, 900))
    assert placed(dispatch(plant, replace(RULES["edd"], window=100))) == [("A1", 800, 850, 50)]


def test_a_locked_run_that_needs_another_runs_parts_keeps_that_run_too() -> None:
    plant = small(
        Order("1", "B", 50, 600),
        bom=(BomLine("B", "A1", 1.0),),
        orders=(Order("1", "B", 50, 600),),
    )
    base = Schedule((Run("a", "L0", "A1", 0, 50, 50), Run("b", "L0", "B", 80, 130, 50, "start")))
    assert {run.id for run in kept_runs(plant, base, Zones())} == {"a", "b"}
    assert dispatch(plant, RULES["edd"], base).runs == base.runs


def test_tuned_atcs_is_at_most_the_plain_one_and_keeps_to_the_weights() -> None:
    plant = generate(6, 24, 80, 7, 1.0, 5, stages=2)
    for weights in (Weights(), Weights(tardiness=0.0, changeover=20.0)):
        rule, schedule = tune_atcs(plant, weights)
        plain = evaluate(plant, dispatch(plant, RULES["atcs"]), weights=weights)
        tuned = evaluate(plant, schedule, weights=weights)
        assert tuned.feasible
        assert tuned.cost.total <= plain.cost.total
        assert dispatch(plant, rule) == schedule
    assert tuned_atcs(plant) == tune_atcs(plant)[1]


def test_a_plant_without_orders_or_lines_gets_an_empty_schedule() -> None:
    assert dispatch(small(), RULES["atcs"]) == Schedule()
    assert dispatch(small(Order("1", "A1", 5, 9), lines=0), RULES["atcs"]) == Schedule()
    assert tuned_atcs(small()) == Schedule()
