"""The 50-line plant that ships as JSON: the recipe on the simulated history, with expected orders.

`python -m envs.fifty_lines` writes plant/examples/fifty_lines.json anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

import plant.examples
from envs.fmcg import Recipe, build_master
from envs.history import simulate_history
from plant import Order, Plant
from plant.io import save_plant
from plant.model import MINUTES_PER_DAY

PLANT_FILE = Path(plant.examples.__path__[0]) / "fifty_lines.json"
SEED = 20230701
BUCKET_DAYS = 2
FORECAST_WEIGHT = 0.5
# The simulated history is smoother than a real one: at a load of 0.9 even EDD serves 99.6 % in full.
RECIPE = Recipe(load=1.0)


def fifty_lines(seed: int = SEED, recipe: Recipe = RECIPE) -> Plant:
    """The plant of the simulated history of a seed, with firm and expected orders."""
    history = simulate_history(np.random.default_rng(seed))
    master = build_master(history.daily, history.product, history.product_plant, recipe, seed)
    return with_expected_orders(master, history.daily, recipe.demand_days)


def with_expected_orders(master: Plant, daily: pd.DataFrame, demand_days: int) -> Plant:
    """The plant with the orders that the weekdays' mean demand of the last days foretells."""
    expected = _expected(master, daily, demand_days)
    orders = sorted((*master.orders, *expected), key=lambda order: (order.due, order.id))
    return replace(master, orders=tuple(orders))


def _expected(master: Plant, daily: pd.DataFrame, demand_days: int) -> Iterator[Order]:
    """Mean demand of the days less the firm orders, which take the first of it, by two days."""
    days = master.horizon // MINUTES_PER_DAY
    recent = daily[daily["ds"] > daily["ds"].max() - pd.Timedelta(days=demand_days)]
    weekday = recent["ds"].dt.dayofweek.rename("weekday")
    weeks = demand_days / 7
    mean = recent.groupby(["unique_id", weekday])["ordered_units"].sum() / weeks
    for item in master.items:
        if item.id in master.raw_items:
            continue
        known = [order for order in master.orders if order.item == item.id]
        firm = sum(order.quantity for order in known)
        weight = known[0].weight if known else item.shortage_cost
        for first in range(0, days, BUCKET_DAYS):
            last = min(first + BUCKET_DAYS, days)
            weekdays = [(master.starts_at.weekday() + day) % 7 for day in range(first, last)]
            units = sum(float(mean.get((item.id, day), 0.0)) for day in weekdays)
            left = float(np.floor(max(units - firm, 0.0)))
            firm = max(firm - units, 0.0)
            if left > 0:
                date = master.starts_at.date() + timedelta(days=last - 1)
                yield Order(
                    f"FC-{item.id}-{date}",
                    item.id,
                    left,
                    last * MINUTES_PER_DAY,
                    round(weight * FORECAST_WEIGHT, 4),
                    "forecast",
                )


if __name__ == "__main__":
    save_plant(fifty_lines(), PLANT_FILE)
