"""A plan carried out by the choices that a policy has: item, size and mode, tick by tick.

`envs.closed_loop.Follower` tells lines the planned units; a policy cannot. Here a line takes the size that
comes nearest, and what that leaves over or under falls to the item's next runs. A plan is made for the
minute, and ticks, lots and parts that are a tick late overtake it: so it is made anew every few hours, of
what is left, for the plant as it stands then.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from envs.closed_loop import Planner, in_lines
from envs.fleet.kernel.stocks import DUST
from envs.fleet.plants import FAR
from envs.fleet.snapshot import snapshot
from envs.vector_env import FleetEnv
from models.policy.learning.imitation.lots import nearest_lot
from plant import Plant, PlantError, Problem, Run, Schedule, evaluate
from plant.arrays import plant_arrays
from plant.calendar import NEVER, changeover_start

EVERY = 240  # minutes; a plan followed to its end costs 1.04 of the policy's own, made anew so often 0.92
SOONER = 120  # minutes that a run may begin before its time, rather than that its line holds
WORTH_A_RUN = 0.3  # of a lot: a smaller rest falls to the item's next run


class DemonstratorError(PlantError):
    """Who was to show how a plant is scheduled has broken its rules."""


class PlanFollower:
    """Carries plans out on one plant of an environment, and asks for new ones."""

    def __init__(
        self, env: FleetEnv, row: int, planner: Planner, name: str, every: int = EVERY
    ) -> None:
        self.env, self.row, self.planner, self.name, self.every = env, row, planner, name, every
        self.plant = env.assignments[row].plant
        self.place = plant_arrays(self.plant)
        self.first_line, self.first_item = row * env.fleet.lines, row * env.fleet.items
        self.queues: list[list[Run]] = [[] for _ in self.plant.lines]
        self.planned = -FAR
        self.begun = self._begun()

    def choices(self) -> NDArray[np.int64]:
        """What each line does [L, 3] to carry the plan on: its next run in its time, else to hold."""
        state, lines = self.env.state, self.env.fleet.lines
        told = np.zeros((lines, 3), np.int64)
        asked = np.flatnonzero(state.deciding[self.first_line : self.first_line + lines])
        if len(asked) and state.clock[self.row] >= self.planned + self.every:
            self._plan()
        for line in asked.tolist():
            told[line] = self._choice(line)
        self.begun = self._begun()
        return told

    def note(self) -> None:
        """Strike out what the lines have been told since they were last asked, whoever told them."""
        begun = self._begun()
        for line in np.flatnonzero(begun > self.begun).tolist():
            item, units = self._told(self.first_line + line)
            self._strike(line, item, units)
        self.begun = begun

    def left(self, standing: Plant) -> Schedule:
        """What of the plan has not begun, in minutes of the plant as it stands."""
        now = int(self.env.state.clock[self.row])
        runs = [run for queue in self.queues for run in queue if run.start - now < standing.horizon]
        return Schedule(tuple(_moved(self._whole(run), -now) for run in runs))

    def _plan(self) -> None:
        """Ask for a plan of the plant as it stands."""
        now = int(self.env.state.clock[self.row])
        standing = snapshot(
            self.env.assignments[self.row], self.env.fleet, self.env.state, self.row
        )
        plan = self.planner(standing, self.left(standing))
        self._check(standing, plan, now)
        self.planned = now
        self.queues = in_lines(self.plant, plan, now)

    def _check(self, standing: Plant, plan: Schedule, now: int) -> None:
        broken = evaluate(standing, plan).violations
        if broken:
            where = f'demonstrator "{self.name}", row {self.row}, minute {now}'
            found = f"{len(broken)} broken rules, the first: {broken[0].message}"
            raise DemonstratorError([
                Problem(where, "plan", "a feasible one; mend or leave out the demonstrator", found)
            ])  # fmt: skip

    def _choice(self, line: int) -> tuple[int, int, int]:
        """Choice, size and mode of a line that is asked."""
        queue, state = self.queues[line], self.env.state
        while queue and state.need_total[self._item(queue[0])] <= DUST:
            queue.pop(0)
        if not queue or not self._is_time(line, queue[0]):
            return 0, 0, 0
        row, run = self.first_line + line, queue[0]
        slot = int(np.flatnonzero(self.env.fleet.slot_item[row] == self._item(run))[0])
        if state.option_quantity[row, slot] <= 0:
            return 0, 0, 0
        size, mode, units = nearest_lot(self.env.stage, row, slot, run.quantity)
        return (slot + 1, size, mode) if units > 0 else (0, 0, 0)

    def _is_time(self, line: int, run: Run) -> bool:
        """Whether the changeover into a run is to begin before long."""
        fleet, state, row = self.env.fleet, self.env.state, self.first_line + line
        old, new = int(state.family[row]), int(fleet.family[self._item(run)])
        minutes = int(fleet.changeovers.minutes[fleet.table[row], old, new]) if old >= 0 else 0
        begin = changeover_start(fleet.calendar, row, run.start, minutes)
        begin = run.start if begin == NEVER else begin
        return bool(begin < max(int(state.clock[self.row]), int(state.ask_at[row])) + SOONER)

    def _told(self, row: int) -> tuple[int, float]:
        """The item and the units that a line was last told to make."""
        state = self.env.state
        if state.start_at[row] < FAR:
            return int(state.start_item[row]), float(state.start_quantity[row])
        return int(state.end_item[row]), float(state.end_quantity[row])

    def _strike(self, line: int, item: int, units: float) -> None:
        """Take what a line makes off its next run or, as far as that had other units, off those after it."""
        queue = self.queues[line]
        if queue and self._item(queue[0]) == item:
            run = queue.pop(0)
            rest = run.quantity - units
            if rest > WORTH_A_RUN * units:
                queue.insert(0, replace(run, quantity=rest))
                return
        else:
            rest = -units
        self._add(item, rest)

    def _add(self, item: int, units: float) -> None:
        """Let the item's next runs make so many units more, or fewer where that is below 0."""
        while (found := self._next_of(item)) is not None:
            queue, place = found
            left = queue[place].quantity + units
            if left > DUST:
                queue[place] = replace(queue[place], quantity=left)
                return
            queue.pop(place)
            units = left

    def _next_of(self, item: int) -> tuple[list[Run], int] | None:
        """The queue and the place of the item's next planned run."""
        places = [
            (run.start, number, place)
            for number, queue in enumerate(self.queues)
            for place, run in enumerate(queue)
            if self._item(run) == item
        ]
        if not places:
            return None
        _, number, place = min(places)
        return self.queues[number], place

    def _item(self, run: Run) -> int:
        return self.first_item + self.place.item_index[run.item]

    def _whole(self, run: Run) -> Run:
        """A run with the least lot that its line allows of at least its units."""
        line, item = self.place.line_index[run.line], self.place.item_index[run.item]
        least = float(self.place.capabilities.min_lot[line, item])
        multiple = float(self.place.capabilities.lot_multiple[line, item])
        units = max(run.quantity, least)
        if multiple > 0:
            units = math.ceil(units / multiple - 1e-9) * multiple
        return replace(run, quantity=units)

    def _begun(self) -> NDArray[np.int64]:
        """How many runs each line of the plant has begun or been told."""
        state, lines = self.env.state, len(self.plant.lines)
        rows = slice(self.first_line, self.first_line + lines)
        told: NDArray[np.int64] = state.runs[rows] + (state.start_at[rows] < FAR)
        return told


def _moved(run: Run, minutes: int) -> Run:
    """A run so many minutes later, not before minute 0."""
    start = max(run.start + minutes, 0)
    return replace(run, start=start, end=max(run.end + minutes, start + 1))
