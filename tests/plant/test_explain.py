"""Exceptions: on plants made by hand the cause is known, and so is what helps."""

from __future__ import annotations

from datetime import UTC, datetime
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
    Run,
    Schedule,
    Shift,
    Zones,
    evaluate,
)
from plant.edits import Group, Move, apply
from plant.explain import PlanException, exceptions, fixes_of
from plant.explain_texts import SENTENCES
from plant.plant_changes import EarlierArrival, ExtraShift, changed

DAY = 1440
ROUND_THE_CLOCK = (Shift(0, 2 * DAY),)


def plant_of(*orders: Order, **changes: Any) -> Plant:
    """One line that makes A and B, a unit a minute; on Monday at midnight, for two days."""
    plant = {
        "currency": "EUR",
        "starts_at": datetime(2026, 1, 5, tzinfo=UTC),
        "horizon": 2 * DAY,
        "lines": (Line("L1", 10.0, 5.0, 0.0, ROUND_THE_CLOCK),),
        "items": (Item("A", "a"), Item("B", "b"), Item("RAW", "raw")),
        "capabilities": (Capability("L1", "A", 60.0), Capability("L1", "B", 60.0)),
        "orders": orders,
    }
    return Plant(**(plant | changes))


def late(plant: Plant, *runs: Run, **how: Any) -> PlanException:
    """The one late order's exception, which every fix of it is held against."""
    schedule = Schedule(runs)
    found = [one for one in exceptions(plant, schedule, **how) if one.kind == "late"]
    assert len(found) == 1
    return found[0]


def codes(found: PlanException) -> list[str]:
    return [cause.said.code for cause in found.chain]


def fixed_by(found: PlanException) -> dict[str, Any]:
    return {fix.said.code: fix for fix in found.fixes or ()}


ORDER = Order("O-1", "A", 100, due=150, weight=14.4)
R1 = Run("R-1", "L1", "A", 500, 600, 100)


def test_material_that_arrives_late_is_named_with_the_arrival_that_would_help() -> None:
    plant = plant_of(ORDER, bom=(BomLine("A", "RAW", 2.0),), arrivals=(Arrival("RAW", 500, 300),))
    found = late(plant, R1)
    assert codes(found) == ["delivery", "material"]
    assert found.why == found.chain[-1]
    assert found.why.kind == "material"
    assert found.said.english == (
        "Order O-1: 100 of A late by up to 7 h 30 min, 450 EUR: run R-1 waits for 200 of RAW that "
        "arrive at Mon 2026-01-05 08:20."
    )
    assert found.said.korean == (
        "주문 O-1: A 100 납기지연 최대 7시간 30분, 450 EUR, 원인: 작업 R-1: 원자재 RAW 200 입고 예정 "
        "2026년 1월 5일(월) 08:20 대기."
    )
    fix = fixed_by(found)["arrival_earlier"]
    assert fix.change == EarlierArrival("RAW", 500, 200, 0)
    assert fix.edit == Group((Move("R-1", "L1", 0),))
    assert fix.said.english == "200 of RAW 8 h 20 min earlier, at Mon 2026-01-05 00:00"
    assert (fix.units, fix.order_money) == (100, pytest.approx(450))


def test_a_busy_line_is_named_and_going_before_others_helps() -> None:
    plant = plant_of(ORDER, Order("O-2", "B", 500, due=700))
    found = late(plant, Run("R-0", "L1", "B", 0, 500, 500), R1)
    assert codes(found) == ["delivery", "capacity", "plan_start"]
    assert found.why is not None
    assert (found.why.kind, found.why.runs) == ("capacity", ("R-1", "R-0"))
    fix = fixed_by(found)["before"]
    assert fix.edit == Group((Move("R-1", "L1", 0), Move("R-0", "L1", 100)))
    assert fix.units == 100


def test_another_line_that_is_free_helps() -> None:
    lines = (Line("L1", shifts=ROUND_THE_CLOCK), Line("L2", shifts=ROUND_THE_CLOCK))
    able = (Capability("L1", "A", 60), Capability("L1", "B", 60), Capability("L2", "A", 60))
    plant = plant_of(ORDER, lines=lines, capabilities=able)
    found = late(plant, Run("R-0", "L1", "B", 0, 500, 500), R1)
    assert fixed_by(found)["other_line"].edit == Move("R-1", "L2", 0)


def test_a_long_changeover_is_named() -> None:
    lines = (Line("L1", shifts=ROUND_THE_CLOCK, initial_family="b"),)
    plant = plant_of(ORDER, lines=lines, changeovers=(Changeover("b", "a", 200),))
    found = late(plant, Run("R-1", "L1", "A", 200, 300, 100))
    assert codes(found) == ["delivery", "changeover", "plan_start"]
    assert found.why is not None
    assert found.why.kind == "changeover"
    assert "from b to a before run R-1 takes 3 h 20 min of L1" in found.why.said.english


def test_a_lock_is_named_and_taking_it_off_helps() -> None:
    locked = Run("R-1", "L1", "A", 500, 600, 100, "start")
    for base in (None, Schedule((locked,))):
        found = late(plant_of(ORDER), locked, base=base)
        assert codes(found) == ["delivery", "lock"]
        fix = fixed_by(found)["unlock"]
        assert fix.said.english == (
            "take the lock off R-1 and start it on L1 8 h 20 min earlier, at Mon 2026-01-05 00:00"
        )
        assert fix.units == 100


def test_of_several_late_deliveries_the_last_is_explained() -> None:
    runs = (Run("R-0", "L1", "A", 150, 200, 50), Run("R-1", "L1", "A", 500, 550, 50))
    found = late(plant_of(ORDER), *runs)
    assert (found.quantity, found.late) == (100, 400)
    assert found.chain[0].runs == ("R-1",)
    assert found.chain[1].said.parameters["at"] == 200


def test_the_frozen_zone_is_named_and_nothing_in_it_is_proposed_to_move() -> None:
    found = late(plant_of(ORDER), R1, base=Schedule((R1,)), zones=Zones(frozen=600))
    assert codes(found) == ["delivery", "frozen"]
    assert found.fixes == ()


def test_a_gap_is_named_and_starting_earlier_helps() -> None:
    found = late(plant_of(ORDER), R1)
    assert codes(found) == ["delivery", "gap"]
    fix = fixed_by(found)["start_earlier"]
    assert fix.edit == Move("R-1", "L1", 0)
    assert fix.said.english == "start R-1 on L1 8 h 20 min earlier, at Mon 2026-01-05 00:00"
    assert fix.said.korean == "라인 L1 작업 R-1 시작을 8시간 20분 앞당김(2026년 1월 5일(월) 00:00)"
    assert fix.money == pytest.approx(450)


def test_an_upstream_run_is_named_and_pulled_with_what_waits_for_it() -> None:
    plant = plant_of(
        ORDER,
        lines=(Line("L1", shifts=ROUND_THE_CLOCK), Line("L2", shifts=ROUND_THE_CLOCK)),
        capabilities=(Capability("L1", "A", 60.0), Capability("L2", "B", 60.0)),
        bom=(BomLine("A", "B", 0.5),),
    )
    found = late(plant, Run("R-0", "L2", "B", 450, 500, 50), R1)
    assert codes(found) == ["delivery", "upstream", "gap"]
    assert found.chain[1].runs == ("R-1", "R-0")
    fix = fixed_by(found)["start_earlier_all"]
    assert fix.edit == Group((Move("R-0", "L2", 0), Move("R-1", "L1", 50)))
    assert fix.units == 100


def test_a_run_beyond_the_horizon_is_named() -> None:
    lines = (Line("L1", shifts=(Shift(0, 3 * DAY),)),)
    found = late(plant_of(ORDER, lines=lines), Run("R-1", "L1", "A", 2850, 2950, 100))
    assert codes(found) == ["horizon", "gap"]
    assert (found.short, found.late) == (100, 0)
    assert fixed_by(found)["start_earlier"].edit == Move("R-1", "L1", 0)


def test_what_nobody_plans_is_named_and_a_run_proposed() -> None:
    found = late(plant_of(ORDER))
    assert codes(found) == ["unplanned"]
    assert fixed_by(found)["add_run"].units == 100
    assert "not delivered in the plan's horizon" in found.said.english


def test_lines_without_free_time_are_named() -> None:
    lines = (Line("L1", shifts=(Shift(0, 550),)),)
    plant = plant_of(ORDER, lines=lines)
    found = late(plant, Run("R-0", "L1", "B", 0, 500, 500))
    assert codes(found) == ["unplanned", "full"]
    assert found.why is not None
    assert found.why.said.parameters["free"] == 50
    assert found.fixes == ()


def test_material_that_never_comes_is_named() -> None:
    found = late(
        plant_of(ORDER, bom=(BomLine("A", "RAW", 2.0),), arrivals=(Arrival("RAW", 5, 40),))
    )
    assert codes(found) == ["unplanned", "no_material"]
    assert found.why is not None
    assert found.why.said.parameters == {"item": "RAW", "short": 160}


@pytest.mark.parametrize(
    ("order", "arrivals", "expected"),
    [
        (Order("O-1", "RAW", 10, due=100), (), ["not_made"]),
        (Order("O-1", "RAW", 10, due=100), (Arrival("RAW", 500, 10),), ["arrival"]),
        (Order("O-1", "RAW", 10, due=-100), (Arrival("RAW", 0, 10),), ["overdue"]),
    ],
)
def test_bought_items_are_explained(
    order: Order, arrivals: tuple[Arrival, ...], expected: list[str]
) -> None:
    assert codes(late(plant_of(order, arrivals=arrivals))) == expected


def test_a_line_that_is_down_is_named() -> None:
    lines = (Line("L1", shifts=ROUND_THE_CLOCK, available_from=500),)
    found = late(plant_of(ORDER, lines=lines), R1)
    assert codes(found) == ["delivery", "available"]
    assert found.why is not None
    assert found.why.kind == "capacity"


def test_an_overtime_shift_is_proposed_with_the_runs_that_use_it() -> None:
    lines = (Line("L1", 10, 5, 0, (Shift(0, 480), Shift(DAY, DAY + 480))),)
    plant = plant_of(Order("O-1", "A", 100, due=700), Order("O-2", "B", 450, due=600), lines=lines)
    runs = (Run("R-0", "L1", "B", 0, 450, 450), Run("R-1", "L1", "A", 450, DAY + 70, 100))
    found = late(plant, *runs)
    fix = fixed_by(found)["overtime_shift"]
    assert fix.change == ExtraShift("L1", 480, 960)
    assert fix.said.english.startswith("one more overtime shift on L1 on Monday 2026-01-05, 8 h")
    better = apply(changed(plant, fix.change), Schedule(runs), fix.edit).schedule
    assert evaluate(changed(plant, fix.change), better).late_orders == {}


def test_splitting_a_run_for_many_is_proposed_to_whom_it_serves() -> None:
    plant = plant_of(Order("O-1", "A", 60, due=100), Order("O-2", "A", 400, due=600))
    found = late(plant, Run("R-1", "L1", "A", 0, 460, 460))
    fix = fixed_by(found)["split"]
    assert fix.edit.quantity == 60
    assert fix.units == 60


def test_a_rule_that_is_broken_comes_first_and_names_what_is_missing() -> None:
    plant = plant_of(ORDER, bom=(BomLine("A", "RAW", 2.0),))
    first, second = exceptions(plant, Schedule((R1,)))
    assert (first.id, first.severity) == ("breach:stock:RAW", "high")
    assert first.said.korean.startswith("위반 (재고)")
    assert codes(second) == ["delivery", "missing"]


def test_stock_under_safety_stock_is_an_exception() -> None:
    items = (Item("A", "a", stock=50, safety_stock=40, shortage_cost=2.0), Item("B", "b"))
    plant = plant_of(Order("O-1", "A", 30, due=DAY), items=items)
    (found,) = exceptions(plant, Schedule())
    assert (found.id, found.severity, found.at) == ("stock:A", "medium", DAY)
    assert (found.quantity, found.money) == (20, 40)
    assert found.said.english == (
        "A: stock under safety stock 40 from Tue 2026-01-06 00:00 for 1 d, lowest 20, 40 EUR: "
        "nothing supplies A after that within the horizon."
    )


def test_stock_that_is_resupplied_late_is_explained_by_its_next_supply() -> None:
    items = (Item("A", "a", stock=50, safety_stock=40), Item("B", "b"), Item("RAW", "raw"))
    order = Order("O-1", "A", 30, due=100)
    made = plant_of(
        order, items=items, bom=(BomLine("A", "RAW", 1.0),), arrivals=(Arrival("RAW", 500, 90),)
    )
    (found,) = exceptions(made, Schedule((Run("R-1", "L1", "A", 500, 550, 50),)))
    assert codes(found) == ["resupply", "material"]
    assert found.why == found.chain[1]
    items = (Item("A", "a"), Item("B", "b"), Item("RAW", "raw", safety_stock=5))
    (bought,) = exceptions(plant_of(items=items, arrivals=(Arrival("RAW", 500, 90),)), Schedule())
    assert codes(bought) == ["resupply_arrival"]


def test_overtime_is_an_exception() -> None:
    lines = (Line("L1", 10, 6, 0, (Shift(0, 100), Shift(100, 300, True))),)
    schedule = Schedule((Run("R-1", "L1", "A", 50, 200, 150),))
    (served,) = exceptions(plant_of(Order("O-1", "A", 9, due=300), lines=lines), schedule)
    assert served.said.english.endswith("10 EUR on top: L1 works it for O-1.")
    (found,) = exceptions(plant_of(lines=lines), schedule)
    assert (found.id, found.late, found.money) == ("overtime:L1:0", 100, 10)
    assert found.said.korean == "라인 L1: 2026년 1월 5일(월) 잔업 1시간 40분, 추가 비용 10 EUR."


def test_fixes_of_one_exception_are_those_of_the_list() -> None:
    schedule = Schedule((R1,))
    plant = plant_of(ORDER)
    (found,) = exceptions(plant, schedule)
    assert found.fixes == fixes_of(plant, schedule, "late:O-1")
    assert exceptions(plant, schedule, fixes=0)[0].fixes is None
    assert fixes_of(plant, schedule, "late:O-9") == ()


def test_a_schedule_without_faults_has_no_exceptions() -> None:
    assert exceptions(plant_of(ORDER), Schedule((Run("R-1", "L1", "A", 0, 100, 100),))) == ()


def test_every_sentence_says_the_same_of_the_same_parameters_in_both_languages() -> None:
    import string

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for code, (english, korean) in SENTENCES.items():
        assert fields(english) == fields(korean), code
