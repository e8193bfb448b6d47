"""What lies ahead of a plant that runs, played from how it stands by many plans under many draws of luck."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.closed_loop import PROMPT
from envs.fleet.luck import Luck
from envs.fleet.observation import blank
from envs.fleet.plants import Assignment
from envs.vector_env import FleetEnv
from models.policy.searching.carrying import Carrying, place_in, play, queues_of
from plant import Schedule

Floats = NDArray[np.float64]
ROOM = 16  # episodes beside each other: more take longer to set up than to play


class Ahead:
    """What is left of a plant's horizon, from a snapshot that knows what the plant knows.

    Its draws of luck are its own, so that what does well in it is good against breakdowns in general, not
    against those that are to come.

    Parameters
    ----------
    standing
        The plant as it stands (`envs.fleet.snapshot`).
    luck
        How often things break in the mean.
    carrying
        How plans are carried out.
    rule : array, shape (length,)
        What chooses where a plan has nothing left.
    scale
        Money per hour that counts as 1 in what the rule sees.
    """

    def __init__(
        self,
        standing: Assignment,
        luck: Luck,
        carrying: Carrying,
        rule: Floats,
        scale: float,
        room: int = ROOM,
    ) -> None:
        mode = AutoresetMode.DISABLED
        self.env = FleetEnv(
            [standing] * room, luck, PROMPT, [scale] * room, autoreset_mode=mode, copy=False
        )
        self.carrying, self.rule = carrying, rule
        self.room, self.played = room, 0
        fleet = self.env.fleet
        self._luck, self._seen = luck.figures(), blank(fleet, self.env.scales)
        self._action = np.zeros((room, fleet.lines, 3), np.int64)
        self._cost, self._minutes = np.zeros(room), np.zeros(room, np.int64)

    def costs(self, plans: Sequence[Schedule], seeds: NDArray[np.int64]) -> Floats:
        """What each plan costs [P, S] under each draw of luck [S]."""
        pairs = np.repeat(np.arange(len(plans)), len(seeds)), np.tile(seeds, len(plans))
        env, found = self.env, []
        queues = queues_of(env.assignments[0].plant, env.fleet, 0, plans)
        place = place_in(queues, env.fleet.items)
        rules = np.repeat(self.rule[None], self.room, axis=0)
        for first in range(0, len(pairs[0]), self.room):
            which, luck = (one[first : first + self.room] for one in pairs)
            spare = self.room - len(which)  # rows that are not needed play the last one again
            which, luck = (np.pad(one, (0, spare), mode="edge") for one in (which, luck))
            env.reset(seed=luck.tolist())
            play(
                env.fleet, env.state, self._luck, env.scales, queues, which, place,
                self.carrying.lead, self.carrying.urgent, rules, self._seen, self._action[0].copy(),
                self._action, self._cost, self._minutes,
            )  # fmt: skip
            found.append(env.cost.sum(axis=1)[: self.room - spare])
        self.played += len(pairs[0])
        each: Floats = np.concatenate(found).reshape(len(plans), len(seeds))
        return each

    def ranked(
        self, plans: Sequence[Schedule], draws: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Of plans, those that last under so many draws of luck, the cheapest first.

        All meet a quarter of the draws; the better half of them goes on each time (successive halving,
        Karnin, Koren and Somekh 2013).
        """
        step, total = max(draws // 4, 1), np.zeros(len(plans))
        left, met = np.arange(len(plans)), 0
        while True:
            luck = rng.integers(2**31, size=min(step, draws - met))
            total[left] += self.costs([plans[one] for one in left.tolist()], luck).sum(axis=1)
            left, met = left[total[left].argsort(kind="stable")], met + len(luck)
            if met >= draws:
                return left
            left = left[: max(len(left) // 2, 2)]
