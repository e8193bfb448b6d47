"""The closed loop with luck: the policy against a planner that replans by local search every hour."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from gymnasium.vector import AutoresetMode

from benchmarks.dispatching.scope import Effort, Part, Scene, beside, written
from benchmarks.report import progress
from envs.closed_loop import Planner, Rolled, early, roll_planner, roll_policy
from envs.fleet.luck import ROUGH
from envs.fleet.plants import Assignment
from envs.fleet.scale import hourly_cost
from envs.fleet_rules import Policy
from envs.fleet_rules import policy_of as rule_policy
from envs.vector_env import FleetEnv
from models.optimize import prepare
from models.optimize.search.annealing import search
from models.optimize.search.disaggregate import start_from
from models.policy.acting import one_thread
from models.policy.acting import policy_of as network_policy
from models.policy.evaluation import environment, tuned_rules
from models.policy.searching import ready, searching
from plant import Plant, Schedule

WARM = 0.5  # how cool the search begins where the last plan is at hand
SHORT = 12.0  # the long plan's seconds over the short one's, with which it thinks for a tenth of the time
PLANNER, SHORTER, EARLY, POLICY, SEARCHING, RULE = (
    "local search, every hour",
    "local search, every hour, shorter",
    "the shorter search, early",
    "policy",
    "policy, searching every four hours",
    "ATCS, tuned per plant",
)
NAMES = (PLANNER, SHORTER, EARLY, POLICY, SEARCHING, RULE)
TOLD = ("tardiness", "production", "idle", "changeover", "holding")


def planner(seconds: float) -> Planner:
    """Local search for so much processor time, from what is left of the last plan or from ATCS."""

    def plan(standing: Plant, left: Schedule) -> Schedule:
        start, is_kept = start_from(standing, left)
        cooled = WARM if is_kept else 0.0
        return search(standing, start, seconds, cooled=cooled, clock=time.thread_time).schedule

    return plan


def measure(scene: Scene) -> Part:
    """Cost and processor time of all, under the same luck, over those of the planner.

    The split tells where the money goes: each component's share of what the planner's plant costs.
    """
    effort = scene.effort
    plants = [Assignment(plant) for plant in scene.plants(effort.rolled)]
    prepare()
    ready(_env(plants[:1]), scene.policy)
    found: dict[str, list[list[Rolled]]] = {name: [] for name in NAMES}
    with one_thread():
        for row, plant in enumerate(plants):
            for name in NAMES:
                done = [_rolled(name, scene, plant, seed + row) for seed in effort.seeds]
                found[name].append(done)
                told = ", ".join(f"{one.cost['total']:,.0f}" for one in done)
                progress(f"closed loop: plant {row + 1} of {len(plants)}: {name} {told}")
    return _part(found, effort)


def _rolled(name: str, scene: Scene, plant: Assignment, seed: int) -> Rolled:
    """An episode of a plant by one of those compared."""
    hourly = scene.effort.hourly
    planners = {
        PLANNER: planner(hourly),
        SHORTER: planner(hourly / SHORT),
        EARLY: early(planner(hourly / SHORT), scene.effort.margin),
    }
    if name in planners:
        return roll_planner(plant, planners[name], ROUGH, seed, clock=time.thread_time)
    policies: dict[str, Callable[[], Policy]] = {
        POLICY: lambda: network_policy(scene.policy),
        SEARCHING: lambda: searching(scene.policy, seed=seed),
        RULE: lambda: _tuned([plant]),
    }
    (done,) = roll_policy(_env([plant]), policies[name](), seed, time.thread_time)
    return done


def _part(found: dict[str, list[list[Rolled]]], effort: Effort) -> Part:
    """The table: what each costs over the planner, by component in shares of the planner's cost."""
    money = {
        name: np.array([
            [[one.cost[part] for part in ("total", *TOLD)] for one in row] for row in rolled
        ]).sum(axis=1)
        for name, rolled in found.items()
    }  # fmt: skip
    seconds = {
        name: float(np.mean([one.seconds for row in rolled for one in row]))
        for name, rolled in found.items()
    }
    notes = {PLANNER: f" ({effort.hourly:g} s)", SHORTER: f" ({effort.hourly / SHORT:.2g} s)",
             EARLY: f" ({effort.margin / 60:g} h)"}  # fmt: skip
    base = money[PLANNER]
    columns = ("who decides", "over replanning", "median", "s", "of its time", *TOLD)
    part = Part(f"{len(base)} test plants, breakdowns, late material, rush orders", columns)
    for name in NAMES:
        over = beside(money[name][:, 0].tolist(), base[:, 0].tolist())
        median = float(np.median(money[name][:, 0] / base[:, 0])) - 1.0
        split = ((money[name] - base) / base[:, :1]).mean(axis=0)[1:].tolist()
        share = seconds[name] / seconds[PLANNER]
        label = name + notes.get(name, "")
        cells = [f"{one:+.1%}" for one in split]
        part.rows.append(
            (label, written(over), f"{median:+.1%}", seconds[name], f"{share:.2%}", *cells)
        )
        part.figures[label] = {
            "over_planner": over.mean, "low": over.low, "high": over.high, "median": median,
            "seconds": seconds[name], "costs": money[name][:, 0].tolist(),
            "split": dict(zip(TOLD, split, strict=True)),
        }  # fmt: skip
    return part


def _tuned(plants: Sequence[Assignment]) -> Policy:
    rules = tuned_rules(plants, ROUGH)
    return rule_policy(environment(plants, ROUGH), rules)


def _env(plants: Sequence[Assignment]) -> FleetEnv:
    scales = [hourly_cost(one, tuned=False) for one in plants]
    mode = AutoresetMode.DISABLED
    return FleetEnv(plants, ROUGH, scales=scales, autoreset_mode=mode, copy=False)
