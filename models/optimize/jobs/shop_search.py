"""The search over jobs that wait for each other: a start by rules, then tabu search or annealing, anytime."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from models.optimize.jobs.shop_anneal import all_money
from models.optimize.jobs.shop_graph import Table
from models.optimize.jobs.shop_money import MoneySearch, overrun_of
from models.optimize.jobs.shop_rounds import RoundsSearch
from models.optimize.jobs.shop_start import best_dispatched
from models.optimize.jobs.shop_table import (
    Solution,
    graph_of,
    outlook,
    shop_cost,
    solution_of,
    table_of,
    to_sequences,
)
from models.optimize.jobs.view import Jobs, Sequences, only_makespan


def shop_search(
    jobs: Jobs,
    start: Sequences,
    seconds: float,
    seed: int = 0,
    improved: Callable[[Sequences, float], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
    slices: int | None = None,
) -> Sequences:
    """The best sequences met within the time, or in so many slices.

    With `slices` the time is not looked at, and the same seed gives the same sequences. `improved` is
    told of better sequences after a slice that found any, with their money. Where jobs wait for each
    other in a circle at the start, it begins with `shop_start`.
    """
    began, done = clock(), 0
    search = searching(jobs, start, seed)
    told = search.value
    while not (stop() or search.is_done):
        progress = done / slices if slices is not None else (clock() - began) / max(seconds, 1e-9)
        if progress >= 1.0:
            break
        search.slice(progress)
        done += 1
        if improved and search.value < told:
            told = search.value
            improved(search.sequences, shop_cost(jobs, search.sequences))
    return search.sequences


def shop_start(jobs: Jobs) -> Sequences:
    """The best of what some dispatching rules give."""
    return to_sequences(jobs, _start(jobs, table_of(jobs)))


def searching(jobs: Jobs, start: Sequences, seed: int) -> RoundsSearch | MoneySearch:
    """The search that suits the jobs, to be run in slices."""
    table = table_of(jobs)
    first = solution_of(table, start) or _start(jobs, table)
    if only_makespan(jobs):
        return RoundsSearch(jobs, table, first, seed)
    return MoneySearch(jobs, table, first, seed)


def _start(jobs: Jobs, table: Table) -> Solution:
    overrun = 0.0 if only_makespan(jobs) else overrun_of(table)

    def money(one: Solution) -> float:
        return all_money(table, graph_of(table, one), overrun)

    return best_dispatched(table, outlook(table), np.random.default_rng(0), money)
