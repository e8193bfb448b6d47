"""The recipe of the 50-line plant: on a made-up history, on the simulated and on the real one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from envs.fmcg import Recipe, build_master
from envs.history import simulate_history
from envs.rules import RULES, dispatch
from plant import Plant, RecordError, Schedule, evaluate

GROUPS = pd.DataFrame(
    [("A1", "A", "AX"), ("A2", "A", "AX"), ("A3", "A", "AY"), ("B1", "B", "BX"), ("N1", "B", "BX")],
    columns=["unique_id", "group", "sub_group"],
)
PAIRS = pd.DataFrame(
    [("A1", "11"), ("A1", "12"), ("A2", "11"), ("A3", "12"), ("B1", "12"), ("N1", "11")],
    columns=["unique_id", "plant"],
)


def a_daily(days: int = 40) -> pd.DataFrame:
    """Steady products, one of them a variant without groups or pairs, one (N1) never made."""
    rows = []
    for number, product in enumerate(("A1", "A1.1", "A2", "A3", "B1", "N1")):
        level = 100.0 * (number + 1)
        for day, ds in enumerate(pd.date_range("2023-01-01", periods=days)):
            made = product != "N1"
            rows.append(
                {
                    "ds": ds,
                    "unique_id": product,
                    "ordered_units": level if made or day == 3 else 0.0,
                    "ordered_tonnes": 0.01 * level if made or day == 3 else 0.0,
                    "produced_units": 3 * level if made and day % 3 == 0 else 0.0,
                    "delivered_units": level if made and 2 <= day < days else 0.0,
                }
            )
    return pd.DataFrame(rows)


USUAL = Recipe()


def a_plant(recipe: Recipe = USUAL, seed: int = 1) -> Plant:
    """The plant of the made-up history."""
    return build_master(a_daily(), GROUPS, PAIRS, recipe, seed)


def load_of(plant: Plant, recipe: Recipe, demand: dict[str, float]) -> float:
    """Hours that demand up to the safety stock takes at mean rates, over the regular hours."""
    rates = defaultdict(list)
    for capability in plant.capabilities:
        rates[capability.item].append(capability.rate)
    days = recipe.horizon_days + recipe.safety_days
    hours = sum(
        max(days * demand[item.id] - item.stock, 0) / np.mean(rates[item.id])
        for item in plant.items
        if item.id in rates
    )
    regular = sum(s.end - s.start for x in plant.lines for s in x.shifts if not s.overtime)
    return float(hours * 60 / regular)


def mean_demand(daily: pd.DataFrame, days: int) -> dict[str, float]:
    recent = daily[daily["ds"] > daily["ds"].max() - pd.Timedelta(days=days)]
    sums: dict[str, float] = recent.groupby("unique_id")["ordered_units"].sum().to_dict()
    return {product: units / days for product, units in sums.items()}


def test_every_plant_has_its_lines_and_they_make_what_is_routed_to_it() -> None:
    plant = a_plant(Recipe(lines_per_plant=3))
    assert [line.id for line in plant.lines] == [
        "11-1", "11-2", "11-3", "12-1", "12-2", "12-3",
    ]  # fmt: skip
    made = defaultdict(set)
    for capability in plant.capabilities:
        made[capability.line].add(capability.item)
    assert made["11-2"] == {"A1", "A1.1", "A2", "N1"}
    assert made["12-1"] == {"A1", "A1.1", "A3", "B1"}


def test_a_variant_without_groups_takes_those_of_its_product() -> None:
    plant = a_plant()
    items = {item.id: item for item in plant.items}
    assert items["A1.1"].family == items["A1"].family
    assert {b.component for b in plant.bom if b.item == "A1.1"} == {"RAW-A"}


def test_the_horizon_begins_the_day_after_the_history_at_local_midnight() -> None:
    plant = a_plant()
    assert plant.starts_at.isoformat() == "2023-02-10T00:00:00+06:00"
    assert plant.horizon == 14 * 1440


def test_fridays_are_overtime() -> None:
    shifts = a_plant().lines[0].shifts  # the first day is a Friday
    assert {shift.start // 1440 for shift in shifts if shift.overtime} == {0, 7}
    assert len({shift.start // 1440 for shift in shifts}) == 14


def test_what_is_open_is_due_after_the_usual_lead_and_not_before_the_first_evening() -> None:
    orders = [order for order in a_plant().orders if order.item == "A2"]
    # Ordered on the last two days, deliveries follow orders by two days.
    assert [(order.id, order.quantity, order.due) for order in orders] == [
        ("A2-20230208", 300.0, 1080),
        ("A2-20230209", 300.0, 1440 + 1080),
    ]
    assert {order.source for order in a_plant().orders} == {"firm"}


def test_a_product_that_was_never_made_has_lines_and_no_orders() -> None:
    plant = a_plant()
    assert "N1" in {capability.item for capability in plant.capabilities}
    assert "N1" not in {order.item for order in plant.orders}


@pytest.mark.parametrize("load", [0.5, 0.9, 1.1])
def test_rates_are_such_that_the_demand_is_the_load(load: float) -> None:
    recipe = Recipe(load=load, demand_days=28)
    plant = a_plant(recipe)
    changeovers = 1 + 0.5 / 8.0
    measured = load_of(plant, recipe, mean_demand(a_daily(), 28)) * changeovers
    assert measured == pytest.approx(load, rel=0.02)


def test_changeovers_are_longer_the_less_two_products_share() -> None:
    minutes = {(c.from_family, c.to_family): c.minutes for c in a_plant().changeovers}
    for into, _ in (("A2", 1), ("A1", 2)):
        other = "A1" if into == "A2" else "A2"
        assert minutes[other, into] < minutes["A3", into] < minutes["B1", into]
    assert minutes["B1", "A1"] > minutes["A1", "B1"]


def test_leaving_an_order_open_for_a_day_is_never_cheaper_than_making_it() -> None:
    plant = a_plant()
    slowest: dict[str, float] = {}
    for c in plant.capabilities:
        slowest[c.item] = min(slowest.get(c.item, np.inf), c.rate)
    dearest = max(line.run_cost for line in plant.lines)
    assert all(order.weight > dearest / slowest[order.item] for order in plant.orders)


def test_the_same_seed_gives_the_same_plant_and_another_one_other_assumptions() -> None:
    assert a_plant(seed=1) == a_plant(seed=1)
    other = a_plant(seed=2)
    assert other.changeovers != a_plant(seed=1).changeovers
    assert [replace(order, weight=0.0) for order in other.orders] == [
        replace(order, weight=0.0) for order in a_plant(seed=1).orders
    ]


def test_rows_in_any_order_give_the_same_plant() -> None:
    shuffled = a_daily().sample(frac=1.0, random_state=1)
    assert build_master(shuffled, GROUPS[::-1], PAIRS[::-1], Recipe(), 1) == a_plant()


def test_days_as_dates_and_plants_as_numbers_give_the_same_plant() -> None:
    dated = a_daily().assign(ds=lambda daily: daily["ds"].dt.date)
    numbered = PAIRS.assign(plant=PAIRS["plant"].astype(int))
    assert build_master(dated, GROUPS, numbered, Recipe(), 1) == a_plant()


def test_a_wrong_recipe_names_every_wrong_value() -> None:
    with pytest.raises(RecordError) as caught:
        Recipe(lines_per_plant=0, load=3.0, lead_quantile=0.0)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["lines_per_plant", "load", "lead_quantile"]


def test_a_simulated_history_makes_a_plant_that_can_be_planned() -> None:
    history = simulate_history(np.random.default_rng(3))
    plant = build_master(history.daily, history.product, history.product_plant, Recipe(), 3)
    assert len(plant.lines) == 50
    assert evaluate(plant, Schedule()).feasible
    assert evaluate(plant, dispatch(plant, RULES["atcs"])).feasible


@pytest.mark.realdata
def test_the_real_history_makes_the_fifty_line_plant() -> None:
    from pipelines.platform.datasets import locate_dataset
    from pipelines.settings import load_settings

    folder = locate_dataset("fmcg_production", load_settings(), print).folder
    daily = pd.read_parquet(folder / "daily.parquet")
    product = pd.read_csv(folder / "product_groups.csv").drop_duplicates("Node")
    product.columns = pd.Index(["unique_id", "group", "sub_group"])
    pairs = pd.read_csv(folder / "product_plant_storage.csv")
    recipe = Recipe()
    plant = build_master(daily, product, pairs, recipe, 20230701)
    assert plant.starts_at.isoformat() == "2023-07-01T00:00:00+06:00"
    assert len(plant.lines) == 50
    assert len(plant.items) - len(plant.raw_items) == daily["unique_id"].nunique() == 41
    # 276 pairs and the 12 that a variant takes over, two lines each
    assert len(plant.capabilities) == 2 * (276 + 12)
    assert 150 <= len(plant.orders) <= 400
    demand = mean_demand(daily, recipe.demand_days)
    load = load_of(plant, recipe, defaultdict(float, demand)) * (1 + 0.5 / 8.0)
    assert load == pytest.approx(recipe.load, rel=0.01)
    schedule = dispatch(plant, RULES["atcs"])
    assert evaluate(plant, schedule).feasible
    lighter = build_master(daily, product, pairs, replace(recipe, load=0.5), 20230701)
    late = [evaluate(p, dispatch(p, RULES["atcs"])).kpis.units_late for p in (lighter, plant)]
    assert late[0] < late[1]
