"""What rewards are measured in: the money per hour that a good rule costs on a plant."""

from __future__ import annotations

from envs.fleet.plants import Assignment
from envs.rules import RULES, dispatch, tuned_atcs
from plant import evaluate


def hourly_cost(assignment: Assignment, tuned: bool = True) -> float:
    """Money per hour that ATCS costs on a plant, its parameters chosen for the plant where `tuned`."""
    plant, weights, base, zones = (
        assignment.plant, assignment.weights, assignment.base, assignment.zones,
    )  # fmt: skip
    if tuned:
        schedule = tuned_atcs(plant, weights, base, zones)
    else:
        schedule = dispatch(plant, RULES["atcs"], base, zones)
    total = evaluate(plant, schedule, base, weights, zones).cost.total
    return max(total / (plant.horizon / 60.0), 1e-6)
