"""The 50-line plant: a seeded recipe that makes a plant of a consumer-goods maker's daily history.

What is measured: products, plants and which product is routed to which plant; open orders, their ages
and lead times; stock; mean demand; peak output; weights; the week. What is assumed: two lines a plant,
the shape of rates, changeovers, materials, lots, money. docs/fifty-lines.md says how and why.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd

from envs.fmcg.lines import (
    RUN_COST,
    VALUE_PER_KG,
    YIELD,
    Product,
    Recipe,
    capabilities,
    draw_changeovers,
    draw_lines,
    draw_speeds,
    rated,
)
from envs.fmcg.measured import measure_products
from plant import Arrival, BomLine, Item, Order, Plant
from plant.model import MINUTES_PER_DAY

__all__ = ["Recipe", "build_master"]

DHAKA = timezone(timedelta(hours=6))

# Money in BDT.
HOLDING_A_DAY = 0.0006  # of the value: 22 % a year
SHORTAGE_A_DAY = 0.03
LATE_A_DAY = (0.05, 0.1, 0.2)  # slow, usual and fast movers
RAW_VALUE = 0.5

# Materials: kilograms in over kilograms out; on hand, days of use; arriving, over the use.
WASTE = 1.02
RAW_DAYS = 2.0
RAW_COVER = 1.1
ARRIVES_EVERY = 2
ARRIVES_AT = 300
DUE_AT = 18 * 60


def build_master(
    daily: pd.DataFrame,
    product: pd.DataFrame,
    product_plant: pd.DataFrame,
    recipe: Recipe,
    seed: int,
) -> Plant:
    """The plant on the day after the history ends, with firm orders and no forecast ones.

    Parameters
    ----------
    daily
        ds, unique_id, {produced, ordered, delivered}_units, ordered_tonnes.
    product
        unique_id, group, sub_group.
    product_plant
        unique_id, plant: which plant may make what.
    seed
        Of what is assumed and varies: speeds, money of lines, changeovers, arrivals.
    """
    products = _products(daily, product, product_plant, recipe)
    starts_at = datetime.combine(
        pd.Timestamp(daily["ds"].max()).date() + timedelta(days=1), datetime.min.time(), DHAKA
    )
    lines = draw_lines(products, recipe, starts_at, np.random.default_rng([seed, 1]))
    speeds = draw_speeds(lines, recipe, np.random.default_rng([seed, 2]))
    products = rated(products, lines, speeds, recipe)
    return Plant(
        currency="BDT",
        starts_at=starts_at,
        horizon=recipe.horizon_days * MINUTES_PER_DAY,
        lines=lines,
        items=(*_items(products, recipe), *_materials(products)),
        capabilities=tuple(capabilities(products, lines, speeds)),
        changeovers=tuple(draw_changeovers(products, np.random.default_rng([seed, 3]))),
        bom=tuple(
            BomLine(one.id, _raw(one.group), round(one.measured.kg * WASTE, 4))
            for one in products
            if one.plants
        ),
        arrivals=tuple(_arrivals(products, recipe, np.random.default_rng([seed, 4]))),
        orders=tuple(_orders(products, starts_at)),
    )


def _products(
    daily: pd.DataFrame, product: pd.DataFrame, product_plant: pd.DataFrame, recipe: Recipe
) -> list[Product]:
    """All products of the history; a variant without plants or groups takes those of its product."""
    groups = {
        str(row.unique_id): (str(row.group), str(row.sub_group))
        for row in product.itertuples()
        if isinstance(row.group, str) and isinstance(row.sub_group, str)
    }
    plants: dict[str, set[str]] = {}
    for row in product_plant.itertuples():
        plants.setdefault(str(row.unique_id), set()).add(str(row.plant))
    found = []
    for measured in measure_products(
        daily, recipe.demand_days, recipe.peak_quantile, recipe.lead_quantile
    ):
        whole = measured.product.split(".")[0]
        group, sub_group = groups.get(measured.product, groups.get(whole, (whole, whole)))
        routed = plants.get(measured.product, plants.get(whole, set()))
        found.append(Product(measured, group, sub_group, tuple(sorted(routed))))
    return found


def _items(products: list[Product], recipe: Recipe) -> list[Item]:
    return [
        Item(
            id=one.id,
            family=one.family,
            stock=float(np.floor(one.measured.stock)),
            safety_stock=float(np.round(recipe.safety_days * one.measured.demand)),
            holding_cost=round(one.value * HOLDING_A_DAY, 4),
            shortage_cost=round(one.value * SHORTAGE_A_DAY, 4),
        )
        for one in products
    ]


def _raw(group: str) -> str:
    return f"RAW-{group}"


def _use(products: list[Product]) -> dict[str, float]:
    """Kilograms of each group's material that the mean demand takes a day."""
    use: dict[str, float] = {}
    for one in products:
        if one.plants:
            kg = one.measured.demand * one.measured.kg * WASTE / YIELD
            use[one.group] = use.get(one.group, 0.0) + kg
    return use


def _materials(products: list[Product]) -> list[Item]:
    return [
        Item(
            id=_raw(group),
            family=_raw(group),
            stock=float(np.round(RAW_DAYS * kg)),
            holding_cost=round(VALUE_PER_KG * RAW_VALUE * HOLDING_A_DAY, 4),
        )
        for group, kg in sorted(_use(products).items())
    ]


def _arrivals(products: list[Product], recipe: Recipe, rng: np.random.Generator) -> list[Arrival]:
    """Every other morning what the mean demand takes in that time and a bit more, give or take."""
    found = []
    for day in range(1, recipe.horizon_days, ARRIVES_EVERY):
        for group, kg in sorted(_use(products).items()):
            quantity = np.round(kg * ARRIVES_EVERY * RAW_COVER * rng.uniform(0.85, 1.15))
            if quantity > 0:
                at = day * MINUTES_PER_DAY + ARRIVES_AT
                found.append(Arrival(_raw(group), at, float(quantity)))
    return found


def _orders(products: list[Product], starts_at: datetime) -> list[Order]:
    """What was ordered and not delivered, due so many days after its order as nearly all take.

    Old orders of products that were never made are left out: they count as cancelled.
    """
    alive = [one for one in products if one.plants and one.measured.peak > 0]
    asked = sorted(one.measured.demand * one.value for one in alive)
    found = []
    for one in alive:
        place = asked.index(one.measured.demand * one.value) / len(asked)
        late = LATE_A_DAY[int(place * len(LATE_A_DAY))] * one.value
        # Never cheaper to leave an order open for a day than to make it.
        weight = round(float(max(late, 1.5 * max(RUN_COST) / one.rate)), 4)
        for age, units in one.measured.open_orders:
            day = starts_at - timedelta(days=age + 1)
            id = f"{one.id}-{day:%Y%m%d}"
            found.append(Order(id, one.id, float(np.ceil(units)), _due(one, age), weight))
    return sorted(found, key=lambda order: (order.due, order.id))


def _due(one: Product, age: int) -> int:
    """The minute that an order of so many days before the history's last day is promised for.

    Promises that have passed are renewed for the first evening: lateness from before the horizon is
    no plan's doing.
    """
    return (max(one.measured.lead_days - age - 1, 0)) * MINUTES_PER_DAY + DUE_AT
