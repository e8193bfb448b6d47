"""What a scheduler sees of each plant: float32, no identities, most figures in 0..1 or a few units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.choices import regular_room, worked_when_free
from envs.fleet.kernel.lines import kept_begin
from envs.fleet.kernel.outlook import PER_DAY, Outlook, part_of, see_ahead
from envs.fleet.kernel.starts import Clock, Starts, see_gains, see_starts
from envs.fleet.kernel.stocks import DAY, DUST
from envs.fleet.luck import (
    DEMAND_SPREAD,
    FAIL_HOURS,
    LATE_SHARE,
    RATE_SPREAD,
    RUSH_PER_DAY,
    YIELD_LOSS,
)
from envs.fleet.plants import FAR, TICK, Fleet
from envs.fleet.state import State
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import inner

PLANT_FEATURES, LINE_FEATURES, ITEM_FEATURES, SLOT_FEATURES = 19, 22, 41, 16
FIRST_WEIGHT = 8  # plant feature
SLACK, INDEX, BEHIND, OVERTIME_SHARE, DEAR = 4, 10, 11, 12, 14  # slot features


class Seen(NamedTuple):
    """The observation of B plants, which lines [BL] show slots that are not all 0, and what is fixed of it.

    plant [B, 19], lines [B, L, 22], items [B, I, 41], slots [B, L, K, 16], mask [B, L, 1 + K]. fixed
    [BL, K, 4]: rate, yield and how dear, as slots show them; setup_money: the money of changeovers, as slots
    show it; each, usual [B]: the scale over the plant's lines, and its logarithm; room [B]: shift minutes of
    all lines.
    """

    plant: NDArray[np.float32]
    lines: NDArray[np.float32]
    items: NDArray[np.float32]
    slots: NDArray[np.float32]
    mask: NDArray[np.int8]
    shown: Ints
    fixed: NDArray[np.float32]
    setup_money: NDArray[np.float32]
    each: Floats
    usual: Floats
    room: Floats


@inner
def squashed(value: float) -> float:
    """A number of at least 0 in 0..1, half at 1."""
    return value / (1.0 + value)


@inner
def see_plant(f: Fleet, s: State, luck: Floats, scale: float, b: int, out: Seen) -> None:
    """What holds for the whole plant; columns 8 to 14 never change.

    Time gone; time of day (twice); share of lines deciding; backlog; load; spread of demand; share of late
    arrivals; seven weights; spread of rates; loss of yield; failures in a line's day; rush orders a day.
    """
    now, lines = s.clock[b], f.lines
    hours, backlog, deciding, left = 0.0, 0.0, 0, out.room[b]
    for i in range(b * f.items, (b + 1) * f.items):
        backlog += s.backlog_value[i]
        if f.rate_best[i] > 0:
            hours += s.need_total[i] / f.rate_best[i]
    for line in range(b * lines, (b + 1) * lines):
        deciding += s.deciding[line]
    share = now / f.horizon[b]
    seen = out.plant[b]
    seen[0] = share
    seen[1], seen[2] = np.sin(2.0 * np.pi * now / DAY), np.cos(2.0 * np.pi * now / DAY)
    seen[3] = deciding / f.own_lines[b]
    seen[4] = squashed(backlog / 24.0 / scale)
    seen[5] = min(hours * 60.0 / max(left * (1.0 - share), 60.0), 3.0)
    seen[6], seen[7] = luck[DEMAND_SPREAD], luck[LATE_SHARE]
    seen[15], seen[16] = luck[RATE_SPREAD], 10.0 * luck[YIELD_LOSS]
    seen[17] = squashed(24.0 / luck[FAIL_HOURS]) if luck[FAIL_HOURS] > 0 else 0.0
    seen[18] = squashed(luck[RUSH_PER_DAY])


@inner
def see_lines(f: Fleet, s: State, clock: Clock, b: int, out: Seen) -> None:
    """What each line does and is about to do; columns 15 to 17, 20 and 21 never change.

    Deciding; running; changing over or waiting to; down; holding; days until asked, until the run's
    expected end, since the last failure, until repaired; share of the run done; shift share in the next
    8, 24 and 72 h, overtime share in 24 h; days until its next kept run; run, overtime and idle money of
    an hour over the plant's of an hour and line; share of overtime so far; days until its decided run
    starts; its rate over the best line's and its yield, in the mean of its items.
    """
    now, first = s.clock[b], b * f.lines
    deciding, end_at, start_at, down_until = s.deciding, s.end_at, s.start_at, s.down_until
    held, ask_at, planned_end, failed_at = s.held, s.ask_at, s.planned_end, s.failed_at
    begun, target, next_fixed, fixed_first = s.begun, s.target, s.next_fixed, f.fixed_first
    of_line, manned, overtime = clock.of_line, clock.manned, clock.overtime
    seen = out.lines[b]
    last, per_day = manned.shape[1] - 1, 1440 // f.rhythm[TICK]
    tick = min(now // f.rhythm[TICK], last)
    shift, day = min(tick + per_day // 3, last), min(tick + per_day, last)
    days = min(tick + 3 * per_day, last)
    ahead = -1  # the calendar that the figures of shifts ahead are of
    here = extra = 0
    in_shift = in_day = in_days = overtime_in_day = 0.0
    for row in range(f.lines):
        line = first + row
        running = end_at[line] < FAR
        seen[row, 0], seen[row, 1] = deciding[line], running
        seen[row, 2] = start_at[line] < FAR
        down = max(down_until[line] - now, 0)
        seen[row, 3], seen[row, 4] = down > 0, held[line]
        seen[row, 5] = min(max(ask_at[line] - now, 0), 4320) * PER_DAY
        seen[row, 6] = min(max(planned_end[line] - now, 0), 4320) * PER_DAY if running else 0.0
        seen[row, 7] = squashed((now - failed_at[line]) * PER_DAY) if failed_at[line] >= 0 else 1.0
        seen[row, 8] = min(down, 1440) * PER_DAY
        calendar = of_line[line]
        if calendar != ahead:
            ahead, here, extra = calendar, manned[calendar, tick], overtime[calendar, tick]
            in_shift = (manned[calendar, shift] - here) * (PER_DAY * 3.0)
            in_day = (manned[calendar, day] - here) * PER_DAY
            in_days = (manned[calendar, days] - here) * (PER_DAY / 3.0)
            overtime_in_day = (overtime[calendar, day] - extra) * PER_DAY
        seen[row, 9] = 0.0
        if running:
            done = max(here - begun[line], 0) / max(target[line] - begun[line], 1)
            seen[row, 9] = min(done, 1.0)
        seen[row, 10], seen[row, 11] = in_shift, in_day
        seen[row, 12], seen[row, 13] = in_days, overtime_in_day
        seen[row, 14] = 1.0
        if next_fixed[line] < fixed_first[line + 1]:
            begin = max(kept_begin(f, s, line) - now, 0)
            seen[row, 14] = min(begin * (PER_DAY / 3.0), 1.0)
        seen[row, 18] = extra / here if extra > 0 else 0.0
        waits = start_at[line] - now
        seen[row, 19] = min(waits, 4320) * PER_DAY if start_at[line] < FAR else 0.0


@inner
def see_items(
    f: Fleet, s: State, c: Clock, o: Outlook, starts: Starts, luck: Floats, scale: float, b: int,
    out: Seen,
) -> None:  # fmt: skip
    """What each item has and is needed for; amounts in days of its best line's work (raw: of its stock).

    Stock; stock over safety; supply known; backlog; backlog money; need in all and near; days until short;
    worth of an hour of it; holding and shortage money, makers, component, raw (columns 9 to 13, which never
    change); units reserved; share of the demand that is not yet known; what can be taken now; demand due in
    eight buckets; what arrives in them; days until it can be begun; what its components are enough for (1
    where it has none); q10, q50, q90 of the demand due in 3 and in 7 days.
    """
    now, first_row = s.clock[b], b * f.items
    rate_best, opening, stock, safety = f.rate_best, f.stock, s.stock, f.safety
    supply, backlog, value, total_need = s.supply, s.backlog, s.backlog_value, s.need_total
    near_need, short_at, worth, reserved = s.need_near, s.short_at, s.worth, s.reserved
    first_order, within, due, known, sums = f.order_first, s.within, s.due, s.known, s.sum
    takeable, is_component = starts.takeable, f.is_component
    seen = out.items[b]
    see_gains(f, s, starts, b)
    for row in range(f.items):
        i = first_row + row
        per = rate_best[i] * 24.0 if rate_best[i] > 0 else max(opening[i], 1.0)
        hourly = per / 24.0 / 24.0 / scale
        seen[row, 0] = part_of(max(stock[i], 0.0), per)
        seen[row, 1] = min(stock[i] / safety[i], 3.0) if safety[i] > 0 else 1.0
        own, end = first_order[i], within[i]
        asked = sums[due[i] - 1] if due[i] > own else 0.0
        seen[row, 2] = part_of(max(supply[i] - asked, 0.0), per)
        seen[row, 3] = part_of(backlog[i], per)
        seen[row, 4] = part_of(value[i], 24.0 * scale)
        seen[row, 5] = part_of(total_need[i], per)
        seen[row, 6] = part_of(near_need[i], per)
        seen[row, 7] = max(min(short_at[i] - now, 7200), -4320) * PER_DAY
        seen[row, 8] = squashed(worth[i] * hourly * 10.0)
        seen[row, 14] = part_of(reserved[i], per)
        seen[row, 15] = 0.0
        if known[i] < end:
            surely = sums[known[i] - 1] if known[i] > own else 0.0
            seen[row, 15] = 1.0 - surely / max(sums[end - 1], DUST)
        seen[row, 16] = part_of(takeable[i], per) if is_component[i] else 0.0
        see_ahead(f, s, o, luck, b, i, per, seen[row])
    see_starts(f, s, c, starts, b, seen)


@inner
def see_slots(f: Fleet, s: State, b: int, line: int, out: Seen) -> None:
    """Per possible slot of a deciding line, 0 elsewhere.

    Hours of the run and of its changeover; changeover and run money; days of slack; shares of the near and of
    the whole need that it covers; rate over the best line's; yield; same family; urgency, the same less the
    line's best; share of the run in overtime; days of the item's backlog; how dear the line makes a unit,
    beside the cheapest line and beside all that make it (logarithms).
    """
    row = line - b * f.lines
    seen, mask = out.slots[b, row], out.mask[b, row]
    slots = f.slot_item.shape[1]
    now, usual = s.clock[b], out.usual[b]
    best = -1e18
    for slot in range(slots):
        if s.option_quantity[line, slot] > 0:
            best = max(best, s.option_index[line, slot])
    worked = worked_when_free(f, s, line)
    regular = regular_room(f, line, worked)
    money_hour = f.run_cost[line] / out.each[b]
    short_at, near, total, backlog = s.short_at, s.need_near, s.need_total, s.backlog
    quantity, index, items = s.option_quantity[line], s.option_index[line], f.slot_item[line]
    rates, fixed, old, families = f.rate[line], out.fixed[line], s.family[line], f.family
    setups = f.changeovers.minutes[f.table[line], max(old, 0)]
    moneys = out.setup_money[f.table[line], max(old, 0)]
    for slot in range(slots):
        units = quantity[slot]
        if items[slot] < 0:
            break
        if units <= 0:
            if mask[1 + slot]:
                clear(seen, slot, slot + 1)
                mask[1 + slot] = 0
            continue
        mask[1 + slot] = 1
        item = items[slot]
        family = families[item]
        setup = setups[family] if old >= 0 else 0
        rate = rates[slot]
        minutes = units / rate * 60.0
        seen[slot, 0] = minutes / 480.0
        seen[slot, 1] = setup / 60.0
        seen[slot, 2] = moneys[family] if old >= 0 else 0.0
        seen[slot, 3] = squashed(minutes / 60.0 * money_hour)
        slack = (short_at[item] - now - setup - minutes) / DAY
        seen[slot, 4] = min(max(slack, -3.0), 5.0)
        seen[slot, 5] = min(near[item] / units, 3.0)
        seen[slot, 6] = min(units / total[item], 3.0)
        seen[slot, 7], seen[slot, 8] = fixed[slot, 0], fixed[slot, 1]
        seen[slot, 9] = old == family
        seen[slot, 10] = index[slot] - usual
        seen[slot, 11] = index[slot] - best
        seen[slot, 12] = max(minutes - max(regular - setup, 0), 0.0) / minutes
        seen[slot, 13] = squashed(backlog[item] / units)
        seen[slot, 14], seen[slot, 15] = fixed[slot, 2], fixed[slot, 3]
    out.shown[line] = 1


@inner
def hide_slots(f: Fleet, b: int, line: int, out: Seen) -> None:
    """Put the slots of a line that decides no more to 0."""
    mask, used = out.mask[b, line - b * f.lines], f.slot_item.shape[1]
    while used > 0 and not mask[used]:
        used -= 1
    clear(out.slots[b, line - b * f.lines], 0, used)
    for slot in range(used):
        mask[1 + slot] = 0
    out.shown[line] = 0


@inner
def clear(seen: NDArray[np.float32], first: int, last: int) -> None:
    """Put the slots first..last of a line to 0."""
    for slot in range(first, last):
        for column in range(SLOT_FEATURES):
            seen[slot, column] = 0.0


@inner
def observe(
    fleet: Fleet, state: State, clock: Clock, outlook: Outlook, starts: Starts, luck: Floats,
    scale: Floats, first: int, last: int, seen: Seen,
) -> None:  # fmt: skip
    """Write the observation of the plants first..last; scale [B]: money per hour that counts as 1."""
    f, s, c, out = borrow(fleet), borrow(state), borrow(clock), borrow(seen)
    o, offered = borrow(outlook), borrow(starts)
    for b in range(first, last):
        see_plant(f, s, luck, scale[b], b, out)
        see_lines(f, s, c, b, out)
        see_items(f, s, c, o, offered, luck, scale[b], b, out)
        for line in range(b * f.lines, (b + 1) * f.lines):
            if s.deciding[line]:
                see_slots(f, s, b, line, out)
            elif out.shown[line]:
                hide_slots(f, b, line, out)
