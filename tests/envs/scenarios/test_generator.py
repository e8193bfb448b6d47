"""Generated plants: sizes, load, determinism and what is refused."""

from __future__ import annotations

import hashlib
import math
import time
from collections import defaultdict

import pytest

from envs.scenarios import build, generate
from envs.scenarios.scenario import Scenario
from plant import Plant, RecordError, Schedule, evaluate

SIZES = [(1, 1, 1, 1), (1, 1, 0, 1), (1, 2, 7, 3), (2, 3, 5, 2), (3, 8, 40, 7), (12, 30, 90, 10)]


def measured_load(plant: Plant) -> float:
    """Net work at mean rates and one mean changeover an order over regular time, from the records."""
    rates = defaultdict(list)
    yields = {}
    for capability in plant.capabilities:
        rates[capability.item].append(capability.rate)
        yields[capability.item] = capability.yield_
    need: dict[str, float] = defaultdict(float)
    for order in plant.orders:
        need[order.item] += order.quantity
    for line in plant.bom:  # products before parts, so that parts' demand is complete
        if line.component in rates:
            need[line.component] += need[line.item] * line.per_unit / yields[line.item]
    items = {item.id: item for item in plant.items}
    minutes = 0.0
    for item, units in need.items():
        net = units + items[item].safety_stock - items[item].stock
        minutes += net * 60 / (sum(rates[item]) / len(rates[item]))
    common = [c.minutes for c in plant.changeovers if c.line is None]
    families = {items[item].family for item in rates}
    mean = sum(common) / len(families) ** 2
    capacity = sum(
        max(shift.end - max(shift.start, line.available_from), 0)
        for line in plant.lines
        for shift in line.shifts
        if not shift.overtime
    )
    return (minutes + mean * len(plant.orders)) / capacity


@pytest.mark.parametrize("stages", [1, 2])
@pytest.mark.parametrize(("lines", "items", "orders", "days"), SIZES)
def test_a_plant_has_the_sizes_asked_for(
    lines: int, items: int, orders: int, days: int, stages: int
) -> None:
    plant = generate(lines, items, orders, days, 0.9, 3, stages=min(stages, items))
    assert (len(plant.lines), len(plant.items), len(plant.orders)) == (lines, items, orders)
    assert plant.horizon == days * 1440
    assert {c.line for c in plant.capabilities} == {line.id for line in plant.lines}
    assert not {order.item for order in plant.orders} & plant.raw_items


@pytest.mark.parametrize("seed", range(25))
def test_an_empty_schedule_is_feasible(seed: int) -> None:
    plant = generate(1 + seed % 7, 2 + seed, 5 * seed, 1 + seed % 9, 1.0, seed, stages=1 + seed % 2)
    assert evaluate(plant, Schedule()).violations == ()


@pytest.mark.parametrize("stages", [1, 2])
@pytest.mark.parametrize("load", [0.5, 0.9, 1.2])
@pytest.mark.parametrize(("lines", "items", "orders"), [(5, 20, 120), (50, 200, 600)])
def test_the_load_is_the_one_asked_for(
    lines: int, items: int, orders: int, load: float, stages: int
) -> None:
    plant = generate(lines, items, orders, 14, load, 7, stages=stages)
    assert measured_load(plant) == pytest.approx(load, rel=0.04)


def test_going_down_the_ladder_of_families_takes_longer_than_going_up() -> None:
    plant = generate(6, 40, 60, 7, 0.9, 1)
    minutes = {(c.from_family, c.to_family): c.minutes for c in plant.changeovers if not c.line}
    up = [value for (before, after), value in minutes.items() if before < after]
    down = [value for (before, after), value in minutes.items() if before > after]
    assert sum(down) / len(down) > 1.15 * sum(up) / len(up)


def test_products_of_a_two_stage_plant_take_made_parts_from_feeder_lines() -> None:
    plant = generate(6, 40, 60, 7, 0.9, 1, stages=2)
    made = {c.item for c in plant.capabilities}
    parts = {b.component for b in plant.bom} & made
    assert parts
    by_line = defaultdict(set)
    for capability in plant.capabilities:
        by_line[capability.line].add(capability.item in parts)
    assert [by_line[line.id] for line in plant.lines] == [{True}] * 2 + [{False}] * 4


def test_raw_material_covers_the_orders() -> None:
    plant = generate(6, 40, 60, 7, 0.9, 1)
    made = {c.item: c for c in plant.capabilities}
    need: dict[str, float] = defaultdict(float)
    ordered: dict[str, float] = defaultdict(float)
    for order in plant.orders:
        ordered[order.item] += order.quantity
    for line in plant.bom:
        need[line.component] += ordered[line.item] * line.per_unit / made[line.item].yield_
    coming = {item.id: item.stock for item in plant.items}
    for arrival in plant.arrivals:
        coming[arrival.item] += arrival.quantity
    assert all(coming[item] >= need[item] for item in need)


def test_the_same_arguments_give_the_same_plant_everywhere() -> None:
    assert generate(5, 20, 60, 7, 0.9, 4) == generate(5, 20, 60, 7, 0.9, 4)
    assert generate(5, 20, 60, 7, 0.9, 4) != generate(5, 20, 60, 7, 0.9, 5)
    digest = hashlib.sha256(repr(generate(5, 20, 60, 7, 0.9, 4, stages=2)).encode()).hexdigest()
    assert digest[:16] == "794c64421eb08a40"


def test_more_stock_or_orders_change_no_line() -> None:
    plant, other = generate(5, 20, 60, 7, 0.9, 4), generate(5, 20, 60, 7, 0.9, 4, stock=0.5)
    assert plant.lines == other.lines
    assert plant.bom == other.bom


def test_fifty_lines_build_within_half_a_second() -> None:
    generate(2, 4, 4, 2, 0.9, 1)
    started = time.perf_counter()
    generate(50, 200, 600, 14, 0.9, 1)
    assert time.perf_counter() - started < 0.5


def test_every_argument_out_of_its_range_is_named_at_once() -> None:
    with pytest.raises(RecordError) as caught:
        Scenario(0, 0, -1, 0, math.nan, -1, 0, 3, 0.0, 9.0, 1.0)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == [
        "lines", "items", "orders", "days", "seed", "load", "stages", "families",
        "eligibility", "severity", "stock",
    ]  # fmt: skip


def test_two_stages_of_one_item_are_refused() -> None:
    with pytest.raises(RecordError, match="at least 2 where there are two stages"):
        build(Scenario(1, 1, 1, 1, 0.9, 1, stages=2))
