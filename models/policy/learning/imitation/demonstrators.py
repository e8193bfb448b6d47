"""Who shows how plants are scheduled: the optimiser's plans, and rules as good as they can be made.

- `plan`: the planner's plans, carried out by the choices that a policy has.
- `list`: plans of list ATCS, tuned for the plant, carried out likewise.
- `fitted`: the policy's rule, fitted to the plant by playing it.
- `own`: the policy's rule as it leans to the plant.
- `atcs`: ATCS in the simulation, tuned for the plant.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from envs.closed_loop import Planner
from envs.fleet_rules import Policy, tune
from envs.fleet_rules import policy_of as rule_policy
from envs.rules import dispatch, tune_atcs
from envs.vector_env import Actions
from models.policy.dispatcher import Dispatcher
from models.policy.fitting import rules_of
from models.policy.learning.groups import Group, group_of
from models.policy.learning.imitation.following import PlanFollower
from models.policy.learning.recipe import Shown
from models.policy.learning.styles import fitted_style
from plant import Plant, Schedule

FITTED_IN, FITTING_ROUNDS = 16, 12  # ways and rounds of fitting the rule to a plant
SEED = 0  # of the luck that ATCS is tuned with


class Demonstrators:
    """Answers for every row of a group, each by its own demonstrator.

    `shown` has one for each way of a plant. Rows are asked as the plant stands, whoever led it there.
    """

    def __init__(
        self,
        group: Group,
        bare: Dispatcher,
        shown: Sequence[Shown],
        planner: Planner | None,
        rng: np.random.Generator,
    ) -> None:
        if len(shown) != group.ways:
            raise ValueError(
                f"expected a demonstrator for each of {group.ways} ways, found {shown}"
            )
        if "plan" in shown and planner is None:
            raise ValueError('demonstrator "plan": expected a planner, found none; hand one over')
        self.group, self.shown = group, list(shown) * group.plants
        self.rules = rules_of(bare, group.figures).repeat(group.ways, axis=0)
        for row in self._rows("fitted"):
            self.rules[row] += _fitted(bare, group, row, rng)
        self.atcs = self._atcs() if "atcs" in shown else None
        self.followers = {row: self._follower(row, planner) for row in self._rows("plan", "list")}

    def answer(self) -> Actions:
        """What the demonstrators would do now [B, L, 3]."""
        env = self.group.env
        told = self.group.player.act(self.rules).copy()
        if self.atcs is not None:
            rows = self._rows("atcs")
            told[rows] = self.atcs(env)[rows]
        for row, follower in self.followers.items():
            if not env.state.over[row]:
                told[row] = follower.choices()
        return told

    def note(self) -> None:
        """Let the plans know what was done since they were asked."""
        for row, follower in self.followers.items():
            if not self.group.env.state.over[row]:
                follower.note()

    def _rows(self, *names: Shown) -> list[int]:
        return [row for row, name in enumerate(self.shown) if name in names]

    def _follower(self, row: int, planner: Planner | None) -> PlanFollower:
        name = self.shown[row]
        if name == "list" or planner is None:
            planner = _listing(self.group.env.assignments[row].plant)
        return PlanFollower(self.group.env, row, planner, name)

    def _atcs(self) -> Policy:
        """ATCS with the parameters that are cheapest for each plant."""
        group = self.group
        plants = group.env.assignments[:: group.ways]
        alone = group_of(plants, 1, group.env.luck).env
        rules = tune(alone, [SEED])
        return rule_policy(group.env, [rule for rule in rules for _ in range(group.ways)])


def _fitted(
    bare: Dispatcher, group: Group, row: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """What the rule fitted to a row's plant adds to the policy's."""
    alone = group_of([group.env.assignments[row]], FITTED_IN, group.env.luck)
    return fitted_style(bare, alone, rng, FITTING_ROUNDS)[0]


def _listing(plant: Plant) -> Planner:
    """Plans by list ATCS with the parameters that are cheapest for a plant."""
    rule, _ = tune_atcs(plant)

    def plan(standing: Plant, left: Schedule) -> Schedule:
        return dispatch(standing, rule)

    return plan
