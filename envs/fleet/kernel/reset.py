"""How an episode begins: every plant at the horizon's start, with the luck of its seed."""

from __future__ import annotations

import numpy as np

from envs.fleet.kernel.lines import ask_from, set_line_next
from envs.fleet.kernel.runs import draw_failure
from envs.fleet.kernel.stocks import INSTABILITY, add_up, set_item_next, weigh_stock
from envs.fleet.luck import (
    DEMAND,
    DEMAND_SPREAD,
    LATE,
    LATE_HOURS,
    LATE_SHARE,
    NOTICE,
    RUSH,
    RUSH_PER_DAY,
    RUSH_WEIGHT,
    SHORT,
    SHORT_PART,
    SHORT_SHARE,
    factor,
    rolls,
    uniform,
    waited,
)
from envs.fleet.plants import FAR, Fleet
from envs.fleet.state import State
from plant.arrays import Floats
from plant.compiled import inner

DAY = 1440


@inner
def reset_plant(f: Fleet, s: State, luck: Floats, b: int, seed: int) -> None:
    """Put a plant at the horizon's start with nothing decided but the runs that are kept."""
    s.clock[b] = s.at[b] = s.last_end[b] = s.run_count[b] = s.over[b] = s.wake[b] = 0
    s.tardy_rate[b] = s.hold_rate[b] = 0.0
    s.seed[b], s.fresh[b] = seed, 1
    s.money[b, :] = 0.0
    s.money[b, INSTABILITY] = f.moves[b]
    for i in range(b * f.items, (b + 1) * f.items):
        reset_item(f, s, luck, b, i)
    for line in range(b * f.lines, (b + 1) * f.lines):
        reset_line(f, s, luck, b, line)


@inner
def reset_line(f: Fleet, s: State, luck: Floats, b: int, line: int) -> None:
    """A line that has done nothing yet, and what its kept runs will take and deliver."""
    s.start_at[line] = s.end_at[line] = s.fail_at[line] = FAR
    s.held[line] = s.failures[line] = s.runs[line] = s.deciding[line] = s.moved[line] = 0
    s.down_until[line], s.failed_at[line] = -1, -1
    s.planned_end[line] = s.target[line] = s.begun[line] = 0
    s.end_item[line] = s.start_item[line] = -1
    s.family[line] = f.initial_family[line]
    s.idle_from[line] = f.calendar.available[line]
    s.next_fixed[line] = f.fixed_first[line]
    draw_failure(s, luck, b, line, line - b * f.lines)
    for row in range(f.fixed_first[line], f.fixed_first[line + 1]):
        item, slot = f.fixed_item[row], f.fixed_slot[row]
        s.supply[item] += f.fixed_quantity[row]
        for part in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
            share = f.share[line, slot] if slot >= 0 else 1.0
            taken = f.fixed_quantity[row] * f.bom.per_unit[part] / share
            s.supply[f.bom.component[part]] -= taken
    ask_from(f, s, line, max(f.calendar.available[line], f.opens[b]))
    set_line_next(s, line)


@inner
def reset_item(f: Fleet, s: State, luck: Floats, b: int, i: int) -> None:
    """An item with its opening stock, its orders and its arrivals as they will be."""
    s.stock[i] = s.supply[i] = f.stock[i]
    s.backlog[i] = s.backlog_value[i] = s.hold_of[i] = s.reserved[i] = 0.0
    s.reserved_until[i] = 0
    s.ahead[i, :] = f.order_first[i]
    s.edges[i, :] = -1
    s.same_until[i] = s.demand_of[i] = s.arrivals_until[i] = s.moment[i] = -1
    s.kept[i] = f.kept_first[i]
    draw_orders(f, s, luck, b, i)
    draw_arrivals(f, s, luck, b, i)
    weigh_stock(f, s, b, i)
    set_item_next(f, s, luck, i)


@inner
def draw_orders(f: Fleet, s: State, luck: Floats, b: int, i: int) -> None:
    """The item's orders: quantities around those expected, rush orders among them."""
    first, own = f.order_first[i], i - b * f.items
    end = first + f.order_count[i]
    for order in range(first, end):
        s.order_due[order], s.rank[order] = f.order_due[order], f.order_rank[order]
        s.weight[order] = f.order_weight[order]
        s.believed[order] = s.quantity[order] = f.order_quantity[order]
        if luck[DEMAND_SPREAD] > 0 and f.order_due[order] > luck[NOTICE]:
            spread = luck[DEMAND_SPREAD] * f.spread[i]
            drawn = factor(s.seed[b], DEMAND, own, order - first, spread)
            s.quantity[order] *= drawn
    s.order_end[i] = end
    if luck[RUSH_PER_DAY] > 0 and f.order_count[i] > 0:
        draw_rush_orders(f, s, luck, b, i)
    end = s.order_end[i]
    s.head[i] = s.due[i] = s.near[i] = s.known[i] = s.within[i] = first
    for order in range(first, end):
        s.left[order] = s.quantity[order]
        if s.order_due[order] <= f.horizon[b]:
            s.within[i] = order + 1
        if luck[DEMAND_SPREAD] + luck[RUSH_PER_DAY] <= 0 or s.order_due[order] <= luck[NOTICE]:
            s.known[i] = order + 1
    add_up(s, i, first, first)


@inner
def draw_rush_orders(f: Fleet, s: State, luck: Floats, b: int, i: int) -> None:
    """Add the item's rush orders where they belong in the order of service."""
    first, own = f.order_first[i], i - b * f.items
    wanted = 0
    for item in range(b * f.items, (b + 1) * f.items):
        wanted += f.order_count[item] > 0
    every = wanted * DAY / luck[RUSH_PER_DAY]  # minutes between rush orders of one item
    usual = weight = 0.0
    for order in range(first, first + f.order_count[i]):
        usual += f.order_quantity[order] / f.order_count[i]
        weight += f.order_weight[order] / f.order_count[i]
    at, nth = luck[NOTICE], 0
    while s.order_end[i] < f.order_first[i + 1]:
        at += waited(s.seed[b], RUSH, own, 2 * nth, every)
        if at >= f.horizon[b]:
            break
        due = int(at)
        row = s.order_end[i]
        urgent = weight * luck[RUSH_WEIGHT]
        while row > first and (
            s.order_due[row - 1] > due
            or (s.order_due[row - 1] == due and s.weight[row - 1] < urgent)
        ):
            s.order_due[row], s.quantity[row] = s.order_due[row - 1], s.quantity[row - 1]
            s.believed[row], s.weight[row] = s.believed[row - 1], s.weight[row - 1]
            s.rank[row] = s.rank[row - 1]
            row -= 1
        s.order_due[row], s.weight[row], s.rank[row] = due, urgent, FAR + nth
        s.quantity[row] = usual * (0.5 + uniform(s.seed[b], RUSH, own, 2 * nth + 1))
        s.believed[row] = 0.0
        s.order_end[i] += 1
        nth += 1


@inner
def draw_arrivals(f: Fleet, s: State, luck: Floats, b: int, i: int) -> None:
    """The item's arrivals as they will come, late or short, in time order."""
    first, last, own = f.arrival_first[i], f.arrival_first[i + 1], i - b * f.items
    for arrival in range(first, last):
        at, nth = f.arrival_at[arrival], arrival - first
        units = f.arrival_quantity[arrival]
        if at < f.horizon[b]:
            s.supply[i] += units
        coming = units
        if rolls(s.seed[b], SHORT, own, 2 * nth, luck[SHORT_SHARE]):
            coming *= 1.0 - luck[SHORT_PART] * uniform(s.seed[b], SHORT, own, 2 * nth + 1)
        if rolls(s.seed[b], LATE, own, 2 * nth, luck[LATE_SHARE]):
            hours = waited(s.seed[b], LATE, own, 2 * nth + 1, luck[LATE_HOURS])
            at += int(np.ceil(hours * 60.0))
        row = arrival
        while row > first and s.arrival_at[row - 1] > at:
            s.arrival_at[row] = s.arrival_at[row - 1]
            s.arrival_quantity[row] = s.arrival_quantity[row - 1]
            s.expected[row] = s.expected[row - 1]
            row -= 1
        s.arrival_at[row], s.arrival_quantity[row] = at, coming
        s.expected[row] = units if f.arrival_at[arrival] < f.horizon[b] else 0.0
    s.arrival[i] = first
