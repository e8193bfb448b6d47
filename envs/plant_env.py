"""One plant as a Gymnasium environment: every epoch, what each idle line does next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from envs.choices import decide, greedy, next_epoch
from envs.kernel import State, new_state, with_room
from envs.observation import (
    ITEM_FEATURES,
    LINE_FEATURES,
    PLANT_FEATURES,
    SLOT_FEATURES,
    observe_items,
    observe_lines,
    observe_mask,
    observe_plant,
    observe_slots,
)
from envs.rules import kept_runs
from envs.world import Pace, World, build_world
from plant import COMPONENTS, Plant, Run, Schedule, Weights, Zones

Observation = dict[str, NDArray[Any]]
Action = NDArray[np.int64]
PATIENCE_DAYS = 5.0


class PlantEnv(gym.Env[Observation, Action]):
    """Schedules one plant; deterministic unless `demand_noise` is above 0.

    Semi-Markov: a step lasts until the next minute in which a line can choose something else than to
    hold (`info["minutes"]`); lines that fall idle within `pace.window` decide together. An episode is
    truncated, not terminated, at the horizon.

    Observation (a dict; L lines, I items, K the most items that one line can make):

    - `plant` float32 [6], `lines` float32 [L, 9], `items` float32 [I, 11], `slots` float32 [L, K, 14]:
      see `envs.observation`.
    - `slot_item` int32 [L, K]: the item's index of each slot, -1 where there is none.
    - `mask` int8 [L, 1 + K]: 1 where the choice can be made. A line that does not decide has only hold.

    Action: MultiDiscrete [L] of 1 + K: 0 holds, k makes the item of slot k - 1, as much as the quantity
    rule of `envs.choices` says.

    Reward: minus the weighted money that the step cost, over `scale`, the money per hour that a greedy
    rule costs on this plant. The sum of `info["cost"]`, with what `reset` charged, is the `evaluate`
    cost of `schedule()`.

    Parameters
    ----------
    weights, base, zones
        As in `plant.evaluate`. The base's frozen and locked runs, and what those need, stay as they are
        whatever their lock would allow; the others are planned anew, none to start in the frozen zone.
    demand_noise
        Spread (log-normal sigma) of order quantities, drawn anew by each reset; 0 leaves them.
    scale
        Money per hour for the reward; worked out by one greedy episode where None.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium's own declaration

    def __init__(
        self,
        plant: Plant,
        weights: Weights = Weights(),
        base: Schedule | None = None,
        zones: Zones = Zones(),
        pace: Pace = Pace(),
        demand_noise: float = 0.0,
        scale: float | None = None,
    ) -> None:
        self._plant = plant
        self._kept = tuple(kept_runs(plant, base, zones))
        self._taken = frozenset(run.id for run in base.runs) if base is not None else frozenset()
        self._demand_noise = demand_noise
        self._given: World = build_world(plant, weights, base, zones, pace)
        self._world = self._given
        lines, slots = self._world.slot_item.shape
        items = len(plant.items)
        self._spaces = spaces.Dict(
            {
                "plant": _box(PLANT_FEATURES),
                "lines": _box(lines, LINE_FEATURES),
                "items": _box(items, ITEM_FEATURES),
                "slots": _box(lines, slots, SLOT_FEATURES),
                "slot_item": spaces.Box(-1, max(items - 1, 0), (lines, slots), np.int32),
                "mask": spaces.Box(0, 1, (lines, slots + 1), np.int8),
            }
        )
        self.observation_space = self._spaces
        choices: Any = spaces.MultiDiscrete([slots + 1] * lines)
        self.action_space = choices
        self._state: State = new_state(self._world)
        self._open = False
        self._money = 0.0
        self.scale = 1.0
        self.scale = scale if scale is not None else self._greedy_money_per_hour()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """The plant at the first minute in which a line can choose; `info["cost"]` is charged already."""
        super().reset(seed=seed)
        self._world = self._given
        if self._demand_noise > 0:
            sizes = self._given.orders.quantity
            drawn = sizes * self.np_random.lognormal(0.0, self._demand_noise, len(sizes))
            orders = self._given.orders._replace(quantity=drawn)
            self._world = self._given._replace(orders=orders)
        self._state = new_state(self._world)
        self._money = 0.0
        self._open = next_epoch(self._world, self._state)
        return self._observation(), self._info(0)

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Carry out one choice per line and move to the next epoch."""
        before = self.minute
        if self._open:
            self._state = with_room(self._state)
            self._open = decide(self._world, self._state, np.asarray(action, np.int64))
        info = self._info(self.minute - before)
        return self._observation(), -info["cost"] / self.scale, False, not self._open, info

    @property
    def minute(self) -> int:
        """The minute after the horizon's start at which the plant stands."""
        return int(self._state.clock[0])

    @property
    def is_over(self) -> bool:
        """Whether the horizon's end is reached."""
        return not self._open

    @property
    def cost(self) -> dict[str, float]:
        """Weighted money so far by component, and its total."""
        money = self._world.weights * self._state.money
        named = {name: float(value) for name, value in zip(COMPONENTS, money, strict=True)}
        return named | {"total": float(money.sum())}

    @property
    def plant(self) -> Plant:
        """The plant of this episode, with the demand that was drawn."""
        if self._world is self._given:
            return self._plant
        orders = list(self._plant.orders)
        drawn = self._world.orders
        for row, position in enumerate(drawn.position):
            orders[position] = replace(orders[position], quantity=float(drawn.quantity[row]))
        return replace(self._plant, orders=tuple(orders))

    def schedule(self) -> Schedule:
        """The runs decided so far and those kept from the base."""
        state, plant = self._state, self._plant
        made = []
        for row in range(int(state.run_count[0])):
            line, item = int(state.run_line[row]), int(state.run_item[row])
            name = f"R{row + 1:04d}"
            while name in self._taken:
                name += "'"
            made.append(
                Run(
                    name,
                    plant.lines[line].id,
                    plant.items[item].id,
                    int(state.run_start[row]),
                    int(state.run_end[row]),
                    float(state.run_quantity[row]),
                )
            )
        return Schedule((*self._kept, *made))

    def greedy_action(self, patience: float = PATIENCE_DAYS) -> Action:
        """Each deciding line's slot of the highest priority index, hold where it has `patience` days."""
        return np.asarray(greedy(self._world, self._state, patience))

    def _greedy_money_per_hour(self) -> float:
        self.reset(seed=0)
        while not self.is_over:
            self._state = with_room(self._state)
            self._open = decide(self._world, self._state, self.greedy_action())
        return max(self.cost["total"] / (self._plant.horizon / 60.0), 1e-6)

    def _info(self, minutes: int) -> dict[str, Any]:
        total = self.cost["total"]
        cost, self._money = total - self._money, total
        return {"cost": cost, "minutes": minutes}

    def _observation(self) -> Observation:
        world, state, scale = self._world, self._state, self.scale
        shapes = {key: space.shape for key, space in self._spaces.spaces.items()}
        seen: Observation = {
            key: np.zeros(shape or (), np.float32)
            for key, shape in shapes.items()
            if key not in ("mask", "slot_item")
        }
        seen["slot_item"] = world.slot_item.astype(np.int32)
        seen["mask"] = np.zeros(shapes["mask"] or (), np.int8)
        observe_plant(world, state, scale, seen["plant"])
        observe_lines(world, state, scale, seen["lines"])
        observe_items(world, state, scale, seen["items"])
        observe_slots(world, state, scale, seen["slots"])
        observe_mask(world, state, seen["mask"])
        return seen


def _box(*shape: int) -> spaces.Box:
    return spaces.Box(-np.inf, np.inf, shape, np.float32)
