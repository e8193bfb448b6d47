"""The foresee step: which orders of the published plan will be late, and where stock runs out.

A late-risk model is fitted on the real order ages of the history and registered; while the history is
the same, so is the model. The published schedule is replayed under many draws of demand and of the
lines' speed. Both are stored beside the version's orders.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pipelines.context import Context
from pipelines.json_file import store_json
from pipelines.output.foreseen import foresee_stockouts
from pipelines.output.measured_rates import load_beliefs
from pipelines.output.stockouts import Foresight, StockDay
from pipelines.stamp import digest_of, is_current, store_stamp
from plant import Plant
from plant.io import load_plant, load_schedule

if TYPE_CHECKING:
    from models.late_risk import LateRiskModel
    from pipelines.output.late_orders import LateRiskFit
    from pipelines.registry import Registry
    from pipelines.storage.repositories.outlooks import OrderRisk

MODEL = "late-risk"
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
    from pipelines.output.late_orders import score_late_risk

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
    model, name, scores = _late_risk(context, daily)
    risks = (
        score_late_risk(model, name, plant, daily, foresight)
        if model is not None
        else _replayed_only(foresight)
    )
    _store(context, version, risks, foresight.days)
    result = _result(version, name, scores, risks, foresight)
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


def _late_risk(
    context: Context, daily: pd.DataFrame
) -> tuple[LateRiskModel | None, str, dict[str, float]]:
    """The champion, its name and its scores; fitted anew where the history or the code is another."""
    from models.late_risk import LateRiskError, load
    from pipelines.output.late_orders import fit_late_risk
    from pipelines.registry import open_registry

    registry = open_registry(context)
    kept = context.settings.data / "foresee" / "late_risk.json"
    stamp = context.settings.data / "stamps" / "foresee.json"
    text = daily.to_csv(index=False, float_format="%.9g", date_format="%Y-%m-%d")
    quantile = context.params.recipe.lead_quantile
    digest = digest_of(_code(), text, str(quantile), context.params.seed)
    champion = registry.champion(MODEL)
    if champion is None or not is_current(stamp, digest, [kept]):
        try:
            found = fit_late_risk(daily, quantile, context.params.seed, report=context.report)
        except LateRiskError as error:
            context.report(f"late risk: {error}")
            store_json(kept, {})
            return None, f"none: {error}", {}
        scores = {
            name: round(value, 6) for name, value in asdict(found.scores).items() if isfinite(value)
        }
        _register(registry, daily, digest_of([], text), found, scores)
        store_json(kept, scores)
        store_stamp(stamp, digest, [kept])
        champion = registry.champion(MODEL)
        assert champion is not None
    folder = registry.load_champion(MODEL)
    return (
        load(folder),
        f"{champion.name}/{champion.version}",
        dict(json.loads(kept.read_text("utf-8"))),
    )


def _register(
    registry: Registry,
    daily: pd.DataFrame,
    digest: str,
    found: LateRiskFit,
    scores: dict[str, float],
) -> None:
    """Register the fit, and let it meet the champion on the orders that neither was judged by before."""
    from models.contest import first
    from models.late_risk import answer, save
    from pipelines.registry import Fit

    example = found.model.memory.cases.tail(20).reset_index(drop=True)
    example = example[list(found.model.schema.inputs)]
    with tempfile.TemporaryDirectory() as folder:
        save(found.model, Path(folder) / "late_risk")
        fit = Fit(
            name=MODEL,
            folder=Path(folder) / "late_risk",
            package="models.late_risk",
            example=example,
            answer=answer(found.model, example),
            data_digest=digest,
            trained_until=daily["ds"].max().date(),
            params={"orders": found.orders, "looks": found.looks, **asdict(found.model.config)},
            metrics=scores,
            requirements=("xgboost", "lightgbm", "scikit-learn"),
        )
        version = registry.register(fit)
    # A model of lateness is of its days: the one that knows the newest orders scores them.
    why = "fitted on the newest orders"
    registry.settle(version, first("the challenger", why, other_data=True))


def _replayed_only(foresight: Foresight) -> tuple[OrderRisk, ...]:
    from pipelines.output.late_orders import REPLAY
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


def _code() -> list[Path]:
    """Return the files whose change makes another late-risk model of the same history."""
    here = Path(__file__).parent
    ours = [here / "output" / f"{name}.py" for name in ("late_orders", "order_ages")]
    return [*ours, *sorted((here.parent / "models" / "late_risk").glob("*.py"))]
