"""The same weights on plants of 20, 50 and 100 lines, beside tuned ATCS, the optimiser and a specialist."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from benchmarks.dispatching.scope import Part, Scene, beside, scale_of, written
from benchmarks.report import progress
from envs.fleet.luck import CERTAIN
from models.optimize import prepare, solve
from models.policy.evaluation import Entrant, greedy, judge, tuned
from models.policy.files import load_policy


def measure(scene: Scene, specialists: dict[int, Path]) -> Part:
    """By number of lines, what the policy costs over each of the others; specialists where there are any."""
    effort = scene.effort
    columns = ("lines", "over tuned ATCS", "over the optimiser", "over a specialist")
    part = Part("Plants of other sizes, without learning anew", columns)
    prepare()
    for lines in effort.sizes:
        progress(f"{lines} lines")
        plants = scene.plants(effort.each_size, replace(effort.spread, lines=(lines, lines)))
        entrants: list[Entrant] = [greedy(scene.policy), tuned(CERTAIN)]
        if lines in specialists:
            entrants.append(greedy(load_policy(specialists[lines]), "specialist"))
        found = list(
            judge(plants, entrants, clock=time.thread_time, scales=list(map(scale_of, plants)))
        )
        mine, rule, *own = (one.costs[:, 0].tolist() for one in found)
        planned = [
            solve(one, seconds=effort.long, workers=effort.workers).cost.total for one in plants
        ]
        over, above = beside(mine, rule), beside(mine, planned)
        special = beside(mine, own[0]) if own else None
        part.rows.append(
            (lines, written(over), written(above), written(special) if special else "-")
        )
        part.figures[str(lines)] = {
            "over_atcs": over.mean, "over_optimiser": above.mean,
            "over_specialist": special.mean if special else None,
        }  # fmt: skip
    return part
