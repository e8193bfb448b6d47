"""One model solved whole by HiGHS, from a start or none: better plans and bounds on the way.

HiGHS's presolve is off here: that of 1.14 loses optima, and calls what is left optimal (its issue 3043,
mended in 1.15; it did so on 1 in 90 of our small models). Without it these models are solved as fast.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.optimize.lot_sizing import capacitated, discrete
from models.optimize.lot_sizing.exchange import Exchange
from models.optimize.lot_sizing.record import LotSizing, UnitLots, Units

Floats = NDArray[np.float64]
GAP = 1e-6
RELAXING = 0.3  # of the time at most


def solve_capacitated(
    problem: LotSizing,
    relaxed: capacitated.Relaxed,
    seconds: float,
    seed: int,
    found: Callable[[Units], None],
    bounded: Callable[[float], None],
    news: Callable[[], Units | None],
) -> None:
    """Tell of plans and bounds until the time is up or the best is proved."""
    model = capacitated.build(problem, relaxed.cuts)
    shape = problem.demand.shape
    pairs = [(i, t) for i in range(shape[0]) for t in range(shape[1])]
    variables = [
        variable[pair] for variable in (model.make, model.ready, model.stock) for pair in pairs
    ]

    def heard(row: Floats) -> None:
        make, ready, _ = row.reshape(3, *shape)
        found(capacitated.clean(problem, make, ready))

    def given() -> Floats | None:
        units = news()
        if units is None:
            return None
        stock = np.maximum(np.cumsum(units - problem.demand, axis=1), 0.0)
        return np.concatenate([units.ravel(), (units > 0).ravel(), stock.ravel()])

    start = news()
    if start is not None:
        capacitated.hand_over(model, problem, start)
    solver = Exchange(model, variables, heard, bounded, given, seed, presolve=False)
    outcome = solver.solve(model, seconds, warm=start is not None, gap=GAP)
    if outcome.objective is not None:
        found(
            capacitated.clean(
                problem,
                capacitated.values(model.make, problem),
                capacitated.values(model.ready, problem),
            )
        )
    bounded(outcome.bound)


def solve_discrete(
    problem: UnitLots,
    start: Units,
    seconds: float,
    seed: int,
    found: Callable[[Units], None],
    bounded: Callable[[float], None],
    clock: Callable[[], float] = time.monotonic,
) -> str:
    """Tell of plans and bounds until the time is up or the best is proved; what kept from it, or ""."""
    until = clock() + seconds
    relaxed = discrete.relax(problem, seconds * RELAXING, clock)
    if relaxed is None:
        return "the relaxation was not solved in the time: no bound"
    bounded(relaxed.value)
    model = discrete.build(problem, relaxed.cuts)
    discrete.hand_over(model, problem, start)
    shape = problem.demand.shape
    made = [model.make[i, t] for i in range(shape[0]) for t in range(shape[1])]

    def heard(row: Floats) -> None:
        found(np.round(row.reshape(shape)))

    solver = Exchange(model, made, heard, bounded, seed=seed, presolve=False)
    outcome = solver.solve(model, max(until - clock(), 0.1), warm=True, gap=GAP)
    bounded(outcome.bound)
    return ""
