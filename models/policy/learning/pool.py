"""Training plants that evolution draws its rounds from, each made when it is first drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.policy.learning.groups import Group, assignments_of, group_of
from models.policy.learning.recipe import Stage


class Pool:
    """The plants of "train" from a number on that a stage plays, each in its ways under its luck."""

    def __init__(self, stage: Stage, first: int) -> None:
        self.stage, self.first = stage, first
        self._made: dict[int, Group] = {}

    def group(self, place: int) -> Group:
        """The plant at a place of the pool."""
        if place not in self._made:
            stage = self.stage
            one = assignments_of("train", [self.first + place], stage.spread)
            self._made[place] = group_of(one, stage.ways, stage.luck(place))
        return self._made[place]

    def drawn(self, rng: np.random.Generator) -> list[Group]:
        """The plants of a round, none of them twice."""
        count = min(self.stage.plants, self.stage.pool)
        return [self.group(int(place)) for place in rng.permutation(self.stage.pool)[:count]]

    def figures(self) -> NDArray[np.float64]:
        """What every plant of the pool is like [pool, figures]."""
        return np.concatenate([self.group(place).figures for place in range(self.stage.pool)])
