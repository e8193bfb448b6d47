"""The same weights on plants of 20, 50 and 100 lines, beside tuned ATCS, the optimiser and specialists.

Specialists are made by `python -m pipelines.specialist`; with few rounds it fine-tunes the weights.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.dispatching.scope import Part, Scene, beside, written
from benchmarks.report import progress
from envs.fleet.luck import CERTAIN
from models.optimize import prepare, solve
from models.policy.evaluation import Entrant, greedy, judge, tuned
from models.policy.files import load_policy

MINE, RULE, SPECIAL, TUNED, PLANNED = "policy", "atcs", "specialist", "fine_tuned", "optimiser"
COLUMNS = {
    "over tuned ATCS": (MINE, RULE),
    "over the optimiser": (MINE, PLANNED),
    "over a specialist": (MINE, SPECIAL),
    "fine-tuned, over a specialist": (TUNED, SPECIAL),
}


def measure(
    scene: Scene, specialists: Mapping[int, Path], fine_tuned: Mapping[int, Path] | None = None
) -> Part:
    """By number of lines, what the policy costs over each of the others, where there are such."""
    part = Part("Plants of other sizes, without learning anew", ("lines", *COLUMNS))
    others = {SPECIAL: specialists, TUNED: fine_tuned or {}}
    if scene.effort.long > 0:
        prepare()
    for lines in scene.effort.sizes:
        progress(f"{lines} lines")
        entrants = [greedy(scene.policy, MINE), replace(tuned(CERTAIN), name=RULE)]
        entrants += [
            greedy(load_policy(folders[lines]), name)
            for name, folders in others.items()
            if lines in folders
        ]
        costs = _costs(scene, lines, entrants)
        over = {
            name: beside(costs[mine], costs[theirs])
            for name, (mine, theirs) in COLUMNS.items()
            if mine in costs and theirs in costs
        }
        part.rows.append((lines, *(written(over[one]) if one in over else "-" for one in COLUMNS)))
        part.figures[str(lines)] = {
            name: {"mean": one.mean, "low": one.low, "high": one.high} for name, one in over.items()
        } | {"costs": costs}
    return part


def _costs(scene: Scene, lines: int, entrants: list[Entrant]) -> dict[str, list[float]]:
    """What each plant of a size costs by each entrant, and planned by the optimiser."""
    effort = scene.effort
    plants = scene.plants(effort.each_size, replace(effort.spread, lines=(lines, lines)))
    found = judge(plants, entrants, clock=time.thread_time)
    costs: dict[str, list[float]] = {one.name: one.costs[:, 0].tolist() for one in found}
    if effort.long > 0:
        planned = [solve(one, seconds=effort.long, workers=effort.workers) for one in plants]
        costs[PLANNED] = [one.cost.total for one in planned]
    return costs
