"""The boosted members: trees on a row's own figures and the recent levels of its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models import stored
from models.rates.config import Member, RateConfig
from models.rates.features import own_features
from models.rates.schema import Floats
from models.stored import Library, booster_text, dmatrix, plain_names
from models.stored.boosters import THREADS


@dataclass(frozen=True, slots=True)
class Booster:
    """A fitted booster of a member, in its own library's class."""

    member: Member
    booster: Any

    def predict(self, matrix: pd.DataFrame) -> Floats:
        """Return what it expects over the scale, shape (rows,)."""
        matrix = _seen_by(self.member, matrix)
        if self.member == "xgboost":
            found = self.booster.predict(dmatrix(matrix))
        else:
            found = self.booster.predict(plain_names(matrix))
        return np.asarray(found, dtype=np.float64)

    def text(self) -> str:
        """Return it in its library's own text format."""
        return booster_text(library_of(self.member), self.booster)


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
    return Booster(member, stored.load_booster(library_of(member), text))


def library_of(member: Member) -> Library:
    """Return the library that a boosted member is fitted with."""
    return "xgboost" if member == "xgboost" else "lightgbm"


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
    return xgboost.train(params, dmatrix(matrix, label=target, weight=weight), config.rounds)


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
    data = lightgbm.Dataset(plain_names(matrix), target, weight=weight)
    return lightgbm.train(params, data, config.rounds)


def _seen_by(member: Member, matrix: pd.DataFrame) -> pd.DataFrame:
    return matrix[own_features(matrix.columns)] if member == "own" else matrix
