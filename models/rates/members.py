"""The boosted members: trees on a row's own figures and the recent levels of its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.rates.config import Member, RateConfig
from models.rates.features import own_features
from models.rates.schema import Floats

THREADS = 1


@dataclass(frozen=True, slots=True)
class Booster:
    """A fitted booster of a member, in its own library's class."""

    member: Member
    booster: Any

    def predict(self, matrix: pd.DataFrame) -> Floats:
        """Return what it expects over the scale, shape (rows,)."""
        matrix = _seen_by(self.member, matrix)
        if self.member == "xgboost":
            found = self.booster.predict(_dmatrix(matrix))
        else:
            found = self.booster.predict(_plain(matrix))
        return np.asarray(found, dtype=np.float64)

    def text(self) -> str:
        """Return it in its library's own text format."""
        if self.member == "xgboost":
            return str(self.booster.save_raw("json").decode())
        return str(self.booster.model_to_string())


def fit_booster(
    member: Member, matrix: pd.DataFrame, target: Floats, weight: Floats, config: RateConfig
) -> Booster:
    """Return the member fitted on targets over the scale, rows weighted by it.

    `lightgbm` and `xgboost` have squared loss, `absolute` is LightGBM with absolute loss: it wins
    weighted errors and forecasts too little, which the bias gate holds it to. `own` is the same on
    the row's own figures alone: where levels say little they only add noise.
    """
    matrix = _seen_by(member, matrix)
    if member == "xgboost":
        return Booster(member, _fit_xgboost(matrix, target, weight, config))
    objective = "regression_l1" if member in ("absolute", "own") else "regression"
    return Booster(member, _fit_lightgbm(matrix, target, weight, config, objective))


def load_booster(member: Member, text: str) -> Booster:
    """Return the booster that `text` gave."""
    if member == "xgboost":
        import xgboost

        booster = xgboost.Booster(params={"nthread": THREADS})
        booster.load_model(bytearray(text.encode()))
        return Booster(member, booster)
    import lightgbm

    return Booster(member, lightgbm.Booster(model_str=text))


def _fit_xgboost(matrix: pd.DataFrame, target: Floats, weight: Floats, config: RateConfig) -> Any:
    import xgboost

    params = {
        "objective": "reg:squarederror",
        "learning_rate": config.learning_rate,
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_leaves": config.leaves,
        "max_depth": 0,
        "min_child_weight": config.least_rows,
        "subsample": 0.7,
        "colsample_bytree": 0.5,
        "lambda": 10.0,
        "nthread": THREADS,
        "seed": config.seed,
        "verbosity": 0,
    }
    return xgboost.train(params, _dmatrix(matrix, label=target, weight=weight), config.rounds)


def _fit_lightgbm(
    matrix: pd.DataFrame, target: Floats, weight: Floats, config: RateConfig, objective: str
) -> Any:
    import lightgbm

    params = {
        "objective": objective,
        "learning_rate": config.learning_rate,
        "num_leaves": config.leaves,
        "min_data_in_leaf": config.least_rows,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "feature_fraction": 0.5,
        "lambda_l2": 10.0,
        "num_threads": THREADS,
        "deterministic": True,
        "seed": config.seed,
        "verbose": -1,
    }
    data = lightgbm.Dataset(_plain(matrix), target, weight=weight)
    return lightgbm.train(params, data, config.rounds)


def _dmatrix(matrix: pd.DataFrame, **columns: Floats) -> Any:
    import xgboost

    return xgboost.DMatrix(_plain(matrix), enable_categorical=True, **columns)


def _seen_by(member: Member, matrix: pd.DataFrame) -> pd.DataFrame:
    return matrix[own_features(matrix.columns)] if member == "own" else matrix


def _plain(matrix: pd.DataFrame) -> pd.DataFrame:
    """The features under names that both libraries allow: a table's columns may be called anything."""
    return matrix.set_axis([f"f{place}" for place in range(matrix.shape[1])], axis=1)
