"""Fitting: when a challenger is fitted, what is kept of it, and the champion's forecast otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from models.demand import Forecaster, ModelError, load_forecaster
from models.demand.history.classes import CLASSES, classify
from models.demand.history.histories import Floats
from models.demand.trials.judged import ENSEMBLE, scores_of
from pipelines.context import Context
from pipelines.forecasting import contest
from pipelines.forecasting import report as shown
from pipelines.forecasting.contest import MODEL, Challenge
from pipelines.forecasting.history import DemandHistory
from pipelines.platform.tracked_run import TrackedRun
from pipelines.registry import Registry, full_name
from pipelines.stamp import digest_of, is_current

FIGURES = "figures.json"
OWN = ("wape", "bias", "rmsse", "coverage", "scores", "weights")


def recipe_of(context: Context) -> str:
    """Return the digest of what makes a model of a history: code, parameters and seed."""
    here = Path(__file__).parent
    code = [here / f"{name}.py" for name in ("contest", "history", "recipes")]
    models = sorted((here.parents[1] / "models" / "demand").rglob("*.py"))
    params = context.params.forecast.model_dump_json(exclude={"snapshot"})
    return digest_of([*code, *models], params, context.params.seed)


def why_fit(
    context: Context, registry: Registry, history: DemandHistory, stamp: Path, recipe: str
) -> str | None:
    """Return why a challenger is to be fitted on the history, or None where the champion will do.

    Raises
    ------
    pipelines.platform.tracking.DigestError
        Where the champion's files are not those that were registered.
    """
    champion = registry.champion(MODEL)
    if champion is None:
        return "there is no champion yet"
    try:
        known = load_forecaster(registry.tracking.load(champion)).histories.names
    except ModelError as error:
        return f"the champion cannot be opened: {error}"
    if set(known) != set(history.table["series"]):
        return f"the champion knows {len(known)} products, other ones than the history"
    if not is_current(stamp, recipe, []):
        return "the parameters or the code are others than at the last fit"
    return _asked_by_drift(context)


def fit_challenger(
    context: Context,
    registry: Registry,
    history: DemandHistory,
    why: str,
    families: Mapping[str, str],
) -> dict[str, Any]:
    """Return the result of a contest whose winner's forecast, model and run are stored."""
    found = contest.try_challenger(context, history, families)
    found = contest.meet_champion(context, registry, found, history.digest)
    tags = {"takt.step": "forecast", "takt.why": why}
    with registry.tracking.run("forecast", tags) as run:
        own = _own_figures(found, found.challenger, found.ensemble)
        _log(context, run, found, own)
        fit = contest.fit_of(found, history, shown.flat_metrics(own["scores"]))
        challenger, champion = contest.register(registry, run, found, history, fit)
    won = champion.version == challenger.version
    if won or found.champion is None:
        model, ensemble, figures = found.challenger, found.ensemble, own
    else:
        assert found.champion_ensemble is not None
        model, ensemble = found.champion, found.champion_ensemble
        figures = {**own, **_own_figures(found, model, ensemble)}
    table = contest.predict_demand(context, model, found.challenger.histories)
    _store(context, found, ensemble, table)
    context.report(f"{full_name(MODEL)} version {challenger.version}: {found.decision.outcome}")
    return {
        **_about(table, history),
        **figures,
        "version": champion.version,
        "challenger": challenger.version,
        "verdict": found.decision.outcome,
        "reason": found.decision.reason,
        "p_value": found.decision.p_better,
        "mlflow_run_id": run.id,
    }


def use_champion(context: Context, registry: Registry, history: DemandHistory) -> dict[str, Any]:
    """Return the result of forecasting with the champion as it is."""
    champion = registry.champion(MODEL)
    challenger = registry.tracking.find(full_name(MODEL), "challenger")
    assert champion is not None
    model = load_forecaster(registry.tracking.load(champion))
    run = TrackedRun(champion.run_id, registry.tracking.client)
    table = contest.predict_demand(context, model, contest.histories_of(history))
    context.settings.forecast_file.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(context.settings.forecast_file, index=False)
    context.report(f"{full_name(MODEL)} version {champion.version} forecasts, nothing was fitted")
    return {
        **_about(table, history),
        **json.loads(run.read_text(FIGURES)),
        "version": champion.version,
        "challenger": challenger.version if challenger else champion.version,
        "verdict": "champion used",
        "reason": champion.tags.get("takt.reason", ""),
        "p_value": None,
        "mlflow_run_id": champion.run_id,
    }


def error_file(context: Context) -> Path:
    """Return where the errors of each member and window of the last fit lie."""
    return context.settings.metrics / "forecast_error.csv"


def _asked_by_drift(context: Context) -> str | None:
    from pipelines.storage import open_database, reading
    from pipelines.storage.repositories.retrainings import due_retraining

    engine = open_database(context.settings.database_url)
    with reading(engine) as session:
        due = due_retraining(session, MODEL)
    engine.dispose()
    return f"drift, {due.at:%F}: {due.reason}" if due else None


def _about(table: pd.DataFrame, history: DemandHistory) -> dict[str, Any]:
    return {
        "model": full_name(MODEL),
        "first_day": f"{table['ds'].min():%Y-%m-%d}",
        "days": table["ds"].nunique(),
        "products": table["unique_id"].nunique(),
        "units": round(float(table["mean"].sum()), 3),
        "filled": history.filled,
        "data_digest": history.digest,
    }


def _own_figures(found: Challenge, model: Forecaster, ensemble: Floats) -> dict[str, Any]:
    """How well a model did in the backtest, of which members, weighted how."""
    numbers = classify(found.challenger.histories, found.challenger.task)
    scores = shown.score_document(scores_of(found.trial, ensemble, numbers))
    coverage = found.coverage_of(ensemble)
    return {
        **scores[ENSEMBLE]["all"],
        "coverage": None if coverage is None else round(coverage, 6),
        "scores": scores,
        "weights": {
            str(CLASSES[number]): {
                name: round(float(weight), 6)
                for name, weight in zip(model.members, model.weights[number], strict=True)
            }
            for number in sorted(set(numbers.tolist()))
        },
    }


def _log(context: Context, run: TrackedRun, found: Challenge, own: dict[str, Any]) -> None:
    """Keep the challenger's figures and plots with its run."""
    histories = found.challenger.histories
    run.log_text(json.dumps(own, indent=2), FIGURES)
    run.log_metrics({name: own[name] for name in OWN[:4] if own[name] is not None})
    errors = shown.error_table(found.trial, histories, found.ensemble)
    run.log_text(errors.to_csv(index=False), "forecast_error.csv")
    table = contest.predict_demand(context, found.challenger, histories)
    run.log_text(table.to_csv(index=False), "forecast.csv")
    run.log_figure(shown.plot_errors(errors), "plots/error.png")
    run.log_figure(shown.plot_forecast(histories, table), "plots/forecast.png")
    run.log_figure(shown.plot_reliability(contest.reliability(found)), "plots/reliability.png")
    if found.champion_ensemble is not None:
        champion, challenger = (
            found.losses(one).total.sum(axis=1) for one in (found.champion_ensemble, found.ensemble)
        )
        origins = shown.first_days(found.trial, histories)
        plot = shown.plot_comparison(origins, champion, challenger, found.decision)
        run.log_figure(plot, "plots/comparison.png")


def _store(context: Context, found: Challenge, ensemble: Floats, table: pd.DataFrame) -> None:
    """Write the forecast, and the winner's backtest and errors."""
    histories, path = found.challenger.histories, error_file(context)
    path.parent.mkdir(parents=True, exist_ok=True)
    shown.error_table(found.trial, histories, ensemble).to_csv(path, index=False)
    context.settings.forecast_file.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(context.settings.forecast_file, index=False)
    shown.backtest_table(found.trial, histories, ensemble).to_parquet(
        context.settings.backtest_file, index=False
    )
