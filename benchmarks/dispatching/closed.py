"""The closed loop with luck: the policy against a planner that replans by local search every hour."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
from gymnasium.vector import AutoresetMode

from benchmarks.dispatching.scope import Effort, Part, Scene, beside, written
from benchmarks.report import progress
from envs.closed_loop import PROMPT, Planner, Rolled, early, roll_planner, roll_policy
from envs.fleet.luck import ROUGH
from envs.fleet.plants import Assignment, Rhythm
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
from models.policy.searching import Carrying, ready, searching
from plant import Plant, Schedule

WARM = 0.5  # how cool the search begins where the last plan is at hand
SHORT = 12.0  # the long plan's seconds over the short one's, with which it thinks for a tenth of the time
CHOSEN = 28.0  # the same over those of a plan that the policy chooses among
FIRST = 12.0  # and over those of its first plans
KEPT = 0.8  # how cool these go on: what makes a plan last is lost where it is searched hot
RESERVES = (0, 360, 720, 1440)  # minutes that these plans are early
PLANNER, SOONER, SHORTER, EARLY, POLICY, SEARCHING, RULE = (
    "local search, every hour",
    "the same, begun sooner",
    "local search, every hour, shorter",
    "the shorter search, early and begun sooner",
    "policy",
    "policy, choosing among plans",
    "ATCS, tuned per plant",
)
NAMES = (PLANNER, SOONER, SHORTER, EARLY, POLICY, SEARCHING, RULE)
TOLD = ("tardiness", "production", "idle", "changeover", "holding")


def planner(seconds: float, first: float | None = None, warm: float = WARM) -> Planner:
    """Local search for so much processor time, from what is left of the last plan or from ATCS.

    first: the time where nothing is left of a plan; warm: how cool the search goes on where something is.
    Each plan is searched with a seed of its own.
    """
    seeds = itertools.count()

    def plan(standing: Plant, left: Schedule) -> Schedule:
        start, is_kept = start_from(standing, left)
        given = seconds if left.runs or first is None else first
        cooled = warm if is_kept else 0.0
        found = search(
            standing, start, given, cooled=cooled, clock=time.thread_time, seed=next(seeds)
        )
        return found.schedule

    return plan


def measure(scene: Scene) -> Part:
    """Cost and processor time of all, under the same luck, over those of the planner.

    The split tells where the money goes: each component's share of what the planner's plant costs.
    Plants are met side by side in processes of their own; what is told is processor time.
    """
    effort = scene.effort
    plants = [Assignment(plant) for plant in scene.plants(effort.rolled)]
    found: dict[str, list[list[Rolled]]] = {name: [] for name in NAMES}
    pool = ProcessPoolExecutor(effort.workers, get_context("spawn"), _ready, (scene,))
    with pool:
        met = pool.map(partial(_met, scene), plants, range(len(plants)))
        for row, rolled in enumerate(met, 1):
            for name, done in rolled.items():
                found[name].append(done)
                told = ", ".join(f"{one.cost['total']:,.0f}" for one in done)
                progress(f"closed loop: plant {row} of {len(plants)}: {name} {told}")
    return _part(found, effort)


def _ready(scene: Scene) -> None:
    """Load what is compiled, in a process that is to measure."""
    prepare()
    plants = [Assignment(plant) for plant in scene.plants(1)]
    ready(_env(plants, PROMPT), scene.policy, [planner(0.01)])


def _met(scene: Scene, plant: Assignment, row: int) -> dict[str, list[Rolled]]:
    """A plant's episodes by all of those compared, one for each seed."""
    with one_thread():
        return {
            name: [_rolled(name, scene, plant, seed + row) for seed in scene.effort.seeds]
            for name in NAMES
        }


def _rolled(name: str, scene: Scene, plant: Assignment, seed: int) -> Rolled:
    """An episode of a plant by one of those compared."""
    hourly, lead = scene.effort.hourly, Carrying().lead
    planners = {
        PLANNER: (planner(hourly), 0),
        SOONER: (planner(hourly), lead),
        SHORTER: (planner(hourly / SHORT), 0),
        EARLY: (early(planner(hourly / SHORT), scene.effort.margin), lead),
    }
    if name in planners:
        plan, sooner = planners[name]
        return roll_planner(plant, plan, ROUGH, seed, clock=time.thread_time, lead=sooner)
    chosen = [early(planner(hourly / CHOSEN, hourly / FIRST, KEPT), one) for one in RESERVES]
    policies: dict[str, Callable[[], Policy]] = {
        POLICY: lambda: network_policy(scene.policy),
        SEARCHING: lambda: searching(scene.policy, chosen, seed=seed),
        RULE: lambda: _tuned([plant]),
    }
    env = _env([plant], PROMPT if name == SEARCHING else Rhythm())
    (done,) = roll_policy(env, policies[name](), seed, time.thread_time)
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
    hours = f"{Carrying().lead / 60:g} h"
    notes = {
        PLANNER: f" ({effort.hourly:g} s)", SOONER: f" ({hours})",
        SHORTER: f" ({effort.hourly / SHORT:.2g} s)", EARLY: f" ({effort.margin / 60:g} h, {hours})",
    }  # fmt: skip
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


def _env(plants: Sequence[Assignment], rhythm: Rhythm) -> FleetEnv:
    scales = [hourly_cost(one, tuned=False) for one in plants]
    mode = AutoresetMode.DISABLED
    return FleetEnv(plants, ROUGH, rhythm, scales, mode, copy=False)
