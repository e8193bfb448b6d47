"""The plants of an environment, played by a rule for each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from envs.fleet.observation import blank
from envs.vector_env import Actions, FleetEnv
from models.policy.playing.kernel import answer, play

Floats = NDArray[np.float64]


class Player:
    """Plays by rules as `Dispatcher.by_rule` does at its likeliest, without a network.

    An episode takes 2 to 10 ms, where with a call of the network a step it takes 20 to 70.
    """

    def __init__(self, env: FleetEnv) -> None:
        self.env = env
        self._luck = env.luck.figures()
        self._seen = blank(env.fleet, env.scales)
        self._action = np.zeros((env.num_envs, env.fleet.lines, 3), np.int64)
        self._cost = np.zeros(env.num_envs)
        self._minutes = np.zeros(env.num_envs, np.int64)

    def episode(self, rules: Floats, seeds: Sequence[int]) -> Floats:
        """What an episode of every plant costs [B], by its rule [B, length] and with the luck of its seed."""
        self.env.reset(seed=list(seeds))
        return self.finish(rules)

    def finish(self, rules: Floats) -> Floats:
        """What every plant costs [B], played by its rule from where it stands."""
        env = self.env
        play(
            env.fleet, env.state, self._luck, env.scales, self._told(rules), self._action, self._cost,
            self._minutes, self._seen,
        )  # fmt: skip
        costs: Floats = env.cost.sum(axis=1)
        return costs

    def act(self, rules: Floats) -> Actions:
        """What every line does now [B, L, 3]; the next call writes over it."""
        env = self.env
        answer(
            env.fleet,
            env.state,
            self._luck,
            env.scales,
            self._told(rules),
            self._action,
            self._seen,
        )
        return self._action

    def _told(self, rules: Floats) -> Floats:
        """The rules as the kernel takes them, which does not look where it reads."""
        expected = self.env.num_envs
        if rules.ndim != 2 or len(rules) != expected:
            raise ValueError(
                f"rules: expected one for each of {expected} plants, found {rules.shape}"
            )
        return np.ascontiguousarray(rules, np.float64)
