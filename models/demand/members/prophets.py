"""The Prophet members: one additive model of trend and seasons for each series.

Steps are counted in days and every season is Prophet's own Fourier series of that many days, so that
one member serves hours, months and tables without dates. No intervals are asked of it (the
calibration makes those), and nothing of a fit is kept: it is fitted again where it forecasts.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.task import Task

# Values, and seasons, that a model is fitted on at most: beyond, time and no gain.
MOST_SEASONS = 6
LEAST_STEPS = 180
LEAST_VALUES = 8
FIRST_DAY = "2000-01-01"
MOST_WAVES = 10
# Prophet's usual 0.05 lets a trend turn too seldom for series of a few years of months.
FLEXIBILITY = 0.1


def prophet_forecast(histories: Histories, task: Task, seasons: tuple[int, ...]) -> Floats:
    """Return the forecast, shape (series, horizon); NaN for series that are too short."""
    recent = histories.recent(max(LEAST_STEPS, MOST_SEASONS * seasons[-1]))
    with _quiet():
        found = [_one(recent.of(number), task, seasons) for number in range(len(histories))]
    return np.array(found).reshape(len(histories), task.horizon)


def _one(own: Floats, task: Task, seasons: tuple[int, ...]) -> Floats:
    import pandas as pd

    if len(own) < LEAST_VALUES:
        return np.full(task.horizon, np.nan)
    days = pd.date_range(FIRST_DAY, periods=len(own) + task.horizon)
    model = _model([season for season in seasons if season > 1 and len(own) >= 2 * season])
    try:
        model.fit(pd.DataFrame({"ds": days[: len(own)], "y": own}), seed=task.seed)
    # Stan's optimiser gives up on some odd series; the ensemble goes on without it there.
    except RuntimeError:
        return np.full(task.horizon, np.nan)
    ahead = model.predict(pd.DataFrame({"ds": days[len(own) :]}))
    return np.asarray(ahead["yhat"], dtype=np.float64)


def _model(seasons: list[int]) -> Any:
    from prophet import Prophet

    model = Prophet(
        yearly_seasonality=False,
        weekly_seasonality=False,
        daily_seasonality=False,
        changepoint_prior_scale=FLEXIBILITY,
        uncertainty_samples=0,
    )
    for season in seasons:
        model.add_seasonality(f"season_{season}", season, min(MOST_WAVES, season // 2))
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Prophet's and Stan's lines of progress out of the caller's log."""
    loggers = [logging.getLogger(name) for name in ("prophet", "prophet.models", "cmdstanpy")]
    before = [(logger.level, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, (level, disabled) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.disabled = disabled
