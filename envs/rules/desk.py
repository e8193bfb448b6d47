"""The desk at which a list is scheduled: which lots are left, where each line stands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from envs.rules.shop import Jobs, Shop
from envs.rules.supply import takes
from envs.rules.urgency import Index
from plant.arrays import CalendarArrays, Floats, Ints, RunArrays
from plant.calendar import minute_of, run_start, worked_before
from plant.compiled import inner

UNSTARTABLE = -1


class Desk(NamedTuple):
    """Where a pass stands.

    Of lots: left (units), done, cuttable (may be made in part), ready (no start before), cuts, tried (in
    which decision). surplus [I]: made over what the lots asked for. candidates [L, J], many [L]: the
    lots of each line. Of lines: free (end of the last run), wake (next decision), family, following
    (next kept run). Of families, valid where known is the decision: start, worked, change. counter: runs
    placed, decisions.
    """

    left: Floats
    done: Ints
    cuttable: Ints
    ready: Ints
    cuts: Ints
    tried: Ints
    surplus: Floats
    candidates: Ints
    many: Ints
    free: Ints
    wake: Ints
    family: Ints
    following: Ints
    known: Ints
    start: Ints
    worked: Ints
    change: Ints
    counter: Ints


@inner
def opened(shop: Shop, jobs: Jobs, kept: RunArrays, index: Index, assigned: Ints) -> Desk:
    """The desk before the first decision."""
    size, count = jobs.minutes.shape
    candidates = np.zeros((size, count), np.int64)
    many = np.zeros(size, np.int64)
    for line in range(size):
        for lot in range(count):
            if jobs.minutes[line, lot] > 0 and (assigned[lot] < 0 or assigned[lot] == line):
                candidates[line, many[line]] = lot
                many[line] += 1
    families = shop.changeovers.minutes.shape[1]
    return Desk(
        jobs.lots.quantity.copy(),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.maximum(jobs.lots.due - index.window, index.opens),
        np.zeros(count, np.int64),
        np.full(count, -1),
        np.zeros(len(shop.family)),
        candidates,
        many,
        np.zeros(size, np.int64),
        np.full(size, index.opens),
        shop.initial_family.copy(),
        kept.pointer[:-1].copy(),
        np.zeros(families, np.int64),
        np.zeros(families, np.int64),
        np.zeros(families, np.int64),
        np.zeros(families, np.int64),
        np.zeros(2, np.int64),
    )


@inner
def look(shop: Shop, desk: Desk, line: int, target: int) -> None:
    """When the line could start a family, noted for this decision."""
    change = 0
    if desk.family[line] >= 0:
        change = shop.changeovers.minutes[shop.table[line], desk.family[line], target]
    start = start_from(shop, line, desk.free[line], change, desk.wake[line])
    desk.known[target] = desk.counter[1]
    desk.change[target] = change
    desk.start[target] = start
    if start != UNSTARTABLE:
        desk.worked[target] = worked_before(shop.calendar, line, start)[0]


@inner
def start_from(shop: Shop, line: int, free: int, changeover: int, wake: int) -> int:
    """The first minute from `wake` on at which a run can start on a line free from `free`."""
    start = run_start(shop.calendar, line, free, changeover)
    if start == UNSTARTABLE or start >= wake:
        return int(start)
    return int(minute_of(shop.calendar, line, worked_before(shop.calendar, line, wake)[0]))


@inner
def overtime_until(calendar: CalendarArrays, line: int, minute: int) -> int:
    """The end of the overtime shift that a manned minute lies in, or -1 in a regular one."""
    low, high = calendar.pointer[line], calendar.pointer[line + 1]
    while low < high:
        middle = (low + high) // 2
        if calendar.start[middle] <= minute:
            low = middle + 1
        else:
            high = middle
    row = low - 1
    return int(calendar.end[row]) if calendar.overtime[row] else -1


@inner
def call(shop: Shop, jobs: Jobs, desk: Desk, item: int, at: int) -> None:
    """Lots that take the item, and all lines, look again when it comes."""
    for lot in range(len(desk.done)):
        if desk.ready[lot] > at and takes(shop, jobs.lots.item[lot], item):
            desk.ready[lot] = at
    for line in range(len(desk.wake)):
        desk.wake[line] = min(desk.wake[line], max(desk.free[line], at))
