"""What a line sees when every line learns by itself: its own rows, and the plant in a nutshell."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorObservationWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray
from pettingzoo.utils import BaseParallelWrapper

from envs.fleet.kernel.observe import (
    ITEM_FEATURES,
    LINE_FEATURES,
    PLANT_FEATURES,
    SLOT_FEATURES,
)
from envs.lines_env import LineObservation, LinesEnv
from envs.vector_env import FleetEnv

WHOLE = PLANT_FEATURES + LINE_FEATURES + 2 * ITEM_FEATURES


def whole_of(plant: NDArray[Any], lines: NDArray[Any], items: NDArray[Any]) -> NDArray[np.float32]:
    """The plant in one vector [..., W]: its own features, its mean line, its mean and its extreme item."""
    parts = [plant, lines.mean(-2), items.mean(-2), items.max(-2)]
    return np.concatenate(parts, axis=-1).astype(np.float32)


class PooledFleet(VectorObservationWrapper):
    """A fleet seen as `lines` [B, L, F], `slots` [B, L, K, G], `mask` [B, L, 1 + K] and `whole` [B, W]."""

    def __init__(self, env: FleetEnv) -> None:
        lines, slots = env.fleet.lines, env.fleet.slot_item.shape[1]
        single = _space(lines, slots, "lines")
        super().__init__(env)
        self.single_observation_space = single
        self.observation_space = batch_space(single, env.num_envs)

    def observations(self, observations: Any) -> Any:
        """The same of a batch of observations."""
        whole = whole_of(observations["plant"], observations["lines"], observations["items"])
        kept = {name: observations[name] for name in ("lines", "slots", "mask")}
        return kept | {"whole": whole}


class PooledLines(BaseParallelWrapper):  # type: ignore[misc]
    """A plant line by line: `line` [F], `slots` [K, G], `mask` [1 + K] and `whole` [W], shared by all.

    So is the reward: each line gets the plant's, not its part of it, so that one critic of the plant is
    right for all of them. With fewer than `slots` slots a plant is filled up to as many, as plants that are
    learnt from together must look alike.
    """

    def __init__(self, env: LinesEnv, slots: int | None = None) -> None:
        super().__init__(env)
        fleet = env.plant_env.fleet.fleet
        self._sizes, own = (fleet.lines, fleet.items), fleet.slot_item.shape[1]
        self._missing = max(own if slots is None else slots, own) - own
        self._space = _space(None, own + self._missing, "line")
        every: Any = env.action_space("")
        choices, sizes, modes = every.nvec
        self._choices = spaces.MultiDiscrete([choices + self._missing, sizes, modes])

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """What every line sees; the same for all."""
        return self._space

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """What every line can choose; the same for all."""
        return self._choices

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, LineObservation], dict[str, dict[str, Any]]]:
        """Every line's view at the first epoch."""
        views, infos = self.env.reset(seed=seed, options=options)
        return self._pooled(views), infos

    def step(self, actions: dict[str, NDArray[np.int64]]) -> tuple[Any, ...]:
        """Carry out every line's choice [3]."""
        views, rewards, *rest = self.env.step(actions)
        plant = sum(rewards.values())
        return self._pooled(views), dict.fromkeys(rewards, plant), *rest

    def _pooled(self, views: dict[str, LineObservation]) -> dict[str, LineObservation]:
        lines, items = self._sizes
        bounds = np.cumsum([PLANT_FEATURES, lines * LINE_FEATURES])
        plant, rows, stocks = np.split(self.env.state(), bounds)
        whole = whole_of(
            plant, rows.reshape(lines, LINE_FEATURES), stocks.reshape(items, ITEM_FEATURES)
        )
        return {agent: self._filled(view) | {"whole": whole} for agent, view in views.items()}

    def _filled(self, view: LineObservation) -> LineObservation:
        """A line's own part of a view, with as many slots as there should be."""
        more = self._missing
        slots, mask = view["slots"], view["mask"]
        if more:
            slots, mask = np.pad(slots, ((0, more), (0, 0))), np.pad(mask, (0, more))
        return {"line": view["line"], "slots": slots, "mask": mask}


def _space(lines: int | None, slots: int, name: str) -> spaces.Dict:
    rows = () if lines is None else (lines,)
    return spaces.Dict(
        {
            name: _box(*rows, LINE_FEATURES),
            "slots": _box(*rows, slots, SLOT_FEATURES),
            "mask": spaces.Box(0, 1, (*rows, slots + 1), np.int8),
            "whole": _box(WHOLE),
        }
    )


def _box(*shape: int) -> spaces.Box:
    return spaces.Box(-np.inf, np.inf, shape, np.float32)
