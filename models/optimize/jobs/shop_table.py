"""Between a view's jobs and sequences, and what the compiled search of shops reads and writes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.optimize.jobs.shop_dispatch import least_after
from models.optimize.jobs.shop_graph import CIRCLE, Graph, Table, no_graph
from models.optimize.jobs.shop_tabu import open_graph, put_in_order
from models.optimize.jobs.view import Jobs, Sequences, least_minutes, no_sequences
from plant.arrays import Ints


class Solution(NamedTuple):
    """Line [J] of each job, and all jobs [J] in an order that respects sequences and what waits for what."""

    line: Ints
    order: Ints


class Outlook(NamedTuple):
    """What can be said before any sequence.

    least [J]: minutes of each job on its fastest line. after [J]: least minutes from its start to the end
    of all that waits for it. bound: no makespan is below.
    """

    least: Ints
    after: Ints
    bound: int


def table_of(jobs: Jobs) -> Table:
    """Jobs in the form that compiled functions read."""
    able = jobs.minutes >= 0
    pointer = np.concatenate([[0], np.cumsum(able.sum(axis=1))]).astype(np.int64)
    lines = np.nonzero(able)[1].astype(np.int64)
    return Table(
        np.ascontiguousarray(jobs.minutes), np.ascontiguousarray(jobs.money), lines, pointer,
        jobs.family, np.ascontiguousarray(jobs.setup), np.ascontiguousarray(jobs.setup_money),
        jobs.table, jobs.initial, jobs.available, jobs.closes, jobs.release, jobs.due, jobs.rate,
        jobs.before, jobs.before_at, jobs.after, jobs.after_at,
        np.array([int(jobs.setup.any())]), float(jobs.makespan_money),
    )  # fmt: skip


def outlook(table: Table) -> Outlook:
    """What holds for every solution."""
    able = table.minutes >= 0
    least = least_minutes(table.minutes)
    after = np.zeros_like(least)
    least_after(table, least, after)
    head = table.release.copy()
    for job in np.argsort(-after, kind="stable"):
        for other in table.before[table.before_at[job] : table.before_at[job + 1]]:
            head[job] = max(head[job], head[other] + least[other])
    bound = int((head + after).max())
    for line, at_first in enumerate(table.available):
        only = able[:, line] & (able.sum(axis=1) == 1)
        if only.any():
            begin = max(int(head[only].min()), int(at_first))
            bound = max(bound, begin + int(least[only].sum() + (after - least)[only].min()))
    return Outlook(least, after, bound)


def to_sequences(jobs: Jobs, solution: Solution) -> Sequences:
    """A solution as the sequence of each line."""
    sequences = no_sequences(jobs)
    for job in solution.order:
        line = solution.line[job]
        sequences.job[line, sequences.length[line]] = job
        sequences.length[line] += 1
    return sequences


def solution_of(table: Table, sequences: Sequences) -> Solution | None:
    """Sequences as a solution; None where jobs wait for each other in a circle, or some are left out."""
    count = len(table.family)
    line, order = np.full(count, CIRCLE), np.zeros(count, np.int64)
    for one, length in enumerate(sequences.length):
        line[sequences.job[one, :length]] = one
    placed = put_in_order(table, sequences.job, sequences.length, order)
    return Solution(line, order) if placed == count else None


def graph_of(table: Table, solution: Solution) -> Graph:
    """A solution with its times."""
    graph = no_graph(len(table.family), len(table.table))
    open_graph(table, graph, solution.line, solution.order)
    return graph


def shop_cost(jobs: Jobs, sequences: Sequences) -> float:
    """The money of sequences, from times that are as early as can be; infinite where they are none.

    Infinite too where a line would have to go on after it closes.
    """
    table = table_of(jobs)
    solution = solution_of(table, sequences)
    if solution is None:
        return np.inf
    graph = graph_of(table, solution)
    count = len(jobs.item)
    end = graph.end[:count]
    every = np.arange(count)
    if (jobs.minutes[every, graph.line] < 0).any() or (end > jobs.closes[graph.line]).any():
        return np.inf
    previous = graph.previous[:count]
    old = np.where(
        previous < count, jobs.family[np.minimum(previous, count - 1)], jobs.initial[graph.line]
    )
    changes = jobs.setup_money[jobs.table[graph.line], old, jobs.family][old >= 0]
    late = np.maximum(end - jobs.due, 0)
    made = jobs.money[every, graph.line]
    span = jobs.makespan_money * int(end.max(initial=0))
    return float(made.sum() + changes.sum() + (jobs.rate * late).sum() + span)
