"""What a policy is worth on a plant, beside rules and chance, all under the same seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from envs.fleet.plants import Assignment
from envs.fleet_rules import Policy
from envs.fleet_rules import policy_of as rule_policy
from envs.rules import RULES, tuned_atcs
from envs.vector_env import Actions, FleetEnv
from models.policy.dispatcher import Dispatcher
from models.policy.draft import played
from models.policy.learning.groups import group_of
from plant import Plant, Weights, evaluate

CHANCES = 3
ROUNDS = 2  # of drafting: enough to compare policies by


@dataclass(frozen=True, slots=True)
class Standing:
    """What a policy costs: in its own style, in the mean of styles around it, and in the best of them."""

    likely: float
    drawn: float
    best: float

    @property
    def mean(self) -> float:
        """What policies are compared by: half its own style, half the best of its drafts."""
        return (self.likely + self.best) / 2.0


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """What others cost on the plant: even chance, ATCS in the fleet as it comes, ATCS tuned for the plant."""

    chance: float
    greedy: float
    tuned_atcs: float


def standing(
    plant: Plant, policy: Dispatcher, seed: int, weights: Weights, rounds: int = ROUNDS
) -> Standing:
    """What the policy costs on a plant; the same seed gives every policy the same draws."""
    told = played(Assignment(plant, weights), policy, np.random.default_rng(seed), rounds)
    return Standing(told.own, float(told.costs[0, 1:].mean()), float(told.costs.min()))


def yardsticks(plant: Plant, seed: int, weights: Weights) -> Yardsticks:
    """What chance and the rules cost on a plant."""
    group = group_of([Assignment(plant, weights)], CHANCES)
    chance = _costs(group.env, by_chance(np.random.default_rng(seed)))
    atcs = _costs(group.env, rule_policy(group.env, RULES["atcs"]))
    tuned = evaluate(plant, tuned_atcs(plant, weights), weights=weights).cost.total
    return Yardsticks(float(chance.mean()), float(atcs[0]), tuned)


def by_chance(rng: np.random.Generator) -> Policy:
    """Every choice drawn evenly from what is possible: what a policy has to beat."""

    def choose(env: FleetEnv) -> Actions:
        mask = env.observed()[0]["mask"]
        choice = np.argmax(rng.random(mask.shape) * mask, axis=2)
        return np.stack([choice, np.zeros_like(choice), np.ones_like(choice)], axis=-1)

    return choose


def _costs(env: FleetEnv, policy: Policy) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    env.reset(seed=0)
    while not env.is_over:
        env.advance(policy(env))
    costs: np.ndarray[tuple[int], np.dtype[np.float64]] = env.cost.sum(axis=1)
    return costs
