"""The boosted members: trees on a row's own figures and the recent levels of its keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.rates.config import OVER_REFERENCE, OWN_FIGURES, Member, RateConfig
from models.rates.features import Looked, Memory, own_features
from models.rates.schema import Floats
from models.stored import Library, booster_text, dmatrix, load_booster, plain_names
from models.stored.boosters import THREADS


@dataclass(frozen=True, slots=True)
class Booster:
    """A fitted booster of a member, in its own library's class."""

    member: Member
    booster: Any

    def predict(self, looked: Looked, memory: Memory) -> Floats:
        """Return what it expects of the rows, in the value's own unit."""
        matrix = seen_by(self.member, looked.matrix)
        seen = dmatrix(matrix) if self.member == "xgboost" else plain_names(matrix)
        found = np.asarray(self.booster.predict(seen), dtype=np.float64)
        return found * looked.scale + base_of(self.member, looked)

    def save(self, folder: Path) -> None:
        """Write it in its library's own text format."""
        text = booster_text(library_of(self.member), self.booster)
        _file(folder, self.member).write_text(text, encoding="utf-8")


def fit_booster(
    member: Member, looked: Looked, value: Floats, weight: Floats, config: RateConfig
) -> Booster:
    """Return the member fitted on values over the scale, rows weighted by it.

    `lightgbm` and `xgboost` have squared loss, `absolute` is LightGBM with absolute loss: it wins
    weighted errors and forecasts too little, which the bias gate holds it to. `own` is the same on
    the row's own figures alone: where levels say little they only add noise. `gap` learns so how far
    off the reference is: most of its leaves say nothing, and there the reference stands.
    """
    matrix = seen_by(member, looked.matrix)
    target = (value - base_of(member, looked)) / looked.scale
    if member == "xgboost":
        return Booster(member, _fit_xgboost(matrix, target, weight, config))
    objective = "regression" if member == "lightgbm" else "regression_l1"
    return Booster(member, _fit_lightgbm(matrix, target, weight, config, objective))


def load(member: Member, folder: Path) -> Booster:
    """Return the booster that was saved in the folder."""
    text = _file(folder, member).read_text(encoding="utf-8")
    return Booster(member, load_booster(library_of(member), text))


def library_of(member: Member) -> Library:
    """Return the library that a boosted member is fitted with."""
    return "xgboost" if member == "xgboost" else "lightgbm"


def base_of(member: Member, looked: Looked) -> Floats:
    """Return what the member learns the distance from: the reference, or nothing."""
    return looked.reference if member in OVER_REFERENCE else np.zeros(len(looked.scale))


def seen_by(member: Member, matrix: pd.DataFrame) -> pd.DataFrame:
    """Return the features that the member looks at."""
    return matrix[own_features(matrix.columns)] if member in OWN_FIGURES else matrix


def _file(folder: Path, member: Member) -> Path:
    return folder / f"{member}.{'json' if member == 'xgboost' else 'txt'}"


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
