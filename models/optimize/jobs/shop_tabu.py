"""A tabu search over jobs that wait for each other, for the shortest makespan: compiled, in slices."""

from __future__ import annotations

import numpy as np

from models.optimize.jobs.chance import whole
from models.optimize.jobs.shop_graph import (
    CIRCLE,
    Graph,
    Table,
    makespan,
    relocate,
    set_up,
    time_tails,
)
from models.optimize.jobs.shop_moves import Hunt, choose, find_path, key
from plant.arrays import Ints
from plant.borrowed import borrow
from plant.compiled import inner, outer

TABU_BITS = 16


def no_hunt(jobs: int) -> Hunt:
    """A hunt that has not begun."""
    small = [np.zeros(n, np.int64) for n in (1, 2, 3, 2, 3, 1)]
    path, run, start = (np.zeros(jobs, np.int64) for _ in range(3))
    tabu = np.zeros(1 << TABU_BITS, np.int64)
    return Hunt(path, np.zeros(1, np.int64), run, start, tabu, *small)


@inner
def forbid(
    rng: np.random.Generator, table: Table, graph: Graph, hunt: Hunt, low: int, high: int
) -> None:
    """Note what would undo the move chosen as tabu for some steps."""
    jobs = len(table.family)
    job, line, one = hunt.pick[0], hunt.pick[1], hunt.pick[2]
    until = hunt.step[0] + low + whole(rng, high - low + 1)
    if line != graph.line[job]:
        hunt.tabu[key(hunt, jobs + graph.line[job], job)] = until
        return
    node = graph.following[job]
    if one < jobs and graph.rank[one] > graph.rank[job]:
        while True:
            hunt.tabu[key(hunt, job, node)] = until
            if node == one:
                return
            node = graph.following[node]
    node = graph.previous[job]
    while node != one:
        hunt.tabu[key(hunt, node, job)] = until
        node = graph.previous[node]


@outer
def tabu_steps(
    rng: np.random.Generator,
    table: Table,
    graph: Graph,
    hunt: Hunt,
    steps: int,
    patience: int,
    target: int,
    low: int,
    high: int,
    best_line: Ints,
    best_order: Ints,
    since: Ints,
) -> int:
    """The steps done of so many, until nothing better was met for `patience` or the target is.

    best_line, best_order [J] hold the best of the round, since [1] the steps since it was met.
    """
    table, graph, hunt = borrow(table), borrow(graph), borrow(hunt)
    for done in range(steps):
        if since[0] >= patience or hunt.value[1] <= target:
            return done
        find_path(rng, table, graph, hunt, hunt.value[0])
        if not choose(rng, table, graph, hunt):
            since[0] = patience
            return done
        hunt.step[0] += 1
        since[0] += 1
        forbid(rng, table, graph, hunt, low, high)
        first = relocate(table, graph, hunt.pick[0], hunt.pick[1], hunt.pick[2])
        if first == CIRCLE:
            continue
        time_tails(table, graph, graph.spare[0])
        hunt.value[0] = makespan(table, graph)
        if hunt.value[0] < hunt.value[1]:
            hunt.value[1] = hunt.value[0]
            since[0] = 0
            best_line[:] = graph.line
            best_order[:] = graph.order
    return steps


@outer
def open_graph(table: Table, graph: Graph, line: Ints, order: Ints) -> int:
    """The makespan of jobs on given lines, in an order that respects what waits for what."""
    table, graph = borrow(table), borrow(graph)
    graph.line[:] = line
    set_up(table, graph, order)
    return makespan(table, graph)


@outer
def put_in_order(table: Table, sequence: Ints, length: Ints, order: Ints) -> int:
    """How many jobs of sequences [L, J] can be made; order [J] takes them in turn."""
    table = borrow(table)
    waits, place, count = np.diff(table.before_at), np.zeros(len(length), np.int64), 0
    found = True
    while found:
        found = False
        for line in range(len(length)):
            while place[line] < length[line] and waits[sequence[line, place[line]]] == 0:
                job = sequence[line, place[line]]
                place[line] += 1
                order[count] = job
                count += 1
                found = True
                for row in range(table.after_at[job], table.after_at[job + 1]):
                    waits[table.after[row]] -= 1
    return count
