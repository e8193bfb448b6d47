"""What a scheduler sees of the simulated plant: five float32 arrays, no identities, scaled to about ±3."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.kernel import DAY, FAR, State, changeover_into
from envs.world import World
from plant.borrowed import borrow
from plant.calendar import worked_between
from plant.compiled import outer

PLANT_FEATURES = 6
LINE_FEATURES = 9
ITEM_FEATURES = 11
SLOT_FEATURES = 14
SLACK, BEHIND, OVERTIME = 5, 12, 13  # slot features: days of slack, index less the best, overtime
SPAN = 1440  # minutes ahead in which shift time is counted


@outer
def observe_plant(world: World, state: State, scale: float, out: NDArray[np.float32]) -> None:
    """Time gone, time of day (twice), share of lines deciding, backlog and need over capacity."""
    world, state = borrow(world), borrow(state)
    now = state.clock[0]
    lines = len(state.free_at)
    hours = manned = 0.0
    for item in range(len(state.stock)):
        if world.rate_best[item] > 0:
            hours += state.need_total[item] / world.rate_best[item]
    for line in range(lines):
        since = max(now, state.free_at[line])
        manned += worked_between(world.calendar, line, since, world.horizon)[0] / 60.0
    turn = 2.0 * np.pi * now / DAY
    out[0] = now / world.horizon
    out[1] = np.sin(turn)
    out[2] = np.cos(turn)
    out[3] = (state.deciding > 0).sum() / lines
    out[4] = np.log1p(state.backlog_value.sum() / 24.0 / scale)
    out[5] = min(hours / max(manned, 1.0), 3.0)


@outer
def observe_lines(world: World, state: State, scale: float, out: NDArray[np.float32]) -> None:
    """Per line [L, 9].

    Deciding, days until free, shift share of the day ahead and of the rest, overtime share of the day
    ahead, run, overtime and idle money per hour over the plant's money per hour and line, share of its
    slots that are possible.
    """
    world, state = borrow(world), borrow(state)
    lines, slots = world.slot_item.shape
    each = scale / lines
    now = state.clock[0]
    for line in range(lines):
        free = max(now, state.free_at[line])
        ahead, overtime = worked_between(world.calendar, line, free, free + SPAN)
        rest = worked_between(world.calendar, line, free, world.horizon)[0]
        out[line, 0] = state.deciding[line] > 0
        out[line, 1] = min((free - now) / DAY, 3.0)
        out[line, 2] = ahead / SPAN
        out[line, 3] = rest / world.horizon
        out[line, 4] = overtime / SPAN
        out[line, 5] = np.log1p(world.lines.run_cost[line] / each)
        out[line, 6] = np.log1p(world.lines.overtime_cost[line] / each)
        out[line, 7] = np.log1p(world.lines.idle_cost[line] / each)
        out[line, 8] = (state.option_quantity[line] > 0).sum() / slots


@outer
def observe_items(world: World, state: State, scale: float, out: NDArray[np.float32]) -> None:
    """Per item [I, 11].

    Backlog money, need in all and near (days of the best line's work), days until short, worth of an hour
    of it, stock over safety, holding money of an hour of it, how many lines can, whether something is
    made of it, what is on its way, whether it is raw.
    """
    world, state = borrow(world), borrow(state)
    now = state.clock[0]
    for item in range(len(state.stock)):
        hour = world.rate_best[item]
        coming = 0.0
        for row in range(state.pending_first[item], state.pending_last[item]):
            coming += max(state.pending_quantity[item, row], 0.0)
        safety = world.items.safety_stock[item]
        per_day = max(hour * 24.0, 1e-9)
        short = 5.0 if state.short_at[item] == FAR else (state.short_at[item] - now) / DAY
        out[item, 0] = np.log1p(state.backlog_value[item] / 24.0 / scale)
        out[item, 1] = np.log1p(state.need_total[item] / per_day) if hour > 0 else 0.0
        out[item, 2] = np.log1p(state.need_near[item] / per_day) if hour > 0 else 0.0
        out[item, 3] = min(max(short, -3.0), 5.0)
        out[item, 4] = np.log1p(state.worth[item] * hour / 24.0 / scale * 10.0)
        out[item, 5] = min(state.stock[item] / safety, 3.0) if safety > 0 else 1.0
        out[item, 6] = np.log1p(world.items.holding_cost[item] * hour / 24.0 / scale * 100.0)
        out[item, 7] = np.log1p(world.makers[item])
        out[item, 8] = world.is_component[item]
        out[item, 9] = np.log1p(coming / per_day) if hour > 0 else 0.0
        out[item, 10] = world.makers[item] == 0


@outer
def observe_slots(world: World, state: State, scale: float, out: NDArray[np.float32]) -> None:
    """Per line and possible slot [L, K, 14], 0 elsewhere.

    Hours of the run and of its changeover, days until its start, changeover money, money of the run,
    days of slack, share of the near and of the whole need that it covers, rate over the best line's,
    yield, same family, priority index, the index less the best one of the line, overtime's share of the run.
    """
    world, state = borrow(world), borrow(state)
    each = scale / world.slot_item.shape[0]
    now = state.clock[0]
    for line in range(world.slot_item.shape[0]):
        best = state.option_index[line].max()
        for slot in range(world.slot_item.shape[1]):
            quantity = state.option_quantity[line, slot]
            if quantity <= 0 or state.deciding[line] == 0:
                out[line, slot, :] = 0.0
                continue
            item = world.slot_item[line, slot]
            start, minutes = state.option_start[line, slot], state.option_minutes[line, slot]
            setup, money = changeover_into(world, state, line, item)
            slack = (state.short_at[item] - start - minutes) / DAY
            out[line, slot, 0] = minutes / 480.0
            out[line, slot, 1] = setup / 60.0
            out[line, slot, 2] = min((start - now) / DAY, 3.0)
            out[line, slot, 3] = np.log1p(money / each)
            out[line, slot, 4] = np.log1p(minutes / 60.0 * world.lines.run_cost[line] / each)
            out[line, slot, 5] = min(max(slack, -3.0), 5.0)
            out[line, slot, 6] = min(state.need_near[item] / quantity, 3.0)
            out[line, slot, 7] = min(quantity / state.need_total[item], 3.0)
            out[line, slot, 8] = world.capabilities.rate[line, item] / world.rate_best[item]
            out[line, slot, 9] = world.capabilities.yield_[line, item]
            out[line, slot, 10] = state.family[line] == world.items.family[item]
            out[line, slot, 11] = state.option_index[line, slot] - np.log(each)
            out[line, slot, 12] = state.option_index[line, slot] - best
            out[line, slot, 13] = state.option_overtime[line, slot] / minutes


@outer
def observe_mask(world: World, state: State, out: NDArray[np.int8]) -> None:
    """Per line and choice [L, 1 + K]: 1 where it can be chosen; holding always can."""
    world, state = borrow(world), borrow(state)
    for line in range(world.slot_item.shape[0]):
        out[line, 0] = 1
        for slot in range(world.slot_item.shape[1]):
            out[line, slot + 1] = state.deciding[line] > 0 and state.option_quantity[line, slot] > 0
