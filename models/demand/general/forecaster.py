"""The forecaster: fitted on any long table, it says what comes next and how sure that is.

Known to fail where a series changes its level for good (it takes a season to follow), on events that
no history shows, and for series that sell a few times a year (their zero-or-not is not forecast).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models.demand.errors import ModelError
from models.demand.general.budget import Budget, trial_within, usual_seconds
from models.demand.general.calibration import LEVELS, Calibration, calibrate, spreads
from models.demand.general.catalogue import Fitted, member_of, members_for
from models.demand.general.classes import CLASSES, classify
from models.demand.general.closures import open_histories
from models.demand.general.config import ForecastConfig
from models.demand.general.histories import Bools, Floats, Histories, Ints
from models.demand.general.known import refuse_unknown
from models.demand.general.newcomers import forecast_newcomers
from models.demand.general.repairs import Repair
from models.demand.general.seasons import seasons_of
from models.demand.general.table import read_table
from models.demand.general.task import Target, Task
from models.demand.general.trial import (
    LEAST_BEFORE,
    Trial,
    fit_members,
    member_forecasts,
    origins_of,
)
from models.demand.general.weights import (
    LEAST_VALUES,
    USUAL_RULES,
    Measure,
    WeightRules,
    fill_members,
    filled,
    member_weights,
)
from models.demand.general.workers import processor_seconds

Report = Callable[[str], None]
# Values of a trial that are enough to weigh members by, and origins at most.
ENOUGH_VALUES = 12_000
MOST_ORIGINS = 6
LEAST_ORIGINS = 2
# Share of zeros in a table from which it is one of demand that comes or does not.
ZEROS_OF_DEMAND = 0.05
# Of an open day's spread, what a day that is closed altogether has at least.
LEAST_SPREAD = 0.05


@dataclass(frozen=True, slots=True)
class Forecaster:
    """What was learnt of a table, and the table's histories.

    Parameters
    ----------
    config, task, measure
        What was asked, and what it came to.
    histories
        What is forecast from, unless `predict` is given later ones.
    members
        Names of the members with a weight in any class.
    weights : array, shape (classes, members)
        Rows sum to 1.
    fits
        What fitted members keep, by name.
    calibration
        Of the intervals.
    repairs
        What was put right in the table.
    trial
        Past origins, None in a loaded forecaster.
    """

    config: ForecastConfig
    task: Task
    measure: Measure
    histories: Histories
    members: tuple[str, ...]
    weights: Floats
    fits: Mapping[str, Fitted]
    calibration: Calibration
    repairs: tuple[Repair, ...] = ()
    trial: Trial | None = None

    def predict(
        self, levels: Sequence[float] = LEVELS, histories: Histories | None = None
    ) -> pd.DataFrame:
        """Return series, time, mean and a column a level (q10 for 0.1, q2.5 for 0.025).

        From the histories it was fitted on, or from later ones of the same step.

        Raises
        ------
        ModelError
            Where a level was not calibrated, or the histories have another step.
        """
        known = self.histories if histories is None else histories
        self._check(levels, known)
        mean = self.point_forecast(known)
        places = [self.calibration.levels.index(level) for level in levels]
        quantiles = self.quantiles(known, mean)[places]
        horizon = self.task.horizon
        times = {last: known.ahead(place, horizon) for place, last in _distinct(known.lasts)}
        columns = {
            "series": np.repeat(np.array(known.names, dtype=object), horizon),
            "time": np.concatenate([times[last] for last in known.lasts.tolist()]),
            "mean": mean.ravel(),
        }
        named = {column_of(level): q.ravel() for level, q in zip(levels, quantiles, strict=True)}
        return pd.DataFrame(columns | named)

    def point_forecast(self, histories: Histories) -> Floats:
        """Return the weighted forecast of the histories, shape (series, horizon)."""
        classes = classify(histories, self.task)
        refuse_unknown(histories, self.task.horizon, _is_living(classes))
        members = [member_of(name) for name in self.members]
        fitted = [self.fits.get(name) for name in self.members]
        found, _ = member_forecasts(histories, self.task, members, fitted, self.config.workers)
        mean = combine(fill_members(found), self.weights[classes])
        opened = open_histories(histories, self.task.country, self.task.horizon)
        mean = np.where(np.isnan(mean), _last_mean(opened.histories) * opened.kept, mean)
        mean = forecast_newcomers(histories, classes, mean, self.config.families)
        if histories.values.min() >= 0:
            mean[classes >= CLASSES.index("ended")] = 0.0
        return mean

    def quantiles(self, histories: Histories, mean: Floats) -> Floats:
        """Return the quantiles at the calibrated levels, shape (levels, series, horizon)."""
        classes = classify(histories, self.task)
        spread = _spread(histories, mean, self.task)
        found = self.calibration.quantiles(mean, spread, classes)
        if histories.values.min() >= 0:
            found = np.maximum(found, 0.0)
            found[:, classes >= CLASSES.index("ended")] = 0.0
        return found

    def _check(self, levels: Sequence[float], histories: Histories) -> None:
        unknown = [level for level in levels if level not in self.calibration.levels]
        if unknown:
            raise ModelError(
                f"levels: expected some of {self.calibration.levels}, found {unknown}; only those "
                "were calibrated"
            )
        if histories.frequency != self.histories.frequency:
            raise ModelError(
                f"history: expected the step {self.histories.frequency} that the model was fitted "
                f"on, found {histories.frequency}; fit one on this history"
            )


def column_of(level: float) -> str:
    """Return the column's name of a quantile level: q10 for 0.1, q2.5 for 0.025."""
    return f"q{100 * level:g}"


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
    classes = classify(histories, task)
    weights = class_weights(trial, measure, classes, config.weighing)
    used = weights.max(axis=0) > 0
    names = tuple(name for name, use in zip(trial.members, used, strict=True) if use)
    living = histories.select(_is_living(classes))
    fits = fit_members(living, task, [member_of(name) for name in names], config.workers, report)
    return Forecaster(
        config,
        task,
        measure,
        histories,
        names,
        weights[:, used],
        {name: fit for name, (fit, _) in zip(names, fits, strict=True) if fit is not None},
        _calibrated(histories, trial, weights, classes, task),
        (*repairs, *open_histories(histories, config.country, config.horizon).repairs),
        trial,
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


def combine(forecasts: Floats, weights: Floats) -> Floats:
    """Return the mean of forecasts (members, ..., series, horizon) by weights (series, members)."""
    return np.asarray(np.einsum("m...sh,sm->...sh", forecasts, weights))


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
    living = _lived(histories, cuts[-1], task)
    seen = histories.select(living)
    classes = classify(histories, task)[living]
    found = trial_within(
        origins_of(seen, task, cuts),
        asked,
        budget,
        lambda trial: class_weights(trial, measure, classes, config.weighing).max(axis=0),
        config.workers,
        report,
    )
    return _spread_out(found, living)


def _lived(histories: Histories, cut: int, task: Task) -> Bools:
    """Return which series had demand at the first origin, as far as was known there."""
    living: Bools = histories.lengths >= cut + LEAST_BEFORE
    if living.any():
        living[living] = _is_living(classify(histories.cut(cut, living), task))
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


def _is_living(classes: Ints) -> Bools:
    living: Bools = classes <= CLASSES.index("new")
    return living if living.any() else np.ones_like(living)


def _calibrated(
    histories: Histories, trial: Trial, weights: Floats, classes: Ints, task: Task
) -> Calibration:
    mean = combine(filled(trial), weights[classes])
    spread = spread_at_origins(histories, trial, mean, task)
    return calibrate(trial.actual - mean, spread, classes, len(CLASSES))


def spread_at_origins(histories: Histories, trial: Trial, mean: Floats, task: Task) -> Floats:
    """Return what errors of `mean` (origins, series, horizon) are measured in, NaN where untried."""
    spread = np.full_like(mean, np.nan)
    for origin, cut in enumerate(trial.cuts):
        kept = np.isfinite(trial.actual[origin, :, 0])
        if kept.any():
            seen = histories.cut(cut, kept)
            spread[origin, kept] = _spread(seen, mean[origin, kept], task)
    return spread


def _spread(histories: Histories, mean: Floats, task: Task) -> Floats:
    """Return what errors are measured in, less on days that are closed."""
    found = spreads(histories, mean, task.target == "mean")
    if task.target == "mean":
        return found
    kept = open_histories(histories, task.country, task.horizon).kept
    return found * np.maximum(kept, LEAST_SPREAD)


def _last_mean(histories: Histories) -> Floats:
    return np.array([[histories.of(number)[-4:].mean()] for number in range(len(histories))])


def _distinct(lasts: np.typing.NDArray[np.generic]) -> list[tuple[int, object]]:
    values, places = np.unique(lasts, return_index=True)
    return list(zip(places.tolist(), values.tolist(), strict=True))
