"""The statistical members: StatsForecast's models, fitted to each series on its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from models.demand.errors import ModelError
from models.demand.history.histories import Floats, Histories
from models.demand.task import Task

Build = Callable[[tuple[int, ...]], Any]
# Seasons, and steps, of history that a model of one series is fitted on: beyond, time and no gain.
MOST_SEASONS = 6
LEAST_STEPS = 180
# Where the mean is asked for, noise is large and more history pays: on the orders CES of 180 days has
# an RMSSE of 0.630, of a year 0.615, of two 0.604, for 1.3 times the time.
STEPS_FOR_MEAN = 730
# Theta's optimiser stops by absolute steps: at this level it takes three quarters of the time that it
# takes at thousands, and forecasts move by 0.005 % of the level in the middle (M3 monthly).
THETA_LEVEL = 100.0
# Up to this season CES chooses between no and a partial season alone. The simple and the full season
# take half of the time: on M3 monthly (OWA 0.913 and 0.914 over three origins) and the orders they
# bring nothing, on longer seasons 2 %.
LONGEST_PARTIAL = 12


def statistical_forecast(
    histories: Histories, task: Task, name: str, seasons: tuple[int, ...]
) -> Floats:
    """Return the forecast, shape (series, horizon), of the model `name` with the seasons.

    A series too short for the model, or on which it breaks off, gets NaN.

    Raises
    ------
    ModelError
        Where there is no such model.
    """
    build = _models().get(name)
    if build is None:
        raise ModelError(f"members: expected one of the catalogue, found {name!r}")
    least = STEPS_FOR_MEAN if task.target == "mean" else LEAST_STEPS
    recent = histories.recent(max(least, MOST_SEASONS * seasons[-1]))
    with warnings.catch_warnings():
        # Optimisers tell of every odd series; what comes of it is judged by the trial.
        warnings.simplefilter("ignore")
        found = [_one(recent.of(n), task.horizon, build, seasons) for n in range(len(histories))]
    return np.array(found).reshape(len(histories), task.horizon)


def _one(own: Floats, horizon: int, build: Build, seasons: tuple[int, ...]) -> Floats:
    fitting = tuple(season for season in seasons if len(own) >= 2 * season + 3)
    try:
        model = build(fitting or (1,))
        found = np.asarray(model.forecast(own, horizon)["mean"], dtype=np.float64)
    # What a fit on one odd series raises is the library's; the ensemble goes on without it there.
    except Exception:
        return np.full(horizon, np.nan)
    return found if np.isfinite(found).all() else np.full(horizon, np.nan)


class _Theta:
    """The dynamic optimised Theta of a series brought to one level."""

    def __init__(self, season: int) -> None:
        from statsforecast import models

        self._model = models.DynamicOptimizedTheta(season)

    def forecast(self, own: Floats, horizon: int) -> dict[str, Floats]:
        """Return the forecast under "mean", as the library's models do."""
        level = float(np.abs(own).mean())
        scale = THETA_LEVEL / level if level > 0 else 1.0
        found = np.asarray(self._model.forecast(own * scale, horizon)["mean"], dtype=np.float64)
        return {"mean": found / scale}


class _PartialCes:
    """CES of no season or a partial one, whichever has the lower AICc."""

    def __init__(self, season: int) -> None:
        self._season = season

    def forecast(self, own: Floats, horizon: int) -> dict[str, Floats]:
        """Return the forecast under "mean", as the library's models do."""
        from statsforecast import models

        if own.min() == own.max():
            return {"mean": np.full(horizon, own[-1])}
        fitted = [models.AutoCES(self._season, model=kind).fit(own) for kind in ("N", "P")]
        best = min(fitted, key=lambda one: float(np.nan_to_num(one.model_["aicc"], nan=np.inf)))
        return {"mean": np.asarray(best.predict(horizon)["mean"], dtype=np.float64)}


def _ces(season: int) -> Any:
    from statsforecast import models

    return _PartialCes(season) if 1 < season <= LONGEST_PARTIAL else models.AutoCES(season)


def _mstl(seasons: tuple[int, ...], trend: Any) -> Any:
    from statsforecast import models

    return models.MSTL(season_length=list(seasons), trend_forecaster=trend)


def _models() -> dict[str, Build]:
    from statsforecast import models

    return {
        "ces": lambda seasons: _ces(seasons[0]),
        "theta": lambda seasons: _Theta(seasons[0]),
        "ets": lambda seasons: models.AutoETS(seasons[0]),
        "ets_damped": lambda seasons: (
            models.AutoETS(seasons[0], model="AZN", damped=True)
            if seasons[0] == 1
            else models.AutoETS(seasons[0], model="MAM", damped=True)
        ),
        "arima": lambda seasons: models.AutoARIMA(season_length=seasons[0], approximation=True),
        "mstl_ets": lambda seasons: _mstl(seasons, models.AutoETS(model="ZZN")),
        "mstl_theta": lambda seasons: _mstl(seasons, models.DynamicOptimizedTheta(1)),
        "mstl_ces": lambda seasons: _mstl(seasons, models.AutoCES(1)),
        "croston_sba": lambda seasons: models.CrostonSBA(),
        "tsb": lambda seasons: models.TSB(0.1, 0.1),
        "adida": lambda seasons: models.ADIDA(),
        "imapa": lambda seasons: models.IMAPA(),
        "ses": lambda seasons: models.SimpleExponentialSmoothingOptimized(),
    }
