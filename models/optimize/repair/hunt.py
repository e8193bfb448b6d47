"""The steps of a repair on the search's state: patch what broke, cover what is missing, search coldly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from envs.rules.lots import Lotting, lots_of
from models.optimize.repair.placing import Wanted, place_lots
from models.optimize.repair.standing import Standing
from models.optimize.search.annealing import Search
from models.optimize.search.params import USUAL
from models.optimize.search.pricing import INSTABILITY, price
from models.optimize.search.state import (
    AT_ITS_START,
    FREE,
    ON_ITS_LINE,
    Shop,
    State,
    shop_of,
    state_of,
    to_schedule,
)  # fmt: skip
from models.optimize.search.trial import Desk, desk_of
from plant import Plant, Run, Schedule, Weights, Zones
from plant.arrays import Ints, plant_arrays

NEW = -1
ROOM = 200  # new lots
# A schedule that was searched for long is near a minimum: to start hotter only leads away from it.
# Measured on 50 lines, 0.9 s: of 0.1, 0.01 and 0.001 of the search's first temperature the first finds
# nothing in 10 of 12 repairs.
COLDER = 0.01
# What a move costs the search where weights ask for less: share of the mean money per run.
LEAST_PRICE = 0.1
DEARER = 4.0
SLICE = 1000

Row = tuple[int, float, int, int, int, float]


class Patch:
    """What still holds, as a state of the search, and the runs that have to go elsewhere.

    Parameters
    ----------
    lines
        On which something may change; None: on all.
    fixed
        Ids of runs that stay where they are, if they can.
    """

    def __init__(
        self,
        plant: Plant,
        base: Schedule,
        standing: Standing,
        weights: Weights,
        zones: Zones,
        lines: frozenset[str] | None,
        fixed: frozenset[str],
    ) -> None:
        self.plant, self.weights, self.zones = plant, weights, zones
        self.published = {run.id: run for run in base.runs}
        self.standing, self.fixed = standing, fixed
        self.index = plant_arrays(plant)
        self.loose = sorted(
            (run for run in base.runs if run.id in standing.loose), key=lambda run: run.start
        )
        self.given_up = {id: standing.loose[id] for id in sorted(standing.given_up)}
        self.held = self._without_given_up(base)
        self.state, self.known = state_of(
            plant, Schedule(standing.runs), self.held, zones, len(self.loose) + ROOM
        )
        self.shop = self._shop(lines)
        self.hold_and_price(self.state, self.known)
        self.desk: Desk = desk_of(self.shop, self.state)
        self.names: dict[int, str] = {}
        money = price(self.shop, self.state, self.desk.moments, self.desk.left)
        least = LEAST_PRICE * abs(money) / max(len(base.runs), 1)
        self.shop.weights[INSTABILITY] = max(weights.instability, least)

    def first(self) -> Schedule:
        """The loose runs where they cost least, around what holds. Left out: what has no place."""
        able = [run for run in self.loose if self._can_be_made(run)]
        place = self._place([self._row(run) for run in able])
        self.names = {at: run.id for at, run in zip(place.tolist(), able, strict=True) if at >= 0}
        there = set(self.names.values())
        for run in self.loose:
            if run.lock == "line" and run.id not in there:
                self.given_up[run.id] = self.standing.loose[run.id]
        self.held = self._without_given_up(self.held)
        return self._schedule()

    def covered(self) -> Schedule:
        """The same with lots for demand that nothing supplies, where they are worth what they cost."""
        lots = lots_of(self.plant, Lotting(safety=False), self._schedule().runs)
        urgent = np.argsort(-lots.weight * lots.quantity, kind="stable")[:ROOM]
        self._place(
            [
                (int(lots.item[row]), float(lots.quantity[row]), NEW, NEW, FREE, 0.0)
                for row in urgent
            ]
        )
        return self._schedule()

    def hold_and_price(self, state: State, known: Sequence[Run]) -> None:
        """Hold what is fixed, let no run start before its published start unasked, price every move."""
        for place, run in enumerate(known):
            old = self.published.get(run.id)
            if old is None:
                continue
            if run.id in self.fixed and run == old:
                state.hold[place] = AT_ITS_START
            if state.release[place] == 0:  # it follows the run before without a gap
                state.release[place] = min(old.start, run.start)
            state.slush_line[place] = self.index.line_index.get(old.line, -2)
            state.slush_start[place] = old.start

    def _row(self, run: Run) -> Row:
        """A loose run as a lot: what goes into others or must stay on its line is placed at any cost."""
        item = self.index.item_index[run.item]
        on_line = run.lock == "line"
        needed = on_line or bool((self.index.bom.component == item).any())
        return (
            item,
            run.quantity,
            self.index.line_index[run.line],
            run.start,
            ON_ITS_LINE if on_line else FREE,
            np.inf if needed else float(self.shop.weights[INSTABILITY]),
        )

    def _place(self, rows: Sequence[Row]) -> Ints:
        wanted = Wanted(
            item=np.array([row[0] for row in rows], np.int64),
            quantity=np.array([row[1] for row in rows], np.float64),
            line=np.array([row[2] for row in rows], np.int64),
            start=np.array([row[3] for row in rows], np.int64),
            hold=np.array([row[4] for row in rows], np.int64),
            most=np.array([row[5] for row in rows], np.float64),
        )
        place = np.zeros(len(rows), np.int64)
        place_lots(self.shop, self.state, self.desk, wanted, place)
        return place

    def _can_be_made(self, run: Run) -> bool:
        return run.line in self.index.line_index and run.item in self.index.item_index

    def _schedule(self) -> Schedule:
        taken = frozenset(self.published)
        made = to_schedule(self.plant, self.state, self.known, taken, self.names)
        return Schedule(tuple(self._locked_as_before(run) for run in made.runs))

    def _locked_as_before(self, run: Run) -> Run:
        old = self.published.get(run.id)
        if old is None or run.id in self.given_up:
            return replace(run, lock="none")
        return replace(run, lock=old.lock)

    def _without_given_up(self, base: Schedule) -> Schedule:
        return Schedule(tuple(run for run in base.runs if run.id not in self.given_up))

    def _shop(self, lines: frozenset[str] | None) -> Shop:
        """The arrays of the plant in which every move has its price, and only some lines take runs."""
        shop = shop_of(self.plant, self.weights)
        weights = shop.weights.copy()
        if lines is None:
            return shop._replace(weights=weights)
        opened = lines | {run.line for run in self.loose}
        is_open = np.array([line.id in opened for line in self.plant.lines])
        kept = is_open[shop.makers] if len(shop.makers) else np.zeros(0, np.bool_)
        made = np.concatenate([[0], np.cumsum(kept)])[shop.made].astype(np.int64)
        return shop._replace(weights=weights, made=made, makers=shop.makers[kept])


class Hunt:
    """A search from a schedule in which every published run costs money to move.

    calm: the last schedule that moved few enough runs.
    """

    def __init__(self, patch: Patch, start: Schedule, seed: int) -> None:
        self.patch, self.calm, self.seed = patch, start, seed
        self.shop = patch.shop._replace(weights=patch.shop.weights.copy())
        self.search = self._from(start)

    def slice(self, progress: float) -> None:
        """Some moves of the search."""
        self.search.slice(progress, SLICE)

    def schedule(self) -> Schedule:
        """The best found."""
        return self.search.schedule()

    def back_to_calm(self) -> None:
        """Start again from the last calm schedule, with moves at a higher price."""
        self.shop.weights[INSTABILITY] *= DEARER
        self.seed += 1000
        self.search = self._from(self.calm)

    def _from(self, start: Schedule) -> Search:
        patch = self.patch
        search = Search(
            patch.plant, start, patch.weights, patch.held, patch.zones, self.seed, USUAL
        )
        search.shop = self.shop
        patch.hold_and_price(search.state, search.known)
        search.start_money = price(self.shop, search.state, search.desk.moments, search.desk.left)
        search.calibrate()
        search.hot *= COLDER
        search.cold = min(search.cold, search.hot)
        return search
