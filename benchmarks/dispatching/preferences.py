"""The same weights where planners want other things, beside ATCS tuned for what they want."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.dispatching.scope import Part, Scene, beside, written
from benchmarks.report import progress
from envs.fleet.plants import Assignment
from envs.rules import tuned_atcs
from models.policy.draft import WAYS, Played, played
from plant import Plant, Weights, evaluate

USUAL = Weights()
WANTED = {
    "as the plant's money says": USUAL,
    "tardiness × 4": replace(USUAL, tardiness=4.0),
    "tardiness / 4": replace(USUAL, tardiness=0.25),
    "production × 4": replace(USUAL, production=4.0),
    "production / 4": replace(USUAL, production=0.25),
    "changeover × 5": replace(USUAL, changeover=5.0),
    "holding × 10": replace(USUAL, holding=10.0),
}


def measure(scene: Scene) -> Part:
    """By objective, what the policy costs over list ATCS tuned for it, all under that objective."""
    plants = scene.plants(scene.effort.plants)
    columns = ("objective", "own style", f"best of {WAYS}", "draft")
    part = Part(f"{len(plants)} test plants, other objectives, over tuned list ATCS", columns)
    for name, weights in WANTED.items():
        told, rule = [], []
        for number, plant in enumerate(plants):
            progress(f"{name}: plant {number + 1} of {len(plants)}")
            told.append(_played(scene, plant, weights))
            rule.append(evaluate(plant, tuned_atcs(plant, weights), weights=weights).cost.total)
        ways = (
            [one.own for one in told],
            [float(one.costs[0].min()) for one in told],
            [float(one.costs.min()) for one in told],
        )
        over = [beside(costs, rule) for costs in ways]
        part.rows.append((name, *map(written, over)))
        part.figures[name] = {
            column: {"over": one.mean, "low": one.low, "high": one.high}
            for column, one in zip(columns[1:], over, strict=True)
        }
    return part


def _played(scene: Scene, plant: Plant, weights: Weights) -> Played:
    return played(Assignment(plant, weights), scene.policy, np.random.default_rng(0))
