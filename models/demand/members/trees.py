"""The boosted member: one LightGBM over all series and steps, direct, in each series' own unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.members.design import Anchor, Design, latest_design, learning_design
from models.demand.members.windows import series_units
from models.demand.task import Task
from models.stored import booster_text, load_booster

MOST_ROWS = 150_000
LEAST_ROWS = 200
ROUNDS = 200
LEARNING_RATE = 0.06
LEAVES = 31
LEAF_ROWS = 60
ROW_SHARE = 0.7
COLUMN_SHARE = 0.6
FURTHEST = 50.0
# A row's say at most so many times the middle one's.
MOST_SAY = 20.0


@dataclass(frozen=True, slots=True)
class Trees:
    """Fitted trees as LightGBM's own text, and what their targets are measured from."""

    text: str
    task: Task
    anchor: Anchor

    def forecast(self, histories: Histories) -> Floats:
        """Return the forecast, shape (series, horizon), of what follows the histories."""
        latest = latest_design(histories, self.task, self.anchor)
        booster = load_booster("lightgbm", self.text)
        found = latest.restore(np.asarray(booster.predict(latest.features, num_threads=1)))
        return found.reshape(len(histories), self.task.horizon)


def fit_trees(histories: Histories, task: Task, anchor: Anchor) -> Trees | None:
    """Return trees fitted on rows of all histories; None where there are too few."""
    import lightgbm

    known = learning_design(histories, task, anchor, MOST_ROWS)
    if len(known.target) < LEAST_ROWS:
        return None
    data = lightgbm.Dataset(
        known.features.astype(np.float32),
        np.clip(known.target, -FURTHEST, FURTHEST),
        weight=row_weights(histories, known, task),
        feature_name=list(known.names),
    )
    booster = lightgbm.train(_parameters(task), data, num_boost_round=ROUNDS)
    return Trees(booster_text("lightgbm", booster), task, anchor)


def row_weights(histories: Histories, known: Design, task: Task) -> Floats:
    """Return how much an error of one unit counts in each row: as in the series' own scale."""
    say = known.unit / series_units(histories)[known.series]
    if task.target == "mean":
        say = say**2
    say = np.minimum(say, MOST_SAY * np.median(say))
    return np.asarray(say / say.mean())


def _parameters(task: Task) -> dict[str, object]:
    return {
        "objective": "regression_l1" if task.target == "median" else "regression",
        "learning_rate": LEARNING_RATE,
        "num_leaves": LEAVES,
        "min_data_in_leaf": LEAF_ROWS,
        "bagging_fraction": ROW_SHARE,
        "bagging_freq": 1,
        "feature_fraction": COLUMN_SHARE,
        "seed": task.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
