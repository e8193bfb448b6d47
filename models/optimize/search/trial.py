"""One trial of the search: a few edits of a state, priced as a whole, then kept or taken back.

Every move is `begin`, edits through the functions here, `settle`; and `take_back` where it is refused.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.optimize.search.pricing import (
    INFEASIBLE,
    INSTABILITY,
    MAKESPAN,
    makespan,
    moved,
    price_item,
    price_line,
    retime,
    runs_short,
)
from models.optimize.search.state import CHECKED, IDLE, PRICED, Shop, State
from plant.arrays import Floats, Ints
from plant.compiled import inner

LINES, RUNS, ITEMS, STAMP = range(4)
MOST_LINES, MOST_RUNS = 2, 64


class Desk(NamedTuple):
    """Room to work in, and what a trial has changed so far.

    number [4]: lines opened, runs kept, items touched, the trial's stamp. Per opened line: its index, the
    first and last position edited, its sequence, starts, ends and money before. Per kept run:
    its place and fields before, and whether its events were added (1), removed (-1) or neither. before
    [2]: instability money and makespan before. Per item: stamp of the last trial that touched it.
    """

    moments: Ints
    left: Floats
    number: Ints
    line: Ints
    first: Ints
    last: Ints
    length: Ints
    sequence: Ints
    start: Ints
    end: Ints
    run_money: Floats
    line_money: Floats
    run: Ints
    run_fields: Ints
    run_quantity: Floats
    run_events: Ints
    before: Floats
    item: Ints
    item_stamp: Ints
    item_money: Floats


def desk_of(shop: Shop, state: State) -> Desk:
    """A desk large enough for any trial on this state."""
    items = len(state.events)
    longest = state.sequence.shape[1]
    return Desk(
        np.zeros(int(np.diff(state.opened).max(initial=0)) + 2, np.int64),
        np.zeros(int(np.diff(shop.orders.pointer).max(initial=0)) + 1),
        np.zeros(4, np.int64),
        np.zeros(MOST_LINES, np.int64),
        np.zeros(MOST_LINES, np.int64),
        np.zeros(MOST_LINES, np.int64),
        np.zeros(MOST_LINES, np.int64),
        np.zeros((MOST_LINES, longest), np.int64),
        np.zeros((MOST_LINES, longest), np.int64),
        np.zeros((MOST_LINES, longest), np.int64),
        np.zeros((MOST_LINES, longest)),
        np.zeros(MOST_LINES),
        np.zeros(MOST_RUNS, np.int64),
        np.zeros((MOST_RUNS, 6), np.int64),
        np.zeros(MOST_RUNS),
        np.zeros(MOST_RUNS, np.int64),
        np.zeros(2),
        np.zeros(items, np.int64),
        np.zeros(items, np.int64),
        np.zeros(items),
    )


@inner
def begin(shop: Shop, state: State, desk: Desk) -> None:
    """Start a trial."""
    desk.number[LINES] = desk.number[RUNS] = desk.number[ITEMS] = 0
    desk.number[STAMP] += 1
    desk.before[0] = 0.0
    desk.before[1] = makespan(state) if shop.weights[MAKESPAN] > 0 else 0.0


@inner
def open_line(shop: Shop, state: State, desk: Desk, line: int) -> int:
    """The slot of a line that may be edited from now on, what it was being noted."""
    for slot in range(desk.number[LINES]):
        if desk.line[slot] == line:
            return slot
    slot = desk.number[LINES]
    desk.number[LINES] += 1
    desk.line[slot], desk.length[slot] = line, state.length[line]
    desk.first[slot], desk.last[slot] = state.length[line], -1
    desk.line_money[slot] = state.line_money[line]
    for position in range(state.length[line]):
        run = state.sequence[line, position]
        desk.sequence[slot, position] = run
        desk.start[slot, position], desk.end[slot, position] = state.start[run], state.end[run]
        desk.run_money[slot, position] = state.run_money[run]
        if moved(state, run):
            desk.before[0] += shop.weights[INSTABILITY]
    return int(slot)


@inner
def keep_run(state: State, desk: Desk, run: int) -> int:
    """The slot of a run whose fields may be edited from now on."""
    for slot in range(desk.number[RUNS]):
        if desk.run[slot] == run:
            return slot
    slot = desk.number[RUNS]
    desk.number[RUNS] += 1
    desk.run[slot], desk.run_quantity[slot], desk.run_events[slot] = run, state.quantity[run], 0
    fields = desk.run_fields[slot]
    fields[0], fields[1], fields[2] = state.line[run], state.release[run], state.minutes[run]
    fields[3], fields[4], fields[5] = state.alive[run], state.start[run], state.end[run]
    return int(slot)


@inner
def remove(shop: Shop, state: State, desk: Desk, line: int, position: int) -> int:
    """The run taken out of a line's sequence."""
    slot = open_line(shop, state, desk, line)
    run = state.sequence[line, position]
    keep_run(state, desk, run)
    state.length[line] -= 1
    for at in range(position, state.length[line]):
        state.sequence[line, at] = state.sequence[line, at + 1]
    desk.first[slot] = min(desk.first[slot], position)
    if desk.last[slot] > position:
        desk.last[slot] -= 1
    desk.last[slot] = max(desk.last[slot], position)
    return int(run)


@inner
def insert(shop: Shop, state: State, desk: Desk, line: int, position: int, run: int) -> bool:
    """Whether there was room to put a run into a line's sequence."""
    if state.length[line] >= state.sequence.shape[1]:
        return False
    slot = open_line(shop, state, desk, line)
    keep_run(state, desk, run)
    for at in range(state.length[line], position, -1):
        state.sequence[line, at] = state.sequence[line, at - 1]
    state.sequence[line, position] = run
    state.length[line] += 1
    if state.line[run] != line:
        state.minutes[run] = 0
    state.line[run] = line
    desk.first[slot] = min(desk.first[slot], position)
    if desk.last[slot] >= position:
        desk.last[slot] += 1
    desk.last[slot] = max(desk.last[slot], position + 1)
    return True


@inner
def alter(shop: Shop, state: State, desk: Desk, run: int, quantity: float, release: int) -> None:
    """Give a run another quantity or release; it may start as early as that lets it."""
    line = state.line[run]
    slot = open_line(shop, state, desk, line)
    keep_run(state, desk, run)
    if quantity != state.quantity[run]:
        state.minutes[run] = 0
    state.quantity[run], state.release[run], state.start[run] = quantity, release, 0
    position = position_of(state, run)
    desk.first[slot] = min(desk.first[slot], position)
    desk.last[slot] = max(desk.last[slot], position)


@inner
def bear(shop: Shop, state: State, desk: Desk, item: int, quantity: float, release: int) -> int:
    """A new run, not yet in any sequence, or -1 where there is no room for one."""
    if state.spare_count[0] == 0 or desk.number[RUNS] >= MOST_RUNS - 2:
        return -1
    if not _has_room(shop, state, item):
        return -1
    state.spare_count[0] -= 1
    run = state.spare[state.spare_count[0]]
    slot = keep_run(state, desk, run)
    state.item[run], state.quantity[run], state.release[run] = item, quantity, release
    state.alive[run], state.minutes[run], state.line[run] = 1, 0, -1
    state.start[run] = state.end[run] = 0
    _add_events(shop, state, run)
    desk.run_events[slot] = 1
    return int(run)


@inner
def bury(shop: Shop, state: State, desk: Desk, run: int) -> None:
    """Drop a run that has left its sequence."""
    slot = keep_run(state, desk, run)
    state.alive[run] = 0
    _remove_events(shop, state, run)
    desk.run_events[slot] = -1


@inner
def settle(shop: Shop, state: State, desk: Desk, keep: bool, most: float) -> float:
    """What the trial changes the weighted money by, if at most so much; else INFEASIBLE.

    INFEASIBLE also where it breaks a rule. What is cheap to know comes first: the lines, then the items
    that have to be walked through, while what is left to gain may still be enough, and only for what
    would be accepted whether the components suffice.
    """
    change = -desk.before[0]
    for slot in range(desk.number[LINES]):
        line = desk.line[slot]
        if not retime(shop, state, line, desk.first[slot], desk.last[slot], keep):
            return INFEASIBLE
        state.line_money[line] = price_line(shop, state, line)
        change += state.line_money[line] - desk.line_money[slot]
    change += _change_of_moves(shop, state, desk)
    if shop.weights[MAKESPAN] > 0:
        change += shop.weights[MAKESPAN] * (makespan(state) - desk.before[1]) / 60.0
    _touch_changed(shop, state, desk)
    left_to_gain = 0.0
    for slot in range(desk.number[ITEMS]):
        if shop.kind[desk.item[slot]] == PRICED:
            left_to_gain += state.item_money[desk.item[slot]]
    for slot in range(desk.number[ITEMS]):
        item = desk.item[slot]
        if shop.kind[item] != PRICED:
            continue
        if change - left_to_gain > most:
            return INFEASIBLE
        money = price_item(shop, state, item, desk.moments, desk.left)
        change += money - state.item_money[item]
        left_to_gain -= state.item_money[item]
        desk.item_money[slot] = money
    if not change <= most:
        return INFEASIBLE
    for slot in range(desk.number[ITEMS]):
        item = desk.item[slot]
        if shop.kind[item] == CHECKED and runs_short(shop, state, item, desk.moments):
            return INFEASIBLE
    return float(change)


@inner
def _change_of_moves(shop: Shop, state: State, desk: Desk) -> float:
    """What moves of published runs cost now on the lines edited."""
    if shop.weights[INSTABILITY] == 0:
        return 0.0
    moves = 0
    for slot in range(desk.number[LINES]):
        line = desk.line[slot]
        for position in range(state.length[line]):
            moves += moved(state, state.sequence[line, position])
    for slot in range(desk.number[RUNS]):
        moves += desk.run_events[slot] == -1 and moved(state, desk.run[slot])
    return float(shop.weights[INSTABILITY] * moves)


@inner
def agree(shop: Shop, state: State, desk: Desk) -> None:
    """Keep what the trial did; the places of runs that were new and are gone are free again."""
    for slot in range(desk.number[ITEMS]):
        if shop.kind[desk.item[slot]] == PRICED:
            state.item_money[desk.item[slot]] = desk.item_money[slot]
    for slot in range(desk.number[RUNS]):
        run = desk.run[slot]
        if desk.run_events[slot] == -1 and run >= len(state.line) - len(state.spare):
            state.spare[state.spare_count[0]] = run
            state.spare_count[0] += 1


@inner
def take_back(shop: Shop, state: State, desk: Desk) -> None:
    """Put everything back to where the trial began."""
    for slot in range(desk.number[RUNS] - 1, -1, -1):
        run = desk.run[slot]
        if desk.run_events[slot] == 1:
            _remove_events(shop, state, run)
            state.spare[state.spare_count[0]] = run
            state.spare_count[0] += 1
        fields = desk.run_fields[slot]
        state.line[run], state.release[run], state.minutes[run] = fields[0], fields[1], fields[2]
        state.alive[run], state.start[run], state.end[run] = fields[3], fields[4], fields[5]
        state.quantity[run] = desk.run_quantity[slot]
        if desk.run_events[slot] == -1:
            _add_events(shop, state, run)
    for slot in range(desk.number[LINES]):
        line = desk.line[slot]
        state.length[line], state.line_money[line] = desk.length[slot], desk.line_money[slot]
        for position in range(desk.length[slot]):
            run = desk.sequence[slot, position]
            state.sequence[line, position] = run
            state.start[run], state.end[run] = desk.start[slot, position], desk.end[slot, position]
            state.run_money[run] = desk.run_money[slot, position]


@inner
def position_of(state: State, run: int) -> int:
    """Where a run stands in its line's sequence."""
    position = 0
    while state.sequence[state.line[run], position] != run:
        position += 1
    return position


@inner
def _touch_changed(shop: Shop, state: State, desk: Desk) -> None:
    for slot in range(desk.number[RUNS]):
        _touch_run(shop, state, desk, desk.run[slot], True, True)
    for slot in range(desk.number[LINES]):
        for position in range(desk.length[slot]):
            run = desk.sequence[slot, position]
            begins = state.start[run] != desk.start[slot, position]
            ends = state.end[run] != desk.end[slot, position]
            if begins or ends:
                _touch_run(shop, state, desk, run, begins, ends)


@inner
def _touch_run(shop: Shop, state: State, desk: Desk, run: int, begins: bool, ends: bool) -> None:
    item = state.item[run]
    if ends:
        _touch(shop, desk, item)
    if begins:
        for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
            _touch(shop, desk, shop.bom.component[row])


@inner
def _touch(shop: Shop, desk: Desk, item: int) -> None:
    if shop.kind[item] != IDLE and desk.item_stamp[item] != desk.number[STAMP]:
        desk.item_stamp[item] = desk.number[STAMP]
        desk.item[desk.number[ITEMS]] = item
        desk.number[ITEMS] += 1


@inner
def _has_room(shop: Shop, state: State, item: int) -> bool:
    if state.opened[item] + state.events[item] >= state.opened[item + 1]:
        return False
    for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
        part = shop.bom.component[row]
        if state.opened[part] + state.events[part] >= state.opened[part + 1]:
            return False
    return True


@inner
def _add_events(shop: Shop, state: State, run: int) -> None:
    item = state.item[run]
    _add_event(state, item, run, 0.0)
    for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
        _add_event(state, shop.bom.component[row], run, shop.bom.per_unit[row])


@inner
def _add_event(state: State, item: int, run: int, units: float) -> None:
    row = state.opened[item] + state.events[item]
    state.event_run[row], state.event_units[row] = run, units
    state.events[item] += 1


@inner
def _remove_events(shop: Shop, state: State, run: int) -> None:
    item = state.item[run]
    _remove_event(state, item, run)
    for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
        _remove_event(state, shop.bom.component[row], run)


@inner
def _remove_event(state: State, item: int, run: int) -> None:
    first = state.opened[item]
    last = first + state.events[item] - 1
    row = first
    while state.event_run[row] != run:
        row += 1
    for at in range(row, last):
        state.event_run[at] = state.event_run[at + 1]
        state.event_units[at] = state.event_units[at + 1]
    state.events[item] -= 1
