"""Neighbourhood search around a schedule: compiled moves, accepted by annealing, anytime.

The incumbent is a copy kept apart from the state that moves; every result is a schedule again and is
priced by `plant.evaluate` where it is used.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.optimize.search.moves import propose
from models.optimize.search.params import SearchParams, params_for
from models.optimize.search.pricing import INFEASIBLE, price
from models.optimize.search.state import Shop, State, shop_of, state_of, to_schedule
from models.optimize.search.trial import Desk, agree, begin, desk_of, settle, take_back
from plant import Plant, Schedule, Weights, Zones
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import inner, outer

PLAIN, OPEN = Weights(), Zones()
CHUNK = 4000
PROBE = 2000
SMALLEST_GAIN = 1e-7


class Best(NamedTuple):
    """The cheapest state met, as far as a schedule needs it."""

    line: Ints
    quantity: Floats
    start: Ints
    end: Ints
    alive: Ints
    item: Ints


@dataclass(frozen=True, slots=True)
class Found:
    """A schedule that the search ended with, the moves tried, and how many of them were kept."""

    schedule: Schedule
    gain: float
    moves: int
    kept: int


@inner
def save(state: State, best: Best) -> None:
    """Note a state as the best one."""
    best.line[:] = state.line
    best.quantity[:] = state.quantity
    best.start[:] = state.start
    best.end[:] = state.end
    best.alive[:] = state.alive
    best.item[:] = state.item


@inner
def some_kind(rng: np.random.Generator, shares: Floats) -> int:
    """A kind of move, by the cumulated shares."""
    draw, kind = rng.random(), 0
    while kind < len(shares) - 1 and draw > shares[kind]:
        kind += 1
    return kind


@outer
def anneal(
    rng: np.random.Generator,
    shop: Shop,
    state: State,
    desk: Desk,
    best: Best,
    shares: Floats,
    level: Floats,
    temperature: float,
    moves: int,
    worse: Floats,
) -> int:
    """The moves kept of so many tried at a temperature; level: the money now and of the best.

    level is relative to where the search started. A state is saved before it is left for a worse one.
    Where `worse` has room nothing is kept: it takes what worsening moves cost, and their number is
    returned.
    """
    shop, state, desk, best = borrow(shop), borrow(state), borrow(desk), borrow(best)
    kept = 0
    unsaved = False
    for _ in range(moves):
        kind = some_kind(rng, shares)
        begin(shop, state, desk)
        most = INFEASIBLE if len(worse) > 0 else -temperature * np.log(1.0 - rng.random())
        change = INFEASIBLE
        if propose(rng, shop, state, desk, kind):
            change = settle(shop, state, desk, rng.random() < 0.5, most)
        if len(worse) > 0:
            if SMALLEST_GAIN < change < INFEASIBLE:
                worse[kept] = change
                kept += 1
            take_back(shop, state, desk)
            continue
        if change == INFEASIBLE:
            take_back(shop, state, desk)
            continue
        if change > 0 and unsaved:
            take_back(shop, state, desk)
            save(state, best)
            unsaved = False
            continue
        agree(shop, state, desk)
        kept += 1
        level[0] += change
        if level[0] < level[1] - SMALLEST_GAIN:
            level[1] = level[0]
            unsaved = True
    if unsaved:
        save(state, best)
    return kept


class Search:
    """A search that can be run in slices; `schedule` gives the best found so far.

    Parameters
    ----------
    start
        A feasible schedule; it holds what `base` and `zones` lock.
    seed
        Same seed, same number of moves per slice: same result.
    params
        None: those of the plant's class.
    """

    def __init__(
        self,
        plant: Plant,
        start: Schedule,
        weights: Weights = PLAIN,
        base: Schedule | None = None,
        zones: Zones = OPEN,
        seed: int = 0,
        params: SearchParams | None = None,
    ) -> None:
        self.plant = plant
        self.shop = shop_of(plant, weights)
        self.state, self.known = state_of(plant, start, base, zones)
        self.desk = desk_of(self.shop, self.state)
        self.taken = frozenset(run.id for run in base.runs) if base else frozenset[str]()
        state = self.state
        self.best = Best(
            state.line.copy(), state.quantity.copy(), state.start.copy(), state.end.copy(),
            state.alive.copy(), state.item.copy(),
        )  # fmt: skip
        self.level = np.zeros(2)
        self.params = params or params_for(plant)
        self.shares = np.cumsum(np.array(self.params.shares))
        self.start_money = price(self.shop, state, self.desk.moments, self.desk.left)
        self.moves = self.kept = 0
        self.rng = np.random.default_rng(seed)
        self.hot = self.cold = 0.0

    @property
    def gain(self) -> float:
        """By how much the best is cheaper than the start."""
        return float(-self.level[1])

    def calibrate(self) -> None:
        """Set the first and last temperature by what moves at the start cost."""
        worse = np.zeros(PROBE)
        met = self._anneal(1.0, PROBE, worse)
        if met:
            self.hot, self.cold = np.quantile(
                worse[:met], (self.params.hot, self.params.cold)
            ).tolist()
        self.hot = max(self.hot, 1e-6 * abs(self.start_money), 1e-9)
        self.cold = min(max(self.cold, 1e-4 * self.hot), self.hot)

    def slice(self, progress: float, moves: int = CHUNK) -> None:
        """Try so many moves at the temperature of a progress from 0 (hot) to 1 (cold)."""
        temperature = self.hot * (self.cold / self.hot) ** min(max(progress, 0.0), 1.0)
        self.kept += self._anneal(temperature, moves, np.zeros(0))
        self.moves += moves

    def schedule(self) -> Schedule:
        """The best schedule found."""
        state = self.state
        best = state._replace(**self.best._asdict())
        return to_schedule(self.plant, best, self.known, self.taken)

    def _anneal(self, temperature: float, moves: int, worse: Floats) -> int:
        return int(
            anneal(
                self.rng,
                self.shop,
                self.state,
                self.desk,
                self.best,
                self.shares,
                self.level,
                temperature,
                moves,
                worse,
            )
        )


def search(
    plant: Plant,
    start: Schedule,
    seconds: float,
    weights: Weights = PLAIN,
    base: Schedule | None = None,
    zones: Zones = OPEN,
    seed: int = 0,
    slices: int | None = None,
    improved: Callable[[Schedule, float], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
    params: SearchParams | None = None,
    cooled: float = 0.0,
) -> Found:
    """The best schedule met from a feasible start within the time, or in so many slices.

    With `slices` the time is not looked at, and the same seed gives the same schedule. `improved` is
    told of better schedules about twice a second, with what they gain. `cooled` says where the annealing
    begins, from 0 (hot) to 1 (cold): a good start is lost where it is hot.
    """
    hunt = Search(plant, start, weights, base, zones, seed, params)
    hunt.calibrate()
    began = told_at = clock()
    told, done = 0.0, 0
    while not stop():
        elapsed = clock() - began
        progress = done / slices if slices is not None else elapsed / max(seconds, 1e-9)
        if progress >= 1.0:
            break
        hunt.slice(cooled + (1.0 - cooled) * progress)
        done += 1
        if improved and hunt.gain > told and clock() - told_at > 0.5:
            told, told_at = hunt.gain, clock()
            improved(hunt.schedule(), told)
    return Found(hunt.schedule(), hunt.gain, hunt.moves, hunt.kept)
