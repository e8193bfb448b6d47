"""The compiled replay: one schedule carried out on its plant with the luck of many scenarios.

Lines keep to the schedule's sequence. A run starts at its planned minute or as soon after it as its line
is free, changed over and manned and its components are there; it lasts its planned shift time over
its speed, and delivers its whole quantity at its end. Arrivals, takes and service of orders are the
referee's (`plant.kernel.walk_stocks`); where nothing is left to luck the outcome is the referee's too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from plant.arrays import (
    ArrivalArrays,
    BomArrays,
    CalendarArrays,
    ChangeoverArrays,
    Floats,
    Ints,
    RunArrays,
)
from plant.calendar import NEVER, minute_of, run_end, worked_before, worked_between
from plant.compiled import inner, outer

TOLERANCE = 1e-6
MINUTES_PER_DAY = 1440
FAR = 2**40


class Demand(NamedTuple):
    """Orders in the order of service: item i has the rows pointer[i]..pointer[i+1].

    due [O] in minutes; quantity [S, O] by scenario, 0 where nothing is asked.
    """

    pointer: Ints
    due: Ints
    quantity: Floats


class Luck(NamedTuple):
    """By scenario and run [S, R]: real over planned speed, and what a good unit takes of components.

    A row of 1 and 1 / yield is the plan itself.
    """

    speed: Floats
    takes: Floats


class World(NamedTuple):
    """What is replayed: the plant's records, the schedule's runs, what is asked, and the luck.

    stock, family [I]; initial_family, table [L]; `midnight`: the minute, at most 0, at which the first
    day began; `days`: how many days the horizon touches. `arrivals` are in time order.
    """

    horizon: int
    midnight: int
    days: int
    stock: Floats
    family: Ints
    initial_family: Ints
    table: Ints
    calendar: CalendarArrays
    changeovers: ChangeoverArrays
    bom: BomArrays
    arrivals: ArrivalArrays
    runs: RunArrays
    demand: Demand
    luck: Luck


class Outcome(NamedTuple):
    """What became of it, by scenario.

    lowest, closing [S, I, D]: least and last net stock of the day, backlog counted as negative units; a
    day has the minutes after its midnight up to and with the next one. wanting [S, I, D]: whether a run
    waited for the item on that day. served_at [S, O]: the minute at which the order was served in
    full, or -1. late [S, O]: units served after due or never. start, end [S, R]: of the run, FAR where
    that is never.
    """

    lowest: Floats
    closing: Floats
    wanting: Ints
    served_at: Ints
    late: Floats
    start: Ints
    end: Ints


class State(NamedTuple):
    """One scenario's plant at a minute.

    stock, backlog [I] units; upcoming [L]: the run that is made or comes next; ready [L]: the minute
    from which it may start; ends [L]: when it ends; head, due [I]: the first order not served in
    full and the first not yet due; left [O]: units not yet served.
    """

    stock: Floats
    backlog: Floats
    upcoming: Ints
    ready: Ints
    ends: Ints
    head: Ints
    due: Ints
    left: Floats


@outer
def replay_all(w: World) -> Outcome:
    """What becomes of the schedule in each scenario."""
    scenarios, items = len(w.luck.speed), len(w.stock)
    orders, runs = len(w.demand.due), len(w.runs.item)
    out = Outcome(
        np.zeros((scenarios, items, w.days)),
        np.zeros((scenarios, items, w.days)),
        np.zeros((scenarios, items, w.days), np.int64),
        np.full((scenarios, orders), -1),
        np.zeros((scenarios, orders)),
        np.full((scenarios, runs), FAR),
        np.full((scenarios, runs), FAR),
    )
    for scenario in range(scenarios):
        _replay(w, out, scenario)
    return out


@inner
def _replay(w: World, out: Outcome, scenario: int) -> None:
    lines, items = len(w.initial_family), len(w.stock)
    s = State(
        w.stock.copy(),
        np.zeros(items),
        w.runs.pointer[:lines].copy(),
        np.full(lines, FAR),
        np.full(lines, FAR),
        w.demand.pointer[:items].copy(),
        w.demand.pointer[:items].copy(),
        w.demand.quantity[scenario].copy(),
    )
    for line in range(lines):
        s.ready[line] = _ready_at(w, line, s.upcoming[line], 0)
    arrival, now = 0, 0
    while now <= w.horizon:
        while arrival < len(w.arrivals.at) and w.arrivals.at[arrival] <= now:
            s.stock[w.arrivals.item[arrival]] += w.arrivals.quantity[arrival]
            arrival += 1
        for line in range(lines):
            if s.ends[line] <= now:
                _deliver(w, s, line, now)
        for line in range(lines):
            if s.ready[line] <= now:
                _try_to_begin(w, out, s, scenario, line, now)
        for item in range(items):
            _serve(w, out, s, scenario, item, now)
        _note(w, out, s, scenario, now)
        coming = w.arrivals.at[arrival] if arrival < len(w.arrivals.at) else FAR
        now = _next_minute(w, s, coming, now)
    _close(w, out, s, scenario)


@inner
def _next_minute(w: World, s: State, coming: int, now: int) -> int:
    """The next minute in which anything happens, a midnight and the horizon's end being something."""
    soon = w.midnight + ((now - w.midnight) // MINUTES_PER_DAY + 1) * MINUTES_PER_DAY
    if now < w.horizon:
        soon = min(soon, w.horizon)
    soon = min(soon, coming)
    for line in range(len(s.ends)):
        soon = min(soon, s.ends[line])
        if s.ready[line] > now:
            soon = min(soon, s.ready[line])
    for item in range(len(s.stock)):
        if s.due[item] < w.demand.pointer[item + 1]:
            soon = min(soon, w.demand.due[s.due[item]])
    return int(soon)


@inner
def _ready_at(w: World, line: int, run: int, free: int) -> int:
    """The minute at which a run could start, its components apart, on a line free from a minute."""
    if run >= w.runs.pointer[line + 1]:
        return FAR
    family = w.initial_family[line]
    if run > w.runs.pointer[line]:
        family = w.family[w.runs.item[run - 1]]
    need = 0
    if family >= 0:
        need = w.changeovers.minutes[w.table[line], family, w.family[w.runs.item[run]]]
    begun = max(free, w.calendar.available[line])
    earliest = worked_before(w.calendar, line, begun)[0] + need
    if earliest <= worked_before(w.calendar, line, w.runs.start[run])[0]:
        return int(w.runs.start[run])
    at = minute_of(w.calendar, line, earliest)
    return FAR if at == NEVER else at


@inner
def _deliver(w: World, s: State, line: int, now: int) -> None:
    run = s.upcoming[line]
    s.stock[w.runs.item[run]] += w.runs.quantity[run]
    s.ends[line] = FAR
    s.upcoming[line] += 1
    s.ready[line] = _ready_at(w, line, s.upcoming[line], now)


@inner
def _try_to_begin(w: World, out: Outcome, s: State, scenario: int, line: int, now: int) -> None:
    """Begin the run where its line is manned and its components are there; note what it waits for."""
    at = minute_of(w.calendar, line, worked_before(w.calendar, line, now)[0])
    if at != now:
        s.ready[line] = FAR if at == NEVER else at
        return
    run = s.upcoming[line]
    first, last = w.bom.pointer[w.runs.item[run]], w.bom.pointer[w.runs.item[run] + 1]
    started = w.runs.quantity[run] * w.luck.takes[scenario, run]
    enough = True
    for row in range(first, last):
        if s.stock[w.bom.component[row]] < started * w.bom.per_unit[row] - TOLERANCE:
            enough = False
            out.wanting[scenario, w.bom.component[row], _day(w, now)] = 1
    if not enough:
        return
    for row in range(first, last):
        s.stock[w.bom.component[row]] -= started * w.bom.per_unit[row]
    planned = worked_between(w.calendar, line, w.runs.start[run], w.runs.end[run])[0]
    minutes = max(int(np.ceil(planned / w.luck.speed[scenario, run] - TOLERANCE)), 1)
    end = run_end(w.calendar, line, now, minutes)
    s.ready[line] = FAR
    s.ends[line] = FAR if end == NEVER else end
    out.start[scenario, run], out.end[scenario, run] = now, s.ends[line]


@inner
def _serve(w: World, out: Outcome, s: State, scenario: int, item: int, now: int) -> None:
    """Serve the item's due orders in turn, in part as stock allows."""
    while s.due[item] < w.demand.pointer[item + 1] and w.demand.due[s.due[item]] <= now:
        s.backlog[item] += s.left[s.due[item]]
        s.due[item] += 1
    while s.head[item] < s.due[item]:
        order = s.head[item]
        served = min(max(s.stock[item], 0.0), s.left[order])
        s.stock[item] -= served
        s.backlog[item] -= served
        s.left[order] -= served
        if now > w.demand.due[order]:
            out.late[scenario, order] += served
        if s.left[order] > 0:
            return
        out.served_at[scenario, order] = now
        s.head[item] += 1


@inner
def _day(w: World, now: int) -> int:
    return min(max((now - w.midnight - 1) // MINUTES_PER_DAY, 0), w.days - 1)


@inner
def _note(w: World, out: Outcome, s: State, scenario: int, now: int) -> None:
    """Note each item's net stock at the end of a minute; at midnight the next day begins with it."""
    day = _day(w, now)
    is_midnight = now > 0 and (now - w.midnight) % MINUTES_PER_DAY == 0
    for item in range(len(s.stock)):
        net = s.stock[item] - max(s.backlog[item], 0.0)
        if net < out.lowest[scenario, item, day] or now == 0:
            out.lowest[scenario, item, day] = net
        out.closing[scenario, item, day] = net
        if is_midnight and day + 1 < w.days:
            out.lowest[scenario, item, day + 1] = net
            out.closing[scenario, item, day + 1] = net


@inner
def _close(w: World, out: Outcome, s: State, scenario: int) -> None:
    """What is open at the horizon's end counts as late from a day after it on, as the referee has it."""
    for order in range(len(s.left)):
        if s.left[order] > TOLERANCE and w.demand.due[order] < w.horizon + MINUTES_PER_DAY:
            out.late[scenario, order] += s.left[order]
