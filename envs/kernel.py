"""The simulated plant's moving side: stocks, orders, lines and money from decision to decision.

Time stands at an epoch: all minutes before the clock are over, the clock's own minute has not begun. A
stock's way through time depends only on its own events, all of which are known once a run is decided, so
each item is moved on alone. Rules and money are those of `plant.evaluate`; tardiness is charged as time
passes, production and changeover when a run is decided.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from envs.world import World
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.calendar import NEVER, changeover_start, next_manned, worked_between
from plant.compiled import inner, outer

DAY = 1440.0
FAR = 2**40
DUST = 1e-9
TARDINESS, PRODUCTION, CHANGEOVER, HOLDING, IDLE, INSTABILITY, MAKESPAN = range(7)


class State(NamedTuple):
    """One plant at an epoch. L lines, I items, O orders, K slots, C pending events an item, R runs.

    clock, last_end, run_count [1]. money [7]: unweighted, in the order of `plant.COMPONENTS`.
    Lines [L]: free_at (end of the last decided run), started (its start), held_until, family (-1: none),
    idle_from (minute up to which idle time is charged), next_fixed (row of the next kept run), deciding
    (0 or 1). Items [I]: stock, backlog (units due and open), backlog_value (money per day that they
    cost), head (first order open), due (first order not yet due), need_total and need_near (units that
    nothing decided covers), short_at (minute from which they are missed), worth (money per unit and
    day), spare (units of a component that can be taken now, -1 where not worked out). left [O]: open
    units. pending_at, pending_quantity [I, C] with the live rows pending_first..pending_last: what is
    known to come (+) and to be taken (-), in order. option_quantity, option_start, option_minutes,
    option_overtime (minutes), option_index [L, K]: what each slot would do now; quantity 0 is not
    possible. The runs decided:
    run_line, run_item, run_start, run_end, run_quantity [R].
    """

    clock: Ints
    last_end: Ints
    run_count: Ints
    money: Floats
    free_at: Ints
    started: Ints
    held_until: Ints
    family: Ints
    idle_from: Ints
    next_fixed: Ints
    deciding: Ints
    stock: Floats
    backlog: Floats
    backlog_value: Floats
    head: Ints
    due: Ints
    need_total: Floats
    need_near: Floats
    short_at: Ints
    worth: Floats
    spare: Floats
    left: Floats
    pending_at: Ints
    pending_quantity: Floats
    pending_first: Ints
    pending_last: Ints
    option_quantity: Floats
    option_start: Ints
    option_minutes: Ints
    option_overtime: Ints
    option_index: Floats
    run_line: Ints
    run_item: Ints
    run_start: Ints
    run_end: Ints
    run_quantity: Floats


def new_state(world: World) -> State:
    """The plant at the horizon's start, nothing decided but the runs that are kept."""
    lines, slots = world.slot_item.shape
    items = len(world.items.stock)
    known = np.bincount(world.arrival_item, minlength=items).max(initial=0)
    room = int(known + 4 * lines + len(world.fixed_item) + 8)
    runs = 64 + 4 * lines
    state = State(
        clock=np.zeros(1, np.int64),
        last_end=np.zeros(1, np.int64),
        run_count=np.zeros(1, np.int64),
        money=np.zeros(7),
        free_at=np.maximum(world.calendar.available, world.opens),
        started=np.full(lines, -1),
        held_until=np.zeros(lines, np.int64),
        family=world.lines.initial_family.copy(),
        idle_from=world.calendar.available.copy(),
        next_fixed=world.fixed_pointer[:-1].copy(),
        deciding=np.zeros(lines, np.int64),
        stock=world.items.stock.copy(),
        backlog=np.zeros(items),
        backlog_value=np.zeros(items),
        head=world.orders.pointer[:-1].copy(),
        due=world.orders.pointer[:-1].copy(),
        need_total=np.zeros(items),
        need_near=np.zeros(items),
        short_at=np.zeros(items, np.int64),
        worth=np.zeros(items),
        spare=np.full(items, -1.0),
        left=world.orders.quantity.copy(),
        pending_at=np.zeros((items, room), np.int64),
        pending_quantity=np.zeros((items, room)),
        pending_first=np.zeros(items, np.int64),
        pending_last=np.zeros(items, np.int64),
        option_quantity=np.zeros((lines, slots)),
        option_start=np.zeros((lines, slots), np.int64),
        option_minutes=np.zeros((lines, slots), np.int64),
        option_overtime=np.zeros((lines, slots), np.int64),
        option_index=np.zeros((lines, slots)),
        run_line=np.zeros(runs, np.int64),
        run_item=np.zeros(runs, np.int64),
        run_start=np.zeros(runs, np.int64),
        run_end=np.zeros(runs, np.int64),
        run_quantity=np.zeros(runs),
    )
    state.money[INSTABILITY] = world.moves
    expect_known(world, state)
    return state


def with_room(state: State) -> State:
    """The same state, with room for the runs of one more step."""
    lines = len(state.free_at)
    if state.run_count[0] + lines <= len(state.run_line):
        return state
    names = ("run_line", "run_item", "run_start", "run_end", "run_quantity")
    return state._replace(**{n: np.concatenate([getattr(state, n)] * 2) for n in names})


@outer
def expect_known(world: World, state: State) -> None:
    """Note arrivals, and what the kept runs take and deliver."""
    world, state = borrow(world), borrow(state)
    for row in range(len(world.arrival_item)):
        expect(state, world.arrival_item[row], world.arrival_at[row], world.arrival_quantity[row])
    for line in range(len(world.fixed_pointer) - 1):
        for row in range(world.fixed_pointer[line], world.fixed_pointer[line + 1]):
            expect_run(
                world, state, line, world.fixed_item[row], world.fixed_start[row],
                world.fixed_end[row], world.fixed_quantity[row],
            )  # fmt: skip


@inner
def expect(state: State, item: int, at: int, quantity: float) -> None:
    """Insert one coming gain (+) or take (-) of an item; in one minute gains come first."""
    first, last = state.pending_first[item], state.pending_last[item]
    times, units = state.pending_at[item], state.pending_quantity[item]
    if last == len(times):
        for row in range(first, last):
            times[row - first] = times[row]
            units[row - first] = units[row]
        last -= first
        first = 0
        state.pending_first[item] = 0
    row = last
    while row > first and (
        times[row - 1] > at or (times[row - 1] == at and quantity > 0 and units[row - 1] < 0)
    ):
        times[row] = times[row - 1]
        units[row] = units[row - 1]
        row -= 1
    times[row] = at
    units[row] = quantity
    state.pending_last[item] = last + 1


@inner
def expect_run(
    world: World, state: State, line: int, item: int, start: int, end: int, quantity: float
) -> None:
    """Note what a run takes at its start and delivers at its end."""
    expect(state, item, end, quantity)
    share = world.capabilities.yield_[line, item]
    for row in range(world.bom.pointer[item], world.bom.pointer[item + 1]):
        expect(state, world.bom.component[row], start, -quantity * world.bom.per_unit[row] / share)


@inner
def pass_minute(world: World, state: State, item: int, now: int) -> None:
    """Gains, takes, then orders of one item in one minute."""
    while (
        state.pending_first[item] < state.pending_last[item]
        and state.pending_at[item, state.pending_first[item]] <= now
    ):
        state.stock[item] += state.pending_quantity[item, state.pending_first[item]]
        state.pending_first[item] += 1
    orders, last = world.orders, world.orders.pointer[item + 1]
    while state.due[item] < last and orders.due[state.due[item]] <= now:
        order = state.due[item]
        units, weight = orders.quantity[order], orders.weight[order]
        state.money[TARDINESS] += weight * units * (now - orders.due[order]) / DAY
        state.backlog[item] += units
        state.backlog_value[item] += weight * units
        state.due[item] += 1
    while state.head[item] < state.due[item] and state.stock[item] > 0:
        order = state.head[item]
        served = min(state.stock[item], state.left[order])
        state.stock[item] -= served
        state.left[order] -= served
        state.backlog[item] -= served
        state.backlog_value[item] -= served * orders.weight[order]
        if state.left[order] > 0:
            break
        state.head[item] += 1
    if state.head[item] == state.due[item]:
        state.backlog[item] = 0.0
        state.backlog_value[item] = 0.0


@inner
def pass_time(world: World, state: State, until: int) -> None:
    """Move all items from the clock to a later minute, that minute itself not begun."""
    items, due, pointer = world.items, world.orders.due, world.orders.pointer
    for item in range(len(state.stock)):
        now = state.clock[0]
        while now < until:
            first, order = state.pending_first[item], state.due[item]
            if (first < state.pending_last[item] and state.pending_at[item, first] <= now) or (
                order < pointer[item + 1] and due[order] <= now
            ):
                pass_minute(world, state, item, now)
                first, order = state.pending_first[item], state.due[item]
            soon = until
            if first < state.pending_last[item]:
                soon = min(soon, state.pending_at[item, first])
            if order < pointer[item + 1]:
                soon = min(soon, due[order])
            days = (soon - now) / DAY
            held = max(state.stock[item], 0.0)
            state.money[TARDINESS] += state.backlog_value[item] * days
            state.money[HOLDING] += (
                held * items.holding_cost[item]
                + max(items.safety_stock[item] - held, 0.0) * items.shortage_cost[item]
            ) * days
            now = soon


@inner
def regular_between(calendar: Any, line: int, start: int, end: int) -> int:
    """Regular shift minutes of a line in [start, end)."""
    manned, overtime = worked_between(calendar, line, start, end)
    return int(manned - overtime)


@inner
def changeover_minutes(world: World, state: State, line: int, item: int) -> int:
    """Minutes of the changeover from what the line is set up for."""
    old = state.family[line]
    if old < 0:
        return 0
    table, new = world.lines.table[line], world.items.family[item]
    return int(world.changeovers.minutes[table, old, new])


@inner
def changeover_into(world: World, state: State, line: int, item: int) -> tuple[int, float]:
    """Minutes and money of the changeover from what the line is set up for."""
    old = state.family[line]
    if old < 0:
        return 0, 0.0
    table, new = world.lines.table[line], world.items.family[item]
    return world.changeovers.minutes[table, old, new], world.changeovers.cost[table, old, new]


@inner
def occupy(world: World, state: State, line: int, item: int, start: int, end: int) -> None:
    """Charge a run and its changeover to a line, which is busy until the run's end."""
    minutes, money = changeover_into(world, state, line, item)
    begin = changeover_start(world.calendar, line, start, minutes)
    if begin == NEVER:
        begin = start
    manned, overtime = worked_between(world.calendar, line, start, end)
    lines = world.lines
    state.money[PRODUCTION] += (
        manned * lines.run_cost[line] + overtime * lines.overtime_cost[line]
    ) / 60.0
    state.money[CHANGEOVER] += money
    charge_idle(world, state, line, begin)
    state.idle_from[line] = max(state.idle_from[line], end)
    state.family[line] = world.items.family[item]
    state.free_at[line] = max(state.free_at[line], end)
    state.started[line] = start
    if end > state.last_end[0]:
        state.money[MAKESPAN] += (end - state.last_end[0]) / 60.0
        state.last_end[0] = end


@inner
def charge_idle(world: World, state: State, line: int, until: int) -> None:
    """Charge the regular minutes up to a minute in which the line did nothing."""
    since = state.idle_from[line]
    if until > since:
        minutes = regular_between(world.calendar, line, since, until)
        state.money[IDLE] += minutes / 60.0 * world.lines.idle_cost[line]
        state.idle_from[line] = until


@inner
def kept_begin(world: World, state: State, line: int) -> int:
    """When the changeover into the line's next kept run begins, or FAR where it has none."""
    row = state.next_fixed[line]
    if row >= world.fixed_pointer[line + 1]:
        return FAR
    minutes = changeover_into(world, state, line, world.fixed_item[row])[0]
    begin = changeover_start(world.calendar, line, world.fixed_start[row], minutes)
    return world.fixed_start[row] if begin == NEVER else begin


@inner
def ready_at(world: World, state: State, line: int) -> int:
    """The minute from which the line can be given work, or FAR; kept runs that are due begin here."""
    while True:
        free = max(state.free_at[line], state.held_until[line])
        ready = next_manned(world.calendar, line, free)
        if state.next_fixed[line] == world.fixed_pointer[line + 1]:
            return FAR if ready == NEVER else ready
        begin = kept_begin(world, state, line)
        if ready != NEVER and begin > max(ready, state.clock[0]):
            return int(ready)
        row = state.next_fixed[line]
        state.next_fixed[line] += 1
        occupy(
            world, state, line, world.fixed_item[row], world.fixed_start[row], world.fixed_end[row]
        )


@inner
def advance(world: World, state: State, until: int) -> None:
    """Move everything to a later epoch."""
    pass_time(world, state, until)
    for line in range(len(state.free_at)):
        if state.idle_from[line] < until:
            charge_idle(world, state, line, min(until, kept_begin(world, state, line)))
    state.clock[0] = until


@inner
def finish(world: World, state: State) -> None:
    """Move to the horizon's end, where open orders pay as if served a day later."""
    horizon = world.horizon
    for line in range(len(state.free_at)):
        state.held_until[line] = FAR
        ready_at(world, state, line)
    advance(world, state, horizon)
    for line in range(len(state.free_at)):
        charge_idle(world, state, line, FAR)
    for item in range(len(state.stock)):
        pass_minute(world, state, item, horizon)
        for order in range(state.head[item], world.orders.pointer[item + 1]):
            due = world.orders.due[order]
            minutes = DAY if due <= horizon else max(horizon + DAY - due, 0.0)
            worth = world.orders.weight[order] * state.left[order]
            state.money[TARDINESS] += worth * minutes / DAY
