"""What lines are told and when they are asked: changeovers, waiting, decided runs, kept runs."""

from __future__ import annotations

from envs.fleet.kernel.stocks import IDLE, MAKESPAN, PRODUCTION
from envs.fleet.plants import FAR, TICK, Fleet
from envs.fleet.state import State
from plant.calendar import (
    NEVER,
    changeover_start,
    minute_of,
    next_manned,
    run_end,
    worked_before,
    worked_between,
)
from plant.compiled import inner


@inner
def set_line_next(s: State, line: int) -> None:
    """Set the minute of the line's next event, as something about its runs has changed."""
    s.offers_until[line] = -1
    s.line_next[line] = min(s.start_at[line], s.end_at[line], s.fail_at[line])


@inner
def setup_into(f: Fleet, s: State, line: int, item: int) -> tuple[int, float]:
    """Minutes and money of the changeover from what the line is set up for."""
    old = s.family[line]
    if old < 0:
        return 0, 0.0
    table, new = f.table[line], f.family[item]
    return f.changeovers.minutes[table, old, new], f.changeovers.cost[table, old, new]


@inner
def kept_begin(f: Fleet, s: State, line: int) -> int:
    """When the changeover into the line's next kept run begins, or FAR where it has none."""
    row = s.next_fixed[line]
    if row >= f.fixed_first[line + 1]:
        return FAR
    minutes = setup_into(f, s, line, f.fixed_item[row])[0]
    begin = changeover_start(f.calendar, line, f.fixed_start[row], minutes)
    return f.fixed_start[row] if begin == NEVER else begin


@inner
def ask_from(f: Fleet, s: State, line: int, minute: int) -> None:
    """Ask the line in the first manned minute from one on, or where its next kept run begins."""
    ready = next_manned(f.calendar, line, minute)
    s.offers_until[line] = -1
    s.ask_at[line] = min(FAR if ready == NEVER else ready, kept_begin(f, s, line))


@inner
def charge_idle(f: Fleet, s: State, b: int, line: int, until: int) -> None:
    """Charge the regular minutes up to a minute in which the line did nothing."""
    since = s.idle_from[line]
    if until > since:
        manned, overtime = worked_between(f.calendar, line, since, until)
        s.money[b, IDLE] += (manned - overtime) / 60.0 * f.idle_cost[line]
        s.idle_from[line] = until


@inner
def charge_waiting(f: Fleet, s: State, b: int, now: int) -> None:
    """Charge the lines that wait for work."""
    for line in range(b * f.lines, (b + 1) * f.lines):
        if s.idle_from[line] < now and (s.held[line] or s.ask_at[line] < now):
            charge_idle(f, s, b, line, now)


@inner
def charge_work(f: Fleet, s: State, b: int, line: int, start: int, end: int) -> None:
    """Charge production in [start, end), and the makespan up to its end."""
    manned, overtime = worked_between(f.calendar, line, start, end)
    money = manned * f.run_cost[line] + overtime * f.overtime_cost[line]
    s.money[b, PRODUCTION] += money / 60.0
    s.idle_from[line] = max(s.idle_from[line], end)
    if end > s.last_end[b]:
        s.money[b, MAKESPAN] += (end - s.last_end[b]) / 60.0
        s.last_end[b] = end


@inner
def reserve(f: Fleet, s: State, line: int, slot: int, item: int, units: float, start: int) -> None:
    """Decide the line's next run: `units` of an item from a minute on, its components reserved."""
    s.start_at[line], s.start_slot[line], s.start_item[line] = start, slot, item
    s.start_quantity[line], s.start_end[line] = units, -1
    s.setup[line], s.setup_money[line] = setup_into(f, s, line, item)
    s.family_before[line] = s.family[line]
    s.family[line] = f.family[item]
    s.ask_at[line], s.held[line] = FAR, 0
    set_line_next(s, line)


@inner
def reserve_new(f: Fleet, s: State, line: int, slot: int, units: float, start: int) -> None:
    """Decide a run that is not kept, with what that does to supply."""
    item = f.slot_item[line, slot]
    reserve(f, s, line, slot, item, units, start)
    s.supply[item] += units
    for row in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
        part = f.bom.component[row]
        taken = units * f.bom.per_unit[row] / f.share[line, slot]
        s.supply[part] -= taken
        s.reserved[part] += taken
        s.reserved_until[part] = max(s.reserved_until[part], start)


@inner
def reserve_kept(f: Fleet, s: State, line: int) -> None:
    """Let the line's next kept run be the next that it does."""
    row = s.next_fixed[line]
    start = f.fixed_start[row]
    reserve(f, s, line, f.fixed_slot[row], f.fixed_item[row], f.fixed_quantity[row], start)
    s.start_end[line] = f.fixed_end[row]
    s.next_fixed[line] += 1
    start_after(f, s, line)
    if s.moved[line] and s.start_at[line] < FAR:
        end = end_of_kept(f, line, row, s.start_at[line])
        s.start_end[line] = f.fixed_end[row] if end == NEVER else end


@inner
def end_of_kept(f: Fleet, line: int, row: int, start: int) -> int:
    """The end of a kept run that starts at another minute, or NEVER; it takes as many shift minutes."""
    minutes = worked_between(f.calendar, line, f.fixed_start[row], f.fixed_end[row])[0]
    return int(run_end(f.calendar, line, start, max(minutes, 1)))


@inner
def start_after(f: Fleet, s: State, line: int) -> None:
    """Let the decided run wait for the end of the one on the line, which may have been put off."""
    free = s.end_at[line] if s.end_at[line] < FAR else s.clock[line // f.lines]
    free = max(free, f.calendar.available[line])
    worked = worked_before(f.calendar, line, free)[0] + s.setup[line]
    start = minute_of(f.calendar, line, worked)
    if start == NEVER:
        drop(f, s, line)
    else:
        s.start_at[line] = max(s.start_at[line], start)
    set_line_next(s, line)


@inner
def put_off(f: Fleet, s: State, line: int, now: int) -> None:
    """Let the line's next run wait a tick for its components."""
    later = next_manned(f.calendar, line, now + f.rhythm[TICK])
    if later == NEVER:
        drop(f, s, line)
    else:
        s.start_at[line] = later
        if s.start_end[line] < 0 or s.moved[line]:
            item = s.start_item[line]
            for row in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
                part = f.bom.component[row]
                s.reserved_until[part] = max(s.reserved_until[part], later)
    set_line_next(s, line)


@inner
def drop(f: Fleet, s: State, line: int) -> None:
    """Give up the run that was decided and has not started."""
    item, slot, units = s.start_item[line], s.start_slot[line], s.start_quantity[line]
    s.supply[item] -= units
    for row in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
        part = f.bom.component[row]
        taken = units * f.bom.per_unit[row] / (f.share[line, slot] if slot >= 0 else 1.0)
        s.supply[part] += taken
        if s.start_end[line] < 0 or s.moved[line]:
            s.reserved[part] -= taken
    s.start_at[line] = FAR
    if s.start_end[line] >= 0:
        s.moved[line] = 0
    s.family[line] = s.family_before[line]
    s.offers_until[line] = -1
