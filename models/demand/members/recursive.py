"""The skforecast members: one LightGBM or XGBoost over all series, one step ahead, again and again.

Each series is measured in its own unit and, where the median is asked for, differenced; lags, rolling
means, differences and the calendar (where all series end at one date) are skforecast's own. A fit
keeps the trees in their library's text: an estimator that is given its text keeps it when it is
"fitted", so that skforecast learns nothing but the shape of the series that it continues.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.demand.history.histories import Bools, Floats, Histories
from models.demand.members.windows import series_units
from models.demand.task import Task
from models.stored import Library, booster_text, load_booster

LIGHTGBM = "skforecast_lightgbm"
XGBOOST = "skforecast_xgboost"
RECURSIVE = (LIGHTGBM, XGBOOST)
LEAST_ROWS = 200
MOST_ROWS = 150_000
ROUNDS = 150
LEARNING_RATE = 0.06
LEAVES = 31
DEPTH = 6
LEAF_ROWS = 40
ROW_SHARE = 0.7
COLUMN_SHARE = 0.7
# Every lag up to here, then those around multiples of the seasons.
RECENT = 8
# Rows beyond the longest lag that skforecast must see to continue a series.
LEAST_BEYOND = 3


class Boosted:
    """A booster with an estimator's face; given as `text` it is used as it is.

    Fitting one that has a text keeps it.
    """

    def __init__(
        self, kind: str = LIGHTGBM, target: str = "median", seed: int = 1, text: str | None = None
    ) -> None:
        self.kind = kind
        self.target = target
        self.seed = seed
        self.text = text
        self._booster: Any = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return what a clone is made with."""
        return {"kind": self.kind, "target": self.target, "seed": self.seed, "text": self.text}

    def set_params(self, **params: Any) -> Boosted:
        """Return itself, with other parameters."""
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Boosted:
        """Return itself, trained on X (rows, features) and y (rows,), or as it was saved."""
        if self.text is None:
            self.text = self._trained(X.to_numpy(np.float32), y.to_numpy(np.float64))
        return self

    def predict(self, X: Any) -> Floats:
        """Return the forecast of each row of X, shape (rows,)."""
        if self._booster is None:
            library: Library = "lightgbm" if self.kind == LIGHTGBM else "xgboost"
            self._booster = load_booster(library, self.text or "")
        features = np.asarray(X, dtype=np.float32)
        if self.kind == LIGHTGBM:
            return np.asarray(self._booster.predict(features, num_threads=1))
        return np.asarray(self._booster.inplace_predict(features), dtype=np.float64)

    def _trained(self, features: Any, target: Floats) -> str:
        if self.kind == LIGHTGBM:
            import lightgbm

            data = lightgbm.Dataset(features, target)
            trees = lightgbm.train(self._lightgbm(), data, num_boost_round=ROUNDS)
            return booster_text("lightgbm", trees)
        import xgboost

        rows = xgboost.QuantileDMatrix(features, target, nthread=1)
        booster = xgboost.train(self._xgboost(), rows, num_boost_round=ROUNDS)
        return booster_text("xgboost", booster)

    def _lightgbm(self) -> dict[str, Any]:
        return {
            "objective": "regression_l1" if self.target == "median" else "regression",
            "learning_rate": LEARNING_RATE,
            "num_leaves": LEAVES,
            "min_data_in_leaf": LEAF_ROWS,
            "bagging_fraction": ROW_SHARE,
            "bagging_freq": 1,
            "feature_fraction": COLUMN_SHARE,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }

    def _xgboost(self) -> dict[str, Any]:
        median = self.target == "median"
        return {
            "objective": "reg:pseudohubererror" if median else "reg:squarederror",
            "eta": LEARNING_RATE,
            "max_depth": DEPTH,
            "min_child_weight": LEAF_ROWS,
            "subsample": ROW_SHARE,
            "colsample_bytree": COLUMN_SHARE,
            "tree_method": "hist",
            "seed": self.seed,
            "nthread": 1,
            "verbosity": 0,
        }


@dataclass(frozen=True, slots=True)
class Recursive:
    """Fitted trees of a kind as their library's own text, and the lags that they were fitted on."""

    kind: str
    length: int
    task: Task
    text: str

    def forecast(self, histories: Histories) -> Floats:
        """Return the forecast, shape (series, horizon); NaN for series shorter than the lags."""
        found = np.full((len(histories), self.task.horizon), np.nan)
        kept = _long_enough(histories, self.task, self.length)
        if kept.any():
            found[kept] = self._continued(histories.select(kept))
        return found

    def _continued(self, histories: Histories) -> Floats:
        most = _least(self.task, self.length)
        forecaster, unit = _fitted(histories, self.task, self.kind, self.length, most, self.text)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = forecaster.predict(steps=self.task.horizon)
        wide = found.set_index("level", append=True)["pred"].unstack("level")
        ordered = wide[[str(number) for number in range(len(histories))]]
        return np.asarray(ordered.to_numpy(np.float64).T * unit[:, None])


def fit_recursive(histories: Histories, task: Task, kind: str, length: int) -> Recursive | None:
    """Return trees fitted on all histories; None where they hold too few rows."""
    least = _least(task, length)
    kept = _long_enough(histories, task, length)
    if (histories.lengths[kept] - least).sum() < LEAST_ROWS:
        return None
    most = least + max(LEAST_BEYOND, MOST_ROWS // int(kept.sum()))
    forecaster, _ = _fitted(histories.select(kept), task, kind, length, most, None)
    return Recursive(kind, length, task, str(forecaster.estimator.text))


def _fitted(
    histories: Histories, task: Task, kind: str, length: int, most: int, text: str | None
) -> tuple[Any, Floats]:
    """Return skforecast's forecaster on the last `most` values, and the units, shape (series,)."""
    from skforecast.preprocessing import CalendarFeatures, RollingFeatures
    from skforecast.recursive import ForecasterRecursiveMultiSeries

    median = task.target == "median"
    unit = series_units(histories) if median else _levels(histories)
    wide = _wide(histories.recent(most), unit)
    calendar = _calendar(histories)
    forecaster = ForecasterRecursiveMultiSeries(
        estimator=Boosted(kind, task.target, task.seed, text),
        lags=_lags(task, length),
        window_features=RollingFeatures(stats=["mean"], window_sizes=[_window(task)]),
        calendar_features=CalendarFeatures(list(calendar), encoding=None) if calendar else None,
        encoding=None,
        differentiation=1 if median else None,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forecaster.fit(series=wide, suppress_warnings=True)
    return forecaster, unit


def _lags(task: Task, length: int) -> list[int]:
    around = {
        lag
        for season in task.seasons
        if season > 1
        for back in range(1, max(1, length // season) + 1)
        for lag in (back * season - 1, back * season, back * season + 1)
    }
    return sorted(lag for lag in around | set(range(1, RECENT + 1)) if 1 <= lag <= length)


def _window(task: Task) -> int:
    return max(4, min(2 * task.season, 60))


def _least(task: Task, length: int) -> int:
    """Return the values that a series must have: its lags, or rolling mean, and some beyond."""
    return max(length, _window(task)) + 1 + LEAST_BEYOND


def _long_enough(histories: Histories, task: Task, length: int) -> Bools:
    kept: Bools = histories.lengths >= _least(task, length)
    return kept


def _levels(histories: Histories) -> Floats:
    means = np.array([np.abs(histories.of(number)).mean() for number in range(len(histories))])
    return np.asarray(np.maximum(means, 1e-9))


def _wide(histories: Histories, unit: Floats) -> pd.DataFrame:
    """Return a column for each series, in its unit; the shorter ones start with NaN."""
    longest = int(histories.lengths.max())
    values = np.full((longest, len(histories)), np.nan)
    for number in range(len(histories)):
        own = histories.of(number)
        values[longest - len(own) :, number] = own / unit[number]
    return pd.DataFrame(
        values, index=_index(histories, longest), columns=[str(n) for n in range(len(histories))]
    )


def _index(histories: Histories, longest: int) -> pd.Index:
    if not _calendar(histories):
        return pd.RangeIndex(longest)
    return pd.date_range(
        end=pd.Timestamp(histories.lasts[0]), periods=longest, freq=histories.frequency
    )


def _calendar(histories: Histories) -> tuple[str, ...]:
    """Return the calendar's parts that vary from step to step; none where series end apart."""
    if histories.frequency is None or len(set(histories.lasts.tolist())) > 1:
        return ()
    step = pd.tseries.frequencies.to_offset(histories.frequency)
    first = pd.Timestamp("2001-01-01")
    hours = ((first + step) - first) / pd.Timedelta(hours=1)
    if hours < 24:
        return ("hour", "day_of_week")
    return ("day_of_week", "day_of_month", "month") if hours < 7 * 24 else ("month",)
