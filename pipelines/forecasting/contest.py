"""The contest: a challenger meets the champion on the same past days, and the better forecasts."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from models.contest import Contender, Decision, Losses, decide, first
from models.demand import (
    ForecastConfig,
    Forecaster,
    ModelError,
    TableRules,
    fit_forecaster,
    load_forecaster,
    read_table,
    save_forecaster,
)
from models.demand.history.classes import CLASSES, classify
from models.demand.history.histories import Floats, Histories
from models.demand.trials.judged import (
    coverage,
    quantiles_at_origins,
    scaled_errors,
    trial_of,
    weighted_at_origins,
)
from models.demand.trials.replay import replay
from models.demand.trials.trial import Trial
from models.demand.trials.weights import WeightRules
from pipelines.context import Context
from pipelines.forecasting.history import DemandHistory, HistoryError
from pipelines.forecasting.recipes import better_recipe
from pipelines.platform.tracking import ModelVersion, TrackedRun
from pipelines.registry import Fit, Registry
from pipelines.registry.challenges import rules_of

MODEL = "demand"
EXAMPLE_DAYS = 35
PROMISED = 0.8  # of demand, between q10 and q90
LIBRARIES = ("statsforecast", "lightgbm", "xgboost", "skforecast", "holidays", "scipy")
PLAN_LEVELS = (0.1, 0.5, 0.9)
RULES = TableRules(gaps="refuse")


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenger, and the champion that met it on the same windows where there is one.

    `ensemble` and `champion_ensemble` are their forecasts at the challenger's trial's origins, shape
    (origins, series, horizon), by weights that earlier origins chose.
    """

    challenger: Forecaster
    ensemble: Floats
    decision: Decision
    champion: Forecaster | None = None
    champion_ensemble: Floats | None = None

    @property
    def trial(self) -> Trial:
        """What each member of the challenger said at the origins."""
        return trial_of(self.challenger)

    @property
    def classes(self) -> tuple[str, ...]:
        """Each series' class."""
        found = classify(self.challenger.histories, self.challenger.task)
        return tuple(CLASSES[number] for number in found)

    def coverage_of(self, forecasts: Floats) -> float | None:
        """Return the share of demand within q10 to q90; None where too few windows tell."""
        return coverage(self.challenger, forecasts)

    def losses(self, forecasts: Floats) -> Losses:
        """Return the root mean squared scaled error of each window and series that sells."""
        return Losses.of(scaled_errors(forecasts, self.trial))


def histories_of(history: DemandHistory) -> Histories:
    """Return the history as a forecaster takes it.

    Raises
    ------
    models.demand.TableError
        Where a value cannot be used.
    """
    return read_table(history.table, RULES)[0]


def try_challenger(
    context: Context, history: DemandHistory, families: Mapping[str, str] | None = None
) -> Challenge:
    """Return a challenger fitted on the history, and its backtest.

    `families` says of each product which family it starts from while it is new.
    """
    histories, params = histories_of(history), context.params.forecast
    config = ForecastConfig(
        horizon=params.horizon_days,
        seasons=(params.season_length,),
        origins=params.backtest_windows,
        step=params.backtest_step_days,
        seconds=params.seconds,
        seed=context.params.seed % 2**31,
        members=params.members,
        country=params.country,
        weighing=replace(WeightRules(), most_bias=params.max_bias),
        families=families or {},
        rules=RULES,
    )
    _refuse_short(histories, config)
    challenger = fit_forecaster(histories, config, context.report)
    if params.search_seconds > 0:
        challenger = better_recipe(context, history, challenger)
    ensemble = ensemble_of(challenger)
    return Challenge(challenger, ensemble, first("the challenger"))


def ensemble_of(model: Forecaster) -> Floats:
    """Return what the forecaster would have said at its trial's origins, weighted by earlier ones."""
    classes = classify(model.histories, model.task)
    weighing = model.config.weighing
    return weighted_at_origins(trial_of(model), model.measure, classes, weighing, earlier=True)


def meet_champion(
    context: Context, registry: Registry, challenge: Challenge, digest: str
) -> Challenge:
    """Return the challenge with the champion on the same windows, and who won.

    Raises
    ------
    pipelines.platform.tracking.DigestError
        Where the champion's files are not those that were registered.
    """
    version = registry.champion(MODEL)
    if version is None:
        return challenge
    try:
        champion = load_forecaster(registry.tracking.load(version))
        replayed = replay(champion, challenge.challenger, context.report)
    except ModelError as error:
        why = f"version {version.version}, the champion, cannot be compared: {error}"
        context.report(f"{MODEL} {why}")
        return replace(challenge, decision=first("challenger", why, other_data=True))
    name, config = f"version {version.version}", challenge.challenger.config
    decision = decide(
        _contender(name, challenge, replayed),
        [_contender("the challenger", challenge, challenge.ensemble)],
        rules_of(context.params.contest),
        challenge.classes,
        overlap=-(-config.horizon // (config.step or config.horizon)),
        attempts=1 + registry.attempts(MODEL, digest),
    )
    context.report(decision.reason)
    return replace(challenge, decision=decision, champion=champion, champion_ensemble=replayed)


def predict_demand(context: Context, model: Forecaster, histories: Histories) -> pd.DataFrame:
    """Return a model's forecast of the days after the histories: unique_id, ds, mean, q10, q50, q90."""
    found = model.predict(PLAN_LEVELS, histories)
    step = found.groupby("series").cumcount()
    found = found[step < context.params.forecast.horizon_days].reset_index(drop=True)
    return found.rename(columns={"series": "unique_id", "time": "ds"})


def reliability(challenge: Challenge) -> dict[str, list[tuple[float, float]]]:
    """Return for each class, of each quantile, the share promised below it and the share found.

    Each window is calibrated on those before it that it shares no day with; no points where there
    are none.
    """
    model, actual = challenge.challenger, challenge.trial.actual
    quantiles = quantiles_at_origins(model, challenge.ensemble)
    told = np.isfinite(quantiles[0]) & np.isfinite(actual)
    classes = np.array(challenge.classes)
    found = {}
    for name in sorted(set(challenge.classes)):
        inside = told & (classes == name)[None, :, None]
        if inside.any():
            shares = [float((actual <= level)[inside].mean()) for level in quantiles]
            found[name] = list(zip(model.calibration.levels, shares, strict=True))
    return found


def register(
    registry: Registry, run: TrackedRun, challenge: Challenge, history: DemandHistory, fit_of: Fit
) -> tuple[ModelVersion, ModelVersion]:
    """Return the challenger's new version, and the champion's after the decision."""
    recent = history.table["time"] > history.table["time"].max() - pd.Timedelta(days=EXAMPLE_DAYS)
    example = history.table[recent].reset_index(drop=True)
    model = challenge.challenger
    with tempfile.TemporaryDirectory() as folder:
        save_forecaster(model, Path(folder) / "demand")
        answer = model.predict(PLAN_LEVELS, read_table(example, RULES)[0])
        whole = replace(fit_of, folder=Path(folder) / "demand", example=example, answer=answer)
        version = registry.register(whole, run)
    return version, registry.settle(version, challenge.decision)


def fit_of(challenge: Challenge, history: DemandHistory, metrics: dict[str, float]) -> Fit:
    """Return what is registered of a challenger, but for its files."""
    from pipelines.forecasting import served

    model = challenge.challenger
    return Fit(
        name=MODEL,
        folder=Path(),
        package="models.demand",
        example=None,
        answer=None,
        data_digest=history.digest,
        trained_until=pd.Timestamp(model.histories.lasts.max()).date(),
        params={
            **{name: value for name, value in asdict(model.config).items() if name != "families"},
            "seasons": model.task.seasons,
            "measure": model.measure,
            "members_used": model.members,
        },
        metrics=metrics,
        answers={"horizon": model.task.horizon},
        requirements=LIBRARIES,
        code=Path(served.__file__),
    )


def _refuse_short(histories: Histories, config: ForecastConfig) -> None:
    needed = config.horizon + (config.origins - 1) * config.step + 4 * config.seasons[0]
    longest = int(histories.lengths.max())
    if longest < needed:
        raise HistoryError(
            f"history: expected at least {needed} days for {config.origins} windows of "
            f"{config.horizon} days, found {longest}; ask for fewer (forecast.backtest_windows)"
        )


def _contender(name: str, challenge: Challenge, forecasts: Floats) -> Contender:
    covered = challenge.coverage_of(forecasts)
    return Contender(
        name, challenge.losses(forecasts), None if covered is None else abs(covered - PROMISED)
    )
