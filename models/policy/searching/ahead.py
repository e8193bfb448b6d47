"""What lies ahead of a plant that runs, played from how it stands by many rules under many draws of luck."""

from __future__ import annotations

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.fleet.plants import Assignment
from envs.fleet.snapshot import snapshot
from envs.vector_env import FleetEnv
from models.policy.playing import Player

Floats = NDArray[np.float64]
ROOM = 16  # episodes beside each other: more take longer to set up than to play


class Ahead:
    """What is left of a plant's horizon, from a snapshot that knows what the plant knows.

    Its draws of luck are its own, so that what does well in it is good against breakdowns in general, not
    against those that are to come.
    """

    def __init__(self, env: FleetEnv, row: int, room: int = ROOM) -> None:
        now = env.assignments[row]
        standing = Assignment(
            snapshot(now, env.fleet, env.state, row), now.weights, spread=now.spread
        )
        scales = [float(env.scales[row])] * room
        mode = AutoresetMode.DISABLED
        self.room, self.played = room, 0
        self.player = Player(
            FleetEnv([standing] * room, env.luck, scales=scales, autoreset_mode=mode, copy=False)
        )

    def costs(self, rules: Floats, seeds: NDArray[np.int64]) -> Floats:
        """What each rule [R, length] costs [R, S] under each draw of luck [S]."""
        pairs = np.repeat(np.arange(len(rules)), len(seeds)), np.tile(seeds, len(rules))
        found = []
        for first in range(0, len(pairs[0]), self.room):
            which, luck = (one[first : first + self.room] for one in pairs)
            spare = self.room - len(which)  # rows that are not needed play the last one again
            which, luck = (np.pad(one, (0, spare), mode="edge") for one in (which, luck))
            found.append(self.player.episode(rules[which], luck.tolist())[: self.room - spare])
        self.played += len(pairs[0])
        each: Floats = np.concatenate(found).reshape(len(rules), len(seeds))
        return each

    def ranked(self, rules: Floats, draws: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Of rules [R, length], those that last under so many draws of luck, the cheapest first.

        All meet a quarter of the draws; the better half of them goes on each time (successive halving,
        Karnin, Koren and Somekh 2013).
        """
        step, total = max(draws // 4, 1), np.zeros(len(rules))
        left, met = np.arange(len(rules)), 0
        while True:
            luck = rng.integers(2**31, size=min(step, draws - met))
            total[left] += self.costs(rules[left], luck).sum(axis=1)
            left, met = left[total[left].argsort(kind="stable")], met + len(luck)
            if met >= draws:
                return left
            left = left[: max(len(left) // 2, 2)]
