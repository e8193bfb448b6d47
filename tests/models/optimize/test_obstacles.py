"""What cannot be planned is named with its root, and is really never planned."""

from dataclasses import replace

import numpy as np
import pytest

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.obstacles.explain import obstacles
from models.optimize.search.annealing import search
from plant import (
    Arrival,
    BomLine,
    Capability,
    Item,
    Line,
    Order,
    Plant,
    Run,
    Schedule,
    Shift,
    evaluate,
)
from tests.models.optimize.tiny import STARTS_AT, chain_plant, small_plant, two_line_plant

DAY = 1440


def two_stage_plant(**changes: object) -> Plant:
    """A product of a part of a raw material, one line for each stage, round the clock for two days."""
    shifts = (Shift(0, 2 * DAY),)
    plant = Plant(
        "EUR",
        STARTS_AT,
        2 * DAY,
        lines=(Line("PRESS", shifts=shifts), Line("PACK", shifts=shifts)),
        items=(Item("BOX", "f"), Item("PART", "g"), Item("STEEL", "raw", stock=1000.0)),
        capabilities=(
            Capability("PRESS", "PART", 10.0, min_lot=20.0),
            Capability("PACK", "BOX", 10.0, min_lot=10.0),
        ),
        bom=(BomLine("BOX", "PART", 2.0), BomLine("PART", "STEEL", 1.0)),
        orders=(Order("O", "BOX", 10.0, 600),),
    )
    return replace(plant, **changes)  # type: ignore[arg-type]


def test_a_plant_in_which_all_can_be_done_has_none() -> None:
    assert obstacles(two_line_plant()) == ()
    assert obstacles(two_stage_plant()) == ()


def test_an_item_that_no_line_makes_and_nobody_has() -> None:
    plant = two_line_plant()
    odd = replace(plant, items=(*plant.items, Item("K", "f")), orders=(Order("X", "K", 5.0, 900),))
    (one,) = obstacles(odd)
    assert (one.kind, one.orders, one.items, one.amount, one.never) == (
        "no line",
        ("X",),
        ("K",),
        5.0,
        True,
    )
    assert "no line can make K" in one.message


def test_stock_of_an_item_that_no_line_makes_serves_the_first_of_its_orders() -> None:
    plant = two_line_plant()
    odd = replace(
        plant,
        items=(*plant.items, Item("K", "f", stock=7.0)),
        orders=(Order("X", "K", 5.0, 900), Order("Y", "K", 5.0, 950), Order("Z", "K", 5.0, 990)),
    )
    some, none = obstacles(odd)
    assert (some.orders, some.amount, some.never) == (("Y",), 3.0, False)
    assert (none.orders, none.amount, none.never) == (("Z",), 5.0, True)


def test_lines_without_shifts_are_named() -> None:
    plant = two_line_plant()
    dark = replace(plant, lines=tuple(replace(line, shifts=()) for line in plant.lines))
    found = obstacles(dark)
    assert {one.orders for one in found} == {("O0",), ("O1",), ("O2",), ("O3",)}
    assert all(one.kind == "shifts" and one.lines == ("A", "B") and one.never for one in found)


def test_a_missing_raw_item_is_named_through_the_chain() -> None:
    items = (Item("BOX", "f"), Item("PART", "g"), Item("STEEL", "raw"))
    (one,) = obstacles(two_stage_plant(items=items))
    assert (one.kind, one.items, one.never) == ("material", ("BOX", "STEEL"), True)
    assert "STEEL is not in stock and does not come in" in one.message


def test_material_for_a_part_of_an_order_leaves_the_rest_short() -> None:
    (one,) = obstacles(chain_plant(parts=40.0))
    assert (one.kind, one.items, one.amount, one.never) == ("material", ("I", "X"), 10.0, False)
    assert obstacles(chain_plant(parts=60.0)) == ()


def test_the_lead_times_of_the_chain_make_an_order_late() -> None:
    # 20 parts take 120 min, then 10 boxes 60 min: with 20 parts at 120, done at 180
    assert obstacles(two_stage_plant(orders=(Order("O", "BOX", 10.0, 180),))) == ()
    (one,) = obstacles(two_stage_plant(orders=(Order("O", "BOX", 10.0, 179),)))
    assert (one.kind, one.amount, one.never) == ("late", 1.0, False)
    assert "Mon 05 Jan 03:00" in one.message


def test_material_that_comes_after_the_due_date_makes_an_order_late() -> None:
    items = (Item("BOX", "f"), Item("PART", "g"), Item("STEEL", "raw"))
    late = two_stage_plant(items=items, arrivals=(Arrival("STEEL", 1000, 50.0),))
    (one,) = obstacles(late)
    assert (one.kind, one.items, one.amount) == ("late", ("BOX", "STEEL"), 1180.0 - 600.0)
    assert "hasten STEEL" in one.message


def test_a_least_lot_that_no_shift_time_is_left_for() -> None:
    lots = (Capability("PRESS", "PART", 10.0), Capability("PACK", "BOX", 10.0, min_lot=500.0))
    (one,) = obstacles(two_stage_plant(capabilities=lots))
    assert (one.kind, one.lines, one.never) == ("lot", ("PACK",), True)


def test_work_that_its_lines_have_no_time_for() -> None:
    orders = tuple(Order(f"O{n}", item, 150.0, 1200) for n, item in enumerate("IJ"))
    plant = replace(two_line_plant(), orders=orders)
    assert obstacles(plant) == ()  # 30 h of work, 40 h of two lines
    one_line = tuple(one for one in plant.capabilities if one.line == "A")
    (found,) = obstacles(replace(plant, capabilities=one_line))
    assert (found.kind, found.lines, set(found.items)) == ("capacity", ("A",), {"I", "J"})
    assert found.amount == pytest.approx(10.0)
    assert "add 10.0 h" in found.message


def test_locked_runs_that_clash_are_told_with_what_would_help() -> None:
    base = Schedule(
        (Run("R1", "A", "I", 0, 600, 100.0, "all"), Run("R2", "A", "I", 300, 900, 100.0, "all"))
    )
    found = [one for one in obstacles(two_line_plant(), base) if one.kind == "lock"]
    assert len(found) == 1
    assert "R2" in found[0].message
    assert "unlock or move" in found[0].message


def hindered(seed: int) -> Plant:
    """A random plant that lacks something: stock, lines, shifts, material."""
    rng = np.random.default_rng(seed)
    plant = small_plant(seed) if seed % 2 else generate(3, 12, 16, 3, 0.9, seed, stages=2)
    lines = tuple(
        replace(line, shifts=() if rng.random() < 0.3 else line.shifts) for line in plant.lines
    )
    capabilities = tuple(
        replace(one, min_lot=one.min_lot * float(rng.choice([1, 1, 100])))
        for one in plant.capabilities
        if rng.random() < 0.5
    )
    items = tuple(
        replace(item, stock=item.stock * float(rng.choice([0, 0, 0.3, 1]))) for item in plant.items
    )
    arrivals = tuple(one for one in plant.arrivals if rng.random() < 0.4)
    return replace(plant, lines=lines, capabilities=capabilities, items=items, arrivals=arrivals)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_named_happens_in_every_schedule_found(seed: int) -> None:
    plant = hindered(seed)
    named = obstacles(plant)
    schedules = [dispatch(plant, rule) for rule in RULES.values()]
    schedules.append(search(plant, schedules[0], 0.0, slices=8).schedule)
    for schedule in schedules:
        verdict = evaluate(plant, schedule)
        assert verdict.feasible
        served = verdict.pegging.by_order
        for one in named:
            for order in one.orders:
                assert order in verdict.late_orders
                if one.never:
                    assert sum(peg.quantity for peg in served.get(order, ())) < 1e-6
