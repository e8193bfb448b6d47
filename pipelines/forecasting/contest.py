"""The contest: a challenger meets the champion on the same past days, and the better forecasts."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import pandas as pd

from models.demand import (
    Backtest,
    Comparison,
    DemandConfig,
    DemandForecaster,
    Panel,
    compare,
    earlier_only,
    fit,
    load,
    panel_from_table,
    predict,
    replay,
    run_backtest,
    save,
    window_errors,
)
from models.demand.panel import Floats
from pipelines.context import Context
from pipelines.forecasting.history import DemandHistory, closed_days
from pipelines.platform.tracking import ModelVersion, Served, TrackedRun, Tracking

MODEL = "takt-demand"
DATA_TAG = "takt.data_sha256"
# Closures known beyond the history, so that a saved model can be asked later.
CLOSED_AHEAD = timedelta(days=400)
EXAMPLE_DAYS = 35

Verdict = Literal["first", "other products", "challenger won", "champion kept"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A challenger, and the champion that met it on the same windows where there is one.

    `ensemble` and `champion_ensemble` are their backtest forecasts, shape (windows, horizon, series);
    `comparison` is None where there was no champion, or one that knows other products.
    """

    panel: Panel
    config: DemandConfig
    closed: frozenset[date]
    backtest: Backtest
    challenger: DemandForecaster
    ensemble: Floats
    champion_version: ModelVersion | None = None
    champion: DemandForecaster | None = None
    champion_ensemble: Floats | None = None
    comparison: Comparison | None = None

    @property
    def verdict(self) -> Verdict:
        """Who forecasts, and why."""
        if self.champion_version is None:
            return "first"
        if self.comparison is None:
            return "other products"
        return "challenger won" if self.comparison.challenger_wins else "champion kept"

    @property
    def winner(self) -> tuple[DemandForecaster, Floats]:
        """The model that forecasts, and its backtest forecasts."""
        if self.verdict == "champion kept":
            assert self.champion is not None
            assert self.champion_ensemble is not None
            return self.champion, self.champion_ensemble
        return self.challenger, self.ensemble


def try_challenger(context: Context, history: DemandHistory) -> Trial:
    """Return a challenger fitted on the history, and its backtest."""
    params = context.params.forecast
    panel = panel_from_table(history.table)
    config = DemandConfig(
        horizon=params.horizon_days,
        season_length=params.season_length,
        windows=params.backtest_windows,
        step=params.backtest_step_days,
        lags=params.lags,
        rounds=params.rounds,
        max_bias=params.max_bias,
        seed=context.params.seed % 2**31,
    )
    first, last = panel.days[0].astype(date), panel.days[-1].astype(date)
    closed = closed_days(params.country, first, last + CLOSED_AHEAD)
    backtest = run_backtest(panel, config, closed, context.report)
    challenger = fit(panel, config, backtest, closed)
    ensemble = earlier_only(backtest, challenger.classes, config)
    return Trial(panel, config, closed, backtest, challenger, ensemble)


def meet_champion(context: Context, tracking: Tracking, trial: Trial) -> Trial:
    """Return the trial with the champion on the same windows, and how the two compare.

    Raises
    ------
    pipelines.platform.tracking.DigestError
        Where the champion's files are not those that were registered.
    """
    version = tracking.find(MODEL, "champion")
    if version is None:
        return trial
    champion = load(tracking.load(version))
    if champion.series != trial.panel.series:
        context.report(
            f"{MODEL} version {version.version}, the champion, knows {len(champion.series)} products, "
            f"other than the {len(trial.panel.series)} of this history; it is not compared"
        )
        return replace(trial, champion_version=version)
    replayed = replay(
        champion, trial.panel, trial.backtest, trial.config, trial.closed, context.report
    )
    comparison = compare(
        window_errors(replayed, trial.backtest),
        window_errors(trial.ensemble, trial.backtest),
        context.params.forecast.alpha,
    )
    context.report(
        f"champion version {version.version}: gain of the challenger {comparison.gain:+.4f}, "
        f"p = {comparison.p_value:.3f}"
    )
    return replace(
        trial,
        champion_version=version,
        champion=champion,
        champion_ensemble=replayed,
        comparison=comparison,
    )


def predict_demand(context: Context, trial: Trial) -> pd.DataFrame:
    """Return the winner's forecast: unique_id, ds, mean, q10, q50, q90."""
    model, _ = trial.winner
    found = predict(model, trial.panel, context.params.forecast.horizon_days, trial.closed)
    return found.rename(columns={"series": "unique_id", "time": "ds"})


def register(
    tracking: Tracking, run: TrackedRun, trial: Trial, history: DemandHistory
) -> tuple[ModelVersion, ModelVersion]:
    """Return the challenger's new version and the champion's, aliases having been set.

    The champion alias moves only where the challenger won or there is none to compare it with.
    """
    from pipelines.forecasting import served as demand_model

    recent = history.table["time"] > history.table["time"].max() - pd.Timedelta(days=EXAMPLE_DAYS)
    example = history.table[recent].reset_index(drop=True)
    served = Served(
        code=Path(demand_model.__file__),
        example=example,
        answer=predict(trial.challenger, panel_from_table(example)),
        params={"horizon": trial.config.horizon},
        requirements=demand_model.REQUIREMENTS,
    )
    with tempfile.TemporaryDirectory() as folder:
        save(trial.challenger, Path(folder) / "demand")
        tags = {DATA_TAG: history.digest}
        version = tracking.register(run, MODEL, Path(folder) / "demand", served, tags)
    tracking.set_alias(version, "challenger")
    if trial.verdict == "champion kept":
        assert trial.champion_version is not None
        return version, trial.champion_version
    tracking.set_alias(version, "champion")
    return version, version
