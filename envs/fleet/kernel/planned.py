"""Planned runs that may move: a line that holds can pull its next one forward, one that works push it back.

A planned run takes its components at its start, whenever that is. What all other planned runs will take must
lie in stock beside that, or arrive before they do; items that others are made of are not moved, so that no
planned run counts on a delivery that comes at another time.
"""

from __future__ import annotations

from envs.fleet.kernel.lines import end_of_kept, reserve, setup_into
from envs.fleet.kernel.stocks import DUST, asked_until
from envs.fleet.plants import FAR, Fleet
from envs.fleet.state import State
from plant.calendar import NEVER, minute_of, minutes_needed, worked_before, worked_between
from plant.compiled import inner


@inner
def may_move(f: Fleet, s: State, line: int) -> bool:
    """Whether the line's next planned run can be moved and has not been."""
    row = s.next_fixed[line]
    if row >= f.fixed_first[line + 1] or s.moved[line]:
        return False
    return bool(f.fixed_may_move[row] > 0 and f.fixed_slot[row] >= 0)


@inner
def room_behind(f: Fleet, s: State, line: int, item: int, worked: int) -> int:
    """Shift minutes for a run of an item that begins after so many, with the next planned run behind it."""
    row = s.next_fixed[line]
    table, family = f.table[line], f.family[f.fixed_item[row]]
    room = f.room[line]
    if row + 1 < f.fixed_first[line + 1]:
        between = f.changeovers.minutes[table, family, f.family[f.fixed_item[row + 1]]]
        room = worked_before(f.calendar, line, f.fixed_start[row + 1])[0] - between
    after = f.changeovers.minutes[table, f.family[item], family]
    minutes = worked_between(f.calendar, line, f.fixed_start[row], f.fixed_end[row])[0]
    return int(room - minutes - after - worked)


@inner
def sooner_start(f: Fleet, s: State, b: int, line: int, worked: int) -> int:
    """The minute to which the line's next planned run can be pulled forward, NEVER where it cannot."""
    if not may_move(f, s, line):
        return NEVER
    row = s.next_fixed[line]
    setup = setup_into(f, s, line, f.fixed_item[row])[0]
    start = minute_of(f.calendar, line, worked + setup)
    if start == NEVER or start >= f.fixed_start[row]:
        return NEVER
    return int(start) if is_there(f, s, b, line, start, -1, 0.0) else NEVER


@inner
def pull(f: Fleet, s: State, b: int, line: int, worked: int) -> bool:
    """Let the line's next planned run be the next that it does, as soon as it can; False where it cannot."""
    start = sooner_start(f, s, b, line, worked)
    if start == NEVER:
        return False
    row = s.next_fixed[line]
    keep_parts(f, s, line, start)
    reserve(f, s, line, f.fixed_slot[row], f.fixed_item[row], f.fixed_quantity[row], start)
    s.start_end[line] = end_of_kept(f, line, row, start)
    s.next_fixed[line] += 1
    return True


@inner
def push(f: Fleet, s: State, b: int, line: int, slot: int, units: float, worked: int) -> bool:
    """Let units that begin after so many shift minutes come before the next planned run.

    False where its components would not be there when its turn comes.
    """
    row = s.next_fixed[line]
    old, new = f.family[f.slot_item[line, slot]], f.family[f.fixed_item[row]]
    worked += max(minutes_needed(units, f.rate[line, slot]), 1)
    worked += f.changeovers.minutes[f.table[line], old, new]
    if worked <= worked_before(f.calendar, line, f.fixed_start[row])[0]:
        return True  # it need not wait
    start = minute_of(f.calendar, line, worked)
    if start == NEVER or not is_there(f, s, b, line, start, slot, units):
        return False
    keep_parts(f, s, line, start)
    return True


@inner
def keep_parts(f: Fleet, s: State, line: int, start: int) -> None:
    """Reserve what the line's next planned run takes, until the minute that it is moved to."""
    row = s.next_fixed[line]
    item, share = f.fixed_item[row], f.share[line, f.fixed_slot[row]]
    for bill in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
        part = f.bom.component[bill]
        s.reserved[part] += f.fixed_quantity[row] * f.bom.per_unit[bill] / share
        s.reserved_until[part] = max(s.reserved_until[part], start)
    s.moved[line] = 1


@inner
def is_there(f: Fleet, s: State, b: int, line: int, start: int, slot: int, units: float) -> bool:
    """Whether the line's next planned run finds its components at a minute, after units of a slot (or -1)."""
    row = s.next_fixed[line]
    item, share = f.fixed_item[row], f.share[line, f.fixed_slot[row]]
    for bill in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
        part = f.bom.component[bill]
        taken = f.fixed_quantity[row] * f.bom.per_unit[bill] / share
        if slot >= 0:
            taken += taken_of(f, f.slot_item[line, slot], part, units / f.share[line, slot])
        free = s.stock[part] - s.reserved[part] - promised_others(f, s, b, line, part)
        if s.order_end[part] > f.order_first[part]:
            free -= asked_until(f, s, part, max(start, s.reserved_until[part], f.kept_until[part]))
        if free < taken - DUST:
            return False
    return True


@inner
def taken_of(f: Fleet, item: int, part: int, units: float) -> float:
    """The units of a component that so many started units of an item take."""
    for bill in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
        if f.bom.component[bill] == part:
            return float(units * f.bom.per_unit[bill])
    return 0.0


@inner
def promised_others(f: Fleet, s: State, b: int, line: int, part: int) -> float:
    """The most by which other planned runs' takes of a component run ahead of what is gained until then."""
    most = 0.0
    for other in range(b * f.lines, (b + 1) * f.lines):
        for row in range(first_to_come(f, s, other), f.fixed_first[other + 1]):
            mine = other == line and row == s.next_fixed[line]
            if not mine and taken_of(f, f.fixed_item[row], part, 1.0) > 0:
                most = max(most, short_until(f, s, b, line, part, f.fixed_start[row]))
    return most


@inner
def short_until(f: Fleet, s: State, b: int, line: int, part: int, until: int) -> float:
    """Takes of a component by other planned runs up to a minute, less what is gained until then."""
    now, short = s.clock[b], 0.0
    for arrival in range(f.arrival_first[part], f.arrival_first[part + 1]):
        if now < f.arrival_at[arrival] <= until:
            short -= f.arrival_quantity[arrival]
    for other in range(b * f.lines, (b + 1) * f.lines):
        if s.end_item[other] == part and now < s.end_at[other] <= until:
            short -= s.end_good[other]
        for row in range(first_to_come(f, s, other), f.fixed_first[other + 1]):
            item, slot = f.fixed_item[row], f.fixed_slot[row]
            mine = other == line and row == s.next_fixed[line]
            if not mine and f.fixed_start[row] <= until:
                share = f.share[other, slot] if slot >= 0 else 1.0
                short += taken_of(f, item, part, f.fixed_quantity[row] / share)
            if item == part and now < f.fixed_end[row] <= until:
                short -= f.fixed_quantity[row]
    return short


@inner
def first_to_come(f: Fleet, s: State, line: int) -> int:
    """The row of the line's first planned run that has not started, if what it takes is not reserved."""
    waits = s.start_at[line] < FAR and s.start_end[line] >= 0 and not s.moved[line]
    return int(s.next_fixed[line] - waits)
