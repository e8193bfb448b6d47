"""Stocks and orders from event to event: gains, then takes, then orders, as in `plant.evaluate`."""

from __future__ import annotations

import numpy as np

from envs.fleet.luck import NOTICE
from envs.fleet.plants import FAR, Fleet
from envs.fleet.state import State
from plant.arrays import Floats
from plant.compiled import inner

DAY = 1440.0
DUST = 1e-9
TARDINESS, PRODUCTION, CHANGEOVER, HOLDING, IDLE, INSTABILITY, MAKESPAN = range(7)


@inner
def charge_time(s: State, b: int, until: int) -> None:
    """Charge tardiness and holding up to a minute at the money per day that they cost now."""
    days = (until - s.at[b]) / DAY
    if days > 0:
        s.money[b, TARDINESS] += s.tardy_rate[b] * days
        s.money[b, HOLDING] += s.hold_rate[b] * days
        s.at[b] = until


@inner
def weigh_stock(f: Fleet, s: State, b: int, i: int) -> None:
    """Set what the item's stock costs to hold, and being under its safety stock, from now on."""
    held = max(s.stock[i], 0.0)
    money = held * f.holding[i] + max(f.safety[i] - held, 0.0) * f.shortage[i]
    s.hold_rate[b] += money - s.hold_of[i]
    s.hold_of[i] = money


@inner
def set_item_next(f: Fleet, s: State, luck: Floats, i: int) -> None:
    """Set the minute of the item's next own event."""
    soon = FAR
    if s.arrival[i] < f.arrival_first[i + 1]:
        soon = s.arrival_at[s.arrival[i]]
    if s.due[i] < s.order_end[i]:
        soon = min(soon, s.order_due[s.due[i]])
    if s.known[i] < s.order_end[i]:
        soon = min(soon, s.order_due[s.known[i]] - int(luck[NOTICE]))
    s.item_next[i] = soon


@inner
def arrive(f: Fleet, s: State, b: int, i: int, now: int) -> None:
    """Take in what arrives of an item by now."""
    while s.arrival[i] < f.arrival_first[i + 1] and s.arrival_at[s.arrival[i]] <= now:
        row = s.arrival[i]
        s.stock[i] += s.arrival_quantity[row]
        s.supply[i] += s.arrival_quantity[row] - s.expected[row]
        s.arrival[i] += 1
        s.same_until[i] = -1
        if f.is_component[i]:
            s.wake[b] = 1


@inner
def add_up(s: State, i: int, first: int, start: int) -> None:
    """Add up the believed demand of an item, and its squares, from one of its orders on."""
    total = s.sum[start - 1] if start > first else 0.0
    squares = s.squares[start - 1] if start > first else 0.0
    for order in range(start, s.order_end[i]):
        total += s.believed[order]
        squares += s.believed[order] ** 2
        s.sum[order], s.squares[order] = total, squares


@inner
def learn(f: Fleet, s: State, luck: Floats, b: int, i: int, now: int) -> None:
    """Make known the quantities of orders whose notice is given by now."""
    start = s.known[i]
    while s.known[i] < s.order_end[i] and s.order_due[s.known[i]] - luck[NOTICE] <= now:
        order = s.known[i]
        if s.believed[order] != s.quantity[order]:
            s.believed[order] = s.quantity[order]
            s.wake[b] = 1
        s.known[i] += 1
    if s.known[i] > start:
        s.same_until[i] = -1
        add_up(s, i, f.order_first[i], start)


@inner
def serve(f: Fleet, s: State, luck: Floats, b: int, i: int, now: int) -> None:
    """Let orders fall due, and serve open ones from stock."""
    learn(f, s, luck, b, i, now)
    before = s.backlog_value[i]
    while s.due[i] < s.order_end[i] and s.order_due[s.due[i]] <= now:
        order = s.due[i]
        units, weight = s.quantity[order], s.weight[order]
        s.money[b, TARDINESS] += weight * units * (now - s.order_due[order]) / DAY
        s.backlog[i] += units
        s.backlog_value[i] += weight * units
        s.due[i] += 1
        s.same_until[i] = -1
    while s.head[i] < s.due[i] and s.stock[i] > 0:
        order = s.head[i]
        served = min(s.stock[i], s.left[order])
        s.stock[i] -= served
        s.left[order] -= served
        s.backlog[i] -= served
        s.backlog_value[i] -= served * s.weight[order]
        if s.left[order] > 0:
            break
        s.head[i] += 1
    if s.head[i] == s.due[i]:
        s.backlog[i] = 0.0
        s.backlog_value[i] = 0.0
    s.tardy_rate[b] += s.backlog_value[i] - before
    weigh_stock(f, s, b, i)
    set_item_next(f, s, luck, i)


@inner
def can_be_taken(f: Fleet, s: State, i: int, start: int) -> float:
    """Units of a component that a run may take from a minute on, with all that was decided still served.

    Counts what lies in stock now only: gains to come can do no harm. Orders of the component's own count
    until the last minute for which something is reserved.
    """
    row = s.kept[i]
    while row + 1 < f.kept_first[i + 1] and f.kept_at[row + 1] <= s.clock[i // f.items]:
        row += 1
    s.kept[i] = row
    free = s.stock[i] - s.reserved[i]
    if row < f.kept_first[i + 1]:
        free -= f.kept_units[row]
    if s.order_end[i] > f.order_first[i]:
        free -= asked_until(f, s, i, max(start, s.reserved_until[i], f.kept_until[i]))
    return float(max(free, 0.0))


@inner
def asked_until(f: Fleet, s: State, i: int, until: int) -> float:
    """The units of an item that its open orders ask for, and those that fall due before a minute."""
    asked = s.backlog[i]
    order = s.due[i]
    while order < s.order_end[i] and s.order_due[order] < until:
        asked += s.believed[order]
        order += 1
    return float(asked)


@inner
def assess(f: Fleet, s: State, b: int) -> None:
    """Work out what nothing decided covers yet, item by item, parents before their components."""
    now, horizon = s.clock[b], f.horizon[b]
    near = now + f.rhythm[2]
    first, last = b * f.items, (b + 1) * f.items
    s.need_total[first:last] = 0.0
    s.need_near[first:last] = 0.0
    s.short_at[first:last] = FAR
    s.worth[first:last] = 0.0
    for place in range(f.items):
        i = f.makers_first[b, place]
        if i < 0:
            break
        while s.near[i] < s.within[i] and s.order_due[s.near[i]] <= near:
            s.near[i] += 1
        own = f.order_first[i]
        supply = s.supply[i]
        total = s.sum[s.within[i] - 1] if s.within[i] > own else 0.0
        soon = s.sum[s.near[i] - 1] if s.near[i] > own else 0.0
        order = s.head[i]
        while order < s.within[i] and s.sum[order] <= supply + DUST:
            order += 1
        s.short_order[i] = order
        short, worth = FAR, 0.0
        if order < s.within[i]:
            short, worth = s.order_due[order], s.weight[order]
        if f.shortage[i] * (horizon - now) / DAY > f.unit_cost[i]:
            supply -= f.safety[i]
        total = total + s.need_total[i] - supply
        soon = max(soon + s.need_near[i] - supply, 0.0)
        if total <= DUST:
            s.need_total[i] = s.need_near[i] = 0.0
            s.short_at[i] = FAR
            continue
        if s.short_at[i] < FAR:  # what its parents miss
            called = s.short_at[i] if soon > DUST else max(s.short_at[i], near)
            if called < short:
                short = called
                worth = max(worth, s.worth[i])
        if short == FAR:
            short = now if soon > DUST else near
            worth = f.shortage[i]
        s.need_total[i], s.need_near[i] = total, soon
        s.short_at[i], s.worth[i] = short, worth
        for row in range(f.bom.pointer[i], f.bom.pointer[i + 1]):
            part = f.bom.component[row]
            share = f.bom.per_unit[row] / f.yield_mean[i]
            s.need_total[part] += total * share
            s.need_near[part] += soon * share
            s.short_at[part] = min(s.short_at[part], short - f.lead[i])
            s.worth[part] = max(s.worth[part], worth / share)


@inner
def close_book(f: Fleet, s: State, b: int) -> None:
    """Charge what is open at the horizon's end as if it were served a day later."""
    horizon = f.horizon[b]
    for i in range(b * f.items, (b + 1) * f.items):
        for order in range(s.head[i], s.order_end[i]):
            days = np.maximum(horizon + DAY - s.order_due[order], 0.0) / DAY
            if s.order_due[order] <= horizon:
                days = 1.0
            s.money[b, TARDINESS] += s.weight[order] * s.left[order] * days
