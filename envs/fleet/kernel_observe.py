"""What a scheduler sees of each plant: float32, no identities, most figures in 0..1 or a few units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel_choices import regular_room, worked_when_free
from envs.fleet.kernel_lines import kept_begin, setup_into
from envs.fleet.kernel_stocks import DAY, can_be_taken
from envs.fleet.luck import DEMAND_SPREAD, LATE_SHARE
from envs.fleet.plants import FAR, TICK, Fleet
from envs.fleet.state import State
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import inner, outer

PLANT_FEATURES, LINE_FEATURES, ITEM_FEATURES, SLOT_FEATURES = 15, 19, 33, 14
BUCKETS = np.array([480, 1440, 2880, 4320, 7200, 10080, 14400, 20160])  # minutes ahead
FIRST_DUE, FIRST_ARRIVAL = 17, 25
SLACK, INDEX, BEHIND, OVERTIME_SHARE = 4, 10, 11, 12  # slot features


class Clock(NamedTuple):
    """Shift minutes before each tick, so that none has to be searched for.

    of_line [BL]: the row that a line's calendar has; manned, overtime [C, T] at minutes 0, tick, 2 tick, ...
    """

    of_line: Ints
    manned: Ints
    overtime: Ints


class Seen(NamedTuple):
    """The observation of B plants, and which lines [BL] show slots that are not all 0.

    plant [B, 15], lines [B, L, 19], items [B, I, 33], slots [B, L, K, 14], mask [B, L, 1 + K].
    """

    plant: NDArray[np.float32]
    lines: NDArray[np.float32]
    items: NDArray[np.float32]
    slots: NDArray[np.float32]
    mask: NDArray[np.int8]
    shown: Ints


@inner
def squashed(value: float) -> float:
    """A number of at least 0 in 0..1, half at 1."""
    return value / (1.0 + value)


@inner
def see_plant(f: Fleet, s: State, luck: Floats, scale: float, b: int, out: Seen) -> None:
    """Time gone; time of day and week (twice each); share of lines deciding; backlog; load; luck; weights."""
    now, lines = s.clock[b], f.lines
    hours = backlog = deciding = left = 0.0
    for i in range(b * f.items, (b + 1) * f.items):
        backlog += s.backlog_value[i]
        if f.rate_best[i] > 0:
            hours += s.need_total[i] / f.rate_best[i]
    for line in range(b * lines, (b + 1) * lines):
        deciding += s.deciding[line]
        left += f.room[line]
    share = now / f.horizon[b]
    seen = out.plant[b]
    seen[0] = share
    seen[1], seen[2] = np.sin(2.0 * np.pi * now / DAY), np.cos(2.0 * np.pi * now / DAY)
    seen[3] = deciding / lines
    seen[4] = squashed(backlog / 24.0 / scale)
    seen[5] = min(hours * 60.0 / max(left * (1.0 - share), 60.0), 3.0)
    seen[6], seen[7] = luck[DEMAND_SPREAD], luck[LATE_SHARE]
    for weight in range(7):
        seen[8 + weight] = squashed(f.weights[b, weight])


@inner
def see_line(f: Fleet, s: State, clock: Clock, scale: float, b: int, line: int, out: Seen) -> None:
    """What one line does and is about to do.

    Deciding; running; changing over or waiting to; down; holding; days until asked, until the run's
    expected end, since the last failure, until repaired; share of the run done; shift share in the next
    8, 24 and 72 h, overtime share in 24 h; days until its next kept run; run, overtime and idle money of
    an hour over the plant's of an hour and line; share of overtime so far.
    """
    now = s.clock[b]
    seen = out.lines[b, line - b * f.lines]
    running = s.end_at[line] < FAR
    seen[0], seen[1] = s.deciding[line], running
    seen[2] = s.start_at[line] < FAR
    seen[3], seen[4] = s.down_until[line] > now, s.held[line]
    seen[5] = min(max(s.ask_at[line] - now, 0) / DAY, 3.0)
    expected = max(s.planned_end[line] - now, 0) if running else 0
    seen[6] = min(expected / DAY, 3.0)
    seen[7] = squashed((now - s.failed_at[line]) / DAY) if s.failed_at[line] >= 0 else 1.0
    seen[8] = min(max(s.down_until[line] - now, 0) / DAY, 1.0)
    row, tick = clock.of_line[line], now // f.rhythm[TICK]
    manned, last = clock.manned[row], clock.manned.shape[1] - 1
    per_day = 1440 // f.rhythm[TICK]
    seen[9] = 0.0
    if running:
        done = manned[min(tick, last)] - s.begun[line]
        seen[9] = min(max(done / max(s.target[line] - s.begun[line], 1), 0.0), 1.0)
    here = manned[min(tick, last)]
    seen[10] = (manned[min(tick + per_day // 3, last)] - here) / 480.0
    seen[11] = (manned[min(tick + per_day, last)] - here) / 1440.0
    seen[12] = (manned[min(tick + 3 * per_day, last)] - here) / 4320.0
    overtime = clock.overtime[row]
    ahead = overtime[min(tick + per_day, last)] - overtime[min(tick, last)]
    seen[13] = ahead / 1440.0
    seen[14] = 1.0
    if s.next_fixed[line] < f.fixed_first[line + 1]:
        seen[14] = min(max(kept_begin(f, s, line) - now, 0) / DAY / 3.0, 1.0)
    each = scale / f.lines
    seen[15] = squashed(f.run_cost[line] / each)
    seen[16] = squashed(f.overtime_cost[line] / each)
    seen[17] = squashed(f.idle_cost[line] / each)
    seen[18] = overtime[min(tick, last)] / max(here, 1)


@inner
def see_item(f: Fleet, s: State, scale: float, b: int, i: int, out: Seen) -> None:
    """What one item has and is needed for; amounts in days of its best line's work (raw: of its stock).

    Stock; stock over safety; supply known; backlog; backlog money; need in all and near; days until short;
    worth, holding and shortage money of an hour of it; makers; component; raw; units reserved; share of the
    demand that is not yet known; what can be taken now; demand due in eight buckets; what arrives in them.
    """
    now = s.clock[b]
    seen = out.items[b, i - b * f.items]
    hour = f.rate_best[i]
    per = hour * 24.0 if hour > 0 else max(f.stock[i], 1.0)
    if hour <= 0:
        hour = per / 24.0
    seen[0] = squashed(max(s.stock[i], 0.0) / per)
    seen[1] = min(s.stock[i] / f.safety[i], 3.0) if f.safety[i] > 0 else 1.0
    own = f.order_first[i]
    first = s.due[i]
    asked = s.sum[first - 1] if first > own else 0.0
    seen[2] = squashed(max(s.supply[i] - asked, 0.0) / per)
    seen[3] = squashed(s.backlog[i] / per)
    seen[4] = squashed(s.backlog_value[i] / 24.0 / scale)
    seen[5] = squashed(s.need_total[i] / per)
    seen[6] = squashed(s.need_near[i] / per)
    short = 5.0 if s.short_at[i] == FAR else (s.short_at[i] - now) / DAY
    seen[7] = min(max(short, -3.0), 5.0)
    seen[8] = squashed(s.worth[i] * hour / 24.0 / scale * 10.0)
    seen[9] = squashed(f.holding[i] * hour / 24.0 / scale * 100.0)
    seen[10] = squashed(f.shortage[i] * hour / 24.0 / scale * 100.0)
    seen[11] = squashed(f.makers[i] / 4.0)
    seen[12], seen[13] = f.is_component[i], f.makers[i] == 0
    seen[14] = squashed(s.reserved[i] / per)
    end = s.within[i]
    total = s.sum[end - 1] if end > own else 0.0
    unknown = total - (s.sum[s.known[i] - 1] if s.known[i] > own else 0.0)
    seen[15] = max(unknown, 0.0) / total if total > 0 and s.known[i] < end else 0.0
    seen[16] = squashed(can_be_taken(f, s, i, now) / per) if f.is_component[i] else 0.0
    arrivals = f.arrival_first[i] < f.arrival_first[i + 1]
    arrival = s.arrival[i]
    for bucket in range(8):
        until = now + BUCKETS[bucket]
        order = s.ahead[i, bucket]
        while order < end and s.order_due[order] <= until:
            order += 1
        s.ahead[i, bucket] = order
        total = max(s.sum[order - 1] if order > own else 0.0, asked)
        units = total - asked
        asked = total
        seen[FIRST_DUE + bucket] = units / (units + per)
        if not arrivals:
            continue
        units = 0.0
        while arrival < f.arrival_first[i + 1] and f.arrival_at[arrival] <= until:
            units += f.arrival_quantity[arrival]
            arrival += 1
        seen[FIRST_ARRIVAL + bucket] = units / (units + per)


@inner
def see_slots(f: Fleet, s: State, scale: float, b: int, line: int, out: Seen) -> None:
    """Per possible slot of a deciding line, 0 elsewhere.

    Hours of the run and of its changeover; changeover and run money; days of slack; shares of the near and of
    the whole need that it covers; rate over the best line's; yield; same family; urgency, the same less the
    line's best; share of the run in overtime; days of the item's backlog.
    """
    row = line - b * f.lines
    seen, mask = out.slots[b, row], out.mask[b, row]
    slots = f.slot_item.shape[1]
    each, now = scale / f.lines, s.clock[b]
    best = -1e18
    for slot in range(slots):
        if s.option_quantity[line, slot] > 0:
            best = max(best, s.option_index[line, slot])
    worked = worked_when_free(f, s, line)
    regular = regular_room(f, line, worked)
    for slot in range(slots):
        units = s.option_quantity[line, slot]
        if units <= 0:
            seen[slot, :] = 0.0
            mask[1 + slot] = 0
            continue
        mask[1 + slot] = 1
        item = f.slot_item[line, slot]
        setup, money = setup_into(f, s, line, item)
        rate = f.rate[line, slot]
        minutes = units / rate * 60.0
        seen[slot, 0] = minutes / 480.0
        seen[slot, 1] = setup / 60.0
        seen[slot, 2] = squashed(money / each)
        seen[slot, 3] = squashed(minutes / 60.0 * f.run_cost[line] / each)
        slack = (s.short_at[item] - now - setup - minutes) / DAY
        seen[slot, 4] = min(max(slack, -3.0), 5.0)
        seen[slot, 5] = min(s.need_near[item] / units, 3.0)
        seen[slot, 6] = min(units / s.need_total[item], 3.0)
        seen[slot, 7] = rate / f.rate_best[item]
        seen[slot, 8] = f.share[line, slot]
        seen[slot, 9] = s.family[line] == f.family[item]
        seen[slot, 10] = s.option_index[line, slot] - np.log(each)
        seen[slot, 11] = s.option_index[line, slot] - best
        seen[slot, 12] = max(minutes - max(regular - setup, 0), 0.0) / minutes
        seen[slot, 13] = squashed(s.backlog[item] / units)
    out.shown[line] = 1


@outer
def observe(
    fleet: Fleet, state: State, clock: Clock, luck: Floats, scale: Floats, first: int, last: int,
    seen: Seen,
) -> None:  # fmt: skip
    """Write the observation of the plants first..last; scale [B]: money per hour that counts as 1."""
    f, s, c, out = borrow(fleet), borrow(state), borrow(clock), borrow(seen)
    for b in range(first, last):
        see_plant(f, s, luck, scale[b], b, out)
        for line in range(b * f.lines, (b + 1) * f.lines):
            see_line(f, s, c, scale[b], b, line, out)
            if s.deciding[line]:
                see_slots(f, s, scale[b], b, line, out)
            elif out.shown[line]:
                out.slots[b, line - b * f.lines, :, :] = 0.0
                out.mask[b, line - b * f.lines, 1:] = 0
                out.shown[line] = 0
        for i in range(b * f.items, (b + 1) * f.items):
            see_item(f, s, scale[b], b, i, out)
