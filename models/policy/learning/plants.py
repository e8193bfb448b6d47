"""The training plants that the rounds of a stage are played on, each made when it is first played."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.fleet.plants import Assignment
from models.policy.learning.groups import Group, assignments_of, group_of
from models.policy.learning.recipe import Stage

KEPT = 8  # groups kept to be played again


class Plants:
    """The plants of "train" from a number on, as a stage has them.

    Evolution draws its rounds from a pool, which is kept; a style is fitted to one that is played `alone`;
    the other kinds take `fresh` ones for each round, or a `group` of those of one of the last rounds.
    """

    def __init__(self, stage: Stage, first: int) -> None:
        self.stage, self.first = stage, first
        self.kept: dict[int, Group] = {}
        self._pool: dict[int, Group] = {}

    def alone(self, place: int) -> Group:
        """One plant, in its ways under its luck."""
        stage = self.stage
        one = assignments_of("train", [self.first + place], stage.spread)
        return group_of(one, stage.ways, stage.luck(place))

    def pooled(self, place: int) -> Group:
        """The plant at a place of the pool."""
        if place not in self._pool:
            self._pool[place] = self.alone(place)
        return self._pool[place]

    def drawn(self, rng: np.random.Generator) -> list[Group]:
        """The plants of a round of evolution, none of them twice."""
        count = min(self.stage.plants, self.stage.pool)
        return [self.pooled(int(place)) for place in rng.permutation(self.stage.pool)[:count]]

    def figures(self) -> NDArray[np.float64]:
        """What every plant of the pool is like [pool, figures]."""
        return np.concatenate([self.pooled(place).figures for place in range(self.stage.pool)])

    def fresh(self, number: int) -> list[Assignment]:
        """The plants of a round that no round before it has met."""
        first = self.first + number * self.stage.plants
        return assignments_of("train", range(first, first + self.stage.plants), self.stage.spread)

    def group(self, number: int, rng: np.random.Generator) -> Group:
        """A group of new plants, or of plants that were played in one of the last rounds with new ones."""
        stage = self.stage
        made = [one for one in range(number + 1) if one < KEPT or one % stage.reuse == 0][-KEPT:]
        if made[-1] != number:
            number = made[int(rng.integers(KEPT))]
        if number not in self.kept:
            self.kept[number] = group_of(self.fresh(number), stage.ways, stage.luck(number))
        self.kept = {one: group for one, group in self.kept.items() if one in made}
        return self.kept[number]
