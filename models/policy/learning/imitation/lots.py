"""The lots that a line can be told: a plan's units have to be met by one of them."""

from __future__ import annotations

import numpy as np

from envs.fleet.kernel.choices import MODES, SIZES, lot_of, worked_when_free
from envs.fleet.kernel.turn import Stage
from plant.arrays import Floats
from plant.borrowed import Held, borrow
from plant.compiled import outer

AS_NEAR = 0.02  # of the largest lot: a difference that does not count


@outer
def write_lots(stage: Held[Stage], line: int, slot: int, lots: Floats) -> None:
    """Write the units [sizes, modes] that a line would make of a slot; 0 where it would not start."""
    w = borrow(stage)
    worked = worked_when_free(w.fleet, w.state, line)
    for size in range(lots.shape[0]):
        for mode in range(lots.shape[1]):
            lots[size, mode] = lot_of(w.fleet, w.state, line, slot, size, mode, worked)[0]


def nearest_lot(stage: Held[Stage], line: int, slot: int, units: float) -> tuple[int, int, float]:
    """Size and mode whose lot comes nearest to so many units, and that lot; 0 where there is none.

    Of lots that are as near, and most are, what covers the near demand and goes through overtime is taken:
    what is shown should not change from moment to moment without a reason.
    """
    lots = np.zeros((SIZES, MODES))
    write_lots(stage, line, slot, lots)
    gap = np.where(lots > 0, np.abs(lots - units), np.inf)[:, ::-1]
    near = gap <= gap.min() + AS_NEAR * lots.max()
    size, place = divmod(int(near.argmax()), MODES)
    mode = MODES - 1 - place
    return size, mode, float(lots[size, mode])
