"""The forest members: rows that fall into the same leaves answer, by their median.

Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) whose leaf-mates are weighed as in a
quantile regression forest (Meinshausen 2006). A few hundred rows with many equal values (a target that
is met to the digit) have a median that a mean, or a boosted step towards it, does not find. Trees are
kept as plain arrays: scikit-learn's own format is a pickle.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.rates.config import Member, RateConfig
from models.rates.features import Looked, Memory
from models.rates.members.boosters import base_of, seen_by
from models.rates.schema import Floats

TREES = 100
LEAST_ROWS = 8
SHARE_OF_FEATURES = 0.5
NOTHING = -1.0  # for a figure that is not there
BATCH_ROWS = 256
# Beyond, medians cost more than they bring: the newest rows count.
MOST_ROWS = 6000

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Trees:
    """Binary trees, nodes numbered from the root 0: arrays of shape (trees, nodes).

    A row goes left where its feature is at most the threshold; left is −1 in a leaf.
    """

    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints

    def leaves(self, rows: Floats) -> Ints:
        """Return the leaf of each row (its features, float32 as in fitting) in each tree."""
        found = np.empty((len(rows), len(self.left)), dtype=np.int32)
        own = np.arange(len(rows))
        seen = rows.astype(np.float32)
        for tree in range(len(self.left)):
            node = np.zeros(len(rows), dtype=np.int32)
            while (inside := self.left[tree, node] >= 0).any():
                is_left = seen[own, self.feature[tree, node]] <= self.threshold[tree, node]
                child = np.where(is_left, self.left[tree, node], self.right[tree, node])
                node = np.where(inside, child, node)
            found[:, tree] = node
        return found


@dataclass(frozen=True, slots=True)
class Forest:
    """A fitted forest, and its training rows: leaves [N, trees], targets [N] ascending."""

    member: Member
    trees: Trees
    leaves: Ints
    target: Floats

    def predict(self, looked: Looked, memory: Memory) -> Floats:
        """Return what it expects of the rows, in the value's own unit."""
        own = self.trees.leaves(_figures(self.member, looked))
        found = np.empty(len(own))
        for first in range(0, len(own), BATCH_ROWS):
            found[first : first + BATCH_ROWS] = self._medians(own[first : first + BATCH_ROWS])
        expected: Floats = found * looked.scale + base_of(self.member, looked)
        return expected

    def save(self, folder: Path) -> None:
        """Write the trees and the training rows as plain arrays."""
        trees = {one.name: getattr(self.trees, one.name) for one in fields(Trees)}
        path = folder / f"{self.member}.npz"
        np.savez_compressed(path, leaves=self.leaves, target=self.target, **trees)

    def _medians(self, own: Ints) -> Floats:
        """The weighted medians of the training rows, weighed by how often they share a leaf."""
        weight = np.zeros((len(own), len(self.target)))
        for tree in range(own.shape[1]):
            weight += own[:, tree, np.newaxis] == self.leaves[np.newaxis, :, tree]
        total = np.cumsum(weight, axis=1)
        place = (total < 0.5 * total[:, -1:]).sum(axis=1)
        medians: Floats = self.target[np.minimum(place, len(self.target) - 1)]
        return medians


def fit_forest(member: Member, looked: Looked, value: Floats, config: RateConfig) -> Forest:
    """Return the forest of the newest rows.

    `forest` is of values on the row's own figures, `forest_gap` of the distance from the reference on
    all that is known.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    newest = np.argsort(looked.days, kind="stable")[-MOST_ROWS:]
    looked, value = looked.where(newest), value[newest]
    target = (value - base_of(member, looked)) / looked.scale
    order = np.argsort(target, kind="stable")
    rows, target = _figures(member, looked)[order], target[order]
    model = ExtraTreesRegressor(
        TREES,
        min_samples_leaf=LEAST_ROWS,
        max_features=SHARE_OF_FEATURES,
        random_state=config.seed,
        n_jobs=1,
    ).fit(rows, target)
    trees = _arrays([one.tree_ for one in model.estimators_])
    return Forest(member, trees, trees.leaves(rows), target)


def load(member: Member, folder: Path) -> Forest:
    """Return the forest that was saved in the folder."""
    with np.load(folder / f"{member}.npz", allow_pickle=False) as arrays:
        trees = Trees(**{one.name: arrays[one.name] for one in fields(Trees)})
        return Forest(member, trees, arrays["leaves"], arrays["target"])


def _figures(member: Member, looked: Looked) -> Floats:
    """The features as numbers: categories as their codes."""
    matrix = seen_by(member, looked.matrix)
    columns = [
        column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else column
        for _, column in matrix.items()
    ]
    found = np.column_stack([np.asarray(one, dtype=np.float64) for one in columns])
    return np.nan_to_num(found, nan=NOTHING)


def _arrays(trees: list[Any]) -> Trees:
    nodes = max(one.node_count for one in trees)

    def padded(name: str, nothing: float, kind: Any) -> Any:
        found = np.full((len(trees), nodes), nothing, dtype=kind)
        for number, one in enumerate(trees):
            found[number, : one.node_count] = getattr(one, name)
        return found

    return Trees(
        padded("feature", 0, np.int32),
        padded("threshold", 0.0, np.float64),
        padded("children_left", -1, np.int32),
        padded("children_right", -1, np.int32),
    )
