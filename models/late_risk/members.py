"""The members: boosted trees and a logistic regression, each giving log odds and what they rest on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from models.late_risk.config import LateRiskConfig, Member
from models.late_risk.features import learnable, numeric
from models.late_risk.schema import Floats
from models.stored import Library, booster_text, dmatrix, load_booster, plain_names
from models.stored.boosters import THREADS

LEAST_RATE = 1e-3


class Fitted(Protocol):
    """A fitted member."""

    @property
    def member(self) -> Member:
        """Its name."""

    def log_odds(self, matrix: pd.DataFrame) -> Floats:
        """Return the log odds of being late, shape (orders,)."""

    def parts(self, matrix: pd.DataFrame) -> Floats:
        """Return what each feature adds to the log odds (SHAP), shape (orders, features + 1).

        The last column is what is said without any feature; a row's sum is its log odds.
        """

    def text(self) -> str:
        """Return the member in its library's own text format."""


@dataclass(frozen=True, slots=True)
class Boosted:
    """A booster of XGBoost or LightGBM."""

    member: Member
    booster: Any

    def log_odds(self, matrix: pd.DataFrame) -> Floats:
        """Return the log odds of being late."""
        seen = matrix[learnable(matrix)]
        if self.member == "xgboost":
            found: Floats = self.booster.predict(dmatrix(seen), output_margin=True)
            return found.astype(np.float64)
        return np.asarray(self.booster.predict(plain_names(seen), raw_score=True), np.float64)

    def parts(self, matrix: pd.DataFrame) -> Floats:
        """Return each feature's SHAP value, then the bias; what it does not look at has none."""
        columns = learnable(matrix)
        seen = matrix[columns]
        if self.member == "xgboost":
            parts = self.booster.predict(dmatrix(seen), pred_contribs=True)
        else:
            parts = self.booster.predict(plain_names(seen), pred_contrib=True)
        found = np.zeros((len(matrix), matrix.shape[1] + 1))
        found[:, [*matrix.columns.get_indexer(columns), -1]] = parts
        return found

    def text(self) -> str:
        """Return it in its library's own text."""
        return booster_text(library_of(self.member), self.booster)


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression on the log odds of past lateness."""

    columns: tuple[str, ...]
    slopes: tuple[float, ...]
    means: tuple[float, ...]
    bias: float

    @property
    def member(self) -> Member:
        """Its name."""
        return "logistic"

    def log_odds(self, matrix: pd.DataFrame) -> Floats:
        """Return the log odds of being late."""
        found: Floats = self.parts(matrix).sum(axis=1)
        return found

    def parts(self, matrix: pd.DataFrame) -> Floats:
        """Return each feature's share: slope times the distance from its mean."""
        found = np.zeros((len(matrix), matrix.shape[1] + 1))
        values = _rate_odds(matrix[list(self.columns)]) - np.array(self.means)
        at = [matrix.columns.get_loc(name) for name in self.columns]
        found[:, at] = values * np.array(self.slopes)
        found[:, -1] = self.bias
        return found

    def text(self) -> str:
        """Return its coefficients as JSON."""
        document = {"columns": self.columns, "slopes": self.slopes, "means": self.means}
        return json.dumps(document | {"bias": self.bias}, indent=1)


def fit_member(
    member: Member, matrix: pd.DataFrame, late: Floats, weight: Floats, config: LateRiskConfig
) -> Fitted:
    """Return the member fitted on features, labels and weights of the orders."""
    if member == "logistic":
        return _fit_logistic(matrix, late, weight)
    seen = matrix[learnable(matrix)]
    if member == "xgboost":
        return Boosted(member, _xgboost(seen, late, weight, config))
    return Boosted(member, _lightgbm(seen, late, weight, config, member == "randomised"))


def load_member(member: Member, text: str) -> Fitted:
    """Return the member that `text` gave; ValueError where it is none."""
    if member != "logistic":
        return Boosted(member, load_booster(library_of(member), text))
    document = json.loads(text)
    return Logistic(
        tuple(document["columns"]),
        tuple(document["slopes"]),
        tuple(document["means"]),
        float(document["bias"]),
    )


def library_of(member: Member) -> Library:
    """Return the library that a boosted member is fitted with."""
    return "xgboost" if member == "xgboost" else "lightgbm"


def _xgboost(matrix: pd.DataFrame, late: Floats, weight: Floats, config: LateRiskConfig) -> Any:
    import xgboost

    params = {
        "objective": "binary:logistic",
        "learning_rate": config.learning_rate,
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_leaves": config.leaves,
        "max_depth": 0,
        "min_child_weight": config.least_rows * 0.1,
        "subsample": 0.7,
        "colsample_bytree": 0.5,
        "lambda": 5.0,
        "nthread": THREADS,
        "seed": config.seed,
        "verbosity": 0,
    }
    return xgboost.train(params, dmatrix(matrix, label=late, weight=weight), config.rounds)


def _lightgbm(
    matrix: pd.DataFrame, late: Floats, weight: Floats, config: LateRiskConfig, randomised: bool
) -> Any:
    """LightGBM's booster; randomised: of thresholds drawn at random (Geurts et al. 2006), one a feature."""
    import lightgbm

    params = {
        "objective": "binary",
        "extra_trees": randomised,
        "learning_rate": config.learning_rate,
        "num_leaves": config.leaves,
        "min_data_in_leaf": config.least_rows,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "feature_fraction": 0.5,
        "lambda_l2": 5.0,
        "cat_smooth": 30.0,
        "num_threads": THREADS,
        "deterministic": True,
        "seed": config.seed,
        "verbose": -1,
    }
    data = lightgbm.Dataset(plain_names(matrix), late, weight=weight)
    return lightgbm.train(params, data, config.rounds)


def _fit_logistic(matrix: pd.DataFrame, late: Floats, weight: Floats) -> Logistic:
    from sklearn.linear_model import LogisticRegression

    columns = numeric(list(matrix.columns))
    values = _rate_odds(matrix[columns])
    means = values.mean(axis=0)
    model = LogisticRegression(C=0.1, max_iter=1000).fit(values - means, late, weight)
    return Logistic(
        tuple(columns),
        tuple(float(one) for one in model.coef_[0]),
        tuple(float(one) for one in means),
        float(model.intercept_[0]),
    )


def _rate_odds(rates: pd.DataFrame) -> Floats:
    share = rates.to_numpy(np.float64).clip(LEAST_RATE, 1 - LEAST_RATE)
    found: Floats = np.log(share / (1 - share))
    return found
