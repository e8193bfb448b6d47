"""The fleet for RLlib: the observation of every plant in one flat vector, so that nothing is done key by key.

RLlib batches and unbatches observations key by key and step by step; ten keys cost it more than the plant
and the network do together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray
from torch import Tensor

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.plants import Assignment
from envs.vector_env import Actions, FleetEnv

Flat = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each array of a plant's observation stands in its flat vector: name, start and shape."""

    parts: tuple[tuple[str, int, tuple[int, ...]], ...]
    length: int

    @staticmethod
    def of(space: spaces.Dict) -> Layout:
        """The layout of a plant's observation space."""
        parts, start = [], 0
        for name, one in space.items():
            shape = tuple(one.shape or ())
            parts.append((name, start, shape))
            start += int(np.prod(shape))
        return Layout(tuple(parts), start)

    def flatten(self, seen: Mapping[str, NDArray[Any]], into: Flat) -> Flat:
        """The observations of a batch as rows of `into` [B, length]."""
        for name, start, shape in self.parts:
            width = int(np.prod(shape))
            into[:, start : start + width] = seen[name].reshape(len(into), width)
        return into

    def restore(self, flat: Tensor) -> dict[str, Tensor]:
        """The arrays again, of a batch of flat vectors [B, length]; all as floats."""
        return {
            name: flat[:, start : start + int(np.prod(shape))].reshape(len(flat), *shape)
            for name, start, shape in self.parts
        }


class FlatFleet(VectorEnv[Flat, Actions, NDArray[Any]]):
    """A `FleetEnv` whose observation [B, length] is flat, and whose action [B, L x 3] is, too."""

    def __init__(
        self, assignments: list[Assignment], luck: Luck = CERTAIN, scales: list[float] | None = None
    ) -> None:
        self.fleet = FleetEnv(
            assignments, luck, scales=scales, copy=False, autoreset_mode=AutoresetMode.NEXT_STEP
        )
        self.layout = Layout.of(self.fleet.single_observation_space)  # type: ignore[arg-type]
        self.num_envs, self.metadata = self.fleet.num_envs, self.fleet.metadata
        self.single_observation_space = spaces.Box(
            -np.inf, np.inf, (self.layout.length,), np.float32
        )
        nvec: NDArray[np.int64] = self.fleet.single_action_space.nvec  # type: ignore[attr-defined]
        self.single_action_space = spaces.MultiDiscrete(nvec.reshape(-1))
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Flat, dict[str, Any]]:
        """All plants at their first epochs."""
        seen, info = self.fleet.reset(seed=seed, options=options)
        return self._flat(seen), info

    def step(
        self, actions: Actions
    ) -> tuple[Flat, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Carry out choices [B, L x 3]."""
        lines = self.fleet.fleet.lines
        told = np.asarray(actions).reshape(self.num_envs, lines, 3)
        seen, reward, terminated, truncated, info = self.fleet.step(told)
        return self._flat(seen), reward, terminated, truncated, info

    def _flat(self, seen: Mapping[str, NDArray[Any]]) -> Flat:
        return self.layout.flatten(seen, np.empty((self.num_envs, self.layout.length), np.float32))
