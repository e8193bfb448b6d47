"""Plans made at once, for everything else to start from; each goes from the last period back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.optimize.lot_sizing.record import LotSizing, UnitLots, Units, units_of


def as_late_as_possible(problem: UnitLots) -> Units | None:
    """The plan that makes each unit as late as it may be made; None where there are too many units."""
    items, periods = problem.demand.shape
    waiting = np.zeros(items)
    sequence = np.full(periods, -1, dtype=np.int64)
    for t in range(periods - 1, -1, -1):
        waiting += problem.demand[:, t]
        if waiting.any():
            sequence[t] = waiting.argmax()
            waiting[sequence[t]] -= 1
    return None if waiting.any() else units_of(sequence, items)


def made_when_due(problem: LotSizing) -> Units | None:
    """The plan that makes what is due in each period, earlier what does not fit; None where that fails."""
    items, periods = problem.demand.shape
    units: Units = np.zeros((items, periods))
    needed = np.zeros(items)
    for t in range(periods - 1, -1, -1):
        needed += problem.demand[:, t]
        units[:, t] = _fitting(problem, needed, float(problem.capacity[t]))
        needed -= units[:, t]
    return None if needed.max() > 0 else units


def _fitting(problem: LotSizing, needed: Units, capacity: float) -> NDArray[np.float64]:
    """What of the needed is made in a period: those leave first that are cheap to hold for their minutes."""
    made = needed.copy()
    minutes = problem.unit_minutes * made + problem.setup_minutes * (made > 0)
    excess = minutes.sum() - capacity
    held = np.where(made > 0, problem.holding * made / np.maximum(minutes, 1e-9), np.inf)
    for item in np.argsort(held):
        if excess <= 0:
            break
        stays = made[item] - excess / problem.unit_minutes[item]
        made[item] = stays if stays > 0 else 0.0
        excess = (problem.unit_minutes @ made + problem.setup_minutes @ (made > 0)) - capacity
    return made
