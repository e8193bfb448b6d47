"""What a policy is worth on a plant, beside the rules and chance, all under the same seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.plant_env import PlantEnv
from envs.rules import tuned_atcs
from models.policy.draft import by_chance, drafts, play
from models.policy.network import PolicyNetwork
from plant import Plant, Schedule, Weights, evaluate

CHANCES = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """What a policy's schedules cost: the most likely choices, and mean and least of the drawn ones."""

    likely: float
    drawn: float
    best: float

    @property
    def mean(self) -> float:
        """What policies are compared by: half the most likely choices, half the drawn ones."""
        return (self.likely + self.drawn) / 2.0


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """What others cost on the plant: even chance, the env's greedy rule, ATCS tuned for the plant."""

    chance: float
    greedy: float
    tuned_atcs: float


def standing(
    plant: Plant, policy: PolicyNetwork, seed: int, samples: int, weights: Weights
) -> Standing:
    """What the policy costs on a plant; the same seed gives every policy the same luck."""
    played = drafts(plant, policy, np.random.default_rng(seed), samples, weights)
    likely, *drawn = [_cost(plant, one, weights) for one in played]
    return Standing(likely, float(np.mean(drawn)), min(likely, *drawn))


def yardsticks(plant: Plant, seed: int, weights: Weights) -> Yardsticks:
    """What chance and the rules cost on a plant."""
    env, rng = PlantEnv(plant, weights), np.random.default_rng(seed)
    chance = [_cost(plant, play(env, by_chance(rng)), weights) for _ in range(CHANCES)]
    greedy = play(env, lambda one, _: one.greedy_action())
    rule = tuned_atcs(plant, weights)
    return Yardsticks(
        float(np.mean(chance)), _cost(plant, greedy, weights), _cost(plant, rule, weights)
    )


def _cost(plant: Plant, schedule: Schedule, weights: Weights) -> float:
    return evaluate(plant, schedule, weights=weights).cost.total
