"""What a daily history says of its products at its end: demand, open orders, lead times, stock, weight.

Orders are delivered first in, first out. The history does not say what was open, or in stock, on its
first day; the least amounts are taken that keep the backlog and the stock from ever being negative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from plant.arrays import Floats

FLOWS = ("produced", "ordered", "delivered")


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one product, in units, days and kilograms.

    demand: mean ordered a day over the last `demand_days`; peak: the quantile of what was produced on
    days with production, 0 where there was none; lead_days: the quantile of the days from order to
    delivery, by units; stock: produced and not delivered; open_orders: (days before the end of the
    history, units) that are not delivered, oldest first; kg: weight of a unit.
    """

    product: str
    demand: float
    peak: float
    lead_days: int
    stock: float
    open_orders: tuple[tuple[int, float], ...]
    kg: float


def measure_products(
    daily: pd.DataFrame, demand_days: int, peak_quantile: float, lead_quantile: float
) -> list[Measured]:
    """The figures of every product of a history, by id.

    `daily` has ds, unique_id and {produced, ordered, delivered}_units, ordered_tonnes; days that are
    absent count as days without anything.
    """
    daily = daily.assign(ds=pd.to_datetime(daily["ds"]))
    days = pd.date_range(daily["ds"].min(), daily["ds"].max())
    products = sorted(daily["unique_id"].unique())
    wide = {
        flow: daily.pivot_table(
            index="ds", columns="unique_id", values=f"{flow}_units", aggfunc="sum"
        )
        .reindex(index=days, columns=products)
        .fillna(0.0)
        .to_numpy(np.float64)
        for flow in FLOWS
    }
    sums = daily.groupby("unique_id")[["ordered_units", "ordered_tonnes"]].sum().reindex(products)
    kg = 1000.0 * sums["ordered_tonnes"] / sums["ordered_units"].where(sums["ordered_units"] > 0)
    usual = float(kg.median()) if kg.notna().any() else 1.0
    found = []
    for column, product in enumerate(products):
        made, ordered, delivered = (wide[flow][:, column] for flow in FLOWS)
        leads, open_orders = match_first_in_first_out(ordered, delivered)
        active = made[made > 0]
        weight = float(kg.iloc[column])
        found.append(
            Measured(
                product=str(product),
                demand=float(ordered[-demand_days:].mean()),
                peak=float(np.quantile(active, peak_quantile)) if len(active) else 0.0,
                lead_days=_quantile(leads, lead_quantile),
                stock=_level(made, delivered),
                open_orders=tuple(open_orders),
                kg=weight if weight > 0 else usual,
            )
        )
    return found


def match_first_in_first_out(
    ordered: Floats, delivered: Floats
) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """(lead days, units) of all that was delivered, and (age in days, units) of what is open.

    What was delivered against orders older than the history has no lead.
    """
    before = max(0.0, float((np.cumsum(delivered) - np.cumsum(ordered)).max(initial=0.0)))
    left = ordered.astype(np.float64).copy()
    leads: list[tuple[int, float]] = []
    oldest = 0
    for day, units in enumerate(delivered.tolist()):
        from_before = min(before, units)
        before -= from_before
        units -= from_before
        while units > 1e-6 and oldest <= day:
            part = min(float(left[oldest]), units)
            left[oldest] -= part
            units -= part
            if part > 0:
                leads.append((day - oldest, part))
            if left[oldest] <= 1e-6:
                oldest += 1
    last = len(left) - 1
    return leads, [(last - day, float(left[day])) for day in np.flatnonzero(left > 1e-6).tolist()]


def _quantile(leads: list[tuple[int, float]], share: float) -> int:
    """The days within which that share of the units was delivered; 0 where nothing was."""
    total = sum(units for _, units in leads)
    passed = 0.0
    for days, units in sorted(leads):
        passed += units
        if passed >= share * total:
            return days
    return 0


def _level(inward: Floats, outward: Floats) -> float:
    """The stock at the end, from the least opening stock that keeps it from being negative."""
    balance = np.cumsum(inward - outward)
    return float(balance[-1] - min(0.0, float(balance.min()))) if len(balance) else 0.0
