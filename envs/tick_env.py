"""One plant of the fleet's kernel as a plain Gymnasium environment."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.observation import Observation
from envs.fleet.plants import Assignment, Rhythm
from envs.vector_env import FleetEnv
from envs.viewer import drawn, written
from plant import Plant, Schedule

RUNS_A_LINE_HOUR = 2


class TickEnv(gym.Env[Observation, NDArray[np.int64]]):
    """`FleetEnv` of a single plant: the same observation, action and reward without the leading axis.

    `render_mode` "rgb_array" gives the Gantt chart of what has started so far as an array [H, W, 3],
    "ansi" the same as text. Runs are recorded; `record` None makes room for two a line and hour. `moves`:
    whether planned runs may be moved.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array", "ansi"], "render_fps": 4}  # noqa: RUF012

    def __init__(
        self,
        plant: Plant | Assignment,
        luck: Luck = CERTAIN,
        rhythm: Rhythm = Rhythm(),
        scale: float | None = None,
        record: int | None = None,
        render_mode: str | None = None,
        moves: bool = False,
    ) -> None:
        assignment = plant if isinstance(plant, Assignment) else Assignment(plant)
        hours = assignment.plant.horizon // 60 + 1
        room = (
            record if record is not None else RUNS_A_LINE_HOUR * hours * len(assignment.plant.lines)
        )
        scales = None if scale is None else [scale]
        self.fleet = FleetEnv(
            [assignment], luck, rhythm, scales, AutoresetMode.DISABLED, record=room, moves=moves
        )
        self.observation_space = self.fleet.single_observation_space
        self.action_space = self.fleet.single_action_space
        self.render_mode = render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """The plant at its first epoch; `info["cost"]` is charged already."""
        super().reset(seed=seed)
        drawn_seed = seed if seed is not None else int(self.np_random.integers(0, 2**40))
        seen, info = self.fleet.reset(seed=drawn_seed)
        return _first(seen), _plain(info)

    def step(
        self, action: NDArray[np.int64]
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Carry out the choices [L, 3] and move to the next epoch."""
        seen, reward, _, truncated, info = self.fleet.step(np.asarray(action, np.int64)[None])
        return _first(seen), float(reward[0]), False, bool(truncated[0]), _plain(info)

    @property
    def minute(self) -> int:
        """The minute after the horizon's start at which the plant stands."""
        return int(self.fleet.state.clock[0])

    @property
    def is_over(self) -> bool:
        """Whether the horizon's end is reached."""
        return bool(self.fleet.state.over[0])

    @property
    def cost(self) -> dict[str, float]:
        """Weighted money so far by component, and its total."""
        return self.fleet.costs(0)

    def schedule(self) -> Schedule:
        """The runs that have started."""
        return self.fleet.schedule(0)

    def realised(self) -> tuple[Plant, Schedule]:
        """The plant as it turned out and its schedule; their `evaluate` is the episode's cost."""
        return self.fleet.realised(0)

    def render(self) -> Any:
        """The Gantt chart so far, as the render mode says; None without one."""
        plant = self.fleet.assignments[0].plant
        if self.render_mode == "rgb_array":
            return drawn(plant, self.schedule(), self.minute)
        if self.render_mode == "ansi":
            return written(plant, self.schedule(), self.minute)
        return None


def _first(seen: Observation) -> Observation:
    return {name: values[0] for name, values in seen.items()}


def _plain(info: dict[str, Any]) -> dict[str, Any]:
    return {"cost": float(info["cost"][0]), "minutes": int(info["minutes"][0])}
