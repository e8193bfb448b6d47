"""What the tabu search tries: jobs of a critical path elsewhere on their line, or on another line.

Moves within a block of critical jobs on one line follow Balas and Vazacopoulos (1998) and Zhang et al.
(2007): to either edge of the block, and the jobs at its edges to places inside it. Moves to other
places follow Mastrolilli and Gambardella (2000). Each is valued by the longest way through what it moves,
from the heads and tails as they are, which is exact or nearly so.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.optimize.jobs.shop_graph import FAR, Graph, Table, changeover
from plant.arrays import Ints
from plant.compiled import inner

NONE = -1
# With changeovers between families, places inside a block matter too, up to this far.
NEAR = 6


class Hunt(NamedTuple):
    """What the search keeps beside its graph.

    path [J], of which length[0] are used: a critical path from its first job to the last. run, start
    [J]: scratch. tabu [2^k]: until which step something hashed is not to be done. step [1]: steps done.
    value [2]: makespan now, and the best of this round. pick [3]: job, line and the node before it, of the
    move chosen. choice [2]: the value of the best move met, and how many are as good. any_pick [3]: one
    of all moves met, any_choice [1] their number.
    """

    path: Ints
    length: Ints
    run: Ints
    start: Ints
    tabu: Ints
    step: Ints
    value: Ints
    pick: Ints
    choice: Ints
    any_pick: Ints
    any_choice: Ints


@inner
def key(hunt: Hunt, one: int, other: int) -> int:
    """Where the tabu list keeps a pair."""
    return (one * 1_000_003 + other * 7_919) & (len(hunt.tabu) - 1)


@inner
def find_path(rng: np.random.Generator, table: Table, graph: Graph, hunt: Hunt, end: int) -> None:
    """Note a critical path, at random where there are several."""
    jobs, path = len(table.family), hunt.path
    job, met = NONE, 0
    for line in range(len(table.table)):
        node = graph.previous[jobs + line]
        if node < jobs and graph.end[node] == end:
            met += 1
            if rng.random() * met < 1.0:
                job = node
    count = 0
    while job >= 0:
        path[count] = job
        count += 1
        start = graph.end[job] - graph.took[job]
        one, chosen, met = graph.previous[job], NONE, 0
        if one < jobs and graph.end[one] + graph.gap[job] == start:
            chosen, met = one, 1
        if graph.ready[job] == start:
            for row in range(table.before_at[job], table.before_at[job + 1]):
                one = table.before[row]
                if graph.end[one] == start:
                    met += 1
                    if met == 1 or rng.random() * met < 1.0:
                        chosen = one
        job = chosen
    for at in range(count // 2):
        path[at], path[count - 1 - at] = path[count - 1 - at], path[at]
    hunt.length[0] = count


@inner
def offer(
    rng: np.random.Generator, hunt: Hunt, value: int, tabu: bool, job: int, line: int, one: int
) -> None:
    """Keep a move if none that is allowed was better, at random among equals."""
    hunt.any_choice[0] += 1
    if rng.random() * hunt.any_choice[0] < 1.0:
        hunt.any_pick[0], hunt.any_pick[1], hunt.any_pick[2] = job, line, one
    if tabu and value >= hunt.value[1]:
        return
    if value > hunt.choice[0]:
        return
    if value < hunt.choice[0]:
        hunt.choice[0], hunt.choice[1] = value, 0
    hunt.choice[1] += 1
    if rng.random() * hunt.choice[1] < 1.0:
        hunt.pick[0], hunt.pick[1], hunt.pick[2] = job, line, one


@inner
def longest_way(table: Table, graph: Graph, hunt: Hunt, count: int, one: int, other: int) -> int:
    """The longest way through the jobs in hunt.run, if they stood in that order between two nodes."""
    run, start, took = hunt.run, hunt.start, graph.took
    line, end, node = graph.line[run[0]], graph.end[one], one
    timed = table.changes[0] != 0
    for at in range(count):
        job = run[at]
        if timed:
            end += changeover(table, line, node, job)
            node = job
        end = max(graph.ready[job], end) + took[job]
        start[at] = end
    tail, longest, node = graph.tail[other], 0, other
    for at in range(count - 1, -1, -1):
        job = run[at]
        if timed:
            tail += changeover(table, line, job, node)
            node = job
        tail = max(graph.rest[job], tail)
        longest = max(longest, start[at] + tail)
        tail += took[job]
    return longest


@inner
def try_later(
    rng: np.random.Generator, table: Table, graph: Graph, hunt: Hunt, first: int, last: int
) -> None:
    """Offer to make the job at a place of the path right after a later one of its block."""
    path, run = hunt.path, hunt.run
    job, node = path[first], path[last]
    start = graph.end[node] - graph.took[node]
    for row in range(table.after_at[job], table.after_at[job + 1]):
        other = table.after[row]
        if graph.end[other] <= start and graph.tail[other] >= graph.took[other] + graph.tail[node]:
            return  # the later job may wait for what waits for this one
    tabu, count = False, last - first
    for at in range(count):
        run[at] = path[first + 1 + at]
        tabu |= hunt.tabu[key(hunt, run[at], job)] > hunt.step[0]
    run[count] = job
    one, other = graph.previous[job], graph.following[node]
    value = longest_way(table, graph, hunt, count + 1, one, other)
    offer(rng, hunt, value, tabu, job, graph.line[job], node)


@inner
def try_earlier(
    rng: np.random.Generator, table: Table, graph: Graph, hunt: Hunt, first: int, last: int
) -> None:
    """Offer to make the job at a place of the path right before an earlier one of its block."""
    path, run = hunt.path, hunt.run
    job, node = path[last], path[first]
    for row in range(table.before_at[job], table.before_at[job + 1]):
        other = table.before[row]
        start = graph.end[other] - graph.took[other]
        if start >= graph.end[node] and graph.tail[node] >= graph.took[node] + graph.tail[other]:
            return  # it may wait for what waits for the earlier job
    tabu, count = False, last - first
    run[0] = job
    for at in range(count):
        run[at + 1] = path[first + at]
        tabu |= hunt.tabu[key(hunt, job, run[at + 1])] > hunt.step[0]
    one, other = graph.previous[node], graph.following[job]
    value = longest_way(table, graph, hunt, count + 1, one, other)
    offer(rng, hunt, value, tabu, job, graph.line[job], one)


@inner
def try_block(
    rng: np.random.Generator, table: Table, graph: Graph, hunt: Hunt, first: int, last: int
) -> None:
    """Offer the moves within the block between two places of the path."""
    job, timed = hunt.path[first], table.changes[0] != 0
    line = graph.line[job]
    opens = first == 0 and graph.end[job] - graph.took[job] <= table.available[line]
    closes = last == hunt.length[0] - 1
    fixed_front, fixed_back = opens and not timed, closes and not timed
    for one in range(first, last):
        for other in range(one + 1, last + 1):
            front, back = one == first and not fixed_front, other == last and not fixed_back
            if front or back or (timed and other - one <= NEAR):
                try_later(rng, table, graph, hunt, one, other)
                if other > one + 1:
                    try_earlier(rng, table, graph, hunt, one, other)


@inner
def try_lines(rng: np.random.Generator, table: Table, graph: Graph, hunt: Hunt, job: int) -> None:
    """Offer the places on other lines at which a job would not close a circle."""
    jobs = len(table.family)
    earliest, latest = graph.ready[job], graph.rest[job]
    begun, over = FAR, 0
    for row in range(table.after_at[job], table.after_at[job + 1]):
        begun = min(begun, graph.end[table.after[row]])
    for row in range(table.before_at[job], table.before_at[job + 1]):
        other = table.before[row]
        over = max(over, graph.end[other] - graph.took[other])
    for row in range(table.lines_at[job], table.lines_at[job + 1]):
        line = table.lines[row]
        if line == graph.line[job]:
            continue
        took = table.minutes[job, line]
        tabu = hunt.tabu[key(hunt, jobs + line, job)] > hunt.step[0]
        one = jobs + line
        while True:
            other = graph.following[one]
            if one < jobs and graph.end[one] - graph.took[one] >= begun:
                break
            if other >= jobs or graph.end[other] > over:
                end, tail = graph.end[one], graph.tail[other]
                if table.changes[0] != 0:
                    end += changeover(table, line, one, job)
                    tail += changeover(table, line, job, other)
                value = max(earliest, end) + took + max(latest, tail)
                offer(rng, hunt, value, tabu, job, line, one)
            if other >= jobs:
                break
            one = other


@inner
def choose(rng: np.random.Generator, table: Table, graph: Graph, hunt: Hunt) -> bool:
    """Whether there is a move; the best that is allowed, or any where none is, is in hunt.pick."""
    path, length = hunt.path, hunt.length[0]
    hunt.choice[0], hunt.choice[1], hunt.any_choice[0] = FAR, 0, 0
    first = 0
    while first < length:
        last = first
        while (
            last + 1 < length
            and graph.previous[path[last + 1]] == path[last]
            and graph.end[path[last]] + graph.gap[path[last + 1]]
            == graph.end[path[last + 1]] - graph.took[path[last + 1]]
        ):
            last += 1
        if last > first:
            try_block(rng, table, graph, hunt, first, last)
        first = last + 1
    for at in range(length):
        if table.lines_at[path[at] + 1] - table.lines_at[path[at]] > 1:
            try_lines(rng, table, graph, hunt, path[at])
    if hunt.choice[1] == 0:
        hunt.pick[:] = hunt.any_pick
    return bool(hunt.any_choice[0] > 0)
