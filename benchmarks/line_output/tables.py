"""The tables of the benchmark: products by day, and line-days, with what is worked out of their columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from benchmarks.given_files import dates_of, require_columns
from models.rates import RateSchema

CLOSED_IN = "BD"
FLOWS = ("produced", "ordered", "issued", "delivered")
SHIFT_MINUTES = 480

PRODUCTS = RateSchema(
    at="ds",
    value="produced_units",
    keys=("unique_id",),
    drivers=("ordered_units", "issued_units", "delivered_units", "backlog", "stock"),
    closed="closed",
)
PLANNED = RateSchema(
    at="date",
    value="actual_productivity",
    keys=("department", "team"),
    reference="targeted_productivity",
    capacity="capacity",
    numbers=("smv", "over_time", "no_of_workers", "no_of_style_change", "overtime_each", "wip"),
    kind="department",
)
RECORDED = replace(PLANNED, numbers=(*PLANNED.numbers, "incentive", "idle_time", "idle_men"))


def line_days(path: Path, table: pd.DataFrame, labelled: bool) -> pd.DataFrame:
    """The line-days with the columns that are worked out of others."""
    needed = ("date", "department", "team", "smv", "no_of_workers", "over_time")
    require_columns(path, table, (*needed, PLANNED.value) if labelled else needed)
    minutes = SHIFT_MINUTES * table["no_of_workers"] + table["over_time"]
    return table.assign(
        department=table["department"].str.strip(),
        capacity=minutes / table["smv"],
        overtime_each=table["over_time"] / table["no_of_workers"],
        date=dates_of(path, table, "date"),
    )


def daily_products(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Every product and day, what was not reported being nothing; backlog and stock from the first day on."""
    columns = [f"{flow}_units" for flow in FLOWS]
    require_columns(path, table, ("unique_id", "ds", *columns))
    table = table.assign(ds=dates_of(path, table, "ds"))
    days = pd.date_range(table["ds"].min(), table["ds"].max())
    products = sorted(table["unique_id"].unique())
    index = pd.MultiIndex.from_product([products, days], names=["unique_id", "ds"])
    whole = table.groupby(["unique_id", "ds"])[columns].sum().reindex(index).fillna(0.0)
    cumulated = whole.groupby(level=0).cumsum()
    whole["backlog"] = cumulated["ordered_units"] - cumulated["delivered_units"]
    whole["stock"] = cumulated["produced_units"] - cumulated["delivered_units"]
    return whole.reset_index()


def with_closed(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The rows with the days on which, going by the known rows alone, the lines rest."""
    from pipelines.output.shut_days import shut_days

    made = known.groupby("ds")[PRODUCTS.value].sum()
    shut = shut_days(made, CLOSED_IN, rows["ds"].max().date())
    return rows.assign(closed=rows["ds"].dt.date.isin(shut).astype(float))


def days_after(table: pd.DataFrame, horizon: int) -> pd.DataFrame:
    days = pd.date_range(table["ds"].max() + pd.Timedelta(days=1), periods=horizon)
    products = sorted(table["unique_id"].unique())
    rows = pd.MultiIndex.from_product([products, days], names=["unique_id", "ds"])
    return rows.to_frame(index=False)
