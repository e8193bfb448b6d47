"""Dispatching rules as policies: they act through the environment, as a learned policy does.

`envs.rules` builds whole schedules with the plan known; here a rule sees what the plant knows at the time,
and meets the same luck as any other policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.fleet.kernel.rules import Followed, follow
from envs.rules import ANY_TIME, DAY, RULES, Rule
from envs.vector_env import Actions, FleetEnv

Policy = Callable[[FleetEnv], Actions]
LOOKAHEADS = (0.5, 2.0, 8.0)
SETUPS = (0.15, 0.5, 2.0)
WINDOWS = (DAY, 2 * DAY, 4 * DAY, ANY_TIME)


def policy_of(env: FleetEnv, rules: Rule | Sequence[Rule]) -> Policy:
    """A policy that follows a rule, one for all plants of an environment or one for each.

    Scales of ATC and ATCS are in the plant's mean economic lots and mean changeovers. How lots are merged
    (`Rule.lotting`) is the environment's affair: they cover what the near demand misses.
    """
    each = [rules] * env.num_envs if isinstance(rules, Rule) else list(rules)
    fleet = env.fleet
    slots = fleet.slot_item.reshape(env.num_envs, -1) >= 0
    minutes = (fleet.lot / fleet.rate * 60.0).reshape(env.num_envs, -1)
    lots = np.where(slots, minutes, 0.0).sum(axis=1) / np.maximum(slots.sum(axis=1), 1)
    followed = Followed(
        np.array([rule.key for rule in each], np.int64),
        np.array([rule.lookahead for rule in each]) * np.maximum(lots, 1.0),
        np.array([rule.setup for rule in each]) * np.maximum(fleet.mean_setup, 1.0),
        np.array([rule.window for rule in each], np.int64),
        np.array([rule.overtime for rule in each], np.int64),
    )
    action = np.zeros((env.num_envs, fleet.lines, 3), np.int64)

    def act(env: FleetEnv) -> Actions:
        follow(env.stage, followed, action)
        return action

    return act


def episode_costs(env: FleetEnv, policy: Policy, seed: int) -> NDArray[np.float64]:
    """What one episode of each plant [B] costs under a policy, with the luck of a seed."""
    if env.metadata["autoreset_mode"] != AutoresetMode.DISABLED:
        raise ValueError("expected an environment with autoreset_mode DISABLED to play one episode")
    env.reset(seed=seed)
    while not env.is_over:
        env.advance(policy(env))
    costs: NDArray[np.float64] = env.cost.sum(axis=1)
    return costs


def tune(env: FleetEnv, seeds: Sequence[int], start: Rule = RULES["atcs"]) -> list[Rule]:
    """For each plant the parameters with which a rule is cheapest over the luck of some seeds.

    Searched in turn: when lots may start and whether in overtime, then k1 × k2.
    """

    def judged(rules: Sequence[Rule]) -> NDArray[np.float64]:
        policy = policy_of(env, rules)
        costs = [episode_costs(env, policy, seed) for seed in seeds]
        total: NDArray[np.float64] = np.sum(costs, axis=0)
        return total

    best = [start] * env.num_envs
    costs = judged(best)
    steps = (
        [{"window": window, "overtime": over} for window in WINDOWS for over in (True, False)],
        [{"lookahead": ahead, "setup": setup} for ahead in LOOKAHEADS for setup in SETUPS],
    )
    for changes in steps:
        tried = list(best)
        for change in changes:
            rules = [replace(rule, **change) for rule in tried]
            found = judged(rules)
            for row in np.flatnonzero(found < costs):
                best[row] = rules[row]
            costs = np.minimum(found, costs)
    return best
