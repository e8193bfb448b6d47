"""Plans of many items under common capacity, one neighbourhood after the other solved by HiGHS.

The model is loaded once; a neighbourhood leaves some of its setups free and holds all others as the
incumbent has them (fix and optimise). Which are free: periods in a row, items, or those about which the
incumbent and the relaxation disagree most. A kind's neighbourhoods grow while they are solved early and
shrink while they are not.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.optimize.lot_sizing.capacitated import Relaxed, build, clean, hand_over, values
from models.optimize.lot_sizing.exchange import Exchange
from models.optimize.lot_sizing.record import LotSizing, Units

KINDS = ("periods", "items", "doubtful")
FIRST_SIZE = {"periods": 0.35, "items": 0.35, "doubtful": 0.3}  # shares that are free
SECONDS = 1.0  # a neighbourhood's limit
EARLY, GROW, SHRINK = 0.4, 1.1, 0.92
NOISE = 0.7  # against disagreements of at most 1
UNUSED = 1e-6
RECENT = 0.8  # how much of what a kind has gained is remembered at its next use


def improve(
    problem: LotSizing,
    relaxed: Relaxed,
    seconds: float,
    seed: int,
    found: Callable[[Units], None],
    news: Callable[[], Units | None],
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Tell of each better plan found; news, asked before each neighbourhood, has plans found elsewhere."""
    until = clock() + seconds
    generator = np.random.default_rng(seed)
    model = _Model(problem, relaxed, seed, found)
    model.take(news())
    model.solve(model.promising(relaxed), seconds / 4)
    size, gained = dict(FIRST_SIZE), dict.fromkeys(KINDS, 1.0)
    while (left := until - clock()) > 0:
        model.take(news())
        if model.best is None:
            model.solve(np.ones(problem.demand.shape, dtype=bool), left)
            continue
        kind = _choose(generator, gained)
        free = _chosen(kind, size[kind], model.best, relaxed, generator)
        before, began = model.cost, clock()
        model.solve(free, min(SECONDS, left))
        took = max(clock() - began, 1e-3)
        gain = (before - model.cost) / before / took
        gained[kind] = RECENT * gained[kind] + (1 - RECENT) * gain
        if took < EARLY * SECONDS:
            size[kind] = min(size[kind] * GROW, 1.0)
        elif took > SECONDS:
            size[kind] *= SHRINK


class _Model:
    """The loaded model, and the best plan it has been told of or has found."""

    def __init__(
        self, problem: LotSizing, relaxed: Relaxed, seed: int, found: Callable[[Units], None]
    ) -> None:
        self.problem, self.found = problem, found
        self.model = build(problem, relaxed.cuts)
        self.best: Units | None = None
        self.cost = float("inf")
        shape = problem.demand.shape
        pairs = [(i, t) for i in range(shape[0]) for t in range(shape[1])]
        variables = [one[pair] for one in (self.model.make, self.model.ready) for pair in pairs]
        self.solver = Exchange(self.model, variables, self._heard, seed=seed)

    def take(self, units: Units | None) -> None:
        """Remember a plan where it is feasible and better."""
        if units is None or self.problem.faults(units):
            return
        cost = self.problem.cost(units)
        if cost < self.cost - 1e-9:
            self.best, self.cost = units, cost
            self.found(units)

    def promising(self, relaxed: Relaxed) -> NDArray[np.bool_]:
        """The setups [I, T] that the relaxation or the best plan has, be it in part."""
        used: NDArray[np.bool_] = relaxed.ready > UNUSED
        return used if self.best is None else used | (self.best > 0)

    def solve(self, free: NDArray[np.bool_], seconds: float) -> None:
        """Look for something better with all but the free setups as in the best plan, or none there."""
        held = np.zeros(free.shape) if self.best is None else (self.best > 0).astype(np.float64)
        low, high = np.where(free, 0.0, held), np.where(free, 1.0, held)
        for (i, t), variable in self.model.ready.items():
            variable.setlb(low[i, t])
            variable.setub(high[i, t])
        if self.best is not None:
            hand_over(self.model, self.problem, self.best)
        outcome = self.solver.solve(self.model, max(seconds, 0.05), self.best is not None)
        if outcome.objective is not None:
            make, ready = (values(one, self.problem) for one in (self.model.make, self.model.ready))
            self.take(clean(self.problem, make, ready))

    def _heard(self, row: NDArray[np.float64]) -> None:
        make, ready = row.reshape(2, *self.problem.demand.shape)
        self.take(clean(self.problem, make, ready))


def _choose(generator: np.random.Generator, gained: dict[str, float]) -> str:
    """Half by chance, half in proportion to what a kind has gained lately."""
    weights = np.array([gained[kind] for kind in KINDS])
    shares = 0.5 / len(KINDS) + 0.5 * weights / max(weights.sum(), 1e-300)
    return str(generator.choice(KINDS, p=shares / shares.sum()))


def _chosen(
    kind: str, size: float, best: Units, relaxed: Relaxed, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """The setups [I, T] that are free."""
    items, periods = best.shape
    free = np.zeros(best.shape, dtype=bool)
    if kind == "periods":
        width = max(2, round(size * periods))
        first = int(generator.integers(1 - width // 2, periods - width // 2))
        free[:, max(first, 0) : first + width] = True
    elif kind == "items":
        free[generator.choice(items, min(max(2, round(size * items)), items), replace=False)] = True
    else:
        doubt = np.abs((best > 0) - relaxed.ready) + NOISE * generator.random(best.shape)
        most = max(2, round(size * best.size))
        free.flat[np.argsort(-doubt, axis=None)[:most]] = True
    return free
