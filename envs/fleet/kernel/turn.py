"""What Python calls to move plants and to look at them: everything is handed over as one address.

Some 150 arrays unwrapped for a call cost as much as ten plants' step. A step and what is seen after it are
one call, a few plants at a time: what they have touched is still in the processor's cache when it is looked
at, and the code of a step and that of a look, neither of which leaves room there for the other, take turns
less often.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.motion import reset, step
from envs.fleet.kernel.observe import Seen, observe
from envs.fleet.kernel.outlook import Outlook
from envs.fleet.kernel.starts import Clock, Starts
from envs.fleet.plants import Fleet
from envs.fleet.state import State
from plant.arrays import Floats, Ints
from plant.borrowed import Held, borrow
from plant.compiled import outer

TOGETHER = 8  # plants; one at a time takes 6 % longer, 32 take 9 %


class Stage(NamedTuple):
    """A fleet with all that moves it and all that shows it.

    luck: `Luck.figures`; scale [B]: money per hour that counts as 1; cost, minutes, reward [B]: weighted
    money and length of the last step, and minus the money over the scale.
    """

    fleet: Fleet
    state: State
    clock: Clock
    outlook: Outlook
    starts: Starts
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
    observe(w.fleet, w.state, w.clock, w.outlook, w.starts, w.luck, w.scale, first, last, w.seen)


@outer
def turn(stage: Held[Stage], action: NDArray[np.int64], first: int, last: int) -> None:
    """`motion.step` and `observe.observe` of the plants first..last, and their rewards."""
    w = borrow(stage)
    f, s, c, o, out = w.fleet, w.state, w.clock, w.outlook, w.seen
    starts, luck, scale = w.starts, w.luck, w.scale
    for begin in range(first, last, TOGETHER):
        end = min(begin + TOGETHER, last)
        step(f, s, luck, action, begin, end, False, w.cost, w.minutes)
        observe(f, s, c, o, starts, luck, scale, begin, end, out)
        for b in range(begin, end):
            w.reward[b] = -w.cost[b] / scale[b]


@outer
def largest(action: NDArray[np.int64]) -> int:
    """The largest choice of any line in actions [B, L, 3]."""
    found = 0
    for b in range(action.shape[0]):
        for line in range(action.shape[1]):
            found = max(found, action[b, line, 0])
    return int(found)
