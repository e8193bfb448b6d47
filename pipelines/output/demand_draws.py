"""What may be asked of the plant: firm orders as they are, and of the forecast what each scenario draws.

A scenario's demand of a product and day is drawn from its quantiles; firm orders consume it as they
consume the forecast in the snapshot; what remains above or below what remained of the mean is
put onto the bucket's forecast order. Where a scenario draws the mean its orders are the snapshot's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.output.draws import Floats, day_shares, from_quantiles
from pipelines.output.kernel import MINUTES_PER_DAY, Demand
from pipelines.params import SnapshotParams
from pipelines.snapshot import due_days, horizon_days, midnight
from plant import Plant
from plant.arrays import plant_arrays


@dataclass(frozen=True, slots=True)
class Spread:
    """How demand varies together.

    common: the share of its variance that all products have in common; persistence: the correlation
    of a day with the day before.
    """

    common: float
    persistence: float


@dataclass(frozen=True, slots=True)
class AskedDemand:
    """Demand by scenario, and of each of its rows the order's id; "" where the plant has no such order."""

    demand: Demand
    ids: tuple[str, ...]


def planned_demand(plant: Plant, scenarios: int) -> AskedDemand:
    """Return the plant's own orders, the same in every scenario."""
    orders = plant_arrays(plant).orders
    quantity = np.tile(orders.quantity, (scenarios, 1))
    ids = tuple(plant.orders[position].id for position in orders.position)
    return AskedDemand(Demand(orders.pointer, orders.due, quantity), ids)


def drawn_demand(
    plant: Plant,
    forecast: pd.DataFrame,
    params: SnapshotParams,
    spread: Spread,
    scenarios: int,
    seed: int,
) -> AskedDemand:
    """Return the orders of each scenario.

    Parameters
    ----------
    forecast
        unique_id, ds, mean, q10, q50, q90: that of which the plant's forecast orders were made.
    """
    days = horizon_days(plant)
    wide = {
        name: forecast.pivot(index="ds", columns="unique_id", values=name)
        .reindex(pd.DatetimeIndex(days))
        .fillna(0.0)
        for name in ("mean", "q10", "q50", "q90")
    }
    common = day_shares(seed, "demand", scenarios, len(days), spread.persistence)
    extra: dict[tuple[str, int], Floats] = {}
    for product in map(str, wide["mean"].columns):
        own = day_shares(seed, f"demand {product}", scenarios, len(days), spread.persistence)
        z = np.sqrt(spread.common) * common + np.sqrt(1 - spread.common) * own
        q10, q50, q90 = (wide[name][product].to_numpy(np.float64) for name in ("q10", "q50", "q90"))
        drawn = from_quantiles(z, q10, q50, q90)
        mean = wide["mean"][product].to_numpy(np.float64)[np.newaxis]
        extra |= _beyond_the_mean(plant, product, drawn, mean, params)
    return _with_extra(plant, extra, scenarios)


def consumed(forecast: Floats, firm: Sequence[tuple[int, float]], params: SnapshotParams) -> Floats:
    """Return what firm orders leave of the forecast: `snapshot.consume` for all rows (scenarios, days)."""
    remaining = forecast.copy()
    before = [-offset for offset in range(1, params.consume_back_days + 1)]
    after = list(range(1, params.consume_ahead_days + 1))
    for day, quantity in firm:
        wanted = np.full(len(remaining), quantity)
        for offset in (0, *before, *after):
            if 0 <= day + offset < remaining.shape[1]:
                taken = np.minimum(wanted, remaining[:, day + offset])
                remaining[:, day + offset] -= taken
                wanted -= taken
    return remaining


def _beyond_the_mean(
    plant: Plant, product: str, drawn: Floats, mean: Floats, params: SnapshotParams
) -> dict[tuple[str, int], Floats]:
    """By (product, due): what the scenarios ask in the bucket beyond what remained of the mean."""
    count = drawn.shape[1]
    firm = [one for one in plant.orders if one.item == product and one.source == "firm"]
    dated = due_days(plant, firm, count)
    left, expected = consumed(drawn, dated, params), consumed(mean, dated, params)
    found = {}
    for first in range(0, count, params.bucket_days):
        last = min(first + params.bucket_days, count)
        due = min(midnight(plant) + last * MINUTES_PER_DAY, plant.horizon)
        found[product, due] = left[:, first:last].sum(axis=1) - expected[0, first:last].sum()
    return found


def _with_extra(plant: Plant, extra: dict[tuple[str, int], Floats], scenarios: int) -> AskedDemand:
    """The plant's orders with the extra units on the forecast orders, new rows where there is none."""
    index = plant_arrays(plant).item_index
    forecast = {(one.item, one.due): one.id for one in plant.orders if one.source == "forecast"}
    rows = [
        (index[one.item], one.due, -one.weight, one.id, np.full(scenarios, one.quantity))
        for one in plant.orders
    ]
    rows += [
        (index[item], due, 0.0, "", np.zeros(scenarios))
        for item, due in extra
        if (item, due) not in forecast
    ]
    by_key = {(index[item], due): units for (item, due), units in extra.items()}
    taken = {forecast[key] for key in extra if key in forecast} | {""}
    rows.sort(key=lambda row: row[:4])
    quantity = [
        np.maximum(units + by_key.get((item, due), 0.0), 0.0) if id in taken else units
        for item, due, _, id, units in rows
    ]
    pointer = np.searchsorted([row[0] for row in rows], np.arange(len(index) + 1))
    return AskedDemand(
        Demand(
            pointer.astype(np.int64),
            np.array([row[1] for row in rows], dtype=np.int64),
            np.ascontiguousarray(np.array(quantity).reshape(len(rows), scenarios).T),
        ),
        tuple(row[3] for row in rows),
    )
