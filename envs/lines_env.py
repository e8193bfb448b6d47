"""One plant as a PettingZoo parallel environment: every line is an agent."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.plants import Assignment, Rhythm
from envs.tick_env import TickEnv
from plant import Plant

LineObservation = dict[str, NDArray[Any]]
SHARED = ("plant", "items", "item_mask", "edges", "edge_units")
OWN = {"line": "lines", "slots": "slots", "mask": "mask", "slot_item": "slot_item"}


class LinesEnv(ParallelEnv):  # type: ignore[misc]
    """`TickEnv` seen line by line: the same plant, the same luck, the same money.

    Agents are the lines by their ids. All act at every step; one that has nothing to decide can only hold.
    Each is rewarded with the plant's reward over the number of lines, so that the sum is the plant's.

    Observation of a line (a dict; I items, K slots): `line` float32 [22], `slots` [K, 16], `mask`
    int8 [1 + K], `slot_item` int32 [K], and of the plant `plant`, `items`, `item_mask`, `edges`, `edge_units`
    as in `FleetEnv`; with `moves`, `planned` [4] too. Action: MultiDiscrete [3]: choice, size, mode.
    `state()` is the whole plant in one float32 vector.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - PettingZoo's own declaration
        "name": "takt_lines_v0", "render_modes": ["rgb_array", "ansi"], "is_parallelizable": True,
    }  # fmt: skip

    def __init__(
        self,
        plant: Plant | Assignment,
        luck: Luck = CERTAIN,
        rhythm: Rhythm = Rhythm(),
        scale: float | None = None,
        render_mode: str | None = None,
        moves: bool = False,
    ) -> None:
        self.plant_env = TickEnv(plant, luck, rhythm, scale, render_mode=render_mode, moves=moves)
        self._own = OWN | ({"planned": "planned"} if moves else {})
        self.render_mode = render_mode
        records = self.plant_env.fleet.assignments[0].plant
        self.possible_agents = [line.id for line in records.lines]
        self.agents: list[str] = []
        whole: Any = self.plant_env.observation_space
        self._observation = spaces.Dict(
            {name: whole[name] for name in SHARED}
            | {name: _row(whole[of_all]) for name, of_all in self._own.items()}
        )
        choices: Any = self.plant_env.action_space
        self._action = spaces.MultiDiscrete(choices.nvec[0])
        self._seen: dict[str, NDArray[Any]] = {}
        size = sum(int(np.prod(whole[name].shape)) for name in ("plant", "lines", "items"))
        self.state_space = spaces.Box(-np.inf, np.inf, (size,), np.float32)

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """What every line sees; the same for all."""
        return self._observation

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """What every line can choose; the same for all."""
        return self._action

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, LineObservation], dict[str, dict[str, Any]]]:
        """Every line's view of the plant at its first epoch."""
        self._seen, info = self.plant_env.reset(seed=seed, options=options)
        self.agents = list(self.possible_agents)
        return self._views(), {agent: dict(info) for agent in self.agents}

    def step(
        self, actions: dict[str, NDArray[np.int64]]
    ) -> tuple[
        dict[str, LineObservation],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Carry out every line's choice [3]; lines that are not named hold."""
        told = np.zeros((len(self.possible_agents), 3), np.int64)
        for row, agent in enumerate(self.possible_agents):
            if agent in actions:
                told[row] = actions[agent]
        self._seen, reward, _, truncated, info = self.plant_env.step(told)
        views = self._views()
        each = reward / len(self.possible_agents)
        agents = self.agents
        if truncated:
            self.agents = []
        return (
            views,
            dict.fromkeys(agents, each),
            dict.fromkeys(agents, False),
            dict.fromkeys(agents, truncated),
            {agent: dict(info) for agent in agents},
        )

    def state(self) -> NDArray[np.float32]:
        """The whole plant as one vector, for a critic that sees it."""
        parts = [self._seen[name].ravel() for name in ("plant", "lines", "items")]
        return np.concatenate(parts).astype(np.float32)

    def render(self) -> Any:
        """The Gantt chart so far, as the render mode says."""
        return self.plant_env.render()

    def close(self) -> None:
        """Nothing is held open."""
        self.plant_env.fleet.close()

    def _views(self) -> dict[str, LineObservation]:
        shared = {name: self._seen[name] for name in SHARED}
        return {
            agent: shared | {name: self._seen[of_all][row] for name, of_all in self._own.items()}
            for row, agent in enumerate(self.possible_agents)
        }


def _row(space: spaces.Box) -> spaces.Box:
    """The space of one row of another."""
    return spaces.Box(space.low[0], space.high[0], dtype=space.dtype.type)  # type: ignore[union-attr,arg-type]
