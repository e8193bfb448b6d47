"""Sequences of lots into a feasible state: each lot as early as line, changeover, shifts and parts let it.

Lots are placed about in the order in which they can start, so that what is delivered counts for what
follows. A lot that waits for parts lets other lines go on; one whose parts never come is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.optimize.search.pricing import INFEASIBLE, retime
from models.optimize.search.state import Shop, State
from models.optimize.search.trial import Desk, agree, bear, begin, insert, settle, take_back
from plant.arrays import Floats, Ints
from plant.calendar import NEVER
from plant.compiled import inner, outer

NO_ROOM = -2


@outer
def decode(
    shop: Shop,
    state: State,
    desk: Desk,
    opened: Ints,
    item: Ints,
    quantity: Floats,
    release: Ints,
    place: Ints,
) -> int:
    """How many lots could be placed; place [Q] holds where each stands in the state, or -1.

    Line l's lots, in its order, are rows opened[l]..opened[l+1] of item, quantity, release [Q]. Runs
    that are in the state already are taken to be held at their start.
    """
    lines, placed = len(state.length), 0
    head = opened[:-1].copy()
    position, ready = np.zeros(lines, np.int64), np.zeros(lines, np.int64)
    waits = np.zeros(lines, np.bool_)
    place[:] = -1
    while True:
        line = _next_line(head, opened, ready, waits)
        if line < 0:
            return placed
        lot = head[line]
        earliest = max(release[lot], ready[line])
        start = NO_ROOM
        if not waits[line]:  # else all that could have delivered its parts has been placed
            start = _put(
                shop, state, desk, line, position[line], item[lot], quantity[lot], earliest
            )
        if start == NEVER:
            place[lot] = state.sequence[line, position[line]]
            ready[line] = state.end[place[lot]]
            position[line] += 1
            head[line] += 1
            placed += 1
            waits[:] = False
        elif start == NO_ROOM:
            if position[line] < state.length[line] and not waits[line]:
                position[line] += 1
            else:
                head[line] += 1
                waits[line] = False
        else:
            later = next_gain(shop, state, item[lot], start)
            waits[line] = later == NEVER
            ready[line] = max(later, ready[line])


@inner
def _next_line(head: Ints, opened: Ints, ready: Ints, waits: NDArray[np.bool_]) -> int:
    """The line whose next lot can start first; one that waits only where all do; -1 at the end."""
    found, waiting = -1, -1
    for line in range(len(head)):
        if head[line] == opened[line + 1]:
            continue
        if waits[line]:
            waiting = line
        elif found < 0 or ready[line] < ready[found]:
            found = line
    return found if found >= 0 else waiting


@inner
def _put(
    shop: Shop,
    state: State,
    desk: Desk,
    line: int,
    position: int,
    item: int,
    quantity: float,
    release: int,
) -> int:
    """NEVER where the lot was placed, NO_ROOM, or the minute at which its parts were missing."""
    if shop.capabilities.rate[line, item] <= 0:
        return NO_ROOM
    begin(shop, state, desk)
    run = bear(shop, state, desk, item, quantity, release)
    if run < 0 or not insert(shop, state, desk, line, position, run):
        take_back(shop, state, desk)
        return NO_ROOM
    if not retime(shop, state, line, position, position + 1, False):
        take_back(shop, state, desk)
        return NO_ROOM
    start = int(state.start[run])
    if settle(shop, state, desk, False, INFEASIBLE) == INFEASIBLE:
        take_back(shop, state, desk)
        return start
    agree(shop, state, desk)
    return NEVER


@inner
def next_gain(shop: Shop, state: State, item: int, after: int) -> int:
    """The next minute in which one of an item's components comes in, or NEVER."""
    soonest = NEVER
    for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
        part = shop.bom.component[row]
        for arrival in range(shop.arrived[part], shop.arrived[part + 1]):
            at = shop.arrival_at[arrival]
            if at > after and (soonest == NEVER or at < soonest):
                soonest = at
        for event in range(state.opened[part], state.opened[part] + state.events[part]):
            at = state.end[state.event_run[event]]
            delivers = state.event_units[event] == 0.0
            if delivers and at > after and (soonest == NEVER or at < soonest):
                soonest = at
    return int(soonest)
