"""What each line could do now, and what happens when it is told to: needs, options, decisions.

Quantity rule: a lot covers what nothing decided covers yet of the near demand, at least the economic
lot, never more than the open need up to the horizon's end (of
safety stock only while filling it pays); then the lot's least and multiple; and it
shrinks to what the material, the horizon and the next kept run leave room for.

Reservation: lines that decide together are served by falling priority index. Each sees what those
before it left; one whose choice is gone is asked again at the same minute.
"""

from __future__ import annotations

import numpy as np

from envs.kernel import (
    DAY,
    DUST,
    FAR,
    State,
    advance,
    changeover_minutes,
    expect_run,
    finish,
    occupy,
    ready_at,
)
from envs.kernel_lot import lot_within
from envs.world import World
from plant.borrowed import borrow
from plant.calendar import (
    NEVER,
    minutes_needed,
    run_end,
    run_start,
    worked_between,
)
from plant.compiled import inner, outer

WINDOW, HOLD, NEAR, LONGEST = range(4)
SLACK_SCALE = 1.0  # days; k1 of ATCS, in days instead of mean processing times
SETUP_SCALE = 0.4  # k2 of ATCS, in the plant's mean changeover


OVERTIME_PATIENCE = 0.5  # days of slack under which the greedy rule uses overtime


@inner
def assess(world: World, state: State) -> None:
    """Work out what nothing decided covers yet, item by item, parents before their components."""
    now = state.clock[0]
    near = now + world.pace[NEAR]
    state.need_total[:] = 0.0
    state.need_near[:] = 0.0
    state.short_at[:] = FAR
    state.worth[:] = 0.0
    state.spare[:] = -1.0
    for item in world.makers_first:
        total, soon, short, worth = own_need(world, state, item, near)
        if total <= DUST:
            state.need_total[item] = state.need_near[item] = 0.0
            state.short_at[item] = FAR
            continue
        if state.short_at[item] < FAR:  # what its parents miss
            called = state.short_at[item] if soon > DUST else max(state.short_at[item], near)
            if called < short:
                short = called
                worth = max(worth, state.worth[item])
        if short == FAR:
            short = now if soon > DUST else near
            worth = world.items.shortage_cost[item]
        state.need_total[item], state.need_near[item] = total, soon
        state.short_at[item], state.worth[item] = short, worth
        for row in range(world.bom.pointer[item], world.bom.pointer[item + 1]):
            part = world.bom.component[row]
            share = world.bom.per_unit[row] / world.yield_mean[item]
            state.need_total[part] += total * share
            state.need_near[part] += soon * share
            state.short_at[part] = min(state.short_at[part], short - world.lead[item])
            state.worth[part] = max(state.worth[part], worth / share)


@inner
def own_need(world: World, state: State, item: int, near: int) -> tuple[float, float, int, float]:
    """Units uncovered in all and until `near`, parents' included; first order short, its worth."""
    covered = state.stock[item] - state.backlog[item]
    for row in range(state.pending_first[item], state.pending_last[item]):
        covered += state.pending_quantity[item, row]
    first = state.due[item]
    soon = total = 0.0
    short, worth = FAR, 0.0
    if covered < -DUST and state.head[item] < first:
        short = world.orders.due[state.head[item]]
        worth = world.orders.weight[state.head[item]]
    for order in range(first, world.orders.pointer[item + 1]):
        if world.orders.due[order] > world.horizon:
            break  # nothing made by then serves it
        total += world.orders.quantity[order]
        if world.orders.due[order] <= near:
            soon += world.orders.quantity[order]
        if short == FAR and total > covered + DUST:
            short = world.orders.due[order]
            worth = world.orders.weight[order]
    days = (world.horizon - state.clock[0]) / DAY
    pays = world.items.shortage_cost[item] * days > world.unit_cost[item]
    safety = world.items.safety_stock[item] if pays else 0.0
    total = max(total + safety + state.need_total[item] - covered, 0.0)
    soon = max(soon + safety + state.need_near[item] - covered, 0.0)
    return total, soon, short, worth


@inner
def takeable(world: World, state: State, item: int, start: int) -> float:
    """The units of a component that can be taken at a minute, so that no take decided before fails.

    Orders come after takes within a minute and wait when there is nothing, so a stock after service is
    its net position (known gains less takes less what is due), never less than zero.
    """
    net = state.stock[item] - state.backlog[item]
    order, end = state.due[item], world.orders.pointer[item + 1]
    row, last = state.pending_first[item], state.pending_last[item]
    most = np.inf
    passed = False
    while not passed or row < last:
        at = state.pending_at[item, row] if row < last else FAR
        if not passed:
            at = min(at, start)
        while order < end and world.orders.due[order] < at:
            net -= world.orders.quantity[order]
            order += 1
        gain = take = 0.0
        while row < last and state.pending_at[item, row] <= at:
            units = state.pending_quantity[item, row]
            if units > 0:
                gain += units
            else:
                take -= units
            row += 1
        if at == start:
            most = min(most, max(net, 0.0) + gain - take)
            passed = True
        elif at > start and take > gain:
            most = min(most, net + gain - take)
        net += gain - take
    return max(most, 0.0)


@inner
def within_material(
    world: World, state: State, line: int, item: int, start: int, lot: float
) -> float:
    """The units of an item, at most a lot, that there are components for at a minute."""
    share = world.capabilities.yield_[line, item]
    for row in range(world.bom.pointer[item], world.bom.pointer[item + 1]):
        part = world.bom.component[row]
        each = world.bom.per_unit[row] / share
        if world.orders.pointer[part] == world.orders.pointer[part + 1]:
            # Without orders of its own, what can be taken now can be taken later, too.
            if state.spare[part] < 0:
                state.spare[part] = takeable(world, state, part, state.clock[0])
            if state.spare[part] >= lot * each:
                continue
        lot = min(lot, takeable(world, state, part, start) / each)
    return lot


@inner
def set_options_of(world: World, state: State, line: int, first: int, last: int) -> int:
    """Work out the runs that a line would make now of the slots first..last; how many it can."""
    found = 0
    now = max(state.free_at[line], state.clock[0])
    calendar, short_rate = world.calendar, world.pace[WINDOW] / 60.0
    row = state.next_fixed[line]
    fixed = row < world.fixed_pointer[line + 1]
    for slot in range(first, last):
        state.option_quantity[line, slot] = 0.0
        state.option_index[line, slot] = -np.inf
        item = world.slot_item[line, slot]
        if item < 0 or state.need_total[item] <= DUST:
            continue
        rate = world.capabilities.rate[line, item]
        setup = changeover_minutes(world, state, line, item)
        start = run_start(calendar, line, now, setup)
        if start == NEVER or start >= world.horizon:
            continue
        room = worked_between(calendar, line, start, world.horizon)[0]
        if fixed:
            old, new = world.items.family[item], world.items.family[world.fixed_item[row]]
            after = world.changeovers.minutes[world.lines.table[line], old, new]
            until = world.fixed_start[row]
            room = min(room, worked_between(calendar, line, start, until)[0] - after)
        room = min(room, world.pace[LONGEST])
        if room <= 0:
            continue
        short_run = rate * short_rate
        wanted = max(world.lot[line, slot], state.need_near[item], short_run)
        wanted = min(wanted, state.need_total[item])
        least = world.capabilities.min_lot[line, item]
        multiple = world.capabilities.lot_multiple[line, item]
        quantity = lot_within(wanted, rate * room / 60.0, least, multiple)
        if world.bom.pointer[item] < world.bom.pointer[item + 1] and quantity > 0:
            most = within_material(world, state, line, item, start, quantity)
            if most < quantity:
                quantity = lot_within(wanted, most, least, multiple)
        if quantity <= DUST or quantity < min(wanted, short_run) * (1.0 - 1e-9):
            continue
        found += 1
        minutes = max(minutes_needed(quantity, rate), 1)
        state.option_quantity[line, slot] = quantity
        state.option_start[line, slot] = start
        state.option_minutes[line, slot] = minutes
        done = run_end(calendar, line, start, minutes)
        state.option_overtime[line, slot] = worked_between(calendar, line, start, done)[1]
        slack = (state.short_at[item] - start - minutes) / DAY
        money_per_hour = max(state.worth[item], 1e-6) * rate / 24.0
        state.option_index[line, slot] = (
            np.log(money_per_hour)
            - max(slack, 0.0) / SLACK_SCALE
            - setup / (SETUP_SCALE * world.mean_setup)
        )
    return found


@inner
def set_options(world: World, state: State) -> int:
    """Work out all options of the lines that decide; the number of possible ones."""
    found = 0
    state.option_quantity[:] = 0.0
    for line in range(world.slot_item.shape[0]):
        if state.deciding[line]:
            found += set_options_of(world, state, line, 0, world.slot_item.shape[1])
    return found


@inner
def start_run(world: World, state: State, line: int, slot: int) -> None:
    """Decide the run that a slot's option says."""
    item = world.slot_item[line, slot]
    start, quantity = state.option_start[line, slot], state.option_quantity[line, slot]
    end = run_end(world.calendar, line, start, state.option_minutes[line, slot])
    occupy(world, state, line, item, start, end)
    expect_run(world, state, line, item, start, end, quantity)
    state.need_total[item] = max(state.need_total[item] - quantity, 0.0)
    state.need_near[item] = max(state.need_near[item] - quantity, 0.0)
    for row in range(world.bom.pointer[item], world.bom.pointer[item + 1]):
        state.spare[world.bom.component[row]] = -1.0
    run = state.run_count[0]
    state.run_line[run], state.run_item[run] = line, item
    state.run_start[run], state.run_end[run], state.run_quantity[run] = start, end, quantity
    state.run_count[0] += 1


@inner
def hold(world: World, state: State, line: int) -> None:
    """Ask the line again after the hold time, or when a component arrives if that is sooner."""
    now = max(state.clock[0], state.free_at[line])
    until = now + world.pace[HOLD]
    for item in range(len(state.stock)):
        if world.is_component[item]:
            for row in range(state.pending_first[item], state.pending_last[item]):
                at = state.pending_at[item, row]
                if at > state.clock[0] and state.pending_quantity[item, row] > 0:
                    until = min(until, max(at, now + world.pace[WINDOW] // 2))
                    break
    state.held_until[line] = until


@outer
def next_epoch(world: World, state: State) -> bool:
    """Move to the next minute in which a line can choose; False at the horizon's end.

    Lines whose only choice is to hold do so without being asked.
    """
    world, state = borrow(world), borrow(state)
    window = world.pace[WINDOW]
    lines = len(state.free_at)
    ready = np.empty(lines, np.int64)
    while True:
        soon = FAR
        for line in range(lines):
            ready[line] = ready_at(world, state, line)
            soon = min(soon, ready[line])
        if soon >= world.horizon:
            finish(world, state)
            state.deciding[:] = 0
            return False
        if soon > state.clock[0]:
            advance(world, state, soon)
        for line in range(lines):
            state.deciding[line] = (
                ready[line] <= soon + window and state.started[line] <= state.clock[0]
            )
        assess(world, state)
        if set_options(world, state) > 0:
            return True
        for line in range(lines):
            if state.deciding[line]:
                hold(world, state, line)


@outer
def decide(world: World, state: State, action: np.ndarray) -> bool:
    """Carry out one choice per line (0 holds, k makes the item of slot k - 1); False when it was the last.

    A choice that is not possible, or that lines before it took away, is not carried out: the line is
    asked again in the same minute where it has another choice left, unless no line at all could do what
    it was told; then it holds.
    """
    world, state = borrow(world), borrow(state)
    lines = world.slot_item.shape[0]
    index = np.full(lines, np.inf)
    for line in range(lines):
        if state.deciding[line] and action[line] > 0:
            index[line] = -state.option_index[line, action[line] - 1]
    again = 0
    first = True
    for line in np.argsort(index, kind="mergesort"):
        if not state.deciding[line]:
            continue
        state.deciding[line] = 0
        slot = action[line] - 1
        if slot >= 0:
            if not first:
                set_options_of(world, state, line, slot, slot + 1)
            if state.option_quantity[line, slot] > 0:
                start_run(world, state, line, slot)
                first = False
            else:
                state.deciding[line] = 2
                again += 1
        else:
            hold(world, state, line)
    if again:
        assess(world, state)
        if not first and set_options(world, state) > 0:
            return True
        for line in range(lines):
            if state.deciding[line]:
                hold(world, state, line)
    return next_epoch(world, state)


@outer
def greedy(world: World, state: State, patience: float) -> np.ndarray:
    """Per line the slot of the highest index plus 1, or 0 where all have over `patience` days."""
    world, state = borrow(world), borrow(state)
    lines, slots = world.slot_item.shape
    action = np.zeros(lines, np.int64)
    for line in range(lines):
        best = -np.inf
        if not state.deciding[line]:
            continue
        for slot in range(slots):
            if state.option_quantity[line, slot] <= 0:
                continue
            item = world.slot_item[line, slot]
            slack = (state.short_at[item] - state.option_start[line, slot]) / DAY
            if state.option_overtime[line, slot] > 0 and slack > OVERTIME_PATIENCE:
                continue
            if slack <= patience and state.option_index[line, slot] > best:
                best = state.option_index[line, slot]
                action[line] = slot + 1
    return action
