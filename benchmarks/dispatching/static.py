"""Held plants as planned: rules, the policy alone, local search and the optimiser's long run in one table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from benchmarks.dispatching.scope import Part, Scene, beside, written
from benchmarks.report import progress
from envs.fleet.luck import CERTAIN
from envs.rules import RULES, dispatch, tuned_atcs
from models.optimize import prepare, solve
from models.optimize.search.annealing import search
from models.policy.draft import ROUNDS, WAYS, draft
from models.policy.evaluation import greedy, judge, tuned
from plant import Plant, Schedule, evaluate

LIST_ATCS, SEARCH, LONG = "list ATCS, tuned per plant", "local search", "optimiser, long"


def measure(scene: Scene) -> Part:
    """Costs of every way to plan, over tuned ATCS and over the best known of each plant."""
    plants = scene.plants(scene.effort.plants)
    _drafted(scene, 1, plants[0])  # compiles, or loads what was compiled
    costs: dict[str, list[float]] = {}
    seconds: dict[str, float] = {}
    entrants = (greedy(scene.policy), tuned(CERTAIN))
    for one in judge(plants, entrants, clock=time.thread_time):
        progress(one.name)
        costs[one.name], seconds[one.name] = one.costs[:, 0].tolist(), one.seconds
    prepare()
    for name, plan in _planners(scene):
        costs[name], began = [], time.process_time()
        for number, plant in enumerate(plants):
            progress(f"{name}: plant {number + 1} of {len(plants)}")
            costs[name].append(evaluate(plant, plan(plant)).cost.total)
        seconds[name] = (time.process_time() - began) / len(plants)
    best = [min(each) for each in zip(*costs.values(), strict=True)]
    columns = ("who plans", "over tuned list ATCS", "over best known", "s a plant")
    part = Part(f"{len(plants)} test plants as planned", columns)
    for name, each in costs.items():
        over, above = beside(each, costs[LIST_ATCS]), beside(each, best)
        part.rows.append((name, written(over), written(above), seconds[name]))
        part.figures[name] = {"over_atcs": over.mean, "over_best": above.mean, "costs": each}
    return part


def _planners(scene: Scene) -> Iterator[tuple[str, Callable[[Plant], Schedule]]]:
    effort = scene.effort
    yield LIST_ATCS, tuned_atcs
    for episodes in (effort.trials, WAYS * ROUNDS):
        yield f"policy, best of {episodes}", partial(_drafted, scene, max(episodes // WAYS, 1))
    yield (
        f"{SEARCH}, {effort.search:g} s",
        lambda plant: (
            search(
                plant, dispatch(plant, RULES["atcs"]), effort.search, clock=time.thread_time
            ).schedule
        ),
    )
    yield (
        f"{LONG} ({effort.long:g} s × {effort.workers})",
        lambda plant: solve(plant, seconds=effort.long, workers=effort.workers).schedule,
    )


def _drafted(scene: Scene, rounds: int, plant: Plant) -> Schedule:
    return draft(plant, scene.policy, np.random.default_rng(0), rounds)
