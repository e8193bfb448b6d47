"""The foresee step: which orders of the published plan will be late, and where stock runs out.

The champion of late risk, fitted on the real order ages of the history and challenged where enough
orders are new, scores the orders. The published schedule is replayed under many draws of demand and of
the lines' speed. Both are stored beside the version's orders.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pandas as pd

from pipelines.context import Context
from pipelines.json_file import store_json
from pipelines.output.foreseen import foresee_stockouts
from pipelines.output.rates.measured import load_beliefs
from pipelines.output.stockouts import Foresight, StockDay
from plant import Plant
from plant.io import load_plant, load_schedule

if TYPE_CHECKING:
    from pipelines.storage.repositories.outlooks import OrderRisk

SHARE_AT_RISK = 0.5
NEEDED = ("ds", "unique_id", "produced_units", "ordered_units", "delivered_units", "ordered_tonnes")


class ForeseeError(RuntimeError):
    """The step stops; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class ForeseeResult:
    """What is foreseen of the published version.

    model: the late-risk model that scored the orders, or why there is none. orders_at_risk: orders
    likelier late than not by the model or the replay; items_at_risk: items likelier to run out on
    some day than not, with the first such day. scores: of the model on later orders than its own.
    """

    version: int
    model: str
    orders: int
    orders_at_risk: int
    items_at_risk: dict[str, str]
    scenarios: int
    scores: dict[str, float]


def foresee(context: Context) -> ForeseeResult:
    """Return what is foreseen of the published version, after storing it beside its orders.

    Raises
    ------
    ForeseeError
        Where nothing is published yet, or the history is missing.
    pipelines.storage.StorageError, pipelines.platform.tracking.TrackingError
        Where the database or MLflow cannot be used.
    """
    from pipelines.output.lateness.champion import scoring_model
    from pipelines.output.lateness.orders import score_late_risk
    from pipelines.registry import open_registry

    settings, params = context.settings, context.params
    version = _version(context)
    plant, schedule = load_plant(settings.plant_file), load_schedule(settings.schedule_file)
    forecast = pd.read_parquet(settings.forecast_file)
    foresight = foresee_stockouts(
        plant,
        schedule,
        forecast,
        params.forecast.snapshot,
        params.seed,
        load_beliefs(context),
    )
    daily = _history(context, plant)
    found = scoring_model(context, open_registry(context), daily)
    store_json(
        settings.data / "foresee" / "late_risk.json", {"model": found.name, "scores": found.scores}
    )
    risks = (
        score_late_risk(found.model, found.name, plant, daily, foresight)
        if found.model is not None
        else _replayed_only(foresight)
    )
    _store(context, version, risks, foresight.days)
    result = _result(version, found.name, found.scores, risks, foresight)
    store_json(settings.metrics / "foresee.json", {**asdict(result), "version": None})
    context.report(
        f"version {version}: {result.orders_at_risk} of {result.orders} orders likelier late than "
        f"not, {len(result.items_at_risk)} items likelier to run out than not"
    )
    return result


def _version(context: Context) -> int:
    file = context.settings.published_file
    if not file.is_file():
        raise ForeseeError(f"{file}: not there, run `takt publish` first")
    return int(json.loads(file.read_text("utf-8"))["version"])


def _history(context: Context, plant: Plant) -> pd.DataFrame:
    folder = context.settings.silver / "daily"
    if not folder.is_dir():
        raise ForeseeError(f"{folder}: not there, run `takt ingest` first")
    daily = pd.read_parquet(folder, columns=list(NEEDED))
    daily["ds"] = pd.to_datetime(daily["ds"])
    before = daily["ds"] < pd.Timestamp(plant.starts_at.date())
    return daily[before].sort_values(["unique_id", "ds"], ignore_index=True)


def _replayed_only(foresight: Foresight) -> tuple[OrderRisk, ...]:
    from pipelines.output.lateness.orders import REPLAY
    from pipelines.storage.repositories.outlooks import OrderRisk

    return tuple(
        OrderRisk(one.order, one.chance, one.chance, one.late_units, (), REPLAY)
        for one in foresight.orders
    )


def _store(
    context: Context, version: int, risks: Sequence[OrderRisk], days: Sequence[StockDay]
) -> None:
    from pipelines.storage import open_database, writing
    from pipelines.storage.repositories.outlooks import (
        StockRisk,
        sync_order_risks,
        sync_stock_risks,
    )

    engine = open_database(context.settings.database_url)
    now = context.clock()
    try:
        with writing(engine) as session:
            sync_order_risks(session, version, risks, now)
            sync_stock_risks(session, version, (StockRisk(**asdict(one)) for one in days), now)
    finally:
        engine.dispose()


def _result(
    version: int,
    name: str,
    scores: dict[str, float],
    risks: Sequence[OrderRisk],
    foresight: Foresight,
) -> ForeseeResult:
    risky = [one for one in risks if max(one.chance, one.replayed or 0.0) > SHARE_AT_RISK]
    items = foresight.first_days(SHARE_AT_RISK)
    return ForeseeResult(
        version,
        name,
        len(risks),
        len(risky),
        {item: day.isoformat() for item, day in items.items()},
        foresight.scenarios,
        scores,
    )
