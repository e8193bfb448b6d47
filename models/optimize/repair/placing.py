"""Lots into a schedule that stands: each where it costs least, what it pushes aside counted.

Compiled; works on the search's state, in trials. A lot that was a run before bears what moving it costs.
"""

from __future__ import annotations

from typing import NamedTuple

from models.optimize.search.decode import next_gain
from models.optimize.search.moves import lot
from models.optimize.search.pricing import INFEASIBLE
from models.optimize.search.state import AT_ITS_START, FREE, Shop, State
from models.optimize.search.trial import Desk, agree, alter, bear, begin, insert, settle, take_back
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.calendar import NEVER
from plant.compiled import inner, outer

ANYWHERE, NOT_PLACED, ENLARGED = -1, -1, -2
PART_TRIES = 3  # arrivals of parts that a place is tried after


class Wanted(NamedTuple):
    """Q lots to place, in order: item, quantity, and what they were before.

    line, start: where it was published, -1 for a lot that is new. hold: FREE, ON_ITS_LINE or AT_ITS_START.
    most: it is left out where it would cost more than that.
    """

    item: Ints
    quantity: Floats
    line: Ints
    start: Ints
    hold: Ints
    most: Floats


@outer
def place_lots(shop: Shop, state: State, desk: Desk, wanted: Wanted, place: Ints) -> float:
    """The weighted money that placing the lots adds; place [Q]: where each stands in the state.

    NOT_PLACED where there is no room for it within its `most`, ENLARGED where a run that was there
    took it in. A line takes new runs where `shop.makers` names it.
    """
    shop, state, desk = borrow(shop), borrow(state), borrow(desk)
    total = 0.0
    for one in range(len(wanted.item)):
        place[one] = NOT_PLACED
        item, home, start = wanted.item[one], wanted.line[one], wanted.start[one]
        cheapest, line, position, release = wanted.most[one], -1, -1, 0
        for row in range(shop.made[item], shop.made[item + 1]):
            to = shop.makers[row]
            if wanted.hold[one] != FREE and to != home:
                continue
            for at in range(state.length[to] + 1):
                for early in range(2):
                    if early == 1 and (start <= 0 or wanted.hold[one] == AT_ITS_START):
                        continue
                    earliest = 0 if early == 1 else max(start, 0)
                    change, tried = _try(shop, state, desk, wanted, one, to, at, earliest, cheapest)
                    if change < cheapest:
                        cheapest, line, position, release = change, to, at, tried
        run = -1
        if home < 0:
            cheapest, run = _cheapest_to_enlarge(shop, state, desk, wanted, one, cheapest)
        if run >= 0:
            begin(shop, state, desk)
            _enlarge(shop, state, desk, run, wanted.quantity[one])
            settle(shop, state, desk, False, INFEASIBLE)
            agree(shop, state, desk)
            place[one] = ENLARGED
            total += cheapest
        elif line >= 0:
            place[one] = _put(shop, state, desk, wanted, one, line, position, release)
            settle(shop, state, desk, False, INFEASIBLE)
            agree(shop, state, desk)
            state.hold[place[one]] = wanted.hold[one]
            total += cheapest
    return total


@inner
def _put(
    shop: Shop,
    state: State,
    desk: Desk,
    wanted: Wanted,
    one: int,
    line: int,
    position: int,
    release: int,
) -> int:
    """The place of the lot, put into a line's sequence in a new trial, or -1 for want of room."""
    begin(shop, state, desk)
    item = wanted.item[one]
    run = bear(shop, state, desk, item, lot(shop, line, item, wanted.quantity[one]), release)
    if run < 0:
        return -1
    state.slush_line[run], state.slush_start[run] = wanted.line[one], wanted.start[one]
    state.hold[run] = FREE
    return run if insert(shop, state, desk, line, position, run) else -1


@inner
def _try(
    shop: Shop,
    state: State,
    desk: Desk,
    wanted: Wanted,
    one: int,
    line: int,
    position: int,
    release: int,
    most: float,
) -> tuple[float, int]:
    """The money that a place costs if less than `most`, and the release that it takes; all taken back."""
    change, item = INFEASIBLE, wanted.item[one]
    tries = PART_TRIES if shop.bom.pointer[item + 1] > shop.bom.pointer[item] else 1
    for _ in range(tries):
        run = _put(shop, state, desk, wanted, one, line, position, release)
        start = -1
        if run >= 0:
            change = settle(shop, state, desk, False, most)
            start = state.start[run]
        take_back(shop, state, desk)
        if run >= 0:
            state.slush_line[run] = state.slush_start[run] = -1
        if wanted.hold[one] == AT_ITS_START and start != wanted.start[one]:
            return INFEASIBLE, release
        if change < INFEASIBLE or run < 0 or start <= 0:
            break
        later = next_gain(shop, state, item, start)
        if later == NEVER:
            break
        release = later
    return change, release


@inner
def _enlarge(shop: Shop, state: State, desk: Desk, run: int, more: float) -> None:
    quantity = lot(shop, state.line[run], state.item[run], state.quantity[run] + more)
    alter(shop, state, desk, run, quantity, state.release[run])


@inner
def _cheapest_to_enlarge(
    shop: Shop, state: State, desk: Desk, wanted: Wanted, one: int, most: float
) -> tuple[float, int]:
    """The money and the run that takes the lot in for less than `most`; the run is -1 where none does."""
    cheapest, found, item = most, -1, wanted.item[one]
    for row in range(state.opened[item], state.opened[item] + state.events[item]):
        run = state.event_run[row]
        if state.event_units[row] != 0.0 or state.hold[run] == AT_ITS_START:
            continue
        begin(shop, state, desk)
        _enlarge(shop, state, desk, run, wanted.quantity[one])
        change = settle(shop, state, desk, False, cheapest)
        take_back(shop, state, desk)
        if change < cheapest:
            cheapest, found = change, run
    return cheapest, found
