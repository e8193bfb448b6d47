"""The compiled arithmetic of `evaluate`: one pass over the lines' runs, one over the stocks' events.

The two do not touch: what a line does gives production, changeover and idle money and the breaches of
rules 1, 2 and 4; what an item's stock does gives tardiness and holding and the breach of rule 3.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plant.arrays import (
    CalendarArrays,
    CapabilityArrays,
    ChangeoverArrays,
    Floats,
    Ints,
    ItemArrays,
    LineArrays,
    OrderArrays,
    PlantArrays,
    RunArrays,
)
from plant.calendar import (
    NEVER,
    changeover_start,
    is_manned,
    worked_before,
    worked_between,
    worked_total,
)
from plant.compiled import outer

TOLERANCE = 1e-6
MINUTES_PER_DAY = 1440.0
GAIN, TAKE, DUE = 0, 1, 2


class LineWork(NamedTuple):
    """What the lines do.

    Per run [R], 0 where no rule is broken: unmanned_ends (0 to 2), early minutes before
    available_from, overlap minutes with the run before, missing shift minutes for the quantity, lot
    units that are missing or over, crowded: changeover minutes that have no room, incapable (0 or 1).
    Shift minutes per run [R]: changeover, manned, overtime. Money per line [L]: production,
    changeover_money, idle_money.
    """

    unmanned_ends: Ints
    early: Ints
    overlap: Ints
    missing: Floats
    lot: Floats
    crowded: Ints
    incapable: Ints
    changeover: Ints
    manned: Ints
    overtime: Ints
    production: Floats
    changeover_money: Floats
    idle_money: Floats


@outer
def walk_lines(
    calendar: CalendarArrays,
    lines: LineArrays,
    families: Ints,
    capabilities: CapabilityArrays,
    changeovers: ChangeoverArrays,
    runs: RunArrays,
) -> LineWork:
    """Each line's runs in time order: minutes, money and broken rules."""
    count, size = len(runs.line), len(lines.run_cost)
    work = LineWork(
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count),
        np.zeros(count),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(size),
        np.zeros(size),
        np.zeros(size),
    )
    for line in range(size):
        available = calendar.available[line]
        before_all, before_overtime = worked_before(calendar, line, available)
        busy_regular = 0
        last_end = 0
        covered = available
        family = lines.initial_family[line]
        table = lines.table[line]
        for run in range(runs.pointer[line], runs.pointer[line + 1]):
            start, end, item = runs.start[run], runs.end[run], runs.item[run]
            manned, overtime = worked_between(calendar, line, start, end)
            work.manned[run] = manned
            work.overtime[run] = overtime
            hours = manned * lines.run_cost[line] + overtime * lines.overtime_cost[line]
            work.production[line] += hours / 60.0
            work.unmanned_ends[run] = (not is_manned(calendar, line, start)) + (
                not is_manned(calendar, line, end - 1)
            )
            work.early[run] = max(available - start, 0)
            work.overlap[run] = max(last_end - start, 0)
            rate = capabilities.rate[line, item]
            if rate <= 0:
                work.incapable[run] = 1
            else:
                quantity = runs.quantity[run]
                missing = quantity / rate * 60.0 - manned
                if missing > TOLERANCE:
                    work.missing[run] = missing
                work.lot[run] = lot_breach(
                    quantity,
                    capabilities.min_lot[line, item],
                    capabilities.lot_multiple[line, item],
                )
            begin = start
            if family >= 0:
                need = changeovers.minutes[table, family, families[item]]
                work.changeover[run] = need
                work.changeover_money[line] += changeovers.cost[table, family, families[item]]
                free = max(last_end, available)
                room = worked_between(calendar, line, free, start)[0]
                if room < need:
                    work.crowded[run] = need - room
                    begin = min(free, start)
                else:
                    begin = changeover_start(calendar, line, start, need)
                    if begin == NEVER:
                        begin = start
            regular, extra = worked_between(calendar, line, max(begin, covered), end)
            busy_regular += regular - extra
            covered = max(covered, end)
            last_end = max(last_end, end)
            family = families[item]
        total = worked_total(calendar, line) - before_all
        last = calendar.pointer[line + 1] - 1
        overtime_total = 0
        if last >= calendar.pointer[line]:
            inside = calendar.end[last] - calendar.start[last]
            overtime_total = (
                calendar.worked_overtime[last] + inside * calendar.overtime[last] - before_overtime
            )
        idle = total - overtime_total - busy_regular
        work.idle_money[line] = idle / 60.0 * lines.idle_cost[line]
    return work


@outer
def lot_breach(quantity: float, min_lot: float, multiple: float) -> float:
    """Units that a lot is under its least or off its multiple; 0 where it is neither."""
    if quantity < min_lot - TOLERANCE:
        return min_lot - quantity
    if multiple > 0:
        lots = quantity / multiple
        if abs(lots - np.round(lots)) > TOLERANCE:
            return abs(quantity - np.round(lots) * multiple)
    return 0.0


class StockEvents(NamedTuple):
    """Gains and takes by item in time order: item i has the rows pointer[i]..pointer[i+1].

    kind is GAIN or TAKE; source: run row r as r, arrival a as -1 - a.
    """

    pointer: Ints
    at: Ints
    kind: Ints
    quantity: Floats
    source: Ints


def stock_events(arrays: PlantArrays, runs: RunArrays) -> StockEvents:
    """What changes the stocks: arrivals, deliveries at runs' ends, components at their starts."""
    arrivals, bom = arrays.arrivals, arrays.bom
    rows = np.arange(len(runs.item))
    parts = bom.pointer[runs.item + 1] - bom.pointer[runs.item]
    taker = np.repeat(rows, parts)
    nth = np.arange(len(taker)) - np.repeat(np.cumsum(parts) - parts, parts)
    line_of_bom = bom.pointer[runs.item[taker]] + nth
    yields = arrays.capabilities.yield_[runs.line[taker], runs.item[taker]]
    needed = runs.quantity[taker] * bom.per_unit[line_of_bom] / yields
    item = np.concatenate([arrivals.item, runs.item, bom.component[line_of_bom]])
    at = np.concatenate([arrivals.at, runs.end, runs.start[taker]])
    kind = np.full(len(item), GAIN)
    kind[len(arrivals.item) + len(rows) :] = TAKE
    quantity = np.concatenate([arrivals.quantity, runs.quantity, needed])
    source = np.concatenate([-1 - np.arange(len(arrivals.item)), rows, taker])
    order = np.lexsort((source, kind, at, item))
    pointer = np.searchsorted(item[order], np.arange(len(arrays.items.stock) + 1))
    return StockEvents(
        pointer.astype(np.int64), at[order], kind[order], quantity[order], source[order]
    )


class StockWork(NamedTuple):
    """What the stocks do. Per item [I]: holding and shortage money, lowest stock, mean stock in units.

    Per order in order of service [O]: tardiness money, units served after due or never, units open at
    the end, minute of the last service (or -1).
    """

    holding: Floats
    lowest: Floats
    lowest_at: Ints
    mean_stock: Floats
    tardiness: Floats
    late: Floats
    open: Floats
    served_at: Ints


@outer
def walk_stocks(
    horizon: int, items: ItemArrays, orders: OrderArrays, events: StockEvents
) -> StockWork:
    """Each item's stock from event to event, orders served as soon as they are due and there is stock."""
    size, count = len(items.stock), len(orders.due)
    work = StockWork(
        np.zeros(size),
        np.zeros(size),
        np.zeros(size, np.int64),
        np.zeros(size),
        np.zeros(count),
        np.zeros(count),
        orders.quantity.copy(),
        np.full(count, -1),
    )
    for item in range(size):
        stock = items.stock[item]
        first, last = orders.pointer[item], orders.pointer[item + 1]
        event, events_end = events.pointer[item], events.pointer[item + 1]
        head = first  # the first order not served in full
        due = first  # the first order not yet due
        now = 0
        area = 0.0
        while True:
            while event < events_end and events.at[event] <= now:
                if events.kind[event] == GAIN:
                    stock += events.quantity[event]
                else:
                    stock -= events.quantity[event]
                    if stock < work.lowest[item]:
                        work.lowest[item] = stock
                        work.lowest_at[item] = now
                event += 1
            while due < last and orders.due[due] <= now:
                due += 1
            while head < due and stock > 0:
                served = min(stock, work.open[head])
                stock -= served
                work.open[head] -= served
                work.served_at[head] = now
                minutes = now - orders.due[head]
                if minutes > 0:
                    work.late[head] += served
                    work.tardiness[head] += orders.weight[head] * served * minutes / MINUTES_PER_DAY
                if work.open[head] > 0:
                    break
                head += 1
            if now >= horizon:
                break
            soon = horizon
            if event < events_end:
                soon = min(soon, events.at[event])
            if due < last:
                soon = min(soon, orders.due[due])
            days = (soon - now) / MINUTES_PER_DAY
            held = max(stock, 0.0)
            area += held * days
            work.holding[item] += (
                held * items.holding_cost[item]
                + max(items.safety_stock[item] - held, 0.0) * items.shortage_cost[item]
            ) * days
            now = soon
        work.mean_stock[item] = area / (horizon / MINUTES_PER_DAY)
        for order in range(head, last):
            days = max(horizon + MINUTES_PER_DAY - orders.due[order], 0.0) / MINUTES_PER_DAY
            work.tardiness[order] += orders.weight[order] * work.open[order] * days
            if days > 0:
                work.late[order] += work.open[order]
    return work


NOBODY = -(2**62)
DUST = 1e-9  # what floating sums leave over is nobody's unit


@outer
def peg_stocks(
    horizon: int, items: ItemArrays, orders: OrderArrays, events: StockEvents
) -> tuple[Ints, Ints, Ints, Floats, Ints]:
    """The same walk as `walk_stocks`, with every unit followed from its supplier to its consumer.

    First in first out. Per peg: consumer (order in order of service o as -1 - o, run row r as r), supplier
    (run row r as r, arrival a as -2 - a, opening stock as -1, NOBODY where a stock went below zero),
    item, units, minute.
    """
    consumer, supplier, kind, at = [0][:0], [0][:0], [0][:0], [0][:0]
    quantity = [0.0][:0]
    for item in range(len(items.stock)):
        layers_from, layers_left, front = [-1], [items.stock[item]], 0
        first, last = orders.pointer[item], orders.pointer[item + 1]
        left = orders.quantity.copy()[first:last]
        event, events_end = events.pointer[item], events.pointer[item + 1]
        head, now = 0, 0
        owed = 0.0
        while now <= horizon:
            while event < events_end and events.at[event] <= now:
                source, units = events.source[event], events.quantity[event]
                if events.kind[event] == GAIN:
                    paid = min(owed, units)
                    owed -= paid
                    layers_from.append(source if source >= 0 else source - 1)
                    layers_left.append(units - paid)
                else:
                    while units > 0 and front < len(layers_left):
                        part = min(units, layers_left[front])
                        if part > DUST:
                            consumer.append(source)
                            supplier.append(layers_from[front])
                            kind.append(item)
                            quantity.append(part)
                            at.append(now)
                        units -= part
                        layers_left[front] -= part
                        if layers_left[front] <= 0:
                            front += 1
                    if units > TOLERANCE:
                        owed += units
                        consumer.append(source)
                        supplier.append(NOBODY)
                        kind.append(item)
                        quantity.append(units)
                        at.append(now)
                event += 1
            while first + head < last and orders.due[first + head] <= now:
                while left[head] > 0 and front < len(layers_left):
                    part = min(left[head], layers_left[front])
                    if part > DUST:
                        consumer.append(-1 - (first + head))
                        supplier.append(layers_from[front])
                        kind.append(item)
                        quantity.append(part)
                        at.append(now)
                    left[head] -= part
                    layers_left[front] -= part
                    if layers_left[front] <= 0:
                        front += 1
                if left[head] > 0:
                    break
                head += 1
            soon = horizon + 1
            if event < events_end:
                soon = min(soon, events.at[event])
            for order in range(first + head, last):
                if orders.due[order] > now:
                    soon = min(soon, orders.due[order])
                    break
            now = soon
    return (
        np.array(consumer, dtype=np.int64),
        np.array(supplier, dtype=np.int64),
        np.array(kind, dtype=np.int64),
        np.array(quantity, dtype=np.float64),
        np.array(at, dtype=np.int64),
    )


def flags(values: NDArray[Any]) -> list[int]:
    """The rows where a rule is broken."""
    return [int(row) for row in np.flatnonzero(values)]
