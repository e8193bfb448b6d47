"""A simulated history: made-up daily orders, production, issues and deliveries of a maker of goods.

It stands in where the real one cannot be had, in the same tables. Its figures are those measured on the
real history (`envs.history.figures`); its products, plants and days are made up from a seed.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from envs.history.figures import FIGURES, QUARTILES, Figures, History

FIRST_DAY = "2023-01-01"
DAYS = 181
MOST_SD = 2.0  # the real days have no tail like the normal distribution's
MOST_MADE = 2.5  # times what is needed on the days on which a product is made, at most

Floats = NDArray[np.float64]


def simulate_history(rng: np.random.Generator, figures: Figures | None = None) -> History:
    """Return a history of 181 days from the generator; the same generator state gives the same one."""
    figures = FIGURES if figures is None else figures
    product, weights = _make_products(rng, figures)
    days = pd.date_range(FIRST_DAY, periods=DAYS)
    weekday = np.asarray(days.dayofweek)
    regular = np.zeros(len(product), dtype=bool)
    regular[rng.permutation(len(product))[: figures.regular]] = True
    level = _levels(rng, figures, regular)
    ordered = _orders(rng, figures, regular, level, weekday)
    flows = {"ordered": ordered} | _follow(rng, figures, regular, level, ordered, weekday)
    daily = pd.DataFrame(
        {
            "unique_id": np.repeat(product["unique_id"].to_numpy(), DAYS),
            "ds": np.tile(days.to_numpy(), len(product)),
        }
    )
    for what, units in flows.items():
        daily[f"{what}_units"] = units.ravel()
        daily[f"{what}_tonnes"] = (units * weights[:, np.newaxis]).round(6).ravel()
    return History(daily, product, _route(rng, figures, product["unique_id"].tolist(), regular))


def _make_products(rng: np.random.Generator, figures: Figures) -> tuple[pd.DataFrame, Floats]:
    """The products, and the tonnes that a unit of each weighs; about three to a sub-group."""
    rows = [
        (
            f"{group}{number // 3 + 1}-{number % 3 + 1:02d}",
            group,
            f"{group}{number // 3 + 1}",
            tonnes,
        )
        for group, count, tonnes in figures.groups
        for number in range(count)
    ]
    frame = pd.DataFrame(rows, columns=["unique_id", "group", "sub_group", "tonnes"])
    weights = frame.pop("tonnes").to_numpy(dtype=np.float64) * rng.choice(
        [0.5, 1.0, 1.5], len(rows)
    )
    return frame, weights


def _levels(rng: np.random.Generator, figures: Figures, regular: NDArray[np.bool_]) -> Floats:
    """Mean daily orders of each product, units."""
    count = int(regular.sum())
    # Evenly spaced quantiles: drawn ones would let a single product be most of the plant's work.
    normal = NormalDist(figures.level_log_mean, figures.level_log_sd)
    logs = [normal.inv_cdf((rank + 0.5) / count) for rank in range(count)]
    levels = np.full(regular.size, figures.rare_units * figures.rare_order_days)
    levels[regular] = np.exp(rng.permutation(logs))
    return levels


def _orders(
    rng: np.random.Generator,
    figures: Figures,
    regular: NDArray[np.bool_],
    level: Floats,
    weekday: NDArray[np.int64],
) -> Floats:
    """Whole units ordered, shape (product, day)."""
    shape = (level.size, weekday.size)
    pattern = np.asarray(figures.weekday_orders)[weekday]
    open_day = pattern > 0.5 * figures.rare_order_days
    chance = (
        np.where(regular, figures.order_days, figures.rare_order_days)[:, np.newaxis] * open_day
    )
    size = pattern * np.exp(
        figures.common_sd * rng.standard_normal(weekday.size).clip(-MOST_SD, MOST_SD)
        + figures.own_sd * rng.standard_normal(shape).clip(-MOST_SD, MOST_SD)
    )
    units = size * (rng.random(shape) < chance)
    mean = units.mean(axis=1, keepdims=True)
    scale = np.divide(level[:, np.newaxis], mean, where=mean > 0, out=mean.copy())
    whole: Floats = np.round(units * scale)
    return whole


def _follow(
    rng: np.random.Generator,
    figures: Figures,
    regular: NDArray[np.bool_],
    level: Floats,
    ordered: Floats,
    weekday: NDArray[np.int64],
) -> dict[str, Floats]:
    """Whole units made, issued to the depot and delivered, shape (product, day).

    Nothing is delivered that was not issued, nor issued that was not made or in opening stock.
    """
    made_pattern = np.asarray(figures.weekday_made)[weekday]
    sent_pattern = np.asarray(figures.weekday_delivered)[weekday]
    rank = np.argsort(np.argsort(level)) / max(level.size - 1, 1)
    often = np.where(
        regular, np.interp(rank, QUARTILES, figures.made_days), figures.rare_order_days
    )
    flows = {what: np.zeros_like(ordered) for what in ("produced", "issued", "delivered")}
    most = np.round(MOST_MADE * level / often)
    cover = np.round(figures.backlog_days * level)
    works, depot, backlog = 2 * cover, cover.copy(), np.zeros_like(level)
    for day in range(weekday.size):
        backlog += ordered[:, day]
        wanted = 3 * cover + backlog - works - depot
        turn = rng.random(level.size) < often * min(1.0, made_pattern[day])
        made = np.round(np.where(turn, np.clip(wanted, 0, most), 0.0))
        issued = np.minimum(works + made, np.clip(cover + backlog - depot, 0, None))
        works += made - issued
        depot += issued
        sent = np.minimum(depot, np.ceil(backlog * sent_pattern[day] / figures.backlog_days))
        sent = np.minimum(sent, backlog)
        depot -= sent
        backlog -= sent
        flows["produced"][:, day], flows["issued"][:, day] = made, issued
        flows["delivered"][:, day] = sent
    return flows


def _route(
    rng: np.random.Generator, figures: Figures, products: list[str], regular: NDArray[np.bool_]
) -> pd.DataFrame:
    """Which plants each product is routed to, each with its one storage; no plant is left without."""
    plants = [str(9001 + number) for number in range(figures.plants)]
    routed: dict[str, set[str]] = {}
    for product, is_regular in zip(products, regular, strict=True):
        quartile = np.interp(rng.random(), QUARTILES, figures.pair_quartiles)
        count = round(quartile) if is_regular else 1
        routed[product] = set(rng.choice(plants, min(count, len(plants)), replace=False).tolist())
    unused = [plant for plant in plants if not any(plant in taken for taken in routed.values())]
    for plant in unused:
        routed[products[int(rng.choice(np.flatnonzero(regular)))]].add(plant)
    rows = [
        (product, plant, f"1{plant}") for product in products for plant in sorted(routed[product])
    ]
    return pd.DataFrame(rows, columns=["unique_id", "plant", "storage"])
