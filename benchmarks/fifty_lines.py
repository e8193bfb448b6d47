"""What the 50-line plant's recipe measured: `python -m benchmarks.fifty_lines [--quick] [--json]`.

Reads the data set fmcg_production, prints the figures that docs/fifty-lines.md quotes, and what rules
make of the plant with the orders that its mean demand foretells.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from benchmarks.report import arguments, progress, show
from envs.fifty_lines import SEED, with_expected_orders
from envs.fmcg import Recipe, build_master
from envs.fmcg.measured import measure_products
from envs.rules import RULES, dispatch, tuned_atcs
from pipelines.platform.datasets import locate_dataset
from pipelines.settings import load_settings
from plant import Plant, Schedule, evaluate


def main() -> None:
    """Prints the table and the figures."""
    options = arguments(__doc__).parse_args()
    folder = locate_dataset("fmcg_production", load_settings(), progress).folder
    daily = pd.read_parquet(folder / "daily.parquet")
    product = pd.read_csv(folder / "product_groups.csv").drop_duplicates("Node")
    product.columns = pd.Index(["unique_id", "group", "sub_group"])
    pairs = pd.read_csv(folder / "product_plant_storage.csv")
    recipe = Recipe()
    figures = _measured(daily, pairs, recipe)
    master = build_master(daily, product, pairs, recipe, SEED)
    plant = with_expected_orders(master, daily, recipe.demand_days)
    figures |= _built(plant, master)
    plans: list[tuple[str, Schedule]] = [("nothing", Schedule())]
    for name in ("edd", "atcs", "campaign"):
        progress(name)
        plans.append((name, dispatch(plant, RULES[name])))
    if not options.quick:
        progress("tuned ATCS")
        plans.append(("tuned ATCS", tuned_atcs(plant)))
    rows = []
    for name, schedule in plans:
        found = evaluate(plant, schedule)
        cost, kpis = found.cost, found.kpis
        rows.append(
            (
                name, cost.total / 1e6, cost.tardiness / 1e6, cost.production / 1e6,
                cost.changeover / 1e6, cost.holding / 1e6, cost.idle / 1e6,
                100 * kpis.on_time_in_full, 100 * kpis.utilisation, kpis.changeover_hours,
            )
        )  # fmt: skip
        figures[f"{name} cost"] = cost.total
    columns = (
        "rule", "M BDT", "tardy", "made", "changed", "held", "idle", "on time %", "used %", "h",
    )  # fmt: skip
    show("The 50-line plant of the real history", columns, rows, figures, options.json)


def _measured(daily: pd.DataFrame, pairs: pd.DataFrame, recipe: Recipe) -> dict[str, object]:
    found = measure_products(daily, recipe.demand_days, recipe.peak_quantile, recipe.lead_quantile)
    made = [one for one in found if one.peak > 0]
    weekday = daily.groupby(daily["ds"].dt.dayofweek)[["produced_units", "ordered_units"]].mean()
    weekday = (weekday / weekday.mean()).round(2)
    return {
        "products": len(found),
        "never made": len(found) - len(made),
        "plants": int(pairs["plant"].nunique()),
        "pairs": len(pairs.drop_duplicates(["unique_id", "plant"])),
        "units ordered a day": round(sum(one.demand for one in found)),
        "opening stock, days": round(_total(made, "stock") / _total(made, "demand"), 1),
        "open orders": sum(len(one.open_orders) for one in made),
        "open units": round(sum(units for one in made for _, units in one.open_orders)),
        "lead days": [int(np.quantile([one.lead_days for one in made], q)) for q in (0, 0.5, 1)],
        "kg a unit": [min(one.kg for one in made), max(one.kg for one in made)],
        "made, Monday to Sunday": weekday["produced_units"].tolist(),
        "ordered, Monday to Sunday": weekday["ordered_units"].tolist(),
    }


def _total(found: list[object], field: str) -> float:
    return float(sum(getattr(one, field) for one in found))


def _built(plant: Plant, master: Plant) -> dict[str, object]:
    rates = defaultdict(list)
    for capability in plant.capabilities:
        rates[capability.item].append(capability.rate)
    means = [float(np.mean(found)) for found in rates.values()]
    minutes = [changeover.minutes for changeover in plant.changeovers]
    return {
        "lines": len(plant.lines),
        "capabilities": len(plant.capabilities),
        "firm orders": len(master.orders),
        "orders": len(plant.orders),
        "units an hour": [round(min(means), 1), round(float(np.median(means)), 1), max(means)],
        "changeover minutes": [min(minutes), round(float(np.mean(minutes))), max(minutes)],
    }


if __name__ == "__main__":
    main()
