"""The forecast step: forecast with the champion, fitting a challenger where there is reason to, snapshot.

A challenger is fitted where there is no champion, where the parameters or the products are others, or
where drift decided so; else the champion forecasts from the newest history. A forecast whose history,
recipe and champion are those of last time is kept; the database is brought to the same state each time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.context import Context
from pipelines.forecasting.history import DemandHistory, load_history
from pipelines.json_file import store_json
from pipelines.output.rates.measured import with_measured_rates
from pipelines.snapshot import Snapshot, take_snapshot
from pipelines.stamp import digest_of, is_current, store_stamp
from plant import Plant
from plant.io import load_plant, save_plant

if TYPE_CHECKING:
    from pipelines.registry import Registry

SNAPSHOT_NAME = "snapshot"
CHAMPION_USED = "champion used"


class ForecastError(RuntimeError):
    """The step stops; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class ForecastResult:
    """What was forecast, by which version, how well it did in the backtest, and what it ordered.

    `verdict` is the contest's outcome (`models.contest.Outcome`) or "champion used" where nothing was
    fitted, `reason` says why. `wape`, `bias`, `rmsse` and `coverage` are the backtest's, of the model
    that forecasts; `scores` those of each member and class when it was fitted. `kept` says that
    history and recipe were as last time.
    """

    model: str
    version: int
    challenger: int
    verdict: str
    reason: str
    p_value: float | None
    wape: float
    bias: float
    rmsse: float
    coverage: float | None
    scores: dict[str, dict[str, dict[str, float]]]
    weights: dict[str, dict[str, float]]
    first_day: str
    days: int
    products: int
    units: float
    filled: int
    data_digest: str
    mlflow_run_id: str
    firm_orders: int = 0
    forecast_orders: int = 0
    consumed_units: float = 0.0
    ordered_units: float = 0.0
    kept: bool = False


def forecast(context: Context, asked: str | None = None) -> ForecastResult:
    """Return what was forecast, after storing the forecast, the snapshot, the model and its run.

    Parameters
    ----------
    asked
        Why a challenger is to be fitted whatever else; None: where there is reason to.

    Raises
    ------
    ForecastError
        Where the plant's master data are not there.
    pipelines.forecasting.history.HistoryError, models.demand.DemandError
        Where the history is missing, incomplete or too short.
    pipelines.platform.tracking.TrackingError
        Where MLflow does not answer, or the champion's files are not what was registered.
    pipelines.snapshot.SnapshotError
        Where the forecast does not fit the plant.
    """
    settings = context.settings
    if not settings.master_file.is_file():
        raise ForecastError(f"{settings.master_file}: not there, run `takt ingest` first")
    master = load_plant(settings.master_file)
    history = load_history(settings.silver, master.starts_at.date(), context.report)
    families = {item.id: item.family for item in master.items}
    result = _forecast_once(context, history, families, asked)
    table = pd.read_parquet(settings.forecast_file)
    rated = with_measured_rates(context, master)
    snapshot = take_snapshot(rated, table, context.params.forecast.snapshot)
    save_plant(snapshot.plant, settings.plant_file)
    _load_database(context, table, snapshot.plant, f"{result.model}/{result.version}")
    result = _with_orders(result, snapshot)
    store_json(settings.metrics / "forecast.json", _figures(result))
    context.report(
        f"snapshot: {result.firm_orders} firm orders take {result.consumed_units:,.0f} of "
        f"{result.units:,.0f} units forecast; the rest becomes {result.forecast_orders} orders"
    )
    return result


def _forecast_once(
    context: Context, history: DemandHistory, families: Mapping[str, str], asked: str | None
) -> ForecastResult:
    """Return the stored result where nothing changed, or else that of a new forecast."""
    from pipelines.forecasting import fitting
    from pipelines.registry import open_registry

    settings = context.settings
    registry = open_registry(context)
    stored = settings.forecast_file.with_name("result.json")
    outputs = [settings.forecast_file, settings.backtest_file, stored, fitting.error_file(context)]
    stamps = settings.data / "stamps"
    recipe = fitting.recipe_of(context)
    why = asked or fitting.why_fit(context, registry, history, stamps / "forecast_fit.json", recipe)
    if why is None and is_current(
        stamps / "forecast.json", _digest(registry, history, recipe), outputs
    ):
        result = ForecastResult(**json.loads(stored.read_text("utf-8")))
        context.report(f"forecast: unchanged, kept ({result.model} version {result.version})")
        return replace(result, kept=True)
    if why is None:
        result = ForecastResult(**fitting.use_champion(context, registry, history))
    else:
        context.report(f"fitting a challenger: {why}")
        result = ForecastResult(**fitting.fit_challenger(context, registry, history, why, families))
        store_stamp(stamps / "forecast_fit.json", recipe, [])
        _close(context, f"{result.verdict}: {result.reason}")
    store_json(stored, _figures(result))
    store_stamp(stamps / "forecast.json", _digest(registry, history, recipe), outputs)
    return result


def _digest(registry: Registry, history: DemandHistory, recipe: str) -> str:
    from pipelines.forecasting.contest import MODEL

    champion = registry.champion(MODEL)
    return digest_of([], history.digest, recipe, champion.version if champion else 0)


def _close(context: Context, outcome: str) -> None:
    """Say in the database that what drift decided about demand is followed now."""
    from pipelines.forecasting.contest import MODEL
    from pipelines.storage import open_database, writing
    from pipelines.storage.repositories.retrainings import close_retrainings

    engine = open_database(context.settings.database_url)
    with writing(engine) as session:
        close_retrainings(session, MODEL, context.clock(), outcome)
    engine.dispose()


def _load_database(context: Context, table: pd.DataFrame, plant: Plant, model: str) -> None:
    from pipelines.storage import open_database, repositories, writing

    engine = open_database(context.settings.database_url)
    now = context.clock()
    with writing(engine) as session:
        repositories.sync_forecast(session, table, plant.starts_at, model, now)
        repositories.store_plant(session, SNAPSHOT_NAME, plant, now)
    engine.dispose()


def _with_orders(result: ForecastResult, snapshot: Snapshot) -> ForecastResult:
    sources = [order.source for order in snapshot.plant.orders]
    return replace(
        result,
        firm_orders=sources.count("firm"),
        forecast_orders=sources.count("forecast"),
        consumed_units=round(sum(product.consumed for product in snapshot.demand), 3),
        ordered_units=round(sum(product.ordered for product in snapshot.demand), 3),
    )


def _figures(result: ForecastResult) -> dict[str, Any]:
    return {name: value for name, value in asdict(result).items() if name != "kept"}
