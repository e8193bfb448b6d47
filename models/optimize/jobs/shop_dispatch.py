"""First solutions of jobs that wait for each other, by dispatching rules (Giffler and Thompson 1960)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.optimize.jobs.shop_graph import FAR, Table, changeover
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import inner, outer

NONE = -1


class Floor(NamedTuple):
    """The jobs that could start, and where and when each would end first.

    queue [J], of which waiting [1] are used. Per job [J]: waits (number of jobs yet to be placed before it),
    ready, on, start, end, fresh (whether these three still hold). free, last [L]: when each line is
    free, and after which node.
    """

    queue: Ints
    waiting: Ints
    waits: Ints
    ready: Ints
    on: Ints
    start: Ints
    end: Ints
    fresh: Ints
    free: Ints
    last: Ints


def floor_of(table: Table) -> Floor:
    """The floor before anything is placed."""
    jobs, lines = len(table.family), len(table.table)
    waits = np.diff(table.before_at)
    queue = np.zeros(jobs, np.int64)
    at_once = np.flatnonzero(waits == 0)
    queue[: len(at_once)] = at_once
    on, start, end, fresh = (np.zeros(jobs, np.int64) for _ in range(4))
    return Floor(
        queue, np.array([len(at_once)]), waits, table.release.copy(), on, start, end, fresh,
        table.available.copy(), np.arange(jobs, jobs + lines),
    )  # fmt: skip


@outer
def least_after(table: Table, least: Ints, tail: Ints) -> None:
    """Fill tail [J]: the least minutes from a job's start to the end of all that waits for it.

    least [J]: the minutes of each job on its fastest line.
    """
    table = borrow(table)
    waits, queue = np.diff(table.after_at), np.zeros(len(least), np.int64)
    count = 0
    for job in range(len(least)):
        tail[job] = least[job]
        if waits[job] == 0:
            queue[count] = job
            count += 1
    at = 0
    while at < count:
        job = queue[at]
        at += 1
        for row in range(table.before_at[job], table.before_at[job + 1]):
            other = table.before[row]
            tail[other] = max(tail[other], tail[job] + least[other])
            waits[other] -= 1
            if waits[other] == 0:
                queue[count] = other
                count += 1


@outer
def dispatch_jobs(
    table: Table, floor: Floor, urgency: Floats, slack: float, line_of: Ints, order: Ints
) -> None:
    """Fill line_of, order [J] by always starting the most urgent [J] job of those in conflict.

    slack: 0 never lets a line wait for a more urgent job; 1 as long as one more job would take.
    """
    table, floor = borrow(table), borrow(floor)
    for rank in range(len(order)):
        for at in range(floor.waiting[0]):
            if not floor.fresh[floor.queue[at]]:
                _first_end(table, floor, floor.queue[at])
        at = _most_urgent(floor, urgency, slack)
        job = floor.queue[at]
        line_of[job], order[rank] = floor.on[job], job
        _place(table, floor, at)


@inner
def _first_end(table: Table, floor: Floor, job: int) -> None:
    """Note on which line a job would end first."""
    floor.fresh[job], floor.end[job] = 1, FAR
    for row in range(table.lines_at[job], table.lines_at[job + 1]):
        line = table.lines[row]
        free = floor.free[line] + changeover(table, line, floor.last[line], job)
        start = max(free, floor.ready[job])
        end = start + table.minutes[job, line]
        if end < floor.end[job]:
            floor.on[job], floor.start[job], floor.end[job] = line, start, end


@inner
def _most_urgent(floor: Floor, urgency: Floats, slack: float) -> int:
    """The place in the queue of the job to start next.

    Jobs conflict on the line of the first to end; where lines are not to wait, of the first to start.
    """
    line, first, begin = NONE, FAR, FAR
    for at in range(floor.waiting[0]):
        job = floor.queue[at]
        value = floor.end[job] if slack > 0.0 else floor.start[job]
        if value < first:
            line, first = floor.on[job], value
    for at in range(floor.waiting[0]):
        job = floor.queue[at]
        if floor.on[job] == line:
            begin = min(begin, floor.start[job])
    limit = begin + slack * (first - begin)
    chosen, most = NONE, -np.inf
    for at in range(floor.waiting[0]):
        job = floor.queue[at]
        soon = floor.start[job] < limit or floor.start[job] == begin
        if floor.on[job] == line and soon and urgency[job] > most:
            chosen, most = at, urgency[job]
    return chosen


@inner
def _place(table: Table, floor: Floor, at: int) -> None:
    """Take the job at a place of the queue, and queue what waited for it alone."""
    job = floor.queue[at]
    line, end = floor.on[job], floor.end[job]
    floor.free[line], floor.last[line] = end, job
    floor.waiting[0] -= 1
    floor.queue[at] = floor.queue[floor.waiting[0]]
    for place in range(floor.waiting[0]):
        other = floor.queue[place]
        if floor.on[other] == line:
            floor.fresh[other] = 0
    for row in range(table.after_at[job], table.after_at[job + 1]):
        other = table.after[row]
        floor.waits[other] -= 1
        floor.ready[other] = max(floor.ready[other], end)
        if floor.waits[other] == 0:
            floor.queue[floor.waiting[0]] = other
            floor.waiting[0] += 1
