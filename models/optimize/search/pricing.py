"""What one line or one item costs in a state of the search: the arithmetic of `plant.evaluate`, by part.

A move touches a line or two and a few items; only those are priced again. That the parts add up to
what `plant.evaluate` says is tested on random plants, and its result is checked by it every time.
"""

from __future__ import annotations

import numpy as np

from models.optimize.search.clock import minute_of, overtime_between, worked_before
from models.optimize.search.state import AT_ITS_START, CHECKED, PRICED, Shop, State
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.calendar import NEVER, minutes_needed
from plant.compiled import inner, outer
from plant.kernel import MINUTES_PER_DAY, TOLERANCE

TARDINESS, PRODUCTION, CHANGEOVER, HOLDING, IDLE, INSTABILITY, MAKESPAN = range(7)
INFEASIBLE = np.inf


@inner
def retime(shop: Shop, state: State, line: int, first: int, last: int, keep: bool) -> bool:
    """Whether the line's runs from a position on could be timed anew, each as early as may be.

    Up to position `last` runs or their neighbours were edited; after it, times that do not change end
    the walk. With `keep`, runs that take components do not start earlier than they did: what they take
    may not be there yet.
    """
    clock = shop.clock
    family, free = shop.lines.initial_family[line], clock.available[line]
    table = shop.lines.table[line]
    if first > 0:
        before = state.sequence[line, first - 1]
        family, free = shop.items.family[state.item[before]], max(state.end[before], free)
    worked = worked_before(clock, line, free)
    for position in range(first, state.length[line]):
        run = state.sequence[line, position]
        item = state.item[run]
        need = (
            shop.changeovers.minutes[table, family, shop.items.family[item]] if family >= 0 else 0
        )
        start = minute_of(clock, line, worked + need)
        if start == NEVER:
            return False
        if state.hold[run] == AT_ITS_START:
            if start > state.start[run]:
                return False
            start, end = state.start[run], state.end[run]
        else:
            release = state.release[run]
            if keep and shop.bom.pointer[item + 1] > shop.bom.pointer[item]:
                release = max(release, state.start[run])
            begun = worked + need
            if release > start:
                begun = worked_before(clock, line, release)
                start = minute_of(clock, line, begun)
                if start == NEVER:
                    return False
            minutes = max(
                minutes_needed(state.quantity[run], shop.capabilities.rate[line, item]),
                state.minutes[run],
            )
            end = minute_of(clock, line, begun + minutes - 1) + 1
            if end == NEVER + 1:
                return False
        stays = start == state.start[run] and end == state.end[run]
        state.start[run], state.end[run] = start, end
        state.run_money[run] = price_run(shop, state, line, run, family)
        if stays and position >= last:
            return True
        family, worked = shop.items.family[item], worked_before(clock, line, end)
    return True


@inner
def price_run(shop: Shop, state: State, line: int, run: int, family: int) -> float:
    """Weighted money that a run adds to its line after a family (or -1), idle time saved included.

    And what the stock of items that need no walk costs for it.
    """
    clock, lines, weights = shop.clock, shop.lines, shop.weights
    start, end, item = state.start[run], state.end[run], state.item[run]
    begun = worked_before(clock, line, start)
    manned = worked_before(clock, line, end) - begun
    overtime = overtime_between(clock, line, start, end)
    production = manned * lines.run_cost[line] + overtime * lines.overtime_cost[line]
    money = weights[PRODUCTION] * production / 60.0
    regular = manned - overtime
    if family >= 0:
        table, after = lines.table[line], shop.items.family[item]
        money += weights[CHANGEOVER] * shop.changeovers.cost[table, family, after]
        need = shop.changeovers.minutes[table, family, after]
        if need > 0:
            begin = minute_of(clock, line, begun - need)
            regular += need - overtime_between(clock, line, begin, start)
    money -= weights[IDLE] * lines.idle_cost[line] * regular / 60.0
    quantity = state.quantity[run]
    if shop.made_money[item] > 0:
        money += shop.made_money[item] * quantity * max(shop.horizon - end, 0)
    if shop.taken_money[item] > 0:
        started = quantity / shop.capabilities.yield_[line, item]
        money -= shop.taken_money[item] * started * max(shop.horizon - start, 0)
    return float(money)


@inner
def price_line(shop: Shop, state: State, line: int) -> float:
    """Weighted money of a line: what its runs add to the cost of standing idle all along."""
    clock = shop.clock
    row, available = clock.calendar[line], clock.available[line]
    minutes = clock.total[row] - worked_before(clock, line, available)
    minutes -= overtime_between(clock, line, available, clock.worked.shape[1])
    money = shop.weights[IDLE] * shop.lines.idle_cost[line] * minutes / 60.0
    for position in range(state.length[line]):
        money += state.run_money[state.sequence[line, position]]
    return float(money)


@inner
def sort_events(shop: Shop, state: State, item: int, moments: Ints) -> int:
    """The number of the item's stock events, now in time order; moments: 2 × minute, + 1 for a take."""
    first, count = state.opened[item], state.events[item]
    runs, units = state.event_run, state.event_units
    for row in range(count):
        run, unit = runs[first + row], units[first + row]
        moment = 2 * state.end[run] if unit == 0.0 else 2 * state.start[run] + 1
        to = row
        while to > 0 and moments[to - 1] > moment:  # nearly sorted: few steps
            moments[to] = moments[to - 1]
            runs[first + to], units[first + to] = runs[first + to - 1], units[first + to - 1]
            to -= 1
        moments[to], runs[first + to], units[first + to] = moment, run, unit
    return int(count)


@inner
def runs_short(shop: Shop, state: State, item: int, moments: Ints) -> bool:
    """Whether the stock of an item that nobody orders goes below zero."""
    count = sort_events(shop, state, item, moments)
    opened, stock = state.opened[item], shop.items.stock[item]
    arrival, arrivals_end = shop.arrived[item], shop.arrived[item + 1]
    for event in range(count):
        if moments[event] > 2 * shop.horizon + 1:
            break
        run, per_unit = state.event_run[opened + event], state.event_units[opened + event]
        if per_unit == 0.0:
            stock += state.quantity[run]
            continue
        while arrival < arrivals_end and 2 * shop.arrival_at[arrival] <= moments[event]:
            stock += shop.arrival_quantity[arrival]
            arrival += 1
        yield_ = shop.capabilities.yield_[state.line[run], state.item[run]]
        stock -= state.quantity[run] * per_unit / yield_
        if stock < -0.5 * TOLERANCE:
            return True
    return False


@inner
def idle_item_money(shop: Shop, item: int) -> float:
    """Weighted money that the opening stock and arrivals of an item without orders cost to hold."""
    units = shop.items.stock[item] * shop.horizon
    for arrival in range(shop.arrived[item], shop.arrived[item + 1]):
        units += shop.arrival_quantity[arrival] * max(shop.horizon - shop.arrival_at[arrival], 0)
    return float(shop.made_money[item] * units)


@inner
def price_item(  # noqa: C901 - one walk, as in the referee's kernel
    shop: Shop, state: State, item: int, moments: Ints, left: Floats
) -> float:
    """Weighted money of an item: tardiness, stock held and missing; INFEASIBLE under zero stock.

    moments and left are room to work in: as long as any item has events, orders.
    """
    count = sort_events(shop, state, item, moments)
    opened = state.opened[item]
    first, last = shop.orders.pointer[item], shop.orders.pointer[item + 1]
    arrival, arrivals_end = shop.arrived[item], shop.arrived[item + 1]
    holding_cost, shortage_cost = shop.items.holding_cost[item], shop.items.shortage_cost[item]
    safety = shop.items.safety_stock[item]
    stock = shop.items.stock[item]
    for order in range(first, last):
        left[order - first] = shop.orders.quantity[order]
    head = due = first
    now, event = 0, 0
    tardiness = holding = 0.0
    while True:
        while arrival < arrivals_end and shop.arrival_at[arrival] <= now:
            stock += shop.arrival_quantity[arrival]
            arrival += 1
        while event < count and moments[event] <= 2 * now + 1:
            run = state.event_run[opened + event]
            per_unit = state.event_units[opened + event]
            if per_unit == 0.0:
                stock += state.quantity[run]
            else:
                yield_ = shop.capabilities.yield_[state.line[run], state.item[run]]
                stock -= state.quantity[run] * per_unit / yield_
                if stock < -0.5 * TOLERANCE:
                    return INFEASIBLE
            event += 1
        while due < last and shop.orders.due[due] <= now:
            due += 1
        while head < due and stock > 0:
            served = min(stock, left[head - first])
            stock -= served
            left[head - first] -= served
            late = now - shop.orders.due[head]
            if late > 0:
                tardiness += shop.orders.weight[head] * served * late
            if left[head - first] > 0:
                break
            head += 1
        if now >= shop.horizon:
            break
        soon = shop.horizon
        if arrival < arrivals_end:
            soon = min(soon, shop.arrival_at[arrival])
        if event < count:
            soon = min(soon, moments[event] // 2)
        if due < last:
            soon = min(soon, shop.orders.due[due])
        held = max(stock, 0.0)
        holding += (held * holding_cost + max(safety - held, 0.0) * shortage_cost) * (soon - now)
        now = soon
    for order in range(head, last):
        late = max(shop.horizon + 1440 - shop.orders.due[order], 0)
        tardiness += shop.orders.weight[order] * left[order - first] * late
    money = shop.weights[TARDINESS] * tardiness + shop.weights[HOLDING] * holding
    return float(money / MINUTES_PER_DAY)


@inner
def moved(state: State, run: int) -> bool:
    """Whether a run of the base schedule's slush zone has left its line or start."""
    if state.slush_line[run] == -1:
        return False
    at_home = (
        state.line[run] == state.slush_line[run] and state.start[run] == state.slush_start[run]
    )
    return not (state.alive[run] and at_home)


@inner
def makespan(state: State) -> int:
    """The end of the last run."""
    latest = 0
    for line in range(len(state.length)):
        if state.length[line] > 0:
            latest = max(latest, state.end[state.sequence[line, state.length[line] - 1]])
    return latest


@outer
def price(shop: Shop, state: State, moments: Ints, left: Floats) -> float:
    """Weighted money of the whole state, its parts noted in run_money, line_money and item_money.

    Without what moves of base runs cost that the schedule has no longer: nothing here changes that.
    """
    shop, state = borrow(shop), borrow(state)
    total = 0.0
    for line in range(len(state.length)):
        family = shop.lines.initial_family[line]
        for position in range(state.length[line]):
            run = state.sequence[line, position]
            state.run_money[run] = price_run(shop, state, line, run, family)
            family = shop.items.family[state.item[run]]
        state.line_money[line] = price_line(shop, state, line)
        total += state.line_money[line]
    for item in range(len(state.events)):
        if shop.kind[item] == PRICED:
            state.item_money[item] = price_item(shop, state, item, moments, left)
        elif shop.kind[item] == CHECKED and runs_short(shop, state, item, moments):
            state.item_money[item] = INFEASIBLE
        else:
            state.item_money[item] = idle_item_money(shop, item)
        total += state.item_money[item]
    for run in range(len(state.line)):
        if moved(state, run):
            total += shop.weights[INSTABILITY]
    return float(total + shop.weights[MAKESPAN] * makespan(state) / 60.0)
