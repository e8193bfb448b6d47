"""The members: forecasters that each look at the same history and say what comes next."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.demand.boosting import boosted_forecast
from models.demand.config import BOOSTING, STATISTICAL, WEEKDAY_MEAN, DemandConfig
from models.demand.panel import Floats, Panel, weekdays

# A series without demand for so long is forecast zero until it sells again.
SILENT_DAYS = 56
WEEKS_OF_MEAN = 4
TSB_SMOOTHING = 0.2


def is_silent(panel: Panel) -> NDArray[np.bool_]:
    """Return which series (shape (series,)) had no demand in the last eight weeks."""
    silent: NDArray[np.bool_] = panel.values[-SILENT_DAYS:].max(axis=0) <= 0
    return silent


def member_forecasts(
    panel: Panel,
    horizon: int,
    config: DemandConfig,
    names: Collection[str],
    booster: str | None = None,
) -> dict[str, Floats]:
    """Return each named member's forecast, shape (horizon, series), at least 0.

    All are fitted on `panel` alone, whose closed days are filled. The boosted member is fitted on
    it too, or where `booster` is given (LightGBM's text) answers from that. Silent series get 0.
    """
    active = ~is_silent(panel)
    forecasts = {name: np.zeros((horizon, len(panel.series))) for name in names}
    if not active.any():
        return forecasts
    selling = panel.select(active)
    found = _statistical(selling, horizon, config, [n for n in STATISTICAL if n in names])
    if WEEKDAY_MEAN in names:
        found[WEEKDAY_MEAN] = weekday_mean(selling, horizon)
    if BOOSTING in names:
        found[BOOSTING] = boosted_forecast(selling, horizon, config, booster)
    for name, forecast in found.items():
        forecasts[name][:, active] = np.maximum(np.nan_to_num(forecast), 0.0)
    return forecasts


def weekday_mean(panel: Panel, horizon: int) -> Floats:
    """Return for each day ahead the mean of the last four days of its weekday."""
    known, ahead = weekdays(panel.days), weekdays(panel.ahead(horizon))
    means = {
        day: panel.values[known == day][-WEEKS_OF_MEAN:].mean(axis=0)
        if (known == day).any()
        else panel.values.mean(axis=0)
        for day in set(ahead.tolist())
    }
    return np.array([means[int(day)] for day in ahead])


def _statistical(
    panel: Panel, horizon: int, config: DemandConfig, names: Collection[str]
) -> dict[str, Floats]:
    if not names:
        return {}
    from statsforecast import StatsForecast
    from statsforecast.models import SeasonalNaive

    forecaster = StatsForecast(
        models=[_model(name, config.season_length) for name in names],
        freq="D",
        n_jobs=1,
        fallback_model=SeasonalNaive(config.season_length),
    )
    found = forecaster.forecast(df=_nixtla(panel), h=horizon)
    shape = (len(panel.series), horizon)
    return {name: found[name].to_numpy(np.float64).reshape(shape).T for name in names}


def _nixtla(panel: Panel) -> pd.DataFrame:
    days, series = panel.values.shape
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.array(panel.series, dtype=object), days),
            "ds": np.tile(panel.days.astype("datetime64[ns]"), series),
            "y": panel.values.T.ravel(),
        }
    )


def _model(name: str, season_length: int) -> Any:
    from statsforecast import models

    made: dict[str, Callable[[], Any]] = {
        "seasonal_naive": lambda: models.SeasonalNaive(season_length, alias=name),
        "auto_ets": lambda: models.AutoETS(season_length=season_length, alias=name),
        "auto_ces": lambda: models.AutoCES(season_length=season_length, alias=name),
        "optimized_theta": lambda: models.DynamicOptimizedTheta(season_length, alias=name),
        "tsb": lambda: models.TSB(TSB_SMOOTHING, TSB_SMOOTHING, alias=name),
    }
    return made[name]()
