"""What runs on the lines do: start, fail, are repaired and end; money as in `plant.evaluate`."""

from __future__ import annotations

import numpy as np

from envs.fleet.kernel.lines import (
    ask_from,
    charge_idle,
    charge_work,
    kept_begin,
    reserve_kept,
    set_line_next,
    start_after,
)
from envs.fleet.kernel.stocks import CHANGEOVER, INSTABILITY, weigh_stock
from envs.fleet.luck import (
    FAIL_HOURS,
    FAILURE,
    RATE,
    RATE_SPREAD,
    REPAIR,
    REPAIR_MINUTES,
    YIELD,
    YIELD_LOSS,
    factor,
    waited,
)
from envs.fleet.plants import COUNTS, FAR, TICK, Fleet
from envs.fleet.state import State
from plant.arrays import Floats
from plant.calendar import (
    NEVER,
    changeover_start,
    minute_of,
    minutes_needed,
    worked_before,
    worked_between,
    worked_total,
)
from plant.compiled import inner

SHORT = 1e-6  # units that evaluate lets pass


@inner
def has_components(f: Fleet, s: State, line: int) -> bool:
    """Whether what the line's next run takes lies in stock."""
    item, slot, units = s.start_item[line], s.start_slot[line], s.start_quantity[line]
    for row in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
        taken = units * f.bom.per_unit[row] / (f.share[line, slot] if slot >= 0 else 1.0)
        if s.stock[f.bom.component[row]] < taken - SHORT:
            return False
    return True


@inner
def begin_run(f: Fleet, s: State, luck: Floats, b: int, line: int) -> None:
    """Start the line's next run: take its components, charge it, foresee its end."""
    start, item, slot = s.start_at[line], s.start_item[line], s.start_slot[line]
    units, kept_end = s.start_quantity[line], s.start_end[line]
    for row in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
        part = f.bom.component[row]
        taken = units * f.bom.per_unit[row] / (f.share[line, slot] if slot >= 0 else 1.0)
        s.stock[part] -= taken
        if kept_end < 0 or s.moved[line]:
            s.reserved[part] -= taken
            if s.reserved[part] <= SHORT:
                s.reserved[part] = max(s.reserved[part], 0.0)
        weigh_stock(f, s, b, part)
    s.money[b, CHANGEOVER] += s.setup_money[line]
    begin = changeover_start(f.calendar, line, start, s.setup[line])
    charge_idle(f, s, b, line, start if begin == NEVER else begin)
    worked = worked_before(f.calendar, line, start)[0]
    kept = -1
    if kept_end >= 0:
        kept = s.next_fixed[line] - 1
        minutes = worked_between(f.calendar, line, f.fixed_start[kept], f.fixed_end[kept])[0]
        if s.moved[line]:
            s.moved[line] = 0
            moves = f.fixed_may_move[kept] == COUNTS and start != f.fixed_start[kept]
            s.money[b, INSTABILITY] += moves
    else:
        minutes = max(minutes_needed(units, f.rate[line, slot]), 1)
    s.start_at[line] = FAR
    s.begun[line] = worked
    s.planned_end[line] = minute_of(f.calendar, line, worked + minutes - 1) + 1
    s.end_slot[line], s.end_item[line], s.end_quantity[line] = slot, item, units
    s.end_good[line] = units
    plan_end(f, s, luck, b, line, worked, minutes)
    row = s.run_count[b]
    s.run_row[line] = row
    if row < s.run_line.shape[1]:
        s.run_line[b, row], s.run_item[b, row] = line - b * f.lines, item - b * f.items
        s.run_start[b, row], s.run_end[b, row] = start, s.end_at[line]
        s.run_planned[b, row], s.run_good[b, row] = units, s.end_good[line]
        s.run_kept[b, row] = kept
    s.run_count[b] += 1
    charge_work(f, s, b, line, start, s.end_at[line])
    s.runs[line] += 1
    ask_from(f, s, line, s.end_at[line])
    soon = s.ask_at[line] < s.clock[b] + f.rhythm[TICK]
    if soon and kept_begin(f, s, line) <= s.ask_at[line]:  # before the next epoch
        reserve_kept(f, s, line)
    set_line_next(s, line)


@inner
def plan_end(
    f: Fleet, s: State, luck: Floats, b: int, line: int, worked: int, minutes: int
) -> None:
    """Foresee the end of a run that has begun, with its own luck."""
    own, nth = line - b * f.lines, s.runs[line]
    if luck[RATE_SPREAD] > 0:
        slower = factor(s.seed[b], RATE, own, nth, luck[RATE_SPREAD])
        minutes = max(int(np.ceil(minutes * slower)), 1)
    if luck[YIELD_LOSS] > 0:
        lost = min(waited(s.seed[b], YIELD, own, nth, luck[YIELD_LOSS]), 0.5)
        s.end_good[line] *= 1.0 - lost
    end_with(f, s, line, worked + minutes)
    if luck[FAIL_HOURS] > 0:
        foresee_failure(f, s, line, worked)


@inner
def end_with(f: Fleet, s: State, line: int, target: int) -> None:
    """Set the run's end to where the line has so many shift minutes behind it, or to its last one."""
    most = worked_total(f.calendar, line)
    if target > most:
        begun = s.begun[line]
        done = max(most - begun, 0) / max(target - begun, 1)
        s.end_good[line] *= min(done, 1.0)
        target = most
    s.target[line] = target
    s.end_at[line] = minute_of(f.calendar, line, target - 1) + 1


@inner
def foresee_failure(f: Fleet, s: State, line: int, worked: int) -> None:
    """Set the minute in which the run fails, if it does before its last tick.

    In the last tick the next run may be decided already; a failure there falls into that one.
    """
    left = s.target[line] - worked
    if s.fail_left[line] < left - f.rhythm[TICK]:
        s.fail_at[line] = minute_of(f.calendar, line, worked + s.fail_left[line])
    else:
        s.fail_at[line] = FAR
        s.fail_left[line] = max(s.fail_left[line] - left, 0)


@inner
def fail(f: Fleet, s: State, luck: Floats, b: int, line: int) -> None:
    """Stop the line for a repair, which puts off the end of its run."""
    own, now = line - b * f.lines, s.fail_at[line]
    nth = s.failures[line]
    repair = int(np.ceil(waited(s.seed[b], REPAIR, own, nth, luck[REPAIR_MINUTES])))
    worked = worked_before(f.calendar, line, now)[0]
    before = s.end_at[line]
    s.failures[line] += 1
    s.failed_at[line] = now
    draw_failure(s, luck, b, line, own)
    end_with(f, s, line, s.target[line] + repair)
    back = minute_of(f.calendar, line, worked + repair)
    s.down_until[line] = s.end_at[line] if back == NEVER else back
    s.planned_end[line] = max(s.planned_end[line], s.down_until[line])
    charge_work(f, s, b, line, before, s.end_at[line])
    foresee_failure(f, s, line, worked + repair)
    if s.run_row[line] < s.run_line.shape[1]:
        s.run_end[b, s.run_row[line]] = s.end_at[line]
        s.run_good[b, s.run_row[line]] = s.end_good[line]
    s.wake[b] = 1
    if s.start_at[line] == FAR:
        ask_from(f, s, line, s.end_at[line])
    else:
        start_after(f, s, line)
    set_line_next(s, line)


@inner
def draw_failure(s: State, luck: Floats, b: int, line: int, own: int) -> None:
    """Draw the running minutes to the line's next failure."""
    hours = waited(s.seed[b], FAILURE, own, s.failures[line], luck[FAIL_HOURS])
    s.fail_left[line] = int(np.ceil(hours * 60.0))


@inner
def deliver(f: Fleet, s: State, b: int, line: int) -> None:
    """End the line's run: its good units are in stock."""
    item = s.end_item[line]
    s.stock[item] += s.end_good[line]
    s.supply[item] += s.end_good[line] - s.end_quantity[line]
    s.item_next[item] = min(s.item_next[item], s.end_at[line])
    if f.is_component[item]:
        s.wake[b] = 1
    s.end_at[line] = FAR
    set_line_next(s, line)
