"""The closed loop with luck: the policy against a planner that replans by local search every hour."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from gymnasium.vector import AutoresetMode

from benchmarks.dispatching.scope import Part, Scene, beside, scale_of, written
from benchmarks.report import progress
from envs.closed_loop import Planner, Rolled, roll_planner, roll_policy
from envs.fleet.luck import ROUGH
from envs.fleet.plants import Assignment
from envs.fleet_rules import Policy
from envs.fleet_rules import policy_of as rule_policy
from envs.rules import RULES, dispatch
from envs.vector_env import FleetEnv
from models.optimize import prepare
from models.optimize.search.annealing import search
from models.optimize.search.disaggregate import lots_of_runs, realise
from models.policy.acting import one_thread
from models.policy.acting import policy_of as network_policy
from models.policy.evaluation import environment, tuned_rules
from models.policy.searching import searching
from plant import Plant, Schedule, evaluate

WARM = 0.5  # how cool the search begins where the last plan is at hand
PLANNER, POLICY, SEARCHING, RULE = (
    "local search, every hour",
    "policy",
    "policy, searching every shift",
    "ATCS, tuned per plant",
)


def planner(seconds: float) -> Planner:
    """Local search for so much processor time, from what is left of the last plan or from ATCS."""

    def plan(standing: Plant, left: Schedule) -> Schedule:
        fresh = dispatch(standing, RULES["atcs"])
        starts = [fresh]
        if left.runs:
            starts.append(realise(standing, lots_of_runs(left.runs)))
        start = min(starts, key=lambda one: evaluate(standing, one).cost.total)
        cooled = WARM if start is not fresh else 0.0
        return search(standing, start, seconds, cooled=cooled, clock=time.thread_time).schedule

    return plan


def measure(scene: Scene) -> Part:
    """Cost and processor time of all, and of tuned ATCS, under the same luck."""
    effort = scene.effort
    plants = [Assignment(plant) for plant in scene.plants(effort.rolled)]
    prepare()
    costs, thought = np.zeros((4, len(plants))), np.zeros((4, len(plants)))
    with one_thread():
        for seed in effort.seeds:
            progress("closed loop: rules and policy")
            entrants = (
                network_policy(scene.policy),
                searching(scene.policy, seed=seed),
                _tuned(plants),
            )
            for place, policy in enumerate(entrants, 1):
                _add(costs[place], thought[place], _roll(plants, policy, seed))
            for row, plant in enumerate(plants):
                progress(f"closed loop: planning plant {row + 1} of {len(plants)}")
                done = roll_planner(plant, planner(effort.hourly), ROUGH, seed + row)
                costs[0, row] += done.cost["total"]
                thought[0, row] += done.seconds
    columns = ("who decides", "cost over replanning", "s of thought an episode", "share of time")
    part = Part(f"{len(plants)} test plants, breakdowns, late material, rush orders", columns)
    episodes = len(plants) * len(effort.seeds)
    for place, name in enumerate((f"{PLANNER} ({effort.hourly:g} s)", POLICY, SEARCHING, RULE)):
        over = beside(costs[place].tolist(), costs[0].tolist())
        each, share = thought[place].sum() / episodes, thought[place].sum() / thought[0].sum()
        part.rows.append((name, written(over), float(each), f"{share:.1%}"))
        part.figures[name] = {"over_planner": over.mean, "low": over.low, "high": over.high,
                              "seconds": float(each), "costs": costs[place].tolist()}  # fmt: skip
    return part


def _tuned(plants: Sequence[Assignment]) -> Policy:
    rules = tuned_rules(plants, ROUGH)
    return rule_policy(environment(plants, ROUGH), rules)


def _roll(plants: Sequence[Assignment], policy: Policy, seed: int) -> list[Rolled]:
    scales = [scale_of(one.plant) for one in plants]
    mode = AutoresetMode.DISABLED
    env = FleetEnv(plants, ROUGH, scales=scales, autoreset_mode=mode, copy=False)
    return roll_policy(env, policy, seed, time.thread_time)


def _add(costs: np.ndarray, thought: np.ndarray, done: Sequence[Rolled]) -> None:
    costs += [one.cost["total"] for one in done]
    thought += [one.seconds for one in done]
