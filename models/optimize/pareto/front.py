"""Plans beside each other: what they are compared in, which of them stay, and those asked for by name.

The objectives are money as `plant.evaluate` says it under the planner's weights, each minimised. They
add up to the total cost, so that the cheapest plan of all that were met is always one that stays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import moocore
import numpy as np

from plant import Cost, Evaluation, Kpis, Schedule, Weights
from plant.arrays import Floats

# What each objective adds up of `plant.Cost`. Efficiency is what lines cost while they make nothing.
OBJECTIVES = {
    "tardiness": ("tardiness",),
    "production": ("production",),
    "inventory": ("holding",),
    "efficiency": ("idle", "changeover"),
}
CALM, SPAN = {"calm": ("instability",)}, {"makespan": ("makespan",)}
# How much worse than the incumbent a plan may be in an objective: this share of the incumbent's own,
# but at least and at most these shares of the incumbent's total cost. For moves always the most: an
# incumbent that moves nothing should leave room for plans that do.
ROOM, LEAST_ROOM, MOST_ROOM = 0.25, 0.005, 0.05
CLOSE = 1e-9

Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A feasible schedule as the referee sees it.

    values: money by objective. changed: runs of the base that are gone or have another line or start
    (0 without a base). found_by: "start", "rule", "search" or "crossover".
    """

    schedule: Schedule
    cost: Cost
    kpis: Kpis
    values: Values
    changed: int
    found_by: str

    @property
    def calmness(self) -> tuple[float, ...]:
        """Moves of the slush zone, changed base runs, changeovers and their hours: less is calmer."""
        kpis = self.kpis
        return (kpis.moves, self.changed, kpis.changeovers, kpis.changeover_hours)


@dataclass(frozen=True, slots=True)
class Box:
    """The reference point of the hypervolume, and the room between it and the incumbent, by objective.

    A plan counts where it is below the reference in every objective.
    """

    reference: Values
    room: Values

    def holds(self, values: Values) -> bool:
        """Whether a plan with these values counts."""
        return all(value < most for value, most in zip(values, self.reference, strict=True))

    def excess(self, values: Values) -> float:
        """By how many rooms, summed over the objectives, a plan lies above the reference."""
        above = np.subtract(values, self.reference) / np.array(self.room)
        return float(np.maximum(above, 0.0).sum())

    def hypervolume(self, points: Sequence[Values]) -> float:
        """The volume that the points dominate below the reference; the incumbent alone has 1."""
        inside = [values for values in points if self.holds(values)]
        if not inside:
            return 0.0
        return float(moocore.hypervolume(self._scaled(inside), ref=np.zeros(len(self.room))))

    def contributions(self, points: Sequence[Values]) -> Floats:
        """The volume that would go with each point [P]."""
        found: Floats = moocore.hv_contributions(self._scaled(points), ref=np.zeros(len(self.room)))
        return found

    def _scaled(self, points: Sequence[Values]) -> Floats:
        return np.ascontiguousarray((np.array(points) - self.reference) / np.array(self.room))


@dataclass(frozen=True, slots=True)
class Front:
    """Feasible plans of which none is better than another in every objective.

    objectives: their names, in the order of each plan's values. plans: cheapest first. picks: place in
    plans of the "cheapest" (total cost), "on_time" (tardiness), "leanest" (inventory), "calmest"
    (`Plan.calmness`). hypervolume: see `Box`. tried: schedules that were priced. notes: in words, why
    there are no plans.
    """

    objectives: tuple[str, ...]
    plans: tuple[Plan, ...]
    picks: dict[str, int]
    box: Box | None
    hypervolume: float
    tried: int
    notes: tuple[str, ...] = ()


def objectives_of(weights: Weights, has_base: bool) -> dict[str, tuple[str, ...]]:
    """The objectives by name: the usual four, calm where there is a base, makespan where it counts."""
    return OBJECTIVES | (CALM if has_base else {}) | (SPAN if weights.makespan > 0 else {})


def values_of(cost: Cost, objectives: dict[str, tuple[str, ...]]) -> Values:
    """The money of each objective."""
    return tuple(sum(getattr(cost, part) for part in parts) for parts in objectives.values())


def box_around(plan: Plan, objectives: Sequence[str]) -> Box:
    """The box in which the alternatives to a plan lie."""
    total = plan.cost.total
    least, most = max(LEAST_ROOM * total, CLOSE), max(MOST_ROOM * total, CLOSE)
    room = tuple(
        most if name in CALM else min(max(ROOM * value, least), most)
        for name, value in zip(objectives, plan.values, strict=True)
    )
    reference = tuple(value + more for value, more in zip(plan.values, room, strict=True))
    return Box(reference, room)


def dominates(one: Values, other: Values) -> bool:
    """Whether one is nowhere above the other by more than rounding."""
    return all(a <= b + CLOSE * max(1.0, abs(b)) for a, b in zip(one, other, strict=True))


class Archive:
    """The plans that stay: in the box, none dominated by or equal to another, at most so many."""

    def __init__(self, box: Box, most: int) -> None:
        self.box, self.most = box, most
        self.plans: list[Plan] = []

    def offer(self, plan: Plan) -> bool:
        """Whether the plan stays.

        It has to be in the box, no plan there may be as good in every objective, and where there are
        too many it may not be the one that adds least.
        """
        if not self.box.holds(plan.values):
            return False
        if any(dominates(one.values, plan.values) for one in self.plans):
            return False
        self.plans = [one for one in self.plans if not dominates(plan.values, one.values)]
        self.plans.append(plan)
        if len(self.plans) > self.most:
            self._let_go()
        return any(one is plan for one in self.plans)

    def front(self, objectives: dict[str, tuple[str, ...]], tried: int) -> Front:
        """What is there, by cost."""
        plans = tuple(sorted(self.plans, key=lambda plan: (plan.cost.total, plan.values)))
        volume = self.box.hypervolume([plan.values for plan in plans])
        return Front(tuple(objectives), plans, picks_of(plans), self.box, volume, tried)

    def _let_go(self) -> None:
        """Let go of the plan that adds least to the hypervolume, but of none that has a name."""
        named = set(picks_of(self.plans).values())
        adds = self.box.contributions([plan.values for plan in self.plans])
        del self.plans[min(set(range(len(adds))) - named, key=lambda n: (adds[n], n))]


def picks_of(plans: Sequence[Plan]) -> dict[str, int]:
    """The place of each plan that has a name; ties go to the cheaper one."""
    if not plans:
        return {}
    ranks: dict[str, Callable[[Plan], tuple[float, ...]]] = {
        "cheapest": lambda plan: (),
        "on_time": lambda plan: plan.values[:1],
        "leanest": lambda plan: plan.values[2:3],
        "calmest": lambda plan: plan.calmness,
    }
    return {
        name: min(range(len(plans)), key=lambda n: (rank(plans[n]), plans[n].cost.total))
        for name, rank in ranks.items()
    }


def plan_of(
    schedule: Schedule,
    verdict: Evaluation,
    objectives: dict[str, tuple[str, ...]],
    base: Schedule | None,
    found_by: str,
) -> Plan:
    """A judged schedule as a plan."""
    now = {run.id: (run.line, run.start) for run in schedule.runs}
    old = base.runs if base else ()
    changed = sum(now.get(run.id) != (run.line, run.start) for run in old)
    values = values_of(verdict.cost, objectives)
    return Plan(schedule, verdict.cost, verdict.kpis, values, changed, found_by)
