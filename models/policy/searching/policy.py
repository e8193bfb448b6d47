"""A policy that goes on planning while the plant runs: its rule reacts, and says which plan lasts under luck.

Plans are made by others (`Planner`), each with reserves of its own against luck. Now and then several plan
at once, and what they made is played to the horizon's end under many draws of luck, with the policy's rule
for what no plan foresees; the plan that costs least is carried out. Until the next choice its planner
keeps it up to date. So a plant's reserves are found by simulation (a parametric cost function approximation,
Powell 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from envs.closed_loop import Planner, in_lines
from envs.fleet.observation import blank
from envs.fleet.plants import FAR, Assignment
from envs.fleet.snapshot import snapshot
from envs.fleet_rules import Policy
from envs.vector_env import Actions, FleetEnv
from models.policy.context import contexts
from models.policy.dispatcher import Dispatcher
from models.policy.fitting import rules_of
from models.policy.searching.ahead import Ahead
from models.policy.searching.carrying import (
    Carrying,
    Place,
    Queues,
    answer,
    place_in,
    queues_of,
    strike_out,
)
from plant import Run, Schedule

NOTHING = Schedule(())


@dataclass(frozen=True, slots=True)
class Pains:
    """How much is thought: a plan is made every so many minutes, one of several is chosen every `chosen`.

    plans: by how many planners, drawn anew each time; first: how many plans where nothing is left of one, the
    planners taking turns; draws: of luck that a choice is made under. Nothing is planned any more when less
    than `least` minutes are left.
    """

    every: int = 60
    chosen: int = 480
    plans: int = 3
    first: int = 8
    draws: int = 12
    least: int = 120


USUAL, CARRYING = Pains(), Carrying()


def searching(
    policy: Dispatcher,
    planners: Sequence[Planner],
    pains: Pains = USUAL,
    carrying: Carrying = CARRYING,
    seed: int = 0,
) -> Policy:
    """A policy of fleets that plans again and again.

    A planned run begins in its tick only where lines are asked as often (`envs.closed_loop.PROMPT`).

    Raises
    ------
    ValueError
        Without a planner.
    """
    if not planners:
        raise ValueError("planners: expected at least one, found none")
    known: list[_Searching] = []

    def choose(env: FleetEnv) -> Actions:
        if not known or known[0].env is not env:
            known[:] = [_Searching(env, policy, planners, pains, carrying, seed)]
        return known[0].act()

    return choose


def ready(env: FleetEnv, policy: Dispatcher, planners: Sequence[Planner]) -> None:
    """Load what is compiled: seconds that are no part of a decision's time. The environment is reset."""
    env.reset(seed=0)
    searching(policy, planners, Pains(plans=1, first=1, draws=1))(env)


@dataclass(slots=True)
class _Followed:
    """A plant's plan: its runs line by line, where it stands, when and by which planner it was made."""

    runs: list[list[Run]]
    queues: Queues
    place: Place
    planner: int = 0
    planned: int = -FAR
    chosen: int = -FAR

    def left(self, now: int, horizon: int) -> Schedule:
        """What of the plan has not begun, in minutes from now."""
        rest = []
        for queue, at, first in zip(self.runs, self.place.at, self.queues.first[0], strict=False):
            for run in queue[at - first :]:
                start = max(run.start - now, 0)
                if start < horizon:
                    rest.append(replace(run, start=start, end=start + run.end - run.start))
        return Schedule(tuple(rest))


class _Searching:
    """An environment's plants, each with the plan that it follows."""

    def __init__(
        self, env: FleetEnv, policy: Dispatcher, planners: Sequence[Planner], pains: Pains,
        carrying: Carrying, seed: int,
    ) -> None:  # fmt: skip
        self.env, self.planners, self.pains, self.carrying = env, planners, pains, carrying
        self.rng = np.random.default_rng(seed)
        self.rules = rules_of(policy, contexts(env.fleet, env.luck))
        self.luck, self.seen = env.luck.figures(), blank(env.fleet, env.scales)
        self.action = np.zeros((env.num_envs, env.fleet.lines, 3), np.int64)
        self.spare = self.action[0].copy()
        self.followed = [self._fresh(row) for row in range(env.num_envs)]

    def act(self) -> Actions:
        """What every line does now, after planning where it is time to."""
        env = self.env
        for row in np.flatnonzero(env.state.over == 0).tolist():
            if env.state.clock[row] < self.followed[row].planned:  # a new episode
                self.followed[row] = self._fresh(row)
            one = self.followed[row]
            strike_out(env.fleet, env.state, row, one.place)
            if self._is_due(row):
                self._plan(row)
            answer(
                env.fleet, env.state, self.luck, env.scales, row, one.queues, one.place,
                self.carrying.lead, self.carrying.urgent, self.rules[row], self.seen, self.spare,
                self.action[row],
            )  # fmt: skip
        return self.action

    def _is_due(self, row: int) -> bool:
        """Whether a plant has something to decide and was not planned for long."""
        env, now = self.env, int(self.env.state.clock[row])
        lines = slice(row * env.fleet.lines, (row + 1) * env.fleet.lines)
        return bool(
            now >= self.followed[row].planned + self.pains.every
            and env.state.deciding[lines].any()
            and env.fleet.horizon[row] - now > self.pains.least
        )

    def _plan(self, row: int) -> None:
        """Make a plan for a plant as it stands, or choose one of several."""
        env, one, now = self.env, self.followed[row], int(self.env.state.clock[row])
        known = env.assignments[row]
        standing = snapshot(known, env.fleet, env.state, row)
        left = one.left(now, standing.horizon)
        is_choice = now >= one.chosen + self.pains.chosen
        if is_choice:
            plan, one.planner = self._choice(row, replace(known, plant=standing), left)
            one.chosen = now
        else:
            plan = self.planners[one.planner](standing, left)
        self._follow(row, plan, now)
        one.planned = now

    def _choice(self, row: int, standing: Assignment, left: Schedule) -> tuple[Schedule, int]:
        """Of what is left of the plan and new ones, the cheapest under luck, and who made it."""
        known = len(self.planners)
        count = min(self.pains.plans, known) if left.runs else self.pains.first
        turns = [self.rng.permutation(known) for _ in range(count // known + 1)]
        who = np.concatenate(turns)[:count].tolist()
        plans = [self.planners[one](standing.plant, left) for one in who]
        if left.runs:
            plans.append(left)
            who.append(self.followed[row].planner)
        ahead = Ahead(
            standing, self.env.luck, self.carrying, self.rules[row], float(self.env.scales[row])
        )
        best = int(ahead.ranked(plans, self.pains.draws, self.rng)[0])
        return plans[best], who[best]

    def _follow(self, row: int, plan: Schedule, now: int) -> None:
        """Take a plan whose minutes count from now."""
        env, one = self.env, self.followed[row]
        plant = env.assignments[row].plant
        one.queues = queues_of(plant, env.fleet, row, [plan], now)
        one.place = place_in(one.queues, env.fleet.items)
        one.runs = in_lines(plant, plan, now)

    def _fresh(self, row: int) -> _Followed:
        env = self.env
        queues = queues_of(env.assignments[row].plant, env.fleet, row, [NOTHING])
        return _Followed([], queues, place_in(queues, env.fleet.items))
