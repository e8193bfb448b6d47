"""Lots: netting against stock, merging, splitting, and the demand that lots pass to their parts."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from envs.rules.lots import Lotting, lot_size, lots_of, products_first
from envs.scenarios import generate
from plant import Arrival, BomLine, Capability, Item, Line, Order, Plant, Run, Shift
from plant.arrays import plant_arrays

DAY = 1440
NO_MERGE = Lotting(cover=0)


def a_plant(
    *orders: Order,
    items: tuple[Item, ...] = (Item("P", "F"),),
    bom: tuple[BomLine, ...] = (),
    arrivals: tuple[Arrival, ...] = (),
    yields: float = 1.0,
    min_lot: float = 0.0,
    multiple: float = 0.0,
) -> Plant:
    """One line, manned around the clock, that makes a unit of anything in a minute."""
    return Plant(
        "EUR",
        datetime(2026, 1, 5, tzinfo=UTC),
        10 * DAY,
        (Line("L", shifts=(Shift(0, 10 * DAY),)),),
        items,
        tuple(Capability("L", item.id, 60.0, yields, min_lot, multiple) for item in items),
        bom=bom,
        arrivals=arrivals,
        orders=orders,
    )


def lots(plant: Plant, lotting: Lotting = NO_MERGE, kept: tuple[Run, ...] = ()) -> list[tuple]:  # type: ignore[type-arg]
    """Item, units, due and money per day late of each lot."""
    found = lots_of(plant, lotting, kept)
    return [
        (plant.items[item].id, quantity, due, weight)
        for item, quantity, due, weight in zip(
            found.item, found.quantity, found.due, found.weight, strict=True
        )
    ]


def test_the_stock_serves_the_first_orders() -> None:
    orders = (Order("1", "P", 30, 100, 2.0), Order("2", "P", 20, 50, 1.0))
    plant = a_plant(*orders, items=(Item("P", "F", stock=25.0),))
    assert lots(plant) == [("P", 25.0, 100, 50.0)]


def test_arrivals_and_kept_runs_serve_what_is_due_after_them() -> None:
    orders = [Order(str(due), "P", 10, due) for due in (100, 200, 300)]
    plant = a_plant(*orders, arrivals=(Arrival("P", 150, 10.0),))
    kept = (Run("K", "L", "P", 240, 250, 10.0),)
    assert lots(plant, kept=kept) == [("P", 10.0, 100, 10.0)]


def test_dues_within_the_cover_are_one_lot() -> None:
    orders = [Order(str(due), "P", 10, due, 2.0) for due in (100, 500, 1000, 3000)]
    assert lots(a_plant(*orders), Lotting(cover=900)) == [
        ("P", 30.0, 100, 60.0),
        ("P", 10.0, 3000, 20.0),
    ]


def test_a_large_order_is_split_evenly_into_lots_of_the_longest() -> None:
    plant = a_plant(Order("1", "P", 250, 900, 4.0))
    assert (
        lots(plant, Lotting(longest=100))
        == [("P", pytest.approx(250 / 3), 900, pytest.approx(1000 / 3))] * 3
    )


def test_what_a_least_lot_makes_too_much_serves_the_next_order() -> None:
    orders = [Order(str(due), "P", 10, due) for due in (100, 5000, 9000)]
    assert lots(a_plant(*orders, min_lot=25.0)) == [("P", 25.0, 100, 10.0), ("P", 25.0, 9000, 5.0)]


def test_lots_are_multiples() -> None:
    assert lots(a_plant(Order("1", "P", 11, 100), multiple=4.0))[0][1] == 12.0
    assert [lot_size(q, 10, 4) for q in (1, 10, 12, 12.0000000001, 13)] == [12, 12, 12, 12, 16]
    assert lot_size(7.5, 2.0, 0.0) == 7.5


def test_the_safety_stock_is_filled_up_with_the_first_lot() -> None:
    item = Item("P", "F", stock=5.0, safety_stock=20.0, shortage_cost=0.1)
    plant = a_plant(Order("1", "P", 8, 400, 1.0), items=(item,))
    assert lots(plant, Lotting()) == [("P", 23.0, 400, 8.0 + 1.5)]
    assert lots(plant, Lotting(safety=False)) == [("P", 3.0, 400, 3.0)]


def test_parts_are_due_when_their_product_has_to_start_and_allow_for_its_yield() -> None:
    plant = a_plant(
        Order("1", "P", 90, 1000, 2.0),
        Order("2", "part", 7, 2000, 1.0),
        items=(Item("P", "F"), Item("part", "G", stock=50.0)),
        bom=(BomLine("P", "part", 2.0),),
        yields=0.9,
    )
    assert lots(plant) == [
        ("part", 150.0, 910, pytest.approx(180 * 150 / 200)),
        ("P", 90.0, 1000, 180.0),
        ("part", 7.0, 2000, 7.0),
    ]


def test_products_come_before_their_components_over_all_stages() -> None:
    plant = generate(6, 40, 20, 7, 0.9, 1, stages=2)
    place = {item: n for n, item in enumerate(products_first(plant_arrays(plant)))}
    index = plant_arrays(plant).item_index
    assert sorted(place) == list(range(40))
    assert all(place[index[b.item]] < place[index[b.component]] for b in plant.bom)


@pytest.mark.parametrize("seed", range(20))
def test_lots_and_stock_cover_every_order(seed: int) -> None:
    plant = generate(5, 20, 60, 7, 0.9, seed)
    rng = np.random.default_rng(seed)
    lotting = Lotting(int(rng.integers(0, 6000)), int(rng.integers(60, 2000)), bool(seed % 2))
    found = lots_of(plant, lotting)
    for number, item in enumerate(plant.items):
        ordered = sum(order.quantity for order in plant.orders if order.item == item.id)
        made = float(found.quantity[found.item == number].sum())
        if ordered:
            assert made >= ordered + lotting.safety * item.safety_stock - item.stock - 1e-6
