"""A plant run to its horizon's end in the fleet's simulation, by a planner that replans or by a policy.

Both live in the same simulation with the same luck and are priced by the same books. The planner gets the
plant as it stands (`envs.fleet.snapshot`) and what is left of its last plan, as often as it likes to be
asked; in between its plan is carried out: each line does its next planned run, in the planned units, as
soon as it is free and the components lie there, no earlier than planned or by so many minutes earlier. A
plan that luck has overtaken waits for the next one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.fleet.kernel.choices import OVERTIME, TOLD
from envs.fleet.kernel.deciding import ITEM, MODE, SIZE
from envs.fleet.kernel.stocks import DUST
from envs.fleet.luck import Luck
from envs.fleet.plants import FAR, TICK, Assignment, Rhythm
from envs.fleet.snapshot import snapshot
from envs.fleet_rules import Policy
from envs.vector_env import Actions, FleetEnv
from plant import Plant, Run, Schedule
from plant.arrays import plant_arrays
from plant.calendar import NEVER, changeover_start

Planner = Callable[[Plant, Schedule], Schedule]
"""A plant as it stands and what is left of the last plan, into the plan from there."""

PROMPT = Rhythm(hold=15)  # so that a planned run starts in the tick that it is planned for
EVERY = 60


@dataclass(frozen=True, slots=True)
class Rolled:
    """What an episode cost, by component and in all, and what deciding it took.

    thought: how often the planner or the policy was asked; seconds: processor time of its answers.
    """

    cost: dict[str, float]
    thought: int
    seconds: float


def roll_policy(
    env: FleetEnv, policy: Policy, seed: int, clock: Callable[[], float] = time.process_time
) -> list[Rolled]:
    """One episode of every plant of an environment under a policy; the time is shared out evenly."""
    _one_episode_each(env)
    env.reset(seed=seed)
    thought, seconds = np.zeros(env.num_envs, np.int64), 0.0
    while not env.is_over:
        thought += env.state.over == 0
        began = clock()
        action = policy(env)
        seconds += clock() - began
        env.advance(action)
    each = seconds / env.num_envs
    return [Rolled(env.costs(row), int(thought[row]), each) for row in range(env.num_envs)]


def roll_planner(
    assignment: Assignment,
    planner: Planner,
    luck: Luck,
    seed: int,
    every: int = EVERY,
    rhythm: Rhythm = PROMPT,
    clock: Callable[[], float] = time.process_time,
    lead: int = 0,
) -> Rolled:
    """One episode of a plant under a planner that is asked anew every so many minutes.

    It is asked when a line has to decide and the last plan is older than that: at night it is left alone.
    Runs may begin `lead` minutes before they are planned to.
    """
    env = FleetEnv([assignment], luck, rhythm, [1.0], AutoresetMode.DISABLED, copy=False)
    env.reset(seed=[seed])
    follower = Follower(env, lead)
    planned, thought, seconds = -FAR, 0, 0.0
    while not env.is_over:
        now = int(env.state.clock[0])
        if now >= planned + every and env.state.deciding.any():
            began = clock()
            standing = snapshot(assignment, env.fleet, env.state, 0)
            plan = planner(standing, follower.left(standing))
            seconds += clock() - began
            follower.take(plan)
            planned, thought = now, thought + 1
        before = follower.begun()
        env.advance(follower.action())
        follower.note(before)
    return Rolled(env.costs(0), thought, seconds)


def early(planner: Planner, margin: int) -> Planner:
    """A planner that plans for orders as if each were due so many minutes sooner.

    What is planned for the last minute is late when luck takes an hour. Orders that are due within the
    margin keep their due: they are urgent as they are.
    """

    def plan(standing: Plant, left: Schedule) -> Schedule:
        orders = tuple(
            replace(one, due=one.due - margin) if one.due > margin else one
            for one in standing.orders
        )
        return planner(replace(standing, orders=orders), left)

    return plan


def in_lines(plant: Plant, plan: Schedule, now: int = 0) -> list[list[Run]]:
    """The runs of a plan made at a minute line by line, in their order and in minutes of the episode."""
    index = plant_arrays(plant).line_index
    queues: list[list[Run]] = [[] for _ in plant.lines]
    for run in sorted(plan.runs, key=lambda one: one.start):
        moved = replace(run, start=run.start + now, end=run.end + now)
        queues[index[run.line]].append(moved)
    return queues


def _one_episode_each(env: FleetEnv) -> None:
    if env.metadata["autoreset_mode"] != AutoresetMode.DISABLED:
        raise ValueError("expected an environment with autoreset_mode DISABLED to play one episode")


class Follower:
    """Carries a plan out in an environment of one plant, line by line in the planned sequence.

    A run begins at most `lead` minutes before it is planned to.
    """

    def __init__(self, env: FleetEnv, lead: int = 0) -> None:
        if env.num_envs != 1:
            raise ValueError(f"expected an environment of one plant, found {env.num_envs}")
        self.env, self.lead = env, lead
        self.plant = env.assignments[0].plant
        self.place = plant_arrays(self.plant)
        self.queues: list[list[Run]] = [[] for _ in self.plant.lines]

    def take(self, plan: Schedule) -> None:
        """Follow a plan made for the plant as it stands; its minutes count from now."""
        now = int(self.env.state.clock[0])
        self.queues = in_lines(self.plant, plan, now)

    def left(self, standing: Plant) -> Schedule:
        """What of the plan has not begun, in minutes of the plant as it stands."""
        now = int(self.env.state.clock[0])
        runs: Sequence[Run] = [run for queue in self.queues for run in queue]
        return Schedule(
            tuple(
                replace(
                    run,
                    start=max(run.start - now, 0),
                    end=max(run.end - now, max(run.start - now, 0) + 1),
                )
                for run in runs
                if run.start - now < standing.horizon
            )
        )

    def action(self) -> Actions:
        """The choices [1, L, 3] that carry the plan on: a planned run in its minute, else to hold."""
        state, lines = self.env.state, self.env.fleet.lines
        action = np.zeros((1, lines, 3), np.int64)
        for line in np.flatnonzero(state.deciding).tolist():
            self._drop_unneeded(line)
            if not self.queues[line]:
                continue
            run = self.queues[line][0]
            slot = self._slot(line, run)
            if self._is_time(line, run) and state.option_quantity[line, slot] > 0:
                state.told[line] = run.quantity
                action[0, line, [ITEM, SIZE, MODE]] = slot + 1, TOLD, OVERTIME
        return action

    def begun(self) -> NDArray[np.int64]:
        """How many runs each line [L] has begun or been told."""
        state = self.env.state
        told: NDArray[np.int64] = state.runs + (state.start_at < FAR)
        return told

    def note(self, before: NDArray[np.int64]) -> None:
        """Strike out the planned runs of lines that were told one since they had `begun` so many."""
        for line in np.flatnonzero(self.begun() > before).tolist():
            self.queues[line].pop(0)

    def _drop_unneeded(self, line: int) -> None:
        """Strike out next runs that no order asks for any more."""
        queue, needed = self.queues[line], self.env.state.need_total
        while queue and needed[self.place.item_index[queue[0].item]] <= DUST:
            queue.pop(0)

    def _slot(self, line: int, run: Run) -> int:
        item = self.place.item_index[run.item]
        return int(np.flatnonzero(self.env.fleet.slot_item[line] == item)[0])

    def _is_time(self, line: int, run: Run) -> bool:
        """Whether the changeover into a run may begin before the next tick."""
        fleet, state = self.env.fleet, self.env.state
        old, new = int(state.family[line]), int(fleet.family[self.place.item_index[run.item]])
        minutes = int(fleet.changeovers.minutes[fleet.table[line], old, new]) if old >= 0 else 0
        begin = changeover_start(fleet.calendar, line, run.start, minutes)
        begin = run.start if begin == NEVER else begin
        return bool(begin < int(state.clock[0]) + int(fleet.rhythm[TICK]) + self.lead)
