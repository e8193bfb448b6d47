"""The peers of a backtest: what plain methods forecast from the same past, and the mean of four of them.

AutoETS, AutoCES and optimised Theta (StatsForecast, whole histories) and LightGBM (skforecast, one over
all series, squared errors, lags of four weeks), all as they come.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from models.demand.history.histories import Bools, Floats, Histories

MEAN_OF_FOUR = "mean of ETS, CES, Theta, LightGBM"
LAGS = 28


def peers_of(
    histories: Histories, horizon: int, season: int, judged: Bools, report: Callable[[str], None]
) -> dict[str, Floats]:
    """Return each peer's forecast by name, shape (series, horizon), at least 0; NaN where not judged.

    Models of one series are fitted to the judged ones only; LightGBM learns from all.
    """
    from statsforecast import models

    found = {}
    for name, model in (
        ("ETS", models.AutoETS(season)),
        ("CES", models.AutoCES(season)),
        ("Theta", models.DynamicOptimizedTheta(season)),
    ):
        report(f"peer {name}")
        found[name] = _each(histories, horizon, judged, model)
    report("peer LightGBM")
    found["LightGBM"] = np.maximum(_boosted(histories, horizon), 0.0)
    found[MEAN_OF_FOUR] = np.mean(list(found.values()), axis=0)
    return found


def _each(histories: Histories, horizon: int, judged: Bools, model: Any) -> Floats:
    found = np.full((len(histories), horizon), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in np.flatnonzero(judged):
            ahead = model.forecast(histories.of(int(number)), horizon)["mean"]
            found[number] = np.maximum(np.asarray(ahead, dtype=np.float64), 0.0)
    return found


def _boosted(histories: Histories, horizon: int) -> Floats:
    from lightgbm import LGBMRegressor
    from skforecast.recursive import ForecasterRecursiveMultiSeries

    longest = int(histories.lengths.max())
    names = [str(number) for number in range(len(histories))]
    wide = np.full((longest, len(histories)), np.nan)
    for number in range(len(histories)):
        wide[longest - histories.lengths[number] :, number] = histories.of(number)
    index = pd.RangeIndex(longest)
    forecaster = ForecasterRecursiveMultiSeries(
        estimator=LGBMRegressor(random_state=1, n_jobs=1, verbose=-1), lags=LAGS
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forecaster.fit(pd.DataFrame(wide, index=index, columns=names), suppress_warnings=True)
        ahead = forecaster.predict(steps=horizon)
    table = ahead.set_index("level", append=True)["pred"].unstack("level")[names]
    return np.asarray(table.to_numpy(np.float64).T)
