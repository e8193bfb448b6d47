"""From which start the optimiser is soon where a second would bring it: EDD, ATCS or plans of the policy."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.random import default_rng

from benchmarks.dispatching.scope import Part, Scene
from benchmarks.report import progress
from envs.fleet.plants import Assignment
from envs.fleet.scale import hourly_cost
from envs.rules import RULES, dispatch
from envs.vector_env import FleetEnv
from models.optimize import prepare
from models.optimize.search.annealing import search
from models.policy.acting import one_thread, policy_of
from models.policy.dispatcher import Dispatcher
from models.policy.draft import WAYS, draft
from plant import Plant, Schedule, evaluate

SECOND = 1.0


def measure(scene: Scene) -> Part:
    """What the search comes to from each start in each time, over what a second makes of ATCS.

    Every start has the cooling that serves it best on average; the policy's own time is told beside.
    """
    budgets, coolings = scene.effort.budgets, scene.effort.coolings
    plants = scene.plants(scene.effort.each_size * 2)
    prepare()
    starts: dict[str, Callable[[Plant], Schedule]] = {
        "EDD": lambda plant: dispatch(plant, RULES["edd"]),
        "ATCS": lambda plant: dispatch(plant, RULES["atcs"]),
        "policy, own style": lambda plant: _planned(plant, scene.policy),
        f"policy, best of {WAYS}": lambda plant: draft(plant, scene.policy, default_rng(0), 1),
    }
    mean = {name: np.zeros((len(coolings), len(budgets))) for name in starts}
    seconds = dict.fromkeys(starts, 0.0)
    for number, plant in enumerate(plants):
        progress(f"starts: plant {number + 1} of {len(plants)}")
        target = _cost(plant, _searched(plant, starts["ATCS"](plant), SECOND, 0.0))
        for name, make in starts.items():
            began = time.thread_time()
            start = make(plant)
            seconds[name] += (time.thread_time() - began) / len(plants)
            for row, cooled in enumerate(coolings):
                for column, budget in enumerate(budgets):
                    found = _searched(plant, start, budget, cooled)
                    mean[name][row, column] += _cost(plant, found) / target / len(plants)
    columns = ("start", "s to make", *(f"{b:g} s" for b in budgets), "there after")
    part = Part("Cost over what a second of search makes of ATCS", columns)
    for name, each in mean.items():
        best = each[each.mean(axis=1).argmin()]
        there = [budget for budget, cost in zip(budgets, best, strict=True) if cost <= 1.0 + 1e-9]
        when = f"{there[0]:g} s" if there else f"more than {budgets[-1]:g} s"
        cells = [f"{cost - 1:+.1%}" for cost in best]
        part.rows.append((name, seconds[name], *cells, when))
        part.figures[name] = {"over": (best - 1).tolist(), "there_after": there[:1],
                              "making": seconds[name]}  # fmt: skip
    return part


def _planned(plant: Plant, policy: Dispatcher) -> Schedule:
    """The policy's most likely plan; what an hour costs is told by ATCS as it comes, which is quick."""
    hours = plant.horizon // 60 + 1
    room = 2 * hours * len(plant.lines)
    mode = AutoresetMode.DISABLED
    env = FleetEnv(
        [plant],
        scales=[hourly_cost(Assignment(plant), tuned=False)],
        autoreset_mode=mode,
        copy=False,
        record=room,
    )
    env.reset(seed=0)
    act = policy_of(policy)
    with one_thread():
        while not env.is_over:
            env.advance(act(env))
    return env.schedule(0)


def _searched(plant: Plant, start: Schedule, seconds: float, cooled: float) -> Schedule:
    return search(plant, start, seconds, cooled=cooled, clock=time.thread_time).schedule


def _cost(plant: Plant, schedule: Schedule) -> float:
    return evaluate(plant, schedule).cost.total
