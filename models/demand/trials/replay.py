"""The replay: what a champion would have said at a challenger's origins, fairly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.demand.errors import ModelError
from models.demand.forecaster import Forecaster
from models.demand.history.classes import classify
from models.demand.history.histories import Bools, Floats
from models.demand.members.catalogue import member_of
from models.demand.trials.judged import trial_of, weighted_at_origins
from models.demand.trials.trial import Trial, origins_of, run_trial


def replay(
    champion: Forecaster, challenger: Forecaster, report: Callable[[str], None] = lambda line: None
) -> Floats:
    """Return the champion's forecasts at the challenger's origins, shape (origins, series, horizon).

    At an origin after the champion's training it answers as it is. At an earlier one it has seen what it
    would forecast; there its recipe is fitted anew on what was known, weighted by earlier origins, as the
    challenger's is. NaN where the challenger was not tried.

    Raises
    ------
    ModelError
        Where the champion knows other series, or forecasts fewer steps.
    """
    _refuse_other(champion, challenger)
    trial, horizon = trial_of(challenger), challenger.task.horizon
    seen = seen_origins(champion, challenger)
    found = np.full_like(trial.actual, np.nan)
    if seen.any():
        tried = _recipe_tried(champion, challenger, report)
        classes = classify(challenger.histories, champion.task)
        again = weighted_at_origins(
            tried, champion.measure, classes, champion.config.weighing, earlier=True
        )
        found[seen] = again[seen]
    for origin in np.flatnonzero(~seen):
        kept = np.isfinite(trial.actual[origin, :, 0])
        known = challenger.histories.cut(trial.cuts[origin], kept)
        found[origin, kept] = champion.point_forecast(known)[:, :horizon]
    return np.where(np.isnan(trial.actual), np.nan, found)


def seen_origins(champion: Forecaster, challenger: Forecaster) -> np.typing.NDArray[np.bool_]:
    """Return which of the challenger's origins, shape (origins,), lie within the champion's history."""
    trial = trial_of(challenger)
    newest = challenger.histories.lasts.max()
    ends = [
        challenger.histories.cut(cut, np.ones(len(challenger.histories), dtype=bool)).lasts.max()
        for cut in trial.cuts
    ]
    last = champion.histories.lasts.max()
    return np.array([end < last for end in ends]) if newest >= last else np.ones(len(ends), bool)


def _recipe_tried(
    champion: Forecaster, challenger: Forecaster, report: Callable[[str], None]
) -> Trial:
    """The trial of the champion's members; those that the challenger tried alike are taken from it."""
    trial = trial_of(challenger)
    task = replace(champion.task, horizon=challenger.task.horizon)
    shared = set(trial.members) if task == challenger.task else set()
    fresh = [member_of(name) for name in champion.members if name not in shared]
    forecasts = dict(zip(trial.members, trial.forecasts, strict=True))
    if fresh:
        tried: Bools = np.asarray(np.isfinite(trial.actual[:, :, 0]).any(axis=0))
        kept = challenger.histories.select(tried)
        made = run_trial(origins_of(kept, task, trial.cuts), fresh, report=report)
        for name, found in zip(made.members, made.forecasts, strict=True):
            forecasts[name] = np.full_like(trial.actual, np.nan)
            forecasts[name][:, tried] = found
    chosen = np.array([forecasts[name] for name in champion.members])
    return replace(trial, members=champion.members, forecasts=chosen)


def _refuse_other(champion: Forecaster, challenger: Forecaster) -> None:
    if champion.histories.names != challenger.histories.names:
        raise ModelError(
            f"champion: expected the {len(challenger.histories)} series of this history, found "
            f"{len(champion.histories)} others; fit a model on this history"
        )
    if champion.task.horizon < challenger.task.horizon:
        raise ModelError(
            f"champion: expected forecasts of {challenger.task.horizon} steps, found "
            f"{champion.task.horizon}; fit one that reaches as far"
        )
