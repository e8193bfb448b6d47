"""What each line could do now, and the run that a choice makes of it.

A choice is an item (a slot of the line), a size and a mode. Sizes: COVER what the near demand misses, at
least the economic lot; ONE or TWO economic lots; ALL that the horizon still needs; HALF an economic lot;
MORE, one and a half. Modes: REGULAR ends before the next overtime shift, OVERTIME goes through it. MOVE,
where planned runs can be moved, is OVERTIME that pushes the line's next planned run back where it has to;
with no item it pulls that run forward.
Every size and mode of a possible slot is possible: a lot shrinks to what the need, the calendar, the next
kept run and the material leave room for. A plan that is carried out says the units itself (TOLD); that
size is no choice of a scheduler.
"""

from __future__ import annotations

import numpy as np

from envs.fleet.kernel.lines import setup_into
from envs.fleet.kernel.lot import lot_within
from envs.fleet.kernel.planned import may_move, room_behind
from envs.fleet.kernel.stocks import DAY, DUST, can_be_taken
from envs.fleet.plants import FAR, LONGEST, SHORTEST, Fleet
from envs.fleet.state import State
from plant.calendar import minute_of, worked_before
from plant.compiled import inner

COVER, ONE, TWO, ALL, HALF, MORE, TOLD = range(7)
SIZES, MODES = 6, 2
REGULAR, OVERTIME, MOVE = range(3)
SLACK_SCALE = 1.0  # days; k1 of ATCS, in days instead of mean processing times
SETUP_SCALE = 0.4  # k2 of ATCS, in the plant's mean changeover


@inner
def worked_when_free(f: Fleet, s: State, line: int) -> int:
    """Shift minutes of the line before the minute in which it can begin something new."""
    free = max(s.clock[line // f.lines], s.ask_at[line])
    return int(worked_before(f.calendar, line, free)[0])


@inner
def room_of(f: Fleet, s: State, line: int, item: int, worked: int) -> int:
    """Shift minutes for a run that begins after so many, up to the horizon or the next kept run."""
    room = f.room[line] - worked
    row = s.next_fixed[line]
    if row < f.fixed_first[line + 1]:
        old, new = f.family[item], f.family[f.fixed_item[row]]
        after = f.changeovers.minutes[f.table[line], old, new]
        until = worked_before(f.calendar, line, f.fixed_start[row])[0]
        room = min(room, until - worked - after)
    return int(room)


@inner
def regular_room(f: Fleet, line: int, worked: int) -> int:
    """Shift minutes from where the line has so many behind it to its next overtime shift."""
    low, high = f.calendar.pointer[line], f.calendar.pointer[line + 1]
    while low < high:
        middle = (low + high) // 2
        if f.calendar.worked[middle] <= worked:
            low = middle + 1
        else:
            high = middle
    until = f.regular_until[low - 1] if low > f.calendar.pointer[line] else FAR
    return int(max(until - worked, 0))


@inner
def wanted_lot(f: Fleet, s: State, line: int, slot: int, size: int) -> float:
    """The units that a size asks for."""
    item = f.slot_item[line, slot]
    least = f.rate[line, slot] * f.rhythm[SHORTEST] / 60.0
    lot = max(f.lot[line, slot], least)
    if size == COVER:
        lot = max(lot, s.need_near[item])
    elif size == HALF:
        lot = max(0.5 * lot, least)
    elif size == MORE:
        lot = 1.5 * lot
    elif size == TWO:
        lot = 2.0 * lot
    elif size == ALL:
        lot = s.need_total[item]
    elif size == TOLD:
        lot = s.told[line]
    return float(min(lot, s.need_total[item]))


@inner
def shortest_run(least: float, multiple: float, rate: float) -> int:
    """Minutes of the smallest lot that there may be: a run may take as long, however slow the line."""
    if multiple > 0:
        least = np.ceil(least / multiple - 1e-9) * multiple
    return int(np.ceil(least / rate * 60.0 - 1e-9))


@inner
def lot_of(
    f: Fleet, s: State, line: int, slot: int, size: int, mode: int, worked: int
) -> tuple[float, int]:
    """The units that a choice makes, 0 where it is not possible, and the changeover's minutes."""
    item = f.slot_item[line, slot]
    if item < 0 or s.need_total[item] <= DUST:
        return 0.0, 0
    rate = f.rate[line, slot]
    setup = setup_into(f, s, line, item)[0]
    room = room_of(f, s, line, item, worked + setup)
    if mode == MOVE and may_move(f, s, line):
        room = max(room, room_behind(f, s, line, item, worked + setup))
    least, multiple = f.least[line, slot], f.multiple[line, slot]
    if size != TOLD:
        longest = f.rhythm[LONGEST]
        if size in (TWO, ALL, MORE):
            longest = 2 * longest
        room = min(room, max(longest, shortest_run(least, multiple, rate)))
    if mode == REGULAR:
        room = min(room, regular_room(f, line, worked + setup))
    if room <= 0:
        return 0.0, setup
    wanted = wanted_lot(f, s, line, slot, size)
    quantity = lot_within(wanted, rate * room / 60.0, least, multiple)
    if quantity > 0 and f.bom.pointer[item] < f.bom.pointer[item + 1]:
        most = in_material(f, s, line, slot, worked + setup, quantity)
        if most < quantity:
            quantity = lot_within(wanted, most, least, multiple)
    smallest = min(wanted, rate * f.rhythm[SHORTEST] / 60.0)
    if quantity <= DUST or quantity < smallest * (1.0 - 1e-9):
        return 0.0, setup
    return quantity, setup


@inner
def in_material(f: Fleet, s: State, line: int, slot: int, worked: int, lot: float) -> float:
    """The units, at most a lot, that there are components for."""
    item = f.slot_item[line, slot]
    share, start = f.share[line, slot], -1
    for row in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
        part = f.bom.component[row]
        if start < 0 and s.order_end[part] > f.order_first[part]:
            start = minute_of(f.calendar, line, worked)
        lot = min(lot, can_be_taken(f, s, part, start) * share / f.bom.per_unit[row])
    return lot


@inner
def index_of(f: Fleet, s: State, b: int, line: int, slot: int, units: float, setup: int) -> float:
    """How urgent a choice is: the logarithm of ATCS."""
    item, rate = f.slot_item[line, slot], f.rate[line, slot]
    free = max(s.clock[b], s.ask_at[line])
    slack = (s.short_at[item] - free - setup - units / rate * 60.0) / DAY
    return float(
        np.log(max(s.worth[item], 1e-6) * rate / 24.0)
        - max(slack, 0.0) / SLACK_SCALE
        - setup / (SETUP_SCALE * f.mean_setup[b])
    )


@inner
def set_options(f: Fleet, s: State, b: int, line: int) -> int:
    """Work out what the line could do now with every slot; how many are possible."""
    found = 0
    worked = worked_when_free(f, s, line)
    mode = MOVE if may_move(f, s, line) else OVERTIME
    for slot in range(f.slot_item.shape[1]):
        if f.slot_item[line, slot] < 0:
            break
        units, setup = lot_of(f, s, line, slot, COVER, mode, worked)
        s.option_quantity[line, slot] = units
        if units > 0:
            found += 1
            s.option_index[line, slot] = index_of(f, s, b, line, slot, units, setup)
    return found
