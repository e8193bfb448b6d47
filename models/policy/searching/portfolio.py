"""Whether a plant is to be run by the policy or by plans, before its horizon begins.

A rule reacts at once and is cheap; where due dates and dear orders leave no slack it may be brittle, and a
plan that is made anew every hour does better. Which it is shows before anything is done: a plan promises
what the plant costs if all goes well, and the policy's rollouts tell what it comes to with luck. Choosing a
solver for an instance by such figures is algorithm selection (Rice 1976).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from envs.closed_loop import Planner, Rolled, roll_planner, roll_policy
from envs.fleet.snapshot import snapshot
from envs.vector_env import FleetEnv
from models.policy.context import contexts
from models.policy.dispatcher import Dispatcher
from models.policy.fitting import rules_of
from models.policy.searching.ahead import Ahead
from models.policy.searching.hunt import Hunt, Pains
from models.policy.searching.policy import USUAL, searching
from plant import Schedule, evaluate

BRITTLE = (
    1.6  # of 8 validation plants, two lay above 2.1 and cost more than plans do; six below 1.35
)
DRAWS = 32


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a plan promises for a plant, and what the policy expects of it with luck, in money.

    hunt: what the policy's first search has found.
    """

    promised: float
    expected: float
    hunt: Hunt

    @property
    def is_brittle(self) -> bool:
        """Whether the policy expects so much more that plans are to be followed."""
        return self.expected > BRITTLE * self.promised


def prospect(
    env: FleetEnv, policy: Dispatcher, planner: Planner, pains: Pains = USUAL, seed: int = 0
) -> Prospect:
    """How an environment's first plant looks from where it stands, to a planner and to the policy."""
    one = env.assignments[0]
    standing = snapshot(one, env.fleet, env.state, 0)
    plan = planner(standing, Schedule(()))
    rng = np.random.default_rng(seed)
    own = rules_of(policy, contexts(env.fleet, env.luck))[0]
    fitting = pains.on(len(one.plant.lines))
    hunt, ahead = Hunt(own, policy.deviation.numpy().astype(np.float64), fitting), Ahead(env, 0)
    hunt.search(ahead, rng)
    costs = ahead.costs(hunt.rule[None], rng.integers(2**31, size=DRAWS))
    promised = evaluate(standing, plan, weights=one.weights).cost.total
    return Prospect(promised, float(costs.mean()), hunt)


def roll_either(
    env: FleetEnv,
    policy: Dispatcher,
    planner: Planner,
    seed: int,
    pains: Pains = USUAL,
    clock: Callable[[], float] = time.process_time,
) -> tuple[Rolled, Prospect]:
    """One episode of an environment's only plant, by whichever of the two suits it.

    The seconds are those of choosing and of deciding. The environment has autoreset_mode DISABLED.

    Raises
    ------
    ValueError
        Where the environment has several plants.
    """
    if env.num_envs != 1:
        raise ValueError(f"expected an environment of one plant, found {env.num_envs}")
    env.reset(seed=[seed])
    began = clock()
    found = prospect(env, policy, planner, pains, seed)
    chosen = clock() - began
    if found.is_brittle:
        done = roll_planner(env.assignments[0], planner, env.luck, seed, clock=clock)
    else:
        (done,) = roll_policy(env, searching(policy, pains, seed, found.hunt), seed, clock)
    return Rolled(done.cost, done.thought + 1, done.seconds + chosen), found
