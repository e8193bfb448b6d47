"""Annealing over jobs that wait for each other, by their true money: late, made, changed over, makespan.

A move takes one job elsewhere: often one that a late job has waited for, on its line or another that can
make it. All later times are computed again, so that money is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.optimize.jobs.chance import whole
from models.optimize.jobs.shop_graph import CIRCLE, Graph, Table, relocate
from models.optimize.jobs.shop_moves import NONE
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import inner, outer

TRIES = 8
AIMED = 0.6  # of the moves, for what a late or the last job waits for
GO_BACK = 0.7
STEPS = 4
SMALLEST_GAIN = 1e-7


class Purse(NamedTuple):
    """What annealing keeps: money [2] now and of the best, whose line and order [J] are here too.

    overrun: money per minute that a line goes on after it closes.
    """

    money: Floats
    line: Ints
    order: Ints
    overrun: float


@inner
def change_money(table: Table, line: int, one: int, other: int) -> float:
    """The money of the changeover between two nodes of a line."""
    jobs = len(table.family)
    if other >= jobs:
        return 0.0
    family = table.initial[line] if one >= jobs else table.family[one]
    if family < 0:
        return 0.0
    return float(table.setup_money[table.table[line], family, table.family[other]])


@inner
def own_money(table: Table, graph: Graph, job: int) -> float:
    """The money of making a job where it stands, with what it adds in changeovers."""
    line, one, other = graph.line[job], graph.previous[job], graph.following[job]
    return float(
        table.money[job, line]
        + change_money(table, line, one, job)
        + change_money(table, line, job, other)
        - change_money(table, line, one, other)
    )


@inner
def timed_money(table: Table, graph: Graph, overrun: float) -> float:
    """The money of what ends late, too late for its line, and last."""
    money, latest = 0.0, 0
    for job in range(len(table.family)):
        end = graph.end[job]
        latest = max(latest, end)
        if end > table.due[job]:
            money += table.rate[job] * (end - table.due[job])
        if end > table.closes[graph.line[job]]:
            money += overrun * (end - table.closes[graph.line[job]])
    return money + table.makespan_money * latest


@outer
def all_money(table: Table, graph: Graph, overrun: float) -> float:
    """The money of a solution."""
    table, graph = borrow(table), borrow(graph)
    money = timed_money(table, graph, overrun)
    for job in range(len(table.family)):
        line = graph.line[job]
        money += table.money[job, line] + change_money(table, line, graph.previous[job], job)
    return money


@inner
def some_job(rng: np.random.Generator, table: Table, graph: Graph) -> int:
    """A job to move: any, or one that a late job or the last of some has waited for."""
    jobs = len(table.family)
    job = whole(rng, jobs)
    if rng.random() > AIMED:
        return job
    worst = -np.inf
    for _ in range(TRIES):
        other = whole(rng, jobs)
        late = graph.end[other] - table.due[other]
        value = table.rate[other] * late if late > 0 else 0.0
        value += table.makespan_money * graph.end[other] / jobs
        if value > worst:
            job, worst = other, value
    while rng.random() < GO_BACK:
        start, before = graph.end[job] - graph.took[job], NONE
        one = graph.previous[job]
        if one < jobs and graph.end[one] + graph.gap[job] == start:
            before = one
        for row in range(table.before_at[job], table.before_at[job + 1]):
            other = table.before[row]
            if graph.end[other] == start and (before == NONE or rng.random() < 0.5):
                before = other
        if before == NONE:
            break
        job = before
    return job


@inner
def some_place(rng: np.random.Generator, table: Table, graph: Graph, job: int) -> tuple[int, int]:
    """A line and the node on it after which a job could go."""
    jobs = len(table.family)
    at = table.lines_at[job]
    line = table.lines[at + whole(rng, table.lines_at[job + 1] - at)]
    steps = 1 + whole(rng, STEPS)
    if line == graph.line[job]:
        if rng.random() < 0.5:
            one = graph.following[job]
            while steps > 1 and one < jobs and graph.following[one] < jobs:
                one, steps = graph.following[one], steps - 1
            return line, one if one < jobs else NONE
        one = graph.previous[job]
        if one >= jobs:
            return line, NONE
        while steps > 0 and one < jobs:
            one, steps = graph.previous[one], steps - 1
        return line, one
    begin = graph.ready[job] if rng.random() < 0.5 else graph.end[job] - graph.took[job]
    one = graph.previous[jobs + line]
    while one < jobs and graph.end[one] - graph.took[one] >= begin:
        one = graph.previous[one]
    for _ in range(whole(rng, 3)):
        if one < jobs and rng.random() < 0.5:
            one = graph.previous[one]
        elif graph.following[one] < jobs:
            one = graph.following[one]
    return line, one


@outer
def anneal_shop(
    rng: np.random.Generator,
    table: Table,
    graph: Graph,
    purse: Purse,
    temperature: float,
    moves: int,
    worse: Floats,
) -> int:
    """The moves kept of so many tried at a temperature; the best is in the purse.

    Where `worse` has room nothing is kept: it takes what worsening moves cost, and their number is
    returned.
    """
    table, graph, purse = borrow(table), borrow(graph), borrow(purse)
    kept, unsaved = 0, False
    timed = timed_money(table, graph, purse.overrun)
    for _ in range(moves):
        job = some_job(rng, table, graph)
        line, one = some_place(rng, table, graph, job)
        if one == NONE:
            continue
        old, old_one = graph.line[job], graph.previous[job]
        own = own_money(table, graph, job)
        if relocate(table, graph, job, line, one) == CIRCLE:
            continue
        now = timed_money(table, graph, purse.overrun)
        change = now - timed + own_money(table, graph, job) - own
        probing = len(worse) > 0
        refused = probing or change > -temperature * np.log(1.0 - rng.random())
        if probing and change > SMALLEST_GAIN:
            worse[kept] = change
            kept += 1
        if refused or (unsaved and change > 0):
            relocate(table, graph, job, old, old_one)
            if not refused:  # leave the best only when it is noted
                purse.line[:], purse.order[:] = graph.line, graph.order
                unsaved = False
            continue
        kept += 1
        timed = now
        purse.money[0] += change
        if purse.money[0] < purse.money[1] - SMALLEST_GAIN:
            purse.money[1] = purse.money[0]
            unsaved = True
    if unsaved:
        purse.line[:], purse.order[:] = graph.line, graph.order
    return kept
