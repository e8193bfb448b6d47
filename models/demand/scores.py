"""The scores: how far members, ensemble and intervals were off in a backtest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.demand.backtest import Backtest
from models.demand.config import DemandConfig
from models.demand.ensemble import CLASSES, SeriesClass, bias, scaled_error, wape
from models.demand.intervals import calibrate, coverage, quantiles
from models.demand.panel import Floats

ENSEMBLE = "ensemble"
ALL = "all"
# Intervals are judged where at least so many earlier windows calibrated them.
WINDOWS_TO_CALIBRATE = 2


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of one forecaster over all windows, for one class of series or all of them.

    `wape` is the sum of absolute daily errors over the sum of demand, `bias` that of signed ones,
    `rmsse` the root mean square of errors over each series' own scale.
    """

    forecaster: str
    series_class: str
    wape: float
    bias: float
    rmsse: float


def score_all(trial: Backtest, ensemble: Floats, classes: tuple[SeriesClass, ...]) -> list[Score]:
    """Return the scores of each member and the ensemble, for each class that sold and for all."""
    named = [(name, trial.forecasts[:, place]) for place, name in enumerate(trial.members)]
    found = []
    for name, forecast in [*named, (ENSEMBLE, ensemble)]:
        for cls in (ALL, *CLASSES):
            inside = np.array([cls in (ALL, own) for own in classes])
            actual = trial.actual[..., inside]
            if actual.any():
                scores = _score(forecast[..., inside], actual, trial.scale[inside])
                found.append(Score(name, cls, *scores))
    return found


def window_errors(forecast: Floats, trial: Backtest) -> Floats:
    """Return one scaled error per window, shape (windows,)."""
    return np.array(
        [
            scaled_error(forecast[window], trial.actual[window], trial.scale)
            for window in range(len(trial.origins))
        ]
    )


def earlier_coverage(
    trial: Backtest, ensemble: Floats, classes: Sequence[SeriesClass], config: DemandConfig
) -> float:
    """Return the share of selling series' demand within q10..q90, calibrated on earlier windows.

    NaN where there are too few windows to judge by. The promise is 0.8.
    """
    overlap = -(-config.horizon // config.step)
    selling = np.array([cls != "silent" for cls in classes])
    shares = []
    for window in range(WINDOWS_TO_CALIBRATE + overlap - 1, len(trial.origins)):
        before = window + 1 - overlap
        calibration = calibrate(ensemble[:before], trial.actual[:before], classes)
        low, _, high = quantiles(ensemble[window], calibration)[..., selling]
        shares.append(coverage(low, high, trial.actual[window][:, selling]))
    return float(np.mean(shares)) if shares and selling.any() else float("nan")


def _score(forecast: Floats, actual: Floats, scale: Floats) -> tuple[float, float, float]:
    return wape(forecast, actual), bias(forecast, actual), scaled_error(forecast, actual, scale)
