"""Jobs that wait for no other: the search says what the referee says, and finds the best of few."""

from itertools import permutations, product

import numpy as np
import pytest

from models.optimize.jobs.bound import jobs_bound
from models.optimize.jobs.machines import anneal_jobs
from models.optimize.jobs.view import (
    Jobs,
    Sequences,
    jobs_of,
    no_sequences,
    sequences_of,
    to_schedule,
)
from plant import Plant, Weights, evaluate
from tests.models.optimize.jobs.shops import MAKESPAN, shop

MONEY = Weights(holding=0, idle=0, instability=0)


def machines(seed: int, jobs: int = 8, lines: int = 3) -> tuple[Plant, Weights, Jobs]:
    """A plant of jobs that wait for no other, priced by its makespan or, with an odd seed, by money."""
    money = seed % 2 == 1
    plant = shop(seed, chains=jobs, longest=1, lines=lines, money=money, joined=0)
    weights = MONEY if money else MAKESPAN
    seen = jobs_of(plant, weights)
    assert seen is not None and len(seen.before) == 0
    return plant, weights, seen


def cost(plant: Plant, weights: Weights, jobs: Jobs, sequences: Sequences) -> float:
    told = evaluate(plant, to_schedule(plant, jobs, sequences), weights=weights)
    assert told.feasible
    assert sequences.length.sum() == len(jobs.item)
    return told.cost.total


@pytest.mark.parametrize("seed", range(24))
def test_sequences_cost_what_the_referee_says_and_never_less_than_the_bound(seed: int) -> None:
    plant, weights, jobs = machines(seed, jobs=4 + 2 * seed)
    told: list[tuple[Sequences, float]] = []
    found = anneal_jobs(
        jobs, None, 1.0, seed, lambda one, money: told.append((one, money)), slices=1
    )
    assert found is not None
    for sequences, money in (*told, found):
        assert cost(plant, weights, jobs, sequences) == pytest.approx(money)
    assert jobs_bound(jobs, 5.0) <= found[1] + 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_few_jobs_are_sequenced_at_the_least_cost_there_is(seed: int) -> None:
    plant, weights, jobs = machines(seed, jobs=5, lines=2)
    best = min(cost(plant, weights, jobs, one) for one in every_way(jobs))
    found = anneal_jobs(jobs, None, 1.0, slices=20)
    assert found is not None and found[1] == pytest.approx(best)


def every_way(jobs: Jobs) -> list[Sequences]:
    """All sequences of the jobs on two lines."""
    ways = []
    for order, split in product(permutations(range(len(jobs.item))), range(len(jobs.item) + 1)):
        rows = (order[:split], order[split:])
        if all(jobs.minutes[job, line] > 0 for line in range(2) for job in rows[line]):
            sequences = no_sequences(jobs)
            for line, row in enumerate(rows):
                sequences.job[line, : len(row)] = row
                sequences.length[line] = len(row)
            ways.append(sequences)
    return ways


def test_the_same_seed_and_slices_give_the_same_sequences() -> None:
    _, _, jobs = machines(3, jobs=30)
    one, other = (anneal_jobs(jobs, None, 1.0, 7, slices=5) for _ in range(2))
    assert one is not None and other is not None and one[1] == other[1]
    assert np.array_equal(one[0].job, other[0].job)


def test_a_schedule_is_searched_from_where_it_stands() -> None:
    plant, _, jobs = machines(5, jobs=20)
    found = anneal_jobs(jobs, None, 1.0, slices=3)
    assert found is not None
    start = sequences_of(plant, jobs, to_schedule(plant, jobs, found[0]))
    assert start is not None
    again = anneal_jobs(jobs, start, 1.0, seed=9, slices=1)
    assert again is not None and again[1] <= found[1] + 1e-9


def test_jobs_that_cannot_end_before_the_line_closes_have_no_sequences() -> None:
    _, _, jobs = machines(0)
    assert anneal_jobs(jobs._replace(closes=jobs.available + 1), None, 1.0, slices=1) is None
