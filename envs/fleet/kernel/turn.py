"""A step and what is seen after it in one call: handing over some 150 arrays costs as much as two plants.

Plant by plant, so that what a step has touched is still in the processor's cache when it is looked at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.motion import step
from envs.fleet.kernel.observe import Clock, Seen, observe
from envs.fleet.kernel.outlook import Outlook
from envs.fleet.plants import Fleet
from envs.fleet.state import State
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import outer


@outer
def turn(
    fleet: Fleet, state: State, clock: Clock, outlook: Outlook, luck: Floats, scale: Floats,
    action: NDArray[np.int64], first: int, last: int, cost: Floats, minutes: Ints, seen: Seen,
) -> None:  # fmt: skip
    """`motion.step` and `observe.observe` of the plants first..last."""
    f, s, c, o, out = borrow(fleet), borrow(state), borrow(clock), borrow(outlook), borrow(seen)
    for b in range(first, last):
        step(f, s, luck, action, b, b + 1, False, cost, minutes)
        observe(f, s, c, o, luck, scale, b, b + 1, out)
