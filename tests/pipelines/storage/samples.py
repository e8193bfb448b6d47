"""A plant and a schedule small enough to solve by hand, and a day of facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd

from pipelines.storage.repositories import Batch, Publication
from plant import (
    Arrival,
    BomLine,
    Capability,
    Changeover,
    Item,
    Line,
    Order,
    Plant,
    Run,
    Schedule,
    Shift,
    Weights,
    Zones,
    evaluate,
)

NOW = datetime(2023, 7, 1, 4, 30, tzinfo=UTC)
BATCH = Batch(
    "b1", "fmcg_production", False, {"daily.parquet": "00"}, {"daily": {"silver": 2}}, NOW
)


def small_plant(**changes: object) -> Plant:
    plant = {
        "currency": "BDT",
        "starts_at": datetime(2023, 7, 1, tzinfo=timezone(timedelta(hours=6))),
        "horizon": 2880,
        "lines": (
            Line("L2", 10.5, 4.0, 1.25, (Shift(0, 960), Shift(1440, 2400, True)), "red", 30),
            Line("L1", 9.0, 3.0, 1.0, (Shift(0, 960),), None, 0),
        ),
        "items": (
            Item("cola", "red", 5.0, 2.0, 0.1, 0.2),
            Item("syrup", "raw", 1 / 3, 0.0, 0.01, 0.0),
        ),
        "capabilities": (
            Capability("L1", "cola", 60.0, 0.9, 0.0, 0.0),
            Capability("L2", "cola", 30.0, 1.0, 10.0, 5.0),
        ),
        "changeovers": (
            Changeover("red", "blue", 20, 7.5),
            Changeover("blue", "red", 15, 3.0, "L2"),
        ),
        "bom": (BomLine("cola", "syrup", 0.25),),
        "arrivals": (Arrival("syrup", 0, 100.0), Arrival("syrup", 60, 50.5)),
        "orders": (
            Order("O2", "cola", 40.0, 600, 2.0, "firm"),
            Order("O1", "cola", 20.0, -10, 1.5, "forecast"),
        ),
    }
    return Plant(**(plant | changes))  # type: ignore[arg-type]


def small_schedule(*runs: Run) -> Schedule:
    return Schedule(
        runs
        or (Run("R2", "L2", "cola", 60, 120, 30.0, "line"), Run("R1", "L1", "cola", 0, 60, 60.0))
    )


def publication(plant: Plant | None = None, schedule: Schedule | None = None) -> Publication:
    plant = plant or small_plant()
    schedule = schedule or small_schedule()
    weights, zones = Weights(tardiness=2.0), Zones(frozen=60, slush=120)
    return Publication(
        plant=plant,
        schedule=schedule,
        evaluation=evaluate(plant, schedule, weights=weights, zones=zones),
        method="rule",
        plant_name="two lines",
        weights=weights,
        zones=zones,
        bound=1.5,
        mlflow_run_id="abc",
        author="tester",
    )


def facts(units: float = 12.5) -> pd.DataFrame:
    zeros = {
        name: [0.0, 0.0]
        for name in ("ordered_units", "issued_units", "delivered_units", "produced_tonnes")
    } | {name: [0.0, 0.1] for name in ("ordered_tonnes", "issued_tonnes", "delivered_tonnes")}
    return pd.DataFrame(
        {
            "unique_id": ["A", "B"],
            "ds": pd.to_datetime(["2023-06-29", "2023-06-30"]),
            "produced_units": [units, 1 / 3],
            **zeros,
        }
    )


def products() -> pd.DataFrame:
    return pd.DataFrame({"unique_id": ["A", "B"], "group": ["S", "P"], "sub_group": ["SO", "PO"]})


def product_plants() -> pd.DataFrame:
    return pd.DataFrame(
        {"unique_id": ["A", "A", "B"], "plant": ["1", "1", "2"], "storage": ["9", None, "8"]}
    )
