"""The snapshot: the plant to be planned, in which firm orders consume the demand forecast.

Consumption is the classic one: a firm order takes from the forecast of the day it is due, then from
the days before, nearest first, then from those after, within a window of days. What it finds nothing
for is demand beyond the forecast and stays as it is. What remains of the forecast becomes forecast
orders, one per product and bucket of days, due when the bucket's last day ends. Thus for each product

    consumed + remaining = forecast        ordered + carried = remaining,  0 <= carried < 1 unit

and the plant's demand is firm + forecast - consumed. Orders that are overdue, or due after the
horizon, take nothing: the demand they stand for is not in the forecast's days.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.params import SnapshotParams
from plant import Item, Order, Plant
from plant.model import MINUTES_PER_DAY, MINUTES_PER_HOUR

# Sums of floats that should be whole are this close to it.
WHOLE = 1e-6

Floats = NDArray[np.float64]


class SnapshotError(ValueError):
    """The forecast and the plant do not fit together; the text names what does not."""


@dataclass(frozen=True, slots=True)
class ProductDemand:
    """What became of one product's forecast within the horizon, in units."""

    product: str
    firm: float
    forecast: float
    consumed: float
    remaining: float
    ordered: float
    carried: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The plant with its forecast orders, and the account of each product's demand."""

    plant: Plant
    demand: tuple[ProductDemand, ...]


def take_snapshot(master: Plant, forecast: pd.DataFrame, params: SnapshotParams) -> Snapshot:
    """Return the master plant with the orders that its firm ones leave of the forecast.

    Parameters
    ----------
    master
        With firm orders only.
    forecast
        unique_id (the item), ds (day, local to the plant), mean (units, at least 0).

    Raises
    ------
    SnapshotError
        Where the forecast has a product that the plant has not, a negative quantity, a day of the
        horizon not at all or twice, or the master has forecast orders already.
    """
    days = horizon_days(master)
    _check(master, forecast, days)
    wide = forecast.pivot(index="ds", columns="unique_id", values="mean")
    wide = wide.reindex(pd.DatetimeIndex(days)).fillna(0.0)
    items = {item.id: item for item in master.items}
    orders: list[Order] = []
    demand: list[ProductDemand] = []
    for product in map(str, wide.columns):
        firm = [order for order in master.orders if order.item == product]
        expected = wide[product].to_numpy(np.float64)
        remaining = consume(expected, due_days(master, firm, len(days)), params)
        lots, carried = to_lots(remaining, params.bucket_days)
        weight = params.weight * _firm_weight(items[product], firm)
        orders += _orders(master, product, days, lots, weight)
        demand.append(_account(product, firm, expected, remaining, lots, carried))
    plant = replace(master, orders=(*master.orders, *sorted(orders, key=lambda o: (o.due, o.id))))
    return Snapshot(plant, tuple(demand))


def consume(forecast: Floats, firm: Sequence[tuple[int, float]], params: SnapshotParams) -> Floats:
    """Return what remains of the forecast, shape (days,), after firm orders took their part.

    `firm` are (day, quantity) in the order in which they take.
    """
    remaining = forecast.copy()
    before = [-offset for offset in range(1, params.consume_back_days + 1)]
    after = list(range(1, params.consume_ahead_days + 1))
    for day, quantity in firm:
        open_quantity = quantity
        for offset in (0, *before, *after):
            if 0 <= day + offset < len(remaining) and open_quantity > 0:
                taken = min(open_quantity, float(remaining[day + offset]))
                remaining[day + offset] -= taken
                open_quantity -= taken
    return remaining


def to_lots(remaining: Floats, bucket_days: int) -> tuple[dict[int, float], float]:
    """Return whole units by each bucket's last day, and the fraction left after the last.

    A bucket's fraction of a unit is carried into the next one.
    """
    lots: dict[int, float] = {}
    carried = 0.0
    for first in range(0, len(remaining), bucket_days):
        bucket = remaining[first : first + bucket_days]
        units = carried + float(bucket.sum())
        whole = float(math.floor(units + WHOLE))
        carried = max(units - whole, 0.0)
        if whole > 0:
            lots[first + len(bucket) - 1] = whole
    return lots, carried


def _check(master: Plant, forecast: pd.DataFrame, days: Sequence[date]) -> None:
    ready = [order.id for order in master.orders if order.source == "forecast"]
    if ready:
        raise SnapshotError(
            f"master: expected firm orders only, found {len(ready)} forecast ones, first {ready[0]}"
        )
    unknown = sorted(set(forecast["unique_id"]) - {item.id for item in master.items})
    if unknown:
        raise SnapshotError(
            f"forecast: expected products of the plant, found {len(unknown)} others: "
            f"{', '.join(unknown[:3])}; ingest again so that both come from one history"
        )
    bad = forecast[~(forecast["mean"] >= 0)]
    if len(bad):
        row = bad.iloc[0]
        raise SnapshotError(
            f"forecast: expected quantities of at least 0, found {row['mean']} for "
            f"{row['unique_id']} on {row['ds']:%Y-%m-%d}"
        )
    absent = [day for day in days if pd.Timestamp(day) not in set(forecast["ds"])]
    if absent:
        raise SnapshotError(
            f"forecast: expected every day from {days[0]} to {days[-1]}, found none for {absent[0]}; "
            "forecast at least as many days as the plant's horizon has (forecast.horizon_days)"
        )
    double = forecast[forecast.duplicated(["unique_id", "ds"])]
    if len(double):
        row = double.iloc[0]
        raise SnapshotError(
            f"forecast: expected one row per product and day, found {row['unique_id']} on "
            f"{row['ds']:%Y-%m-%d} twice"
        )


def midnight(plant: Plant) -> int:
    """Return the minute, at most 0, at which the first day of the horizon began."""
    return -(plant.starts_at.hour * MINUTES_PER_HOUR + plant.starts_at.minute)


def horizon_days(plant: Plant) -> list[date]:
    """Return the local days that the horizon touches."""
    count = math.ceil((plant.horizon - midnight(plant)) / MINUTES_PER_DAY)
    return [plant.starts_at.date() + timedelta(days=day) for day in range(count)]


def due_days(plant: Plant, firm: Sequence[Order], days: int) -> list[tuple[int, float]]:
    """Return (day, quantity) of the orders that take forecast; a day's last minute belongs to it."""
    dated = [
        ((order.due - midnight(plant) - 1) // MINUTES_PER_DAY, order)
        for order in sorted(firm, key=lambda order: (order.due, order.id))
        if order.due > 0
    ]
    return [(day, order.quantity) for day, order in dated if day < days]


def _firm_weight(item: Item, firm: Sequence[Order]) -> float:
    """Return the mean weight of the product's firm orders; without any, what shortage costs."""
    units = sum(order.quantity for order in firm)
    if not units:
        return item.shortage_cost
    return sum(order.quantity * order.weight for order in firm) / units


def _orders(
    plant: Plant, product: str, days: Sequence[date], lots: Mapping[int, float], weight: float
) -> list[Order]:
    return [
        Order(
            id=f"FC-{product}-{days[day]:%Y-%m-%d}",
            item=product,
            quantity=quantity,
            due=min(midnight(plant) + (day + 1) * MINUTES_PER_DAY, plant.horizon),
            weight=weight,
            source="forecast",
        )
        for day, quantity in lots.items()
    ]


def _account(
    product: str,
    firm: Sequence[Order],
    expected: Floats,
    remaining: Floats,
    lots: Mapping[int, float],
    carried: float,
) -> ProductDemand:
    return ProductDemand(
        product,
        float(sum(order.quantity for order in firm)),
        float(expected.sum()),
        float((expected - remaining).sum()),
        float(remaining.sum()),
        float(sum(lots.values())),
        carried,
    )
