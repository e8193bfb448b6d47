"""Jobs in the order of their lines as a graph: when each can start, and how long it goes on after it.

Every job has at most one job right before and one right after it on its line, and any number of jobs that
it waits for or that wait for it. L further nodes J..J+L-1 stand for the lines: each is before the first
and after the last job of its line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from plant.arrays import Floats, Ints
from plant.compiled import inner

CIRCLE = -1
FAR = 1 << 60


class Table(NamedTuple):
    """J jobs on L lines, as far as compiled functions read them: see `view.Jobs`.

    Job j can be made on lines[lines_at[j]:lines_at[j+1]]. changes [1]: whether any changeover takes time.
    """

    minutes: Ints
    money: Floats
    lines: Ints
    lines_at: Ints
    family: Ints
    setup: Ints
    setup_money: Floats
    table: Ints
    initial: Ints
    available: Ints
    closes: Ints
    release: Ints
    due: Ints
    rate: Floats
    before: Ints
    before_at: Ints
    after: Ints
    after_at: Ints
    changes: Ints
    makespan_money: float


class Graph(NamedTuple):
    """A solution with its times.

    [J]: line, took (minutes there); ready (when all it waits for has ended), rest (minutes from its end
    to the end of all, by the jobs that wait for it); order (all jobs, each after what comes before it),
    rank in it. [J+L]: previous, following on the line; gap (changeover right before it); end;
    tail (minutes from its start to the end of all). mark [J], stamp [1], spare [J]: scratch.
    """

    line: Ints
    took: Ints
    ready: Ints
    rest: Ints
    order: Ints
    rank: Ints
    previous: Ints
    following: Ints
    gap: Ints
    end: Ints
    tail: Ints
    mark: Ints
    stamp: Ints
    spare: Ints


def no_graph(jobs: int, lines: int) -> Graph:
    """A graph with room for so many jobs."""
    six, five = [jobs] * 6, [jobs + lines] * 5
    return Graph(*(np.zeros(room, np.int64) for room in (*six, *five, jobs, 1, jobs)))


@inner
def changeover(table: Table, line: int, one: int, other: int) -> int:
    """The minutes of changeover on a line between two nodes."""
    jobs = len(table.family)
    if table.changes[0] == 0 or other >= jobs:
        return 0
    family = table.initial[line] if one >= jobs else table.family[one]
    return int(table.setup[table.table[line], family, table.family[other]]) if family >= 0 else 0


@inner
def set_up(table: Table, graph: Graph, order: Ints) -> None:
    """Link all jobs on the lines that graph.line says, in an order that respects what waits for what."""
    jobs, lines = len(table.family), len(table.table)
    for line in range(lines):
        node = jobs + line
        graph.previous[node] = graph.following[node] = node
        graph.gap[node] = graph.tail[node] = 0
        graph.end[node] = table.available[line]
    for rank in range(jobs):
        job = order[rank]
        line = graph.line[job]
        graph.order[rank] = job
        graph.rank[job] = rank
        graph.took[job] = table.minutes[job, line]
        link(table, graph, job, line, graph.previous[jobs + line])
    time_heads(table, graph, 0)
    time_tails(table, graph, jobs - 1)


@inner
def link(table: Table, graph: Graph, job: int, line: int, one: int) -> None:
    """Put a job right after a node of a line."""
    other = graph.following[one]
    graph.previous[job], graph.following[job] = one, other
    graph.following[one] = graph.previous[other] = job
    graph.gap[job] = changeover(table, line, one, job)
    graph.gap[other] = changeover(table, line, job, other)


@inner
def unlink(table: Table, graph: Graph, job: int, line: int) -> None:
    """Take a job off its line."""
    one, other = graph.previous[job], graph.following[job]
    graph.following[one], graph.previous[other] = other, one
    graph.gap[other] = changeover(table, line, one, other)


@inner
def time_heads(table: Table, graph: Graph, begin: int) -> None:
    """When jobs can start and end, from a rank on."""
    order, previous, gap = graph.order, graph.previous, graph.gap
    ready, end, took = graph.ready, graph.end, graph.took
    before, before_at, release = table.before, table.before_at, table.release
    for rank in range(begin, len(order)):
        job = order[rank]
        first = release[job]
        for row in range(before_at[job], before_at[job + 1]):
            first = max(first, end[before[row]])
        ready[job] = first
        end[job] = max(first, end[previous[job]] + gap[job]) + took[job]


@inner
def time_tails(table: Table, graph: Graph, last: int) -> None:
    """How long it goes on after jobs, from a rank back to the first."""
    order, following, gap = graph.order, graph.following, graph.gap
    rest, tail, took = graph.rest, graph.tail, graph.took
    after, after_at = table.after, table.after_at
    for rank in range(last, -1, -1):
        job = order[rank]
        longest = 0
        for row in range(after_at[job], after_at[job + 1]):
            longest = max(longest, tail[after[row]])
        rest[job] = longest
        other = following[job]
        tail[job] = max(longest, tail[other] + gap[other]) + took[job]


@inner
def makespan(table: Table, graph: Graph) -> int:
    """When the last job ends."""
    jobs, latest = len(table.family), 0
    for line in range(len(table.table)):
        last = graph.previous[jobs + line]
        if last < jobs:
            latest = max(latest, int(graph.end[last]))
    return latest


@inner
def reorder(table: Table, graph: Graph, one: int, other: int) -> bool:
    """Whether the order could be made to hold a job before another (Pearce and Kelly 2006).

    Within the ranks between them, all that comes after the other moves behind.
    """
    order, rank, previous, mark = graph.order, graph.rank, graph.previous, graph.mark
    before, before_at = table.before, table.before_at
    first, last, jobs = rank[other], rank[one], len(order)
    if first > last:
        return True
    graph.stamp[0] += 1
    stamp = graph.stamp[0]
    mark[other] = stamp
    for at in range(first + 1, last + 1):
        job = order[at]
        node = previous[job]
        hit = node < jobs and mark[node] == stamp
        for row in range(before_at[job], before_at[job + 1]):
            hit |= mark[before[row]] == stamp
        if hit:
            mark[job] = stamp
    if mark[one] == stamp:
        return False
    place, kept = first, 0
    for at in range(first, last + 1):
        job = order[at]
        if mark[job] == stamp:
            graph.spare[kept] = job
            kept += 1
        else:
            order[place] = job
            rank[job] = place
            place += 1
    for at in range(kept):
        job = graph.spare[at]
        order[place + at] = job
        rank[job] = place + at
    return True


@inner
def relocate(table: Table, graph: Graph, job: int, line: int, one: int) -> int:
    """The first rank at which heads change by moving a job right after a node; CIRCLE: not moved.

    Heads are timed again, tails are left to the caller with the last rank at which they change in
    graph.spare[0].
    """
    jobs = len(table.family)
    old, old_one = graph.line[job], graph.previous[job]
    old_other = graph.following[job]
    unlink(table, graph, job, old)
    link(table, graph, job, line, one)
    other = graph.following[job]
    fits = one >= jobs or reorder(table, graph, one, job)
    if fits and other < jobs:
        fits = reorder(table, graph, job, other)
    if not fits:
        unlink(table, graph, job, line)
        link(table, graph, job, old, old_one)
        return CIRCLE
    graph.line[job] = line
    graph.took[job] = table.minutes[job, line]
    first = last = graph.rank[job]
    for node in (old_one, one):
        if node < jobs:
            last = max(last, graph.rank[node])
    for node in (old_other, other):
        if node < jobs:
            first = min(first, graph.rank[node])
    time_heads(table, graph, first)
    graph.spare[0] = last
    return int(first)
