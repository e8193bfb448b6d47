"""When a policy that searches does so, in every plant of an environment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from envs.fleet_rules import Policy
from envs.vector_env import Actions, FleetEnv
from models.policy.context import contexts
from models.policy.dispatcher import Dispatcher
from models.policy.fitting import rules_of
from models.policy.learning.styles import opening
from models.policy.playing import Player
from models.policy.searching.ahead import Ahead
from models.policy.searching.hunt import Hunt, Pains

USUAL = Pains()
LEAST_LEFT = 720  # minutes of the horizon below which nothing is searched any more


def searching(policy: Dispatcher, pains: Pains = USUAL, seed: int = 0) -> Policy:
    """A policy of fleets that fits its rule to each plant again and again, by the rule alone."""
    known: list[_Searching] = []

    def choose(env: FleetEnv) -> Actions:
        if not known or known[0].env is not env:
            known[:] = [_Searching(env, policy, pains, seed)]
        return known[0].act()

    return choose


def ready(env: FleetEnv, policy: Dispatcher) -> None:
    """Load what is compiled: seconds that are no part of a decision's time. The environment is reset."""
    env.reset(seed=0)
    rules = rules_of(policy, contexts(env.fleet, env.luck))
    Player(env).act(rules)
    Ahead(env, 0, 1).costs(rules[:1], np.zeros(1, np.int64))


class _Searching:
    """The rules of an environment's plants, and when each is searched for anew."""

    def __init__(self, env: FleetEnv, policy: Dispatcher, pains: Pains, seed: int) -> None:
        self.env, self.pains = env, pains
        self.player = Player(env)
        self.rng = np.random.default_rng(seed)
        self.own = rules_of(policy, contexts(env.fleet, env.luck))
        self.opening = opening(policy)
        self.deviation = policy.deviation.numpy().astype(np.float64)
        self.hunts = [self._fresh(row) for row in range(env.num_envs)]
        self.searched = np.full(env.num_envs, -1, np.int64)

    def act(self) -> Actions:
        """What every line does now, after searching where it is time to."""
        clock = self.env.state.clock
        for row in np.flatnonzero(clock < self.searched).tolist():  # a new episode
            self.searched[row], self.hunts[row] = -1, self._fresh(row)
        for row in self._due():
            self.hunts[row].search(Ahead(self.env, row), self.rng)
            self.searched[row] = clock[row]
        return self.player.act(self._rules())

    def _due(self) -> Sequence[int]:
        """The plants that have something to decide and were not searched for long."""
        env, clock = self.env, self.env.state.clock
        late = (self.searched < 0) | (clock >= self.searched + self.pains.every)
        asked = env.state.deciding.reshape(env.num_envs, -1).any(axis=1)
        enough = env.fleet.horizon - clock > LEAST_LEFT
        due: list[int] = np.flatnonzero(late & asked & enough & (env.state.over == 0)).tolist()
        return due

    def _rules(self) -> NDArray[np.float64]:
        return np.stack([one.rule for one in self.hunts])

    def _fresh(self, row: int) -> Hunt:
        pains = self.pains.on(int(self.env.fleet.own_lines[row]))
        return Hunt(self.own[row], self.opening, self.deviation, pains)
