"""What a history of daily orders, production and deliveries is like, and the figures of the real one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

REGULAR = 0.4  # a product with orders on at least this share of the days is a regular one
QUARTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class History:
    """The tables of a history.

    daily: unique_id, ds, {produced, ordered, issued, delivered}_{units, tonnes}, a row a product and
    day; product: unique_id, group, sub_group; product_plant: unique_id, plant, storage.
    """

    daily: pd.DataFrame
    product: pd.DataFrame
    product_plant: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Figures:
    """What a history is like.

    Parameters
    ----------
    groups
        For each group its letter, its products, and the tonnes that a unit weighs (median).
    regular
        How many products have orders on at least 40 % of the days; the others are rare.
    level_log_mean, level_log_sd
        Of the logarithm of the regular products' mean daily orders, units.
    order_days
        Share of the days other than the weekly holiday on which a regular product has orders (median).
    rare_order_days, rare_units
        The same share over all days, and the units ordered on such a day, of rare products (medians).
    weekday_orders, weekday_made, weekday_delivered
        Units on Monday to Sunday over the mean of all days.
    common_sd, own_sd
        Standard deviation of the logarithm of a day's orders over the product's mean: of what the
        regular products have in common beside the weekday, and of what is each one's own (medians).
    made_days
        Quartiles, from least to most, of the share of days on which a regular product is made.
    backlog_days
        Orders not yet delivered, in days of mean demand (median over the regular products).
    plants, pair_quartiles
        How many plants there are; quartiles of how many a regular product is routed to.
    """

    groups: tuple[tuple[str, int, float], ...]
    regular: int
    level_log_mean: float
    level_log_sd: float
    order_days: float
    rare_order_days: float
    rare_units: float
    weekday_orders: tuple[float, ...]
    weekday_made: tuple[float, ...]
    weekday_delivered: tuple[float, ...]
    common_sd: float
    own_sd: float
    made_days: tuple[float, ...]
    backlog_days: float
    plants: int
    pair_quartiles: tuple[float, ...]


def measure(history: History) -> Figures:
    """Return the figures of a history."""
    wide = {
        what: history.daily.pivot(index="ds", columns="unique_id", values=f"{what}_units")
        for what in ("ordered", "produced", "delivered")
    }
    orders = wide["ordered"]
    share = (orders > 0).mean()
    regular = share.index[share >= REGULAR]
    rare = share.index.difference(regular)
    usual, level = orders[regular], orders[regular].mean()
    weekday = usual.index.dayofweek
    holiday = orders.sum(axis=1).groupby(weekday).mean().idxmin()
    relative = np.log((usual / level).where(usual > 0))
    common = relative.median(axis=1).dropna()
    beside_weekday = common - common.groupby(common.index.dayofweek).transform("mean")
    backlog = (usual.cumsum() - wide["delivered"][regular].cumsum()).mean() / level
    pairs = history.product_plant.drop_duplicates(["unique_id", "plant"])
    routed = pairs[pairs["unique_id"].isin(regular)].groupby("unique_id")["plant"].nunique()
    made = (wide["produced"][regular] > 0).mean()
    return Figures(
        groups=_groups(history),
        regular=len(regular),
        level_log_mean=float(np.log(level).mean()),
        level_log_sd=float(np.log(level).std()),
        order_days=float((usual[weekday != holiday] > 0).mean().median()),
        rare_order_days=float(share[rare].median()),
        rare_units=float(orders[rare].where(orders[rare] > 0).stack().median()),
        weekday_orders=_weekdays(wide["ordered"]),
        weekday_made=_weekdays(wide["produced"]),
        weekday_delivered=_weekdays(wide["delivered"]),
        common_sd=float(beside_weekday.std()),
        own_sd=float(relative.sub(relative.median(axis=1), axis=0).std().median()),
        made_days=tuple(float(value) for value in made.quantile(QUARTILES)),
        backlog_days=float(backlog.median()),
        plants=int(pairs["plant"].nunique()),
        pair_quartiles=tuple(float(value) for value in routed.quantile(QUARTILES)),
    )


def _groups(history: History) -> tuple[tuple[str, int, float], ...]:
    ordered = history.daily[history.daily["ordered_units"] > 0]
    weight = (ordered["ordered_tonnes"] / ordered["ordered_units"]).groupby(ordered["unique_id"])
    sizes = history.product["group"].value_counts()
    group = history.product.set_index("unique_id")["group"]
    medians = weight.median().groupby(group).median()
    return tuple((str(name), int(count), float(medians[name])) for name, count in sizes.items())


def _weekdays(wide: pd.DataFrame) -> tuple[float, ...]:
    total = wide.sum(axis=1)
    means = total.groupby(total.index.dayofweek).mean() / total.mean()
    return tuple(float(value) for value in means)


# What `measure` says of the real history (tests/envs/test_history.py asks it again), to 4 digits.
FIGURES = Figures(
    groups=(
        ("S", 14, 0.01104),
        ("P", 11, 0.01092),
        ("A", 7, 0.024),
        ("M", 7, 0.024),
        ("E", 2, 0.0054),
    ),
    regular=29,
    level_log_mean=6.009,
    level_log_sd=1.624,
    order_days=0.929,
    rare_order_days=0.008287,
    rare_units=14.0,
    weekday_orders=(1.332, 1.124, 0.9814, 1.474, 6.052e-05, 0.282, 1.779),
    weekday_made=(1.009, 1.056, 1.085, 1.26, 0.7774, 0.8255, 0.9809),
    weekday_delivered=(1.266, 1.232, 1.07, 1.004, 0.7794, 0.8635, 0.7805),
    common_sd=0.8275,
    own_sd=0.7541,
    made_days=(0.03315, 0.3315, 0.4972, 0.7624, 0.8674),
    backlog_days=3.273,
    plants=25,
    pair_quartiles=(1.0, 6.75, 11.0, 12.0, 13.0),
)
