"""Which search suits a plant's jobs, run in several threads that start from different seeds."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from models.optimize.jobs.machines import anneal_jobs
from models.optimize.jobs.shop_search import shop_search, shop_start
from models.optimize.jobs.view import Jobs, Sequences, no_sequences

TELL_EVERY = 0.5  # seconds


def search_jobs(
    jobs: Jobs,
    start: Sequences | None,
    seconds: float,
    threads: int,
    seed: int,
    improved: Callable[[Sequences], None],
    clock: Callable[[], float] = time.monotonic,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Tell `improved`, from several threads, of ever better sequences for so many seconds.

    Without a start, it is told of one made by rules first. It is told of nothing where no order of the
    jobs was found that ends in time.
    """
    waits = len(jobs.before) > 0
    if waits and start is None:
        start = shop_start(jobs)
        improved(start)
    until = clock() + seconds

    def one(number: int) -> None:
        told_at = float("-inf")

        def tell(sequences: Sequences, _: float) -> None:
            nonlocal told_at
            if clock() - told_at > TELL_EVERY:
                told_at = clock()
                improved(sequences)

        own_seed = seed * 1000 + number
        if waits and start is not None:
            improved(shop_search(jobs, start, until - clock(), own_seed, tell, stop, clock))
        else:
            found = anneal_jobs(jobs, start, until - clock(), own_seed, tell, stop, clock)
            if found is not None:
                improved(found[0])

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        list(pool.map(one, range(max(threads, 1))))


@cache
def prepare(waits: bool) -> None:
    """Load the compiled search, or compile it: once per machine, some seconds that no solve should pay."""
    pair = np.array([0, 1], np.int64)
    jobs = Jobs(
        item=pair, units=np.ones(2), minutes=np.ones((2, 1), np.int64), money=np.zeros((2, 1)),
        family=np.zeros(2, np.int64), setup=np.ones((1, 1, 1), np.int64),
        setup_money=np.zeros((1, 1, 1)), table=np.zeros(1, np.int64),
        initial=np.full(1, -1, np.int64), available=np.zeros(1, np.int64),
        closes=np.full(1, 60, np.int64), release=np.zeros(2, np.int64),
        due=np.zeros(2, np.int64), rate=np.ones(2),
        before=np.array([0] if waits else [], np.int64),
        before_at=np.array([0, 0, int(waits)], np.int64),
        after=np.array([1] if waits else [], np.int64),
        after_at=np.array([0, int(waits), int(waits)], np.int64), makespan_money=1.0,
    )  # fmt: skip
    for money in (0.0, 1.0):
        some = jobs._replace(makespan_money=money, rate=np.full(2, 1.0 - money))
        if waits:
            shop_search(some, shop_start(some), 1.0, slices=1)
        else:
            anneal_jobs(some, no_sequences(some), 1.0, slices=1)
