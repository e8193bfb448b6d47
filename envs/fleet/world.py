"""The simulated plant's fixed side: what an episode does not change, as arrays for the kernel."""

from __future__ import annotations

from dataclasses import astuple
from typing import NamedTuple

import numpy as np

from envs.rules import kept_runs
from plant import Plant, Schedule, Weights, Zones
from plant.arrays import (
    BomArrays,
    CalendarArrays,
    CapabilityArrays,
    ChangeoverArrays,
    Floats,
    Ints,
    ItemArrays,
    LineArrays,
    OrderArrays,
    PlantArrays,
    plant_arrays,
)

MINUTES_PER_DAY = 1440


class World(NamedTuple):
    """A plant of L lines, I items and O orders for the kernel; indices as in `PlantArrays`.

    weights [7] in the order of `plant.COMPONENTS`. makers_first [I]: items
    so that each comes before its components. is_component [I]: 0 or 1. yield_mean [I], rate_best [I]
    (units per hour), unit_cost [I] (least run money of a unit), lead [I] (minutes one lot takes), makers
    [I] (number of lines that can). mean_setup: minutes of a mean changeover. slot_item [L, K]: the items
    that a line can make, -1 where it has fewer than K; lot [L, K]: the economic lot there, in units.
    fixed_pointer [L+1]: line l keeps the base's runs fixed_pointer[l]..fixed_pointer[l+1] of fixed_item,
    fixed_start, fixed_end, fixed_quantity, in time order; fixed_may_move says whose start is not promised:
    1 where it is, 2 where moving it counts as a move, 0 where it must stay. moves: base runs that count as
    moved whatever is done. opens: nothing new starts before this minute.
    """

    horizon: int
    weights: Floats
    calendar: CalendarArrays
    lines: LineArrays
    items: ItemArrays
    capabilities: CapabilityArrays
    changeovers: ChangeoverArrays
    bom: BomArrays
    orders: OrderArrays
    arrival_item: Ints
    arrival_at: Ints
    arrival_quantity: Floats
    makers_first: Ints
    is_component: Ints
    yield_mean: Floats
    rate_best: Floats
    unit_cost: Floats
    mean_setup: float
    lead: Ints
    makers: Ints
    slot_item: Ints
    lot: Floats
    fixed_pointer: Ints
    fixed_item: Ints
    fixed_start: Ints
    fixed_end: Ints
    fixed_quantity: Floats
    fixed_may_move: Ints
    moves: int
    opens: int


def build_world(
    plant: Plant,
    weights: Weights = Weights(),
    base: Schedule | None = None,
    zones: Zones = Zones(),
    hold: int = 60,
    longest: int = 360,
) -> World:
    """The arrays of a plant to be simulated; locked and frozen runs of the base are kept as they are.

    A line that holds is asked again after `hold` minutes; a lot takes at most `longest` shift minutes.
    """
    arrays = plant_arrays(plant)
    capable = arrays.capabilities.rate > 0
    makers = capable.sum(axis=0)
    rates = np.where(capable, arrays.capabilities.rate, 0.0)
    yields = np.where(capable, arrays.capabilities.yield_, 0.0).sum(axis=0)
    yield_mean = np.divide(yields, makers, out=np.ones(len(makers)), where=makers > 0)
    order = _makers_first(arrays.bom, len(makers))
    per_day = _units_per_day(arrays, order, yield_mean)
    slots = _slots(capable)
    lot = _economic_lots(arrays, slots, per_day, longest)
    rate_best = rates.max(axis=0, initial=0.0)
    is_component = np.zeros(len(makers), np.int64)
    is_component[arrays.bom.component] = 1
    fixed = _kept(plant, arrays, base, zones, is_component)
    return World(
        horizon=arrays.horizon,
        weights=np.array(astuple(weights)),
        calendar=arrays.calendar,
        lines=arrays.lines,
        items=arrays.items,
        capabilities=arrays.capabilities,
        changeovers=arrays.changeovers,
        bom=arrays.bom,
        orders=arrays.orders,
        arrival_item=arrays.arrivals.item,
        arrival_at=arrays.arrivals.at,
        arrival_quantity=arrays.arrivals.quantity,
        makers_first=order,
        is_component=is_component,
        yield_mean=yield_mean,
        rate_best=rate_best,
        unit_cost=_unit_cost(arrays),
        mean_setup=_mean_setup(arrays),
        lead=_lead(slots, lot, rate_best, longest, hold),
        makers=makers.astype(np.int64),
        slot_item=slots,
        lot=lot,
        fixed_pointer=fixed.pointer,
        fixed_item=fixed.item,
        fixed_start=fixed.start,
        fixed_end=fixed.end,
        fixed_quantity=fixed.quantity,
        fixed_may_move=fixed.may_move,
        moves=fixed.moves,
        opens=zones.frozen if base is not None else 0,
    )


class _Kept(NamedTuple):
    pointer: Ints
    item: Ints
    start: Ints
    end: Ints
    quantity: Floats
    may_move: Ints
    moves: int


def _kept(
    plant: Plant, arrays: PlantArrays, base: Schedule | None, zones: Zones, is_component: Ints
) -> _Kept:
    """The base's runs that stay; those that are locked to their line alone and no part of others may move."""
    kept = sorted(
        kept_runs(plant, base, zones), key=lambda run: (arrays.line_index[run.line], run.start)
    )
    line = np.array([arrays.line_index[run.line] for run in kept], np.int64)
    slush = range(zones.frozen, zones.frozen + zones.slush)
    moves = sum(run.start in slush for run in base.runs) if base is not None else 0
    moves -= sum(run.start in slush for run in kept)
    may_move = [
        (1 + (run.start in slush))
        * (run.lock == "line" and run.start >= zones.frozen)
        * (not is_component[arrays.item_index[run.item]])
        for run in kept
    ]
    return _Kept(
        np.searchsorted(line, np.arange(len(plant.lines) + 1)).astype(np.int64),
        np.array([arrays.item_index[run.item] for run in kept], np.int64),
        np.array([run.start for run in kept], np.int64),
        np.array([run.end for run in kept], np.int64),
        np.array([run.quantity for run in kept], np.float64),
        np.array(may_move, np.int64),
        moves,
    )


def _makers_first(bom: BomArrays, size: int) -> Ints:
    """The items in such an order that every item comes before its components."""
    waiting = np.bincount(bom.component, minlength=size)
    ready = [item for item in range(size) if waiting[item] == 0]
    for item in ready:
        for row in range(bom.pointer[item], bom.pointer[item + 1]):
            component = int(bom.component[row])
            waiting[component] -= 1
            if waiting[component] == 0:
                ready.append(component)
    return np.array(ready, np.int64)


def _units_per_day(arrays: PlantArrays, order: Ints, yield_mean: Floats) -> Floats:
    """Mean demand by item, what its parents take included."""
    orders, bom = arrays.orders, arrays.bom
    item = np.repeat(np.arange(len(yield_mean)), np.diff(orders.pointer))
    units = np.bincount(item, weights=orders.quantity, minlength=len(yield_mean)).astype(float)
    for parent in order:
        for row in range(bom.pointer[parent], bom.pointer[parent + 1]):
            units[bom.component[row]] += units[parent] * bom.per_unit[row] / yield_mean[parent]
    return units * (MINUTES_PER_DAY / arrays.horizon)


def _slots(capable: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> Ints:
    width = max(int(capable.sum(axis=1).max(initial=0)), 1)
    slots = np.full((len(capable), width), -1, np.int64)
    for line, row in enumerate(capable):
        items = np.flatnonzero(row)
        slots[line, : len(items)] = items
    return slots


def _economic_lots(arrays: PlantArrays, slots: Ints, per_day: Floats, longest: int) -> Floats:
    """Lots that weigh a changeover's money and time against holding: Harris's square root of 2DS/h."""
    lots = np.zeros(slots.shape)
    minutes, money = arrays.changeovers.minutes, arrays.changeovers.cost
    others = max(minutes.shape[1] - 1, 1)
    for line, slot in np.argwhere(slots >= 0):
        item = slots[line, slot]
        table, family = arrays.lines.table[line], arrays.items.family[item]
        setup = money[table, :, family].sum() / others
        setup += minutes[table, :, family].sum() / others / 60.0 * arrays.lines.run_cost[line]
        holding = arrays.items.holding_cost[item]
        day, most = per_day[item], arrays.capabilities.rate[line, item] * longest / 60.0
        square = 2.0 * day * setup / holding if holding > 0 else most * most
        lots[line, slot] = min(max(np.sqrt(square), day * 0.25), most)
    return lots


def _lead(slots: Ints, lot: Floats, rate_best: Floats, longest: int, hold: int) -> Ints:
    largest = np.zeros(len(rate_best))
    np.maximum.at(largest, slots[slots >= 0], lot[slots >= 0])
    hours = np.divide(largest, rate_best, out=np.zeros(len(rate_best)), where=rate_best > 0)
    return (np.minimum(hours * 60.0, longest) + hold).astype(np.int64)


def _unit_cost(arrays: PlantArrays) -> Floats:
    rate = arrays.capabilities.rate
    money = np.full(rate.shape, np.inf)
    np.divide(arrays.lines.run_cost[:, None], rate, out=money, where=rate > 0)
    least: Floats = money.min(axis=0, initial=np.inf)
    return least


def _mean_setup(arrays: PlantArrays) -> float:
    minutes = arrays.changeovers.minutes
    real = minutes[minutes > 0]
    return float(real.mean()) if len(real) else 60.0
