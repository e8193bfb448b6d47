"""The referee against the golden cases, and against cases worked out by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plant import (
    Arrival,
    BomLine,
    Capability,
    Changeover,
    Item,
    Line,
    Order,
    Plant,
    ReferencesError,
    Run,
    Schedule,
    Shift,
    Weights,
    Zones,
    evaluate,
    violations,
)
from plant.io import plant_from_document, schedule_from_document
from tests.plant.reference import reference_evaluate

GOLDEN: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "golden" / "evaluate.json").read_text()
)
CENT = 0.005


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: str(case["name"]))
def test_golden_cases_agree_to_the_cent(case: dict[str, Any]) -> None:
    told = evaluate(
        plant_from_document(case["plant"]),
        schedule_from_document(case["schedule"]),
        weights=Weights(**case["weights"]),
    )
    expected = case["expected"]
    assert sorted([v.kind, v.record] for v in told.violations) == sorted(expected["violations"])
    for name, money in expected.get("cost", {}).items():
        assert getattr(told.cost, name) == pytest.approx(money, abs=CENT), name
    for name, value in expected.get("kpis", {}).items():
        assert getattr(told.kpis, name) == pytest.approx(value, abs=1e-9), name


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: str(case["name"]))
def test_the_slow_reference_agrees_with_the_golden_cases(case: dict[str, Any]) -> None:
    told = reference_evaluate(case["plant"], case["schedule"], case["weights"])
    assert told["violations"] == sorted(case["expected"]["violations"])
    for name, money in case["expected"].get("cost", {}).items():
        assert told["cost"][name] == pytest.approx(money, abs=CENT), name


def one_line(**changes: Any) -> Plant:
    """Line L, 08:00-12:00 and 13:00-17:00, then two overtime hours; makes A (60/h) and B (30/h)."""
    parts: dict[str, Any] = {
        "currency": "KRW",
        "starts_at": datetime(2026, 1, 5, tzinfo=UTC),
        "horizon": 1440,
        "lines": (
            Line("L", run_cost=60, overtime_cost=30, idle_cost=6, initial_family="fa",
                 shifts=(Shift(480, 720), Shift(780, 1020), Shift(1020, 1140, overtime=True))),
        ),
        "items": (Item("A", "fa", holding_cost=2.4), Item("B", "fb"), Item("M", "raw", stock=100)),
        "capabilities": (Capability("L", "A", 60), Capability("L", "B", 30, yield_=0.5)),
        "changeovers": (Changeover("fa", "fb", 30, 7), Changeover("fb", "fa", 60, 11)),
        "bom": (BomLine("B", "M", 0.5),),
    }  # fmt: skip
    return Plant(**(parts | changes))


def runs(*rows: tuple[str, int, int, float]) -> Schedule:
    return Schedule(tuple(Run(f"{n}", "L", *row) for n, row in enumerate(rows)))


def kinds(plant: Plant, schedule: Schedule, **how: Any) -> list[tuple[str, str, float]]:
    return [(v.kind, v.record, v.amount) for v in violations(plant, schedule, **how)]


def test_a_run_pauses_at_the_break_and_pays_only_shift_time() -> None:
    # 300 units at 60/h are 300 min: 240 before the break, 60 after it
    told = evaluate(one_line(), runs(("A", 480, 840, 300)))
    assert told.feasible
    assert told.cost.production == 300  # 5 h at 60
    assert told.cost.idle == 18  # 3 of 8 regular hours at 6
    # 300 units from minute 840 to 1440: 300 * 600/1440 days * 2.4
    assert told.cost.holding == pytest.approx(300)
    assert told.cost.total == pytest.approx(618)


def test_overtime_costs_its_rate_on_top_and_never_idles() -> None:
    told = evaluate(one_line(), runs(("A", 960, 1080, 120)))
    assert told.feasible
    assert told.cost.production == 60 * 2 + 30 * 1
    assert told.cost.idle == 6 * 7
    assert told.kpis.overtime_hours == 1


def test_a_changeover_takes_the_last_shift_minutes_before_the_run() -> None:
    # fa > fb takes 30 min: before a run at 790 these are 700-720 and 780-790
    plant = one_line()
    told = evaluate(plant, runs(("A", 480, 700, 220), ("B", 790, 850, 30)))
    assert told.feasible
    assert told.cost.changeover == 7
    assert told.cost.idle == pytest.approx(6 * (480 - 220 - 30 - 60) / 60)
    crowded = runs(("A", 480, 701, 220), ("B", 790, 850, 30))
    assert kinds(plant, crowded) == [("changeover", "1", 1.0)]


def test_changeovers_are_not_symmetric_and_an_absent_pair_is_free() -> None:
    plant = one_line()
    assert evaluate(plant, runs(("B", 510, 570, 30))).cost.changeover == 7
    both = evaluate(plant, runs(("B", 510, 570, 30), ("A", 630, 690, 60)))
    assert both.feasible
    assert both.cost.changeover == 18
    assert evaluate(plant, runs(("A", 480, 540, 60))).cost.changeover == 0


def test_components_are_taken_at_the_start_for_quantity_over_yield() -> None:
    plant = one_line()
    assert evaluate(plant, runs(("B", 510, 720, 100))).feasible  # 100 * 0.5 / 0.5 = 100 of M
    short = kinds(plant, runs(("B", 510, 840, 102)))
    assert short == [("stock", "M", pytest.approx(2))]
    late = one_line(arrivals=(Arrival("M", 511, 2),))
    assert kinds(late, runs(("B", 510, 840, 102))) == [("stock", "M", pytest.approx(2))]
    in_time = one_line(arrivals=(Arrival("M", 510, 2),))
    assert evaluate(in_time, runs(("B", 510, 840, 102))).feasible


def test_orders_are_served_in_part_as_stock_appears() -> None:
    plant = one_line(orders=(Order("O", "A", 100, due=500, weight=1.44),))
    told = evaluate(plant, runs(("A", 480, 540, 60), ("A", 600, 640, 40)))
    assert told.cost.tardiness == pytest.approx(1.44 * (60 * 40 + 40 * 140) / 1440)
    assert told.kpis.units_late == 100
    assert told.kpis.on_time_in_full == 0
    assert [(p.supplier_id, p.quantity, p.at) for p in told.pegging.by_order["O"]] == [
        ("0", 60, 540),
        ("1", 40, 640),
    ]


def test_what_is_open_at_the_end_pays_as_if_served_a_day_later() -> None:
    plant = one_line(orders=(Order("O", "A", 10, due=720, weight=3),))
    assert evaluate(plant, Schedule()).cost.tardiness == pytest.approx(3 * 10 * (720 + 1440) / 1440)


def test_equal_dues_are_served_by_weight_then_id() -> None:
    orders = (Order("b", "A", 10, 600, 1), Order("a", "A", 10, 600, 1), Order("z", "A", 10, 600, 9))
    told = evaluate(one_line(orders=orders), runs(("A", 480, 500, 20)))
    assert set(told.late_orders) == {"b"}


def test_shortage_pays_while_stock_lies_under_safety_stock() -> None:
    scarce = Item("A", "fa", stock=5, safety_stock=20, shortage_cost=14.4)
    items = (scarce, Item("B", "fb"), Item("M", "raw", 100))
    told = evaluate(one_line(items=items), runs(("A", 480, 490, 10)))
    assert told.cost.holding == pytest.approx(14.4 * (15 * 490 + 5 * 950) / 1440)


def test_every_rule_is_named_with_its_amount() -> None:
    plant = one_line(
        capabilities=(Capability("L", "A", 60, min_lot=30, lot_multiple=20),),
        lines=(Line("L", shifts=(Shift(480, 720),), available_from=500),),
        changeovers=(),
    )
    schedule = runs(
        ("A", 470, 560, 40),  # 90 min, of them 80 manned; starts unmanned and 30 min early
        ("A", 555, 600, 60),  # overlaps by 5, 15 min short
        ("A", 620, 680, 50),  # 10 off the multiple
        ("A", 690, 720, 20),  # 10 under the least lot
        ("B", 680, 690, 1),
    )
    assert sorted(kinds(plant, schedule)) == [
        ("available", "0", 30.0),
        ("capability", "4", 1.0),
        ("duration", "1", pytest.approx(15)),
        ("lot", "2", pytest.approx(10)),
        ("lot", "3", pytest.approx(10)),
        ("overlap", "1", 5.0),
        ("shift", "0", 1.0),
    ]


def test_locks_and_the_frozen_zone_hold_and_moves_in_the_slush_zone_count() -> None:
    plant = one_line()
    base = Schedule((
        Run("f", "L", "A", 480, 500, 20), Run("l", "L", "A", 500, 520, 20, lock="line"),
        Run("s", "L", "A", 520, 540, 20, lock="start"), Run("a", "L", "A", 540, 560, 20, lock="all"),
        Run("n", "L", "A", 560, 580, 20),
    ))  # fmt: skip
    zones = Zones(frozen=490, slush=100)
    assert evaluate(plant, base, base, zones=zones).feasible
    after = Schedule((
        Run("f", "L", "A", 480, 490, 10), Run("l", "L", "A", 505, 525, 20),
        Run("s", "L", "A", 526, 541, 15), Run("a", "L", "A", 541, 561, 20),
    ))  # fmt: skip
    told = evaluate(plant, after, base, Weights(instability=7), zones)
    assert [(v.kind, v.record, v.amount) for v in told.violations] == [
        ("lock", "f", 2.0), ("lock", "s", 1.0), ("lock", "a", 2.0),
    ]  # fmt: skip
    assert told.kpis.moves == 4  # l, s, a moved, n is gone
    assert told.cost.instability == 28


def test_a_run_that_names_an_unknown_line_or_item_is_refused_with_all_of_them() -> None:
    schedule = Schedule((Run("x", "L9", "A", 480, 490, 1), Run("y", "L", "Q", 480, 490, 1)))
    with pytest.raises(ReferencesError) as refused:
        evaluate(one_line(), schedule)
    assert "run x: line" in str(refused.value)
    assert "run y: item" in str(refused.value)
