"""A policy that goes on searching while the plant runs: now and then it fits its rule to how things stand.

At such a moment it plays what is left of the horizon from a snapshot of the plant, in many styles and each
under several draws of luck, and goes on with the rule that costs least in the mean. The snapshot knows what
the plant knows; the draws are its own, so what it finds is good against breakdowns in general, not against
those that are to come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.fleet.plants import Assignment
from envs.fleet.snapshot import snapshot
from envs.fleet_rules import Policy
from envs.vector_env import Actions, FleetEnv
from models.policy.context import contexts
from models.policy.dispatcher import Dispatcher
from models.policy.fitting import rules_of
from models.policy.learning.evolution import NARROWER, Search, Told, move
from models.policy.learning.groups import styles_of
from models.policy.playing import Player

Floats = NDArray[np.float64]
MEAN_RATE, DEVIATION_RATE = 1.0, 0.1
LEAST_LEFT = 720  # minutes of the horizon below which nothing is searched any more


@dataclass(frozen=True, slots=True)
class Pains:
    """How much is searched: every so many minutes, in so many rounds of so many ways.

    Each way is played under so many draws of luck; at the start there are `first` rounds. judged: draws under
    which the rule is chosen in the end.
    """

    every: int = 480
    rounds: int = 4
    first: int = 8
    ways: int = 16
    draws: int = 8
    judged: int = 16


def searching(policy: Dispatcher, pains: Pains = Pains(), seed: int = 0) -> Policy:
    """A policy of fleets that fits its rule to each plant again and again, by the rule alone."""
    known: list[_Searching] = []

    def choose(env: FleetEnv) -> Actions:
        if not known or known[0].env is not env:
            known[:] = [_Searching(env, policy, pains, seed)]
        return known[0].act()

    return choose


class _Searching:
    """The rules of an environment's plants, and when each is searched for anew."""

    def __init__(self, env: FleetEnv, policy: Dispatcher, pains: Pains, seed: int) -> None:
        self.env, self.pains = env, pains
        self.player = Player(env)
        self.rng = np.random.default_rng(seed)
        self.fitted = rules_of(policy, contexts(env.fleet, env.luck))
        self.rules = self.fitted.copy()
        self.deviation = policy.deviation.numpy().astype(np.float64) * NARROWER
        self.searched = np.full(env.num_envs, -1, np.int64)

    def act(self) -> Actions:
        """What every line does now, after searching where it is time to."""
        env, clock = self.env, self.env.state.clock
        for row in np.flatnonzero(clock < self.searched).tolist():  # a new episode
            self.searched[row], self.rules[row] = -1, self.fitted[row]
        late = (self.searched < 0) | (clock >= self.searched + self.pains.every)
        asked = env.state.deciding.reshape(env.num_envs, -1).any(axis=1)
        enough = env.fleet.horizon - clock > LEAST_LEFT
        for row in np.flatnonzero(late & asked & enough & (env.state.over == 0)).tolist():
            self.rules[row] = self._search(row)
            self.searched[row] = clock[row]
        return self.player.act(self.rules)

    def _search(self, row: int) -> Floats:
        """The rule that is cheapest in the mean for what is left of a plant's horizon."""
        env, pains = self.env, self.pains
        ahead = _Ahead(env, row, pains.ways * pains.draws)
        search = Search(self.rules[row].copy(), self.deviation.copy(), MEAN_RATE, DEVIATION_RATE)
        seeds = self.rng.integers(2**31, size=pains.draws)
        least, best = np.inf, self.rules[row]
        for _ in range(pains.rounds if self.searched[row] >= 0 else pains.first):
            drawn = styles_of(self.rng, pains.ways, np.ones(len(best)))
            drawn[0] = 0.0
            rules = search.mean + drawn * search.deviation
            costs = ahead.costs(rules, seeds)
            if costs.min() < least:
                least, best = costs.min(), rules[costs.argmin()]
            move(search, [Told(drawn[None], costs[None])])
        finalists = np.stack([self.rules[row], best, search.mean])
        other = self.rng.integers(2**31, size=pains.judged)
        found: Floats = finalists[ahead.costs(finalists, other).argmin()]
        return found


class _Ahead:
    """What is left of a plant's horizon, so many times beside itself."""

    def __init__(self, env: FleetEnv, row: int, room: int) -> None:
        standing = Assignment(
            snapshot(env.assignments[row], env.fleet, env.state, row), env.assignments[row].weights
        )
        scales = [float(env.scales[row])] * room
        mode = AutoresetMode.DISABLED
        self.room = room
        self.player = Player(
            FleetEnv([standing] * room, env.luck, scales=scales, autoreset_mode=mode, copy=False)
        )

    def costs(self, rules: Floats, seeds: NDArray[np.int64]) -> Floats:
        """What each rule [R, length] costs [R] in the mean over draws of luck."""
        pairs = np.repeat(np.arange(len(rules)), len(seeds)), np.tile(seeds, len(rules))
        found = []
        for first in range(0, len(pairs[0]), self.room):
            which, luck = (one[first : first + self.room] for one in pairs)
            spare = self.room - len(which)  # rows that are not needed play the last one again
            which, luck = (np.pad(one, (0, spare), mode="edge") for one in (which, luck))
            found.append(self.player.episode(rules[which], luck.tolist())[: self.room - spare])
        means: Floats = np.concatenate(found).reshape(len(rules), len(seeds)).mean(axis=1)
        return means
