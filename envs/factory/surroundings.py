"""What reaches the simulated factory from outside: trucks with material, and customers' orders.

Orders follow the real history as `envs.history.figures` says: how demand divides over the weekdays,
how often a product is ordered, how much a day's orders vary. Lateness of trucks, lead times and changes
of mind are assumed (`Habits`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from envs.factory.records import Delivery, Habits, Happening, Ordered
from envs.history.figures import FIGURES, Figures
from plant import Arrival, Item, Plant
from plant.model import MINUTES_PER_DAY

OFFICE = (8 * 60, 18 * 60)  # minutes of the day between which customers order
DUE_AT = 18 * 60
RUSH_DAYS = (1, 2)
RUSH_WEIGHT, RUSH_UNITS = 3.0, 2.0
SAID_LATER = (60, 2 * MINUTES_PER_DAY)  # minutes until a customer changes their mind


def delivery_id(number: int, arrival: Arrival) -> str:
    """What the delivery of a plant's arrival is called."""
    return f"D{number:04d}-{arrival.item}"


def trucks(plant: Plant, habits: Habits, rng: np.random.Generator, start: int) -> list[Happening]:
    """What is said of each arrival of the plant after a minute: expected, told late, arrived or not."""
    said: list[Happening] = []
    for number, arrival in enumerate(plant.arrivals):
        is_late, fails = rng.random() < habits.late_trucks, rng.random() < habits.no_trucks
        late = habits.late_minutes * rng.lognormal(0.0, habits.late_spread) if is_late else 0.0
        told_before, second = rng.uniform(0.0, max(habits.notice, 1e-9)), rng.random()
        if arrival.at < start:
            continue
        id, units = delivery_id(number, arrival), arrival.quantity
        said.append(
            Delivery(start + second / 2, id, arrival.item, "expected", units, float(arrival.at))
        )
        notice = max(arrival.at - told_before, start + 0.5 + second / 4)
        if fails:
            said.append(Delivery(notice, id, arrival.item, "cancelled", units))
            continue
        at = arrival.at + round(late)
        if at > arrival.at:
            said.append(Delivery(notice, id, arrival.item, "expected", units, float(at)))
        arrives = max(at + second / 2, start + 0.9)
        said.append(Delivery(arrives, id, arrival.item, "arrived", units))
    return said


def order_desk(
    plant: Plant,
    habits: Habits,
    rng: np.random.Generator,
    start: int,
    figures: Figures = FIGURES,
) -> list[Happening]:
    """The orders that customers place, change and cancel from a minute to the horizon's end."""
    said: list[Happening] = []
    days = range(start // MINUTES_PER_DAY, -(-plant.horizon // MINUTES_PER_DAY))
    wanted = [(item, *_wanted(plant, item)) for item in plant.items]
    spread = float(np.hypot(figures.common_sd, figures.own_sd))
    for day in days:
        weekday = (plant.starts_at.weekday() + day) % 7
        for item, mean, weight in wanted:
            if mean <= 0 or rng.random() >= figures.order_days:
                continue
            share = figures.weekday_orders[weekday] / figures.order_days
            units = np.round(mean * share * rng.lognormal(-(spread**2) / 2, spread))
            if units >= 1:
                number = f"N{day:02d}-{item.id}"
                said += _one_order(number, item, float(units), weight, day, habits, rng)
    return [one for one in said if start <= one.minute < plant.horizon]


def _wanted(plant: Plant, item: Item) -> tuple[float, float]:
    """Mean units a day that the plant's orders ask of an item, and their mean weight."""
    orders = [order for order in plant.orders if order.item == item.id]
    units = sum(order.quantity for order in orders)
    if not units:
        return 0.0, 0.0
    weight = sum(order.quantity * order.weight for order in orders) / units
    return units * MINUTES_PER_DAY / plant.horizon, round(weight, 4)


def _one_order(
    id: str,
    item: Item,
    units: float,
    weight: float,
    day: int,
    habits: Habits,
    rng: np.random.Generator,
) -> Iterator[Happening]:
    at = day * MINUTES_PER_DAY + rng.uniform(*OFFICE)
    rush = rng.random() < habits.rush_orders
    low, high = RUSH_DAYS if rush else habits.lead_days
    due = (day + int(rng.integers(low, high + 1))) * MINUTES_PER_DAY + DUE_AT
    if rush:
        units, weight = units * RUSH_UNITS, weight * RUSH_WEIGHT
    yield Ordered(at, id, item.id, "placed", units, due, weight)
    later, mind = at + rng.uniform(*SAID_LATER), rng.random()
    if mind < habits.cancelled_orders:
        yield Ordered(later, id, item.id, "cancelled", units, due, weight)
    elif mind < habits.cancelled_orders + habits.changed_orders:
        other = max(float(np.round(units * rng.uniform(0.5, 1.5))), 1.0)
        yield Ordered(later, id, item.id, "changed", other, due, weight)
