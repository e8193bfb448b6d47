"""Fitting: a table's seasons, measure, members and weights are found, and the forecaster made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from models.demand.config import ForecastConfig
from models.demand.forecaster import Forecaster, combine, is_living, spread_of
from models.demand.history.classes import CLASSES, classify
from models.demand.history.closures import open_histories
from models.demand.history.histories import Bools, Floats, Histories, Ints
from models.demand.history.repairs import Repair
from models.demand.history.seasons import seasons_of
from models.demand.history.table import read_table
from models.demand.members.catalogue import Fitted, member_of, members_for
from models.demand.task import Target, Task
from models.demand.trials.blend import (
    counted,
    fit_blend,
    forecasts_of_others,
    start_weights,
    with_features,
)
from models.demand.trials.budget import Budget, trial_within, usual_seconds
from models.demand.trials.calibration import Calibration, calibrate
from models.demand.trials.spread import fit_spread, spreads_of_others
from models.demand.trials.trial import LEAST_BEFORE, Trial, fit_members, origins_of
from models.demand.trials.weights import (
    LEAST_VALUES,
    USUAL_RULES,
    Measure,
    WeightRules,
    filled,
    member_weights,
)
from models.demand.trials.workers import processor_seconds

Report = Callable[[str], None]
# Values of a trial that are enough to weigh members by, and origins at most.
ENOUGH_VALUES = 12_000
MOST_ORIGINS = 6
LEAST_ORIGINS = 2
# Share of zeros in a table from which it is one of demand that comes or does not.
ZEROS_OF_DEMAND = 0.05


def fit_forecaster(
    table: pd.DataFrame | Histories,
    config: ForecastConfig,
    report: Report = lambda line: None,
) -> Forecaster:
    """Return a forecaster fitted on a long table (series, time, value), or on histories.

    Raises
    ------
    TableError
        Where the table cannot be used.
    """
    begun = processor_seconds()
    histories, repairs = (
        (table, ()) if isinstance(table, Histories) else read_table(table, config.rules)
    )
    budget = Budget(config.seconds or usual_seconds(histories), begun)
    deepest = _cuts(histories, config, 1)[-1]
    known = _known_before(histories, deepest)
    measure = measure_of(known, config)
    opened = open_histories(known, config.country, config.horizon)
    seasons = seasons_of(opened.histories, config.seasons)
    target: Target = "mean" if measure == "rmsse" else "median"
    task = Task(config.horizon, seasons, target, config.seed, config.country)
    trial = _tried(histories, known, task, measure, config, budget, report)
    trial = with_features(trial, histories, task, measure)
    told = (*repairs, *open_histories(histories, config.country, config.horizon).repairs)
    return _built(histories, config, task, measure, trial, told, report)


def refitted(
    model: Forecaster,
    members: Sequence[str],
    weighing: WeightRules,
    report: Report = lambda line: None,
) -> Forecaster:
    """Return the forecaster of some of its trial's members, weighed by other rules."""
    assert model.trial is not None
    config = replace(model.config, members=tuple(members), weighing=weighing)
    trial = of_members(model.trial, members)
    asked = (model.histories, config, model.task, model.measure, trial, model.repairs)
    return _built(*asked, report, model.fits)


def of_members(trial: Trial, names: Sequence[str]) -> Trial:
    """Return the trial of some of its members only, in their order there."""
    kept = [place for place, name in enumerate(trial.members) if name in set(names)]
    return replace(
        trial,
        members=tuple(trial.members[place] for place in kept),
        forecasts=trial.forecasts[kept],
    )


def measure_of(histories: Histories, config: ForecastConfig) -> Measure:
    """Return the measure asked for; by the share of zeros where that is left open."""
    if config.measure != "auto":
        return config.measure
    return "rmsse" if (histories.values == 0).mean() > ZEROS_OF_DEMAND else "owa"


def class_weights(
    trial: Trial, measure: Measure, classes: Ints, rules: WeightRules = USUAL_RULES
) -> Floats:
    """Return weights, shape (classes, members): a class with much in the trial has its own."""
    overall = member_weights(trial, measure, rules=rules)
    found = np.tile(overall, (len(CLASSES), 1))
    for number in range(CLASSES.index("new")):
        inside = classes == number
        values = int(np.isfinite(trial.actual[:, inside]).sum())
        if values >= LEAST_VALUES and not inside.all():
            found[number] = member_weights(trial, measure, inside, rules)
    return found


def spread_at_origins(
    histories: Histories, trial: Trial, mean: Floats, task: Task, far: Floats | None = None
) -> Floats:
    """Return what errors of `mean` (origins, series, horizon) are measured in, NaN where untried.

    `far`, shape (origins, series), is what was learnt of it.
    """
    spread = np.full_like(mean, np.nan)
    for origin, cut in enumerate(trial.cuts):
        kept = np.isfinite(trial.actual[origin, :, 0])
        if kept.any():
            seen = histories.cut(cut, kept)
            learnt = None if far is None else far[origin, kept]
            spread[origin, kept] = spread_of(seen, mean[origin, kept], task, learnt)
    return spread


def _built(
    histories: Histories,
    config: ForecastConfig,
    task: Task,
    measure: Measure,
    trial: Trial,
    repairs: tuple[Repair, ...],
    report: Report,
    done: Mapping[str, Fitted] | None = None,
) -> Forecaster:
    """The forecaster that a trial leads to: weights, final fits but those `done`, calibration."""
    classes = classify(histories, task)
    weights = class_weights(trial, measure, classes, config.weighing)
    blend = fit_blend(trial, measure)
    if blend is not None:
        weights = np.tile(blend.start, (len(CLASSES), 1))
    used = weights.max(axis=0) > 0
    few = None if blend is None else counted(trial, blend)
    mean = forecasts_of_others(trial, measure)
    if mean is None:
        mean = combine(filled(trial), weights[classes])
    names = tuple(name for name, use in zip(trial.members, used, strict=True) if use)
    living, fits = histories.select(is_living(classes)), dict(done or {})
    lacking = [member_of(name) for name in names if name not in fits]
    made = fit_members(living, task, lacking, config.workers, report)
    fits |= {member.name: fit for member, (fit, _) in zip(lacking, made, strict=True)}
    return Forecaster(
        config,
        task,
        measure,
        histories,
        names,
        weights[:, used],
        {name: fits[name] for name in names if fits[name] is not None},
        _calibrated(histories, trial, mean, classes, task, few),
        repairs,
        trial,
        None if blend is None else blend.of_members(used),
        None if few is None else fit_spread(few, trial.actual - mean),
    )


def _known_before(histories: Histories, cut: int) -> Histories:
    """Return what was known at the first origin: seasons, measure and members are chosen on it."""
    kept = histories.lengths >= cut + LEAST_BEFORE
    return histories.cut(cut, kept) if kept.any() else histories


def _tried(
    histories: Histories,
    known: Histories,
    task: Task,
    measure: Measure,
    config: ForecastConfig,
    budget: Budget,
    report: Report,
) -> Trial:
    longest = int(histories.lengths.max())
    cuts = _cuts(histories, config, task.season)
    cuts = [cut for cut in cuts if cut + LEAST_BEFORE <= longest] or [task.horizon]
    asked = (
        tuple(member_of(name) for name in config.members)
        if config.members
        else members_for(known, task)
    )
    living = _lived(histories, cuts, task)
    seen = histories.select(living)
    classes = classify(histories, task)[living]
    found = trial_within(
        origins_of(seen, task, cuts),
        asked,
        budget,
        lambda trial: _counting(trial, measure, classes, config.weighing),
        config.workers,
        report,
    )
    return _spread_out(found, living)


def _counting(trial: Trial, measure: Measure, classes: Ints, rules: WeightRules) -> Floats:
    """Return how much each member counts by what is known so far, shape (members,)."""
    by_class: Floats = class_weights(trial, measure, classes, rules).max(axis=0)
    return np.maximum(by_class, start_weights(trial, measure)) if measure == "owa" else by_class


def _lived(histories: Histories, cuts: list[int], task: Task) -> Bools:
    """Return which series had demand at their first origin, as far as was known there."""
    living: Bools = np.zeros(len(histories), dtype=bool)
    judged = living.copy()
    for cut in reversed(cuts):
        reached: Bools = (histories.lengths >= cut + LEAST_BEFORE) & ~judged
        if reached.any():
            seen = classify(histories.cut(cut, reached), task)
            living[reached] = seen <= CLASSES.index("new")
        judged |= reached
    return living if living.any() else np.ones(len(histories), dtype=bool)


def _spread_out(trial: Trial, living: Bools) -> Trial:
    """Return the trial with rows of NaN for the series that took no part."""
    if living.all():
        return trial
    members, origins, _, horizon = trial.forecasts.shape
    forecasts = np.full((members, origins, len(living), horizon), np.nan)
    forecasts[:, :, living] = trial.forecasts
    actual = np.full((origins, len(living), horizon), np.nan)
    actual[:, living] = trial.actual
    units = np.full((origins, len(living)), np.nan)
    units[:, living] = trial.units
    return replace(trial, forecasts=forecasts, actual=actual, units=units)


def _cuts(histories: Histories, config: ForecastConfig, season: int) -> list[int]:
    """Return how many steps before the end each past origin is, nearest first."""
    origins = config.origins or _origins(histories, config.horizon, season)
    return [config.horizon + (config.step or config.horizon) * number for number in range(origins)]


def _origins(histories: Histories, horizon: int, season: int) -> int:
    values = max(1, len(histories) * horizon)
    wanted = int(np.clip(-(-ENOUGH_VALUES // values), LEAST_ORIGINS, MOST_ORIGINS))
    room = int(np.median(histories.lengths))
    return max(1, min(wanted, (room - 2 * season) // (2 * horizon)))


def _calibrated(
    histories: Histories,
    trial: Trial,
    mean: Floats,
    classes: Ints,
    task: Task,
    few: Trial | None,
) -> Calibration:
    """The calibration on errors of `mean` at the origins; by learnt spreads of `few` members."""
    far = spreads_of_others(few, trial.actual - mean) if few is not None else None
    spread = spread_at_origins(histories, trial, mean, task, far)
    return calibrate(trial.actual - mean, spread, classes, len(CLASSES))
