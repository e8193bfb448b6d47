"""The XGBoost member: the same rows as the LightGBM ones, other trees.

XGBoost grows level by level and knows no absolute loss that boosts well: where the median is asked
for it learns the pseudo-Huber loss, which is absolute from about one unit on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.members.design import Anchor, latest_design, learning_design
from models.demand.members.trees import FURTHEST, LEAST_ROWS, MOST_ROWS, row_weights
from models.demand.task import Task
from models.stored import booster_text, load_booster

ROUNDS = 200
LEARNING_RATE = 0.07
DEPTH = 6
LEAF_WEIGHT = 30
ROW_SHARE = 0.7
COLUMN_SHARE = 0.6
BINS = 128


@dataclass(frozen=True, slots=True)
class Xgb:
    """Fitted trees as XGBoost's own JSON, and what their targets are measured from."""

    text: str
    task: Task
    anchor: Anchor

    def forecast(self, histories: Histories) -> Floats:
        """Return the forecast, shape (series, horizon), of what follows the histories."""
        latest = latest_design(histories, self.task, self.anchor)
        booster = load_booster("xgboost", self.text)
        scaled = booster.inplace_predict(latest.features.astype(np.float32))
        found = latest.restore(np.asarray(scaled, dtype=np.float64))
        return found.reshape(len(histories), self.task.horizon)


def fit_xgb(histories: Histories, task: Task, anchor: Anchor) -> Xgb | None:
    """Return trees fitted on rows of all histories; None where there are too few."""
    import xgboost

    known = learning_design(histories, task, anchor, MOST_ROWS)
    if len(known.target) < LEAST_ROWS:
        return None
    data = xgboost.QuantileDMatrix(
        known.features.astype(np.float32),
        np.clip(known.target, -FURTHEST, FURTHEST),
        weight=row_weights(histories, known, task),
        max_bin=BINS,
        nthread=1,
    )
    booster = xgboost.train(_parameters(task), data, num_boost_round=ROUNDS)
    return Xgb(booster_text("xgboost", booster), task, anchor)


def _parameters(task: Task) -> dict[str, Any]:
    return {
        "objective": "reg:pseudohubererror" if task.target == "median" else "reg:squarederror",
        "eta": LEARNING_RATE,
        "max_depth": DEPTH,
        "min_child_weight": LEAF_WEIGHT,
        "subsample": ROW_SHARE,
        "colsample_bytree": COLUMN_SHARE,
        "tree_method": "hist",
        "max_bin": BINS,
        "seed": task.seed,
        "nthread": 1,
        "verbosity": 0,
    }
