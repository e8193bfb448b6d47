"""The contest: a challenger meets the champion on the same past days, and the better forecasts."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from models.contest import Contender, Decision, Losses, Rules, decide, first
from models.demand import (
    Backtest,
    DemandConfig,
    DemandForecaster,
    Panel,
    earlier_coverage,
    earlier_only,
    fit,
    load,
    panel_from_table,
    predict,
    replay,
    run_backtest,
    save,
)
from models.demand.intervals import LEVELS, calibrate, quantiles
from models.demand.panel import Floats
from pipelines.context import Context
from pipelines.forecasting.history import DemandHistory, closed_days
from pipelines.forecasting.recipes import better_recipe
from pipelines.platform.tracking import ModelVersion, TrackedRun
from pipelines.registry import Fit, Registry

MODEL = "demand"
# Closures known beyond the history, so that a saved model can be asked later.
CLOSED_AHEAD = timedelta(days=400)
EXAMPLE_DAYS = 35
PROMISED = 0.8  # of demand, between q10 and q90
LIBRARIES = ("statsforecast", "skforecast", "lightgbm")


@dataclass(frozen=True, slots=True)
class Trial:
    """A challenger, and the champion that met it on the same windows where there is one.

    `ensemble` and `champion_ensemble` are their backtest forecasts, shape (windows, horizon, series).
    """

    panel: Panel
    config: DemandConfig
    closed: frozenset[date]
    backtest: Backtest
    challenger: DemandForecaster
    ensemble: Floats
    decision: Decision
    champion: DemandForecaster | None = None
    champion_ensemble: Floats | None = None

    def coverage_of(self, forecasts: Floats) -> float | None:
        """Return the share of demand within q10 to q90; None where too few windows tell."""
        found = earlier_coverage(self.backtest, forecasts, self.challenger.classes, self.config)
        return None if np.isnan(found) else found

    def losses(self, forecasts: Floats) -> Losses:
        """Return the root mean squared scaled error of each window and series that sells.

        Forecasts have the shape (windows, horizon, series).
        """
        scaled = (forecasts - self.backtest.actual) / self.backtest.scale
        found = np.sqrt((scaled**2).mean(axis=1))
        silent = np.array([name == "silent" for name in self.challenger.classes])
        if silent.all():
            silent[:] = False
        return Losses.of(np.where(silent, np.nan, found))


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
    closed = closed_of(context, panel)
    backtest = run_backtest(panel, config, closed, context.report)
    if params.search_seconds > 0:
        config, backtest = better_recipe(context, history, panel, closed, config, backtest)
    challenger = fit(panel, config, backtest, closed)
    ensemble = earlier_only(backtest, challenger.classes, config)
    return Trial(panel, config, closed, backtest, challenger, ensemble, first("the challenger"))


def closed_of(context: Context, panel: Panel) -> frozenset[date]:
    """Return the closed days of the panel and of more than a year after it."""
    first, last = panel.days[0].astype(date), panel.days[-1].astype(date)
    return closed_days(context.params.forecast.country, first, last + CLOSED_AHEAD)


def meet_champion(context: Context, registry: Registry, trial: Trial, digest: str) -> Trial:
    """Return the trial with the champion on the same windows, and who won.

    Raises
    ------
    pipelines.platform.tracking.DigestError
        Where the champion's files are not those that were registered.
    """
    version = registry.champion(MODEL)
    if version is None:
        return trial
    champion = load(registry.tracking.load(version))
    if champion.series != trial.panel.series:
        why = (
            f"version {version.version}, the champion, knows {len(champion.series)} products, other "
            f"than the {len(trial.panel.series)} of this history"
        )
        context.report(f"{MODEL} {why}; it is not compared")
        return replace(trial, decision=first("challenger", why, other_data=True))
    replayed = replay(
        champion, trial.panel, trial.backtest, trial.config, trial.closed, context.report
    )
    name = f"version {version.version}"
    decision = decide(
        _contender(name, trial, replayed),
        [_contender("the challenger", trial, trial.ensemble)],
        rules_of(context),
        trial.challenger.classes,
        overlap=-(-trial.config.horizon // trial.config.step),
        attempts=1 + registry.attempts(MODEL, digest),
    )
    context.report(decision.reason)
    return replace(trial, decision=decision, champion=champion, champion_ensemble=replayed)


def rules_of(context: Context) -> Rules:
    """Return what params.yaml asks of a challenger."""
    contest = context.params.contest
    return Rules(contest.alpha, contest.tolerance, contest.calibration_gain)


def predict_demand(
    context: Context, model: DemandForecaster, panel: Panel, closed: frozenset[date]
) -> pd.DataFrame:
    """Return a model's forecast: unique_id, ds, mean, q10, q50, q90."""
    found = predict(model, panel, context.params.forecast.horizon_days, closed)
    return found.rename(columns={"series": "unique_id", "time": "ds"})


def reliability(trial: Trial) -> dict[str, list[tuple[float, float]]]:
    """Return for each class, of each quantile, the share promised below it and the share found.

    Each window is calibrated on those before it that it shares no day with; no points where there
    are none.
    """
    overlap = -(-trial.config.horizon // trial.config.step)
    classes = np.array(trial.challenger.classes)
    below: dict[str, list[Floats]] = {}
    for window in range(overlap, len(trial.backtest.origins)):
        before = window + 1 - overlap
        earlier = calibrate(trial.ensemble[:before], trial.backtest.actual[:before], list(classes))
        levels = quantiles(trial.ensemble[window], earlier)
        inside = trial.backtest.actual[window] <= levels
        for name in sorted(set(classes) - {"silent"}):
            shares = inside[:, :, classes == name].mean(axis=(1, 2))
            below.setdefault(name, []).append(shares)
    return {
        name: [
            (level, float(share))
            for level, share in zip(LEVELS, np.mean(shares, axis=0), strict=True)
        ]
        for name, shares in below.items()
    }


def register(
    registry: Registry, run: TrackedRun, trial: Trial, history: DemandHistory, fit_of: Fit
) -> tuple[ModelVersion, ModelVersion]:
    """Return the challenger's new version, and the champion's after the decision."""
    recent = history.table["time"] > history.table["time"].max() - pd.Timedelta(days=EXAMPLE_DAYS)
    example = history.table[recent].reset_index(drop=True)
    with tempfile.TemporaryDirectory() as folder:
        save(trial.challenger, Path(folder) / "demand")
        whole = replace(
            fit_of,
            folder=Path(folder) / "demand",
            example=example,
            answer=predict(trial.challenger, panel_from_table(example)),
        )
        version = registry.register(whole, run)
    return version, registry.settle(version, trial.decision)


def fit_of(trial: Trial, history: DemandHistory, metrics: dict[str, float]) -> Fit:
    """Return what is registered of a trial's challenger, but for its files."""
    from pipelines.forecasting import served

    return Fit(
        name=MODEL,
        folder=Path(),
        package="models.demand",
        example=None,
        answer=None,
        data_digest=history.digest,
        trained_until=trial.challenger.trained_until,
        params=asdict(trial.config),
        metrics=metrics,
        answers={"horizon": trial.config.horizon},
        requirements=LIBRARIES,
        code=Path(served.__file__),
    )


def _contender(name: str, trial: Trial, forecasts: Floats) -> Contender:
    covered = trial.coverage_of(forecasts)
    return Contender(
        name, trial.losses(forecasts), None if covered is None else abs(covered - PROMISED)
    )
