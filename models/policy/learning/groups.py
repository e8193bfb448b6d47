"""Groups of episodes: the same plants under the same luck, played in several ways beside each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.observation import Observation
from envs.fleet.plants import Assignment
from envs.fleet.scale import hourly_cost
from envs.scenarios import build
from envs.scenarios.splits import Split, Spread, scenario_of
from envs.vector_env import Actions, FleetEnv
from models.policy.context import contexts
from models.policy.dispatcher import Dispatcher
from models.policy.fitting import leant
from models.policy.playing import Player

Chooser = Callable[[Observation], Actions]


@dataclass(frozen=True, slots=True)
class Group:
    """`ways` rows of an environment for each of `plants` plants: row p × ways + w is way w of plant p.

    figures [plants, figures]: what each is like (`models.policy.context`).
    """

    env: FleetEnv
    plants: int
    ways: int
    player: Player
    figures: NDArray[np.float64]

    @property
    def hours(self) -> NDArray[np.float64]:
        """The hours of each plant's horizon [plants, 1]."""
        hours: NDArray[np.float64] = self.env.fleet.horizon[:: self.ways, None] / 60.0
        return hours

    def play_rules(self, rules: NDArray[np.float64], seeds: Sequence[int]) -> NDArray[np.float64]:
        """As `play`, by a rule for each row [plants × ways, length] and without a network."""
        return self._by_way(self.player.episode(rules, self._each_way(seeds)))

    def play(self, choose: Chooser, seeds: Sequence[int]) -> NDArray[np.float64]:
        """What each plant costs in each way [plants, ways], in hours of its usual cost."""
        self.begin(seeds)
        while not self.env.is_over:
            self.env.advance(choose(self.env.observed()[0]))
        return self.costs()

    def begin(self, seeds: Sequence[int]) -> None:
        """Begin an episode; `seeds` has one number a plant: all of its ways meet the same luck."""
        self.env.reset(seed=self._each_way(seeds))

    def costs(self) -> NDArray[np.float64]:
        """What each plant has cost so far in each way [plants, ways], in hours of its usual cost."""
        return self._by_way(self.env.cost.sum(axis=1))

    def style_of(self, policy: Dispatcher) -> torch.Tensor:
        """What is added to a policy's rule in each row [plants × ways, length], as it leans to the plant."""
        return as_tensor(leant(policy, self.figures).repeat(self.ways, axis=0))

    def _each_way(self, seeds: Sequence[int]) -> list[int]:
        return [seed for seed in seeds for _ in range(self.ways)]

    def _by_way(self, money: NDArray[np.float64]) -> NDArray[np.float64]:
        costs: NDArray[np.float64] = money / self.env.scales
        return costs.reshape(self.plants, self.ways)


def group_of(
    assignments: Sequence[Assignment], ways: int, luck: Luck = CERTAIN, record: int = 0
) -> Group:
    """So many ways of playing each plant. Rewards are measured in what ATCS, untuned, costs an hour."""
    rows = [one for one in assignments for _ in range(ways)]
    scales = [scale for one in assignments for scale in [hourly_cost(one, tuned=False)] * ways]
    env = FleetEnv(
        rows, luck, scales=scales, autoreset_mode=AutoresetMode.DISABLED, copy=False, record=record
    )
    figures = contexts(env.fleet, luck)[::ways]
    return Group(env, len(assignments), ways, Player(env), figures)


def assignments_of(split: Split, numbers: Sequence[int], spread: Spread) -> list[Assignment]:
    """The plants of a split of so many numbers."""
    return [Assignment(build(scenario_of(split, number, spread))) for number in numbers]


def spread_of(lines: tuple[int, int], days: tuple[int, int]) -> Spread:
    """Plants of so many lines and days, as different as those of the splits otherwise."""
    return Spread(lines=lines, days=days)


def styles_of(
    rng: np.random.Generator, count: int, deviation: NDArray[np.float64], mirrored: bool = True
) -> NDArray[np.float64]:
    """Styles [count, length] around a rule, in pairs on either side of it where `mirrored`."""
    half = (count + 1) // 2 if mirrored else count
    drawn = rng.standard_normal((half, len(deviation)))
    both = np.concatenate([drawn, -drawn])[:count] if mirrored else drawn
    styles: NDArray[np.float64] = both * deviation
    return styles


def as_tensor(styles: NDArray[np.float64]) -> torch.Tensor:
    """Styles for the network."""
    return torch.from_numpy(styles.astype(np.float32))
