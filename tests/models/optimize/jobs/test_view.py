"""Only plants whose lots are fixed are seen as jobs."""

from dataclasses import replace

import pytest

from models.optimize.jobs.view import jobs_of
from plant import Item, Order, Plant, Run, Schedule, Shift, Weights, Zones
from tests.models.optimize.jobs.shops import MAKESPAN, shop

PLANT = shop(1, joined=0)


def test_a_shop_is_seen_as_jobs_that_wait_for_each_other() -> None:
    jobs = jobs_of(PLANT, MAKESPAN)
    assert jobs is not None
    made = {capability.item for capability in PLANT.capabilities} - {"END"}
    assert {PLANT.items[item].id for item in jobs.item} >= made
    assert len(jobs.before) == sum(row.component in made for row in PLANT.bom)


def with_first(records: tuple, **fields: object) -> tuple:  # type: ignore[type-arg]
    return (replace(records[0], **fields), *records[1:])


@pytest.mark.parametrize(
    "plant",
    [
        replace(PLANT, lines=with_first(PLANT.lines, shifts=(Shift(0, 60), Shift(90, 9000)))),
        replace(PLANT, lines=with_first(PLANT.lines, shifts=(Shift(0, 9000, True),))),
        replace(PLANT, items=with_first(PLANT.items, stock=1.0)),
        replace(
            PLANT,
            capabilities=tuple(
                replace(c, min_lot=0.0, lot_multiple=0.0) for c in PLANT.capabilities
            ),
        ),
        replace(PLANT, orders=with_first(PLANT.orders, quantity=2.0)),
        replace(
            PLANT, orders=(*PLANT.orders, replace(PLANT.orders[0], id="another", quantity=0.5))
        ),
        replace(PLANT, arrivals=()),
        replace(PLANT, capabilities=()),
    ],
    ids=["gap", "overtime", "stock", "lots", "two lots", "two orders", "no parts", "no lines"],
)
def test_a_plant_with_more_to_decide_is_not(plant: Plant) -> None:
    assert jobs_of(plant, MAKESPAN) is None


def test_nor_is_one_whose_stock_or_idle_time_costs_or_of_which_something_is_published() -> None:
    held = replace(PLANT, items=tuple(replace(item, holding_cost=1.0) for item in PLANT.items))
    assert jobs_of(held, MAKESPAN) is not None
    assert jobs_of(held, Weights()) is None
    idle = replace(PLANT, lines=with_first(PLANT.lines, idle_cost=1.0))
    assert jobs_of(idle, Weights()) is None
    base = Schedule((Run("R", PLANT.lines[0].id, PLANT.orders[0].item, 0, 60, 1.0),))
    assert jobs_of(PLANT, MAKESPAN, base) is None
    assert jobs_of(PLANT, MAKESPAN, None, Zones(frozen=60)) is None


def test_raw_material_that_two_jobs_share_is_more_than_a_release() -> None:
    first, second, *_ = (row for row in PLANT.bom if row.component.startswith("raw"))
    shared = replace(PLANT, bom=(*PLANT.bom, replace(second, component=first.component)))
    assert jobs_of(shared, MAKESPAN) is None


def test_an_item_that_nobody_orders_is_no_job() -> None:
    spare = replace(
        PLANT,
        items=(*PLANT.items, Item("spare", "f")),
        capabilities=(*PLANT.capabilities, replace(PLANT.capabilities[0], item="spare")),
    )
    one, other = jobs_of(PLANT, MAKESPAN), jobs_of(spare, MAKESPAN)
    assert one is not None and other is not None and len(one.item) == len(other.item)
    ordered = replace(spare, orders=(*spare.orders, Order("S", "spare", 1, 0, 1.0)))
    more = jobs_of(ordered, MAKESPAN)
    assert more is not None and len(more.item) == len(one.item) + 1
