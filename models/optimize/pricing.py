"""What one line or one item costs in a state of the search: the arithmetic of `plant.evaluate`, by part.

A move touches a line or two and a few items; only those are priced again. That the parts add up to
what `plant.evaluate` says is tested on random plants, and its result is checked by it every time.
"""

from __future__ import annotations

import numpy as np

from models.optimize.compiled import inner, outer
from models.optimize.state import AT_ITS_START, Shop, State
from plant.arrays import Floats, Ints
from plant.calendar import (
    NEVER,
    changeover_start,
    minutes_needed,
    next_manned,
    run_end,
    run_start,
    worked_before,
    worked_between,
    worked_total,
)
from plant.kernel import MINUTES_PER_DAY, TOLERANCE

TARDINESS, PRODUCTION, CHANGEOVER, HOLDING, IDLE, INSTABILITY, MAKESPAN = range(7)
INFEASIBLE = np.inf


@inner
def retime(shop: Shop, state: State, line: int, first: int, keep: bool) -> bool:
    """Whether the line's runs from a position on could be timed anew, each as early as may be.

    With `keep`, runs that take components do not start earlier than they did: what they take may not
    be there yet.
    """
    family, free = shop.lines.initial_family[line], 0
    table = shop.lines.table[line]
    if first > 0:
        before = state.sequence[line, first - 1]
        family, free = shop.items.family[state.item[before]], state.end[before]
    for position in range(first, state.length[line]):
        run = state.sequence[line, position]
        item = state.item[run]
        need = 0
        if family >= 0:
            need = shop.changeovers.minutes[table, family, shop.items.family[item]]
        start = run_start(shop.calendar, line, free, need)
        if start == NEVER:
            return False
        if state.hold[run] == AT_ITS_START:
            if start > state.start[run]:
                return False
        else:
            release = state.release[run]
            if keep and shop.bom.pointer[item + 1] > shop.bom.pointer[item]:
                release = max(release, state.start[run])
            if release > start:
                start = next_manned(shop.calendar, line, release)
                if start == NEVER:
                    return False
            minutes = max(
                minutes_needed(state.quantity[run], shop.capabilities.rate[line, item]),
                state.minutes[run],
            )
            end = run_end(shop.calendar, line, start, minutes)
            if end == NEVER:
                return False
            state.start[run], state.end[run] = start, end
        family, free = shop.items.family[item], state.end[run]
    return True


@inner
def price_line(shop: Shop, state: State, line: int) -> float:
    """Weighted money of a line: production, changeovers, idle time."""
    calendar, lines = shop.calendar, shop.lines
    available = calendar.available[line]
    before_all, before_overtime = worked_before(calendar, line, available)
    production = changeovers = 0.0
    busy_regular = last_end = 0
    family, table = lines.initial_family[line], lines.table[line]
    for position in range(state.length[line]):
        run = state.sequence[line, position]
        start, end = state.start[run], state.end[run]
        manned, overtime = worked_between(calendar, line, start, end)
        production += manned * lines.run_cost[line] + overtime * lines.overtime_cost[line]
        begin = start
        after = shop.items.family[state.item[run]]
        if family >= 0:
            changeovers += shop.changeovers.cost[table, family, after]
            need = shop.changeovers.minutes[table, family, after]
            begin = max(changeover_start(calendar, line, start, need), last_end, available)
        regular, extra = worked_between(calendar, line, begin, end)
        busy_regular += regular - extra
        last_end, family = end, after
    regular_total = 0
    last = calendar.pointer[line + 1] - 1
    if last >= calendar.pointer[line]:
        inside = calendar.end[last] - calendar.start[last]
        overtime_total = calendar.worked_overtime[last] + inside * calendar.overtime[last]
        regular_total = worked_total(calendar, line) - before_all - overtime_total + before_overtime
    idle = (regular_total - busy_regular) / 60.0 * lines.idle_cost[line]
    weights = shop.weights
    return float(
        weights[PRODUCTION] * production / 60.0
        + weights[CHANGEOVER] * changeovers
        + weights[IDLE] * idle
    )


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
    """Weighted money of the whole state, its parts noted in line_money and item_money.

    Without what moves of base runs cost that the schedule has no longer: nothing here changes that.
    """
    total = 0.0
    for line in range(len(state.length)):
        state.line_money[line] = price_line(shop, state, line)
        total += state.line_money[line]
    for item in range(len(state.events)):
        state.item_money[item] = price_item(shop, state, item, moments, left)
        total += state.item_money[item]
    for run in range(len(state.line)):
        if moved(state, run):
            total += shop.weights[INSTABILITY]
    return float(total + shop.weights[MAKESPAN] * makespan(state) / 60.0)
