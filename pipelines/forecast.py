"""The forecast step: fit a challenger, let it meet the champion, forecast with the better, snapshot.

A fit whose history, parameters and registry are those of last time is kept, and so is a snapshot;
the database is brought to the same state each time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.context import Context
from pipelines.forecasting.history import DemandHistory, load_history
from pipelines.snapshot import Snapshot, take_snapshot
from pipelines.stamp import digest_of, is_current, store_stamp
from plant import Plant
from plant.io import load_plant, save_plant

if TYPE_CHECKING:
    from pipelines.forecasting.contest import Trial
    from pipelines.platform.tracking import TrackedRun

SNAPSHOT_NAME = "snapshot"


class ForecastError(RuntimeError):
    """The step stops; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class ForecastResult:
    """What was forecast, by which version, how well it did in the backtest, and what it ordered.

    `verdict` says why that version: "first" (no champion yet), "other products" (the champion knows
    other ones), "challenger won" or "champion kept". `wape`, `bias`,
    `rmsse` and `coverage` are the backtest's, of the model that forecasts; `scores` those of each
    challenger's member and class. `kept` says that history and parameters were as last time.
    """

    model: str
    version: int
    challenger: int
    verdict: str
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


def forecast(context: Context) -> ForecastResult:
    """Return what was forecast, after storing the forecast, the snapshot, the model and its run.

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
    result = _forecast_once(context, history)
    table = pd.read_parquet(settings.forecast_file)
    snapshot = take_snapshot(master, table, context.params.forecast.snapshot)
    save_plant(snapshot.plant, settings.plant_file)
    _load_database(context, table, snapshot.plant, f"{result.model}/{result.version}")
    result = _with_orders(result, snapshot)
    _write_json(settings.metrics / "forecast.json", _figures(result))
    context.report(
        f"snapshot: {result.firm_orders} firm orders take {result.consumed_units:,.0f} of "
        f"{result.units:,.0f} units forecast; the rest becomes {result.forecast_orders} orders"
    )
    return result


def _forecast_once(context: Context, history: DemandHistory) -> ForecastResult:
    """Return the stored result where nothing changed, or else that of a new fit."""
    settings = context.settings
    stored = settings.forecast_file.with_name("result.json")
    params = context.params.forecast.model_dump_json(exclude={"snapshot"})
    outputs = [settings.forecast_file, stored, _error_file(context)]
    digest = digest_of(_code(), history.digest, params, context.params.seed)
    stamp = settings.data / "stamps" / "forecast.json"
    if is_current(stamp, digest, outputs) and _registry_is_there(context):
        result = ForecastResult(**json.loads(stored.read_text("utf-8")))
        context.report(f"forecast: unchanged, kept ({result.model} version {result.version})")
        return replace(result, kept=True)
    result = _fit_and_forecast(context, history)
    _write_json(stored, _figures(result))
    store_stamp(stamp, digest, outputs)
    return result


def _fit_and_forecast(context: Context, history: DemandHistory) -> ForecastResult:
    from pipelines.forecasting import contest
    from pipelines.platform.tracking import connect

    trial = contest.try_challenger(context, history)
    tracking = connect(context.settings)
    trial = contest.meet_champion(context, tracking, trial)
    tags = {"takt.step": "forecast", contest.DATA_TAG: history.digest}
    with tracking.run("forecast", tags) as run:
        table = contest.predict_demand(context, trial)
        result = _result(trial, table, history, run)
        _log(context, run, trial, table, result)
        challenger, champion = contest.register(tracking, run, trial, history)
        run.log_tags({"takt.verdict": result.verdict, "takt.version": str(champion.version)})
    context.report(f"{contest.MODEL} version {challenger.version}: {result.verdict}")
    context.settings.forecast_file.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(context.settings.forecast_file, index=False)
    return replace(result, version=champion.version, challenger=challenger.version)


def _result(
    trial: Trial, table: pd.DataFrame, history: DemandHistory, run: TrackedRun
) -> ForecastResult:
    from models.demand import ENSEMBLE, earlier_coverage, score_all
    from pipelines.forecasting.report import score_document

    _, used = trial.winner
    classes = trial.challenger.classes
    of_used = score_document(score_all(trial.backtest, used, classes))[ENSEMBLE]["all"]
    coverage = earlier_coverage(trial.backtest, used, classes, trial.config)
    members = trial.config.members
    return ForecastResult(
        model="takt-demand",
        version=0,
        challenger=0,
        verdict=trial.verdict,
        p_value=trial.comparison.p_value if trial.comparison else None,
        wape=of_used["wape"],
        bias=of_used["bias"],
        rmsse=of_used["rmsse"],
        coverage=None if coverage != coverage else round(coverage, 6),
        scores=score_document(score_all(trial.backtest, trial.ensemble, classes)),
        weights={
            cls: {name: round(float(w), 6) for name, w in zip(members, weights, strict=True)}
            for cls, weights in trial.challenger.weights.items()
        },
        first_day=f"{table['ds'].min():%Y-%m-%d}",
        days=table["ds"].nunique(),
        products=table["unique_id"].nunique(),
        units=round(float(table["mean"].sum()), 3),
        filled=history.filled,
        data_digest=history.digest,
        mlflow_run_id=run.id,
    )


def _log(
    context: Context, run: TrackedRun, trial: Trial, table: pd.DataFrame, result: ForecastResult
) -> None:
    from pipelines.forecasting import report as shown

    run.log_params({**asdict(trial.config), "data_sha256": result.data_digest})
    run.log_metrics(shown.flat_metrics(result.scores))
    figures = {"wape": result.wape, "bias": result.bias, "rmsse": result.rmsse}
    run.log_metrics({f"used/{name}": value for name, value in figures.items()})
    if result.coverage is not None:
        run.log_metrics({"used/coverage": result.coverage})
    errors = shown.error_table(trial.backtest, trial.ensemble)
    path = _error_file(context)
    path.parent.mkdir(parents=True, exist_ok=True)
    errors.to_csv(path, index=False)
    run.log_file(path)
    run.log_text(table.to_csv(index=False), "forecast.csv")
    run.log_figure(shown.plot_errors(errors), "plots/error.png")
    run.log_figure(shown.plot_forecast(trial.panel, table), "plots/forecast.png")
    if trial.comparison is not None:
        run.log_metrics({"gain": trial.comparison.gain, "p_value": trial.comparison.p_value})
        plot = shown.plot_comparison(trial.backtest, trial.comparison)
        run.log_figure(plot, "plots/comparison.png")


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


def _code() -> list[Path]:
    """Return the files whose change makes another forecast of the same history."""
    here = Path(__file__).parent
    ours = [
        here / "forecast.py",
        *(here / "forecasting" / f"{n}.py" for n in ("contest", "history")),
    ]
    return [*ours, *sorted((here.parent / "models" / "demand").glob("*.py"))]


def _registry_is_there(context: Context) -> bool:
    """Return false where the registry is a database file that is gone; a server is trusted."""
    file = context.settings.mlflow_tracking_uri.removeprefix("sqlite:///")
    return file == context.settings.mlflow_tracking_uri or Path(file).is_file()


def _figures(result: ForecastResult) -> dict[str, Any]:
    return {name: value for name, value in asdict(result).items() if name != "kept"}


def _error_file(context: Context) -> Path:
    return context.settings.metrics / "forecast_error.csv"


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=2, allow_nan=False)
    path.write_text(text + "\n", "utf-8")
