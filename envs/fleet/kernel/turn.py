"""What Python calls to move plants and to look at them: everything is handed over as one address.

Some 150 arrays unwrapped for a call cost as much as ten plants' step. A step and what is seen after it are
one call, plant by plant, so that what a step has touched is still in the processor's cache when it is looked
at.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.motion import reset, step
from envs.fleet.kernel.observe import Clock, Seen, observe
from envs.fleet.kernel.outlook import Outlook
from envs.fleet.plants import Fleet
from envs.fleet.state import State
from plant.arrays import Floats, Ints
from plant.borrowed import Held, borrow
from plant.compiled import outer


class Stage(NamedTuple):
    """A fleet with all that moves it and all that shows it.

    luck: `Luck.figures`; scale [B]: money per hour that counts as 1; cost, minutes, reward [B]: weighted
    money and length of the last step, and minus the money over the scale.
    """

    fleet: Fleet
    state: State
    clock: Clock
    outlook: Outlook
    luck: Floats
    scale: Floats
    cost: Floats
    minutes: Ints
    reward: Floats
    seen: Seen


@outer
def begin(stage: Held[Stage], chosen: Ints, seeds: Ints) -> None:
    """`motion.reset` of the chosen plants [B]."""
    w = borrow(stage)
    reset(w.fleet, w.state, w.luck, chosen, seeds)


@outer
def move(stage: Held[Stage], action: NDArray[np.int64], first: int, last: int, fresh: bool) -> None:
    """`motion.step` of the plants first..last."""
    w = borrow(stage)
    step(w.fleet, w.state, w.luck, action, first, last, fresh, w.cost, w.minutes)


@outer
def look(stage: Held[Stage], first: int, last: int) -> None:
    """`observe.observe` of the plants first..last."""
    w = borrow(stage)
    observe(w.fleet, w.state, w.clock, w.outlook, w.luck, w.scale, first, last, w.seen)


@outer
def turn(stage: Held[Stage], action: NDArray[np.int64], first: int, last: int) -> None:
    """`motion.step` and `observe.observe` of the plants first..last, and their rewards."""
    w = borrow(stage)
    f, s, c, o, out = w.fleet, w.state, w.clock, w.outlook, w.seen
    for b in range(first, last):
        step(f, s, w.luck, action, b, b + 1, False, w.cost, w.minutes)
        observe(f, s, c, o, w.luck, w.scale, b, b + 1, out)
        w.reward[b] = -w.cost[b] / w.scale[b]


@outer
def largest(action: NDArray[np.int64]) -> int:
    """The largest choice of any line in actions [B, L, 3]."""
    found = 0
    for b in range(action.shape[0]):
        for line in range(action.shape[1]):
            found = max(found, action[b, line, 0])
    return int(found)
