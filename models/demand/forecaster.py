"""The forecaster: fitted on any long table, it says what comes next and how sure that is.

Known to fail where a series changes its level for good (it takes a season to follow), on events that
no history shows, and for series that sell a few times a year (their zero-or-not is not forecast).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.demand.config import ForecastConfig
from models.demand.errors import ModelError
from models.demand.history.classes import CLASSES, classify
from models.demand.history.closures import open_histories
from models.demand.history.histories import Bools, Floats, Histories, Ints
from models.demand.history.known import refuse_unknown
from models.demand.history.repairs import Repair
from models.demand.members.catalogue import Fitted, member_of
from models.demand.newcomers import forecast_newcomers
from models.demand.task import Task
from models.demand.trials.blend import Blend
from models.demand.trials.calibration import LEVELS, Calibration, spreads
from models.demand.trials.spread import Spread
from models.demand.trials.trial import Trial, member_forecasts
from models.demand.trials.weights import Measure, fill_members

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
    blend
        What members count for each series by its look, in place of `weights`; None where there is too
        little to learn it from, or another measure than "owa".
    spread
        How far off forecasts of a series are likely to be; beside a blend only.
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
    blend: Blend | None = None
    spread: Spread | None = None

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
        said = self._said(known)
        mean = self._mean(known, said)
        places = [self.calibration.levels.index(level) for level in levels]
        quantiles = self._quantiles(known, said, mean)[places]
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
        return self._mean(histories, self._said(histories))

    def _said(self, histories: Histories) -> Floats:
        """Return what each member says, shape (members, series, horizon)."""
        living = is_living(classify(histories, self.task))
        refuse_unknown(histories, self.task.horizon, living)
        members = [member_of(name) for name in self.members]
        fitted = [self.fits.get(name) for name in self.members]
        found, _ = member_forecasts(histories, self.task, members, fitted, self.config.workers)
        return fill_members(found)

    def _mean(self, histories: Histories, said: Floats) -> Floats:
        """Return what comes of what the members said, shape (series, horizon)."""
        classes = classify(histories, self.task)
        shares = self.weights[classes]
        if self.blend is not None:
            shares = self.blend.shares(histories, self.task, said)
        mean = combine(said, shares)
        opened = open_histories(histories, self.task.country, self.task.horizon)
        mean = np.where(np.isnan(mean), _last_mean(opened.histories) * opened.kept, mean)
        mean = forecast_newcomers(histories, classes, mean, self.config.families)
        if histories.values.min() >= 0:
            mean[classes >= CLASSES.index("ended")] = 0.0
        return mean

    def _quantiles(self, histories: Histories, said: Floats, mean: Floats) -> Floats:
        """Return the quantiles at the calibrated levels, shape (levels, series, horizon)."""
        classes = classify(histories, self.task)
        far = None if self.spread is None else self.spread.of(histories, self.task, said)
        spread = spread_of(histories, mean, self.task, far)
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


def combine(forecasts: Floats, weights: Floats) -> Floats:
    """Return the mean of forecasts (members, ..., series, horizon) by weights (series, members)."""
    return np.asarray(np.einsum("m...sh,sm->...sh", forecasts, weights))


def is_living(classes: Ints) -> Bools:
    """Return which series, by class, may have demand to come; all where none has."""
    living: Bools = classes <= CLASSES.index("new")
    return living if living.any() else np.ones_like(living)


def spread_of(histories: Histories, mean: Floats, task: Task, far: Floats | None = None) -> Floats:
    """Return what errors are measured in, less on days that are closed.

    `far`, shape (series,), is what was learnt of it; by the series' own steps where nothing was.
    """
    if far is None:
        found = spreads(histories, mean, task.target == "mean")
    else:
        found = np.repeat(far[:, None], mean.shape[1], axis=1)
    if task.target == "mean":
        return found
    kept = open_histories(histories, task.country, task.horizon).kept
    return found * np.maximum(kept, LEAST_SPREAD)


def _last_mean(histories: Histories) -> Floats:
    return np.array([[histories.of(number)[-4:].mean()] for number in range(len(histories))])


def _distinct(lasts: np.typing.NDArray[np.generic]) -> list[tuple[int, object]]:
    values, places = np.unique(lasts, return_index=True)
    return list(zip(places.tolist(), values.tolist(), strict=True))
