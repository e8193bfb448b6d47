"""The order book of a generated plant: items, what lines make, materials, stocks, orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from envs.scenarios.floor import Floor, regular_minutes
from envs.scenarios.scenario import PART_SHARE, Scenario, names
from plant import Arrival, BomLine, Capability, Item, Order
from plant.arrays import Floats, Ints
from plant.model import MINUTES_PER_DAY

SAFETY_SHARE = 0.05  # safety stock over an item's demand
MATERIAL_COVER = 1.2  # raw material on hand and on its way over what the demand needs
ARRIVAL_EVERY = 2  # days
ARRIVAL_MINUTE = 300  # of the day: before the first shift
# Money per unit and day over the line cost in the unit. A day late costs at least what making it
# costs: below that, leaving orders open at the horizon's end would be the cheapest plan.
URGENCY = (1.5, 2.5, 4.0, 8.0, 16.0)
HOLDING = 0.004
SHORTAGE = 0.08
FRIDAY_NOON = 4 * MINUTES_PER_DAY + 720
WEEKLY = 0.25  # of the orders: due at a Friday's noon
FIRM_UNTIL = 0.6  # of the horizon: half of the orders due later are forecast


@dataclass(frozen=True, slots=True)
class Book:
    """All records of a plant that are not about lines alone."""

    items: tuple[Item, ...]
    capabilities: tuple[Capability, ...]
    bom: tuple[BomLine, ...]
    arrivals: tuple[Arrival, ...]
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class _Making:
    """How the made items [I] are made, by lines [L] where that matters.

    rate [L, I]: good units per hour, 0 where not capable; mean [I] of them; yields [I]; value [I]
    of a unit; multiple [I] and min_lot [I] of a lot; part [P], the item that a product takes, and
    per_unit [P], how many of it; demand [I] in units, of orders and of the products that take the
    item; order_item [O], order_quantity [O].
    """

    rate: Floats
    mean: Floats
    yields: Floats
    value: Floats
    multiple: Floats
    min_lot: Floats
    part: Ints
    per_unit: Floats
    demand: Floats
    order_item: Ints
    order_quantity: Floats


def draw_book(scenario: Scenario, floor: Floor) -> Book:
    """Items, capabilities, materials and orders of a scenario on its floor."""
    making = _draw_making(scenario.stream(2), scenario, floor)
    ids = [*names("P", scenario.products), *names("S", scenario.parts)]
    items = _items(scenario.stream(3), scenario, floor, making, ids)
    materials, bom, arrivals = _materials(scenario.stream(4), scenario, making, ids, items)
    return Book(
        (*items, *materials),
        tuple(_capabilities(floor, making, ids)),
        (*_parts(scenario, making, ids), *bom),
        arrivals,
        tuple(_orders(scenario.stream(5), scenario, making, ids)),
    )


def _draw_making(rng: Generator, scenario: Scenario, floor: Floor) -> _Making:
    count, products = len(floor.family), scenario.products
    nominal = rng.choice([12.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 360.0], count)
    speed = rng.uniform(0.8, 1.25, (len(floor.lines), len(floor.families)))
    rate = nominal * speed[:, floor.family] * floor.eligible
    part = products + rng.integers(0, max(scenario.parts, 1), products)
    per_unit = rng.choice([1.0, 1.0, 2.0, 4.0], products)
    order_item = _ordered_items(rng, products, scenario.orders)
    if scenario.mix > 0:
        order_item = _favoured(scenario, floor, order_item)
    hours = rng.choice([0.4, 0.6, 0.8, 1.0, 1.2, 1.6, 2.2], scenario.orders) * floor.work / 60.0
    if scenario.volatility > 0:
        hours *= scenario.stream(7).lognormal(0.0, scenario.volatility, scenario.orders)
    mean = rate.sum(axis=0) / floor.eligible.sum(axis=0)
    quantity = hours * mean[order_item]
    yields = rng.choice([1.0, 0.99, 0.98, 0.97, 0.95], count)
    demand = _demand(products, quantity, order_item, part, per_unit, yields, count)
    quantity *= _scale(scenario, floor, rate, mean, demand)
    multiple = np.array([_round_step(hour * floor.work / 60.0 * 0.05) for hour in mean])
    quantity = np.maximum(np.round(quantity / multiple[order_item]), 1) * multiple[order_item]
    demand = _demand(products, quantity, order_item, part, per_unit, yields, count)
    rate = np.round(rate, 2)
    min_lot: Floats = multiple * rng.integers(4, 11, count).astype(np.float64)
    money = np.array([line.run_cost for line in floor.lines]).mean()
    value = money / mean
    if scenario.parts:
        value[:products] += per_unit * value[part]
    return _Making(
        rate, mean, yields, value, multiple, min_lot, part, per_unit, demand, order_item, quantity
    )


def _ordered_items(rng: Generator, products: int, orders: int) -> Ints:
    """The item of each order: each once if there are orders enough, then a few again and again."""
    first = rng.permutation(products)[:orders]
    share = 1.0 / (np.arange(products) + 2 + products / 5)
    again = np.searchsorted(np.cumsum(share), rng.random(orders - len(first)) * share.sum())
    popular = rng.permutation(products)[np.minimum(again, products - 1)]
    return np.concatenate([first, popular]).astype(np.int64)


def _favoured(scenario: Scenario, floor: Floor, order_item: Ints) -> Ints:
    """The items of the orders, a share of them moved to the products of the favourite families."""
    rng = scenario.stream(6)
    family = floor.family[: scenario.products]
    there = np.unique(family)
    favourites = rng.permutation(there)[: max(len(there) // 3, 1)]
    among = np.flatnonzero(np.isin(family, favourites))
    moved = rng.random(len(order_item)) < scenario.mix
    return np.where(moved, rng.choice(among, len(order_item)), order_item).astype(np.int64)


def _demand(
    products: int,
    quantity: Floats,
    order_item: Ints,
    part: Ints,
    per_unit: Floats,
    yields: Floats,
    count: int,
) -> Floats:
    """Units of each made item that the orders need, of parts through their products."""
    demand = np.bincount(order_item, quantity, count).astype(np.float64)
    if count > products:
        demand += np.bincount(part, demand[:products] * per_unit / yields[:products], count)
    return demand


def _scale(scenario: Scenario, floor: Floor, rate: Floats, mean: Floats, demand: Floats) -> float:
    """What order quantities are multiplied by to reach the load; part rates are set so in place.

    Feeder lines get the same load as the others; on shared lines parts are a fixed share of work.
    """
    net = 1.0 + SAFETY_SHARE - scenario.stock
    hours = demand / mean * net
    products = scenario.products
    budget = scenario.orders * floor.work / 60.0
    of_products, of_parts = float(hours[:products].sum()), float(hours[products:].sum())
    if not of_products:
        return 1.0
    share = PART_SHARE if scenario.parts else 0.0
    if floor.feeders:
        minutes = [regular_minutes(line) for line in floor.lines]
        share = sum(minutes[: floor.feeders]) / max(sum(minutes), 1)
    factor = (1 - share) * budget / of_products
    if of_parts:
        faster = factor * of_parts / (share * budget)
        rate[:, products:] *= faster
        mean[products:] *= faster
    return factor


def _round_step(units: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50, ... that is at most the units; 1 at least."""
    step = 1.0
    while step * 10 <= units:
        step *= 10
    return max(step * nice for nice in (1, 2, 5) if nice == 1 or step * nice <= units)


def _items(
    rng: Generator, scenario: Scenario, floor: Floor, making: _Making, ids: list[str]
) -> tuple[Item, ...]:
    share = rng.uniform(0.5, 1.5, len(ids)) * scenario.stock
    return tuple(
        Item(
            id=id,
            family=floor.families[floor.family[item]],
            stock=_whole(making.demand[item] * share[item]),
            safety_stock=_whole(making.demand[item] * SAFETY_SHARE),
            holding_cost=round(float(making.value[item]) * HOLDING, 6),
            shortage_cost=round(float(making.value[item]) * SHORTAGE, 6),
        )
        for item, id in enumerate(ids)
    )


def _whole(units: float) -> float:
    return float(np.round(units))


def _capabilities(floor: Floor, making: _Making, ids: list[str]) -> list[Capability]:
    return [
        Capability(
            floor.lines[line].id,
            ids[item],
            float(making.rate[line, item]),
            float(making.yields[item]),
            float(making.min_lot[item]),
            float(making.multiple[item]),
        )
        for line, item in np.argwhere(floor.eligible)
    ]


def _parts(scenario: Scenario, making: _Making, ids: list[str]) -> list[BomLine]:
    if not scenario.parts:
        return []
    return [
        BomLine(ids[item], ids[making.part[item]], float(making.per_unit[item]))
        for item in range(scenario.products)
    ]


def _materials(
    rng: Generator, scenario: Scenario, making: _Making, ids: list[str], items: tuple[Item, ...]
) -> tuple[tuple[Item, ...], list[BomLine], tuple[Arrival, ...]]:
    """One or two raw materials for each made item, on hand for some days, then arriving."""
    count = scenario.materials
    need = np.zeros(count)
    bom = []
    ids_of_raw = names("M", count)
    for item, id in enumerate(ids):
        for material in rng.permutation(count)[: rng.integers(1, 3)]:
            per_unit = float(rng.choice([0.25, 0.5, 1.0, 2.0]))
            bom.append(BomLine(id, ids_of_raw[material], per_unit))
            # All of the demand could be made, and a lot more of each item.
            making_of_it = making.demand[item] + making.min_lot[item]
            need[material] += making_of_it * per_unit / making.yields[item]
    days = range(1, scenario.days, ARRIVAL_EVERY)
    arrivals = []
    raw = []
    for material, id in enumerate(ids_of_raw):
        cover = rng.uniform(0.2, 0.5) if days else 1.0
        raw.append(
            Item(
                id,
                f"RAW-{id}",
                stock=_whole(need[material] * cover * MATERIAL_COVER) + 1.0,
                holding_cost=round(HOLDING / 4 * float(making.value.min()), 6),
            )
        )
        share = (1 - cover) * MATERIAL_COVER / max(len(days), 1)
        for day in days:
            quantity = _whole(need[material] * share * rng.uniform(0.6, 1.4))
            if quantity > 0:
                arrivals.append(Arrival(id, day * MINUTES_PER_DAY + ARRIVAL_MINUTE, quantity))
    arrivals.sort(key=lambda arrival: (arrival.at, arrival.item))
    return tuple(raw), bom, tuple(arrivals)


def _orders(rng: Generator, scenario: Scenario, making: _Making, ids: list[str]) -> list[Order]:
    """Dues at whole hours over most of the horizon, many at a week's end, a few past; by entry."""
    hours = scenario.days * 24
    due = rng.integers(max(hours // 12, 1), max(hours * 7 // 8, 1) + 1, scenario.orders) * 60
    week = due // (7 * MINUTES_PER_DAY) * 7 * MINUTES_PER_DAY + FRIDAY_NOON
    weekly = (rng.random(scenario.orders) < WEEKLY) & (week <= hours * 60)
    due = np.where(weekly, week, due)
    past = rng.random(scenario.orders) < 0.02
    due = np.where(past, -60 * rng.integers(1, 49, scenario.orders), due)
    urgency = rng.choice(URGENCY, scenario.orders)
    firm = (due < FIRM_UNTIL * hours * 60) | (rng.random(scenario.orders) < 0.5)
    entered = due - rng.integers(1, 11, scenario.orders) * MINUTES_PER_DAY
    book = np.lexsort((due, entered)).tolist()
    return [
        Order(
            id,
            ids[making.order_item[row]],
            float(making.order_quantity[row]),
            int(due[row]),
            round(float(making.value[making.order_item[row]] * urgency[row]), 6),
            "firm" if firm[row] else "forecast",
        )
        for id, row in zip(names("O", scenario.orders), book, strict=True)
    ]
