"""The search for jobs that wait for each other: right money, whole sequences, and the optimum where known."""

from itertools import permutations, product

import numpy as np
import pytest

from models.optimize.jobs.shop_search import searching, shop_search, shop_start
from models.optimize.jobs.shop_table import shop_cost
from models.optimize.jobs.view import Jobs, Sequences, jobs_of, no_sequences, to_schedule
from plant import Plant, Weights, evaluate
from tests.models.optimize.jobs.shops import MAKESPAN, shop

MIXED = Weights(production=0.5, changeover=2.0, makespan=30.0)


def seen(plant: Plant, weights: Weights) -> Jobs:
    jobs = jobs_of(plant, weights)
    assert jobs is not None
    return jobs


def makespan(jobs: Jobs, sequences: Sequences) -> float:
    return shop_cost(jobs, sequences) / jobs.makespan_money


def chains(*rows: list[tuple[int, int]], lines: int) -> Jobs:
    """A job shop: each row the (line, minutes) of one chain."""
    steps = [step for row in rows for step in row]
    minutes = np.full((len(steps), lines), -1, np.int64)
    for job, (line, took) in enumerate(steps):
        minutes[job, line] = took
    first = {sum(len(row) for row in rows[:n]) for n in range(len(rows))}
    before = [job - 1 for job in range(len(steps)) if job not in first]
    opens = np.array([job not in first for job in range(len(steps))], np.int64)
    goes_on = np.append(opens[1:], 0)
    count = len(steps)
    nil, free = np.zeros(count, np.int64), np.zeros(lines, np.int64)
    return Jobs(
        item=nil, units=nil + 1.0, minutes=minutes, money=np.zeros(minutes.shape), family=nil,
        setup=np.zeros((1, 1, 1), np.int64), setup_money=np.zeros((1, 1, 1)), table=free,
        initial=free - 1, available=free, closes=free + 10**6, release=nil, due=nil,
        rate=nil * 0.0, before=np.array(before, np.int64),
        before_at=np.concatenate([[0], np.cumsum(opens)]),
        after=np.array(before, np.int64) + 1, after_at=np.concatenate([[0], np.cumsum(goes_on)]),
        makespan_money=1.0,
    )  # fmt: skip


def every_solution(jobs: Jobs):
    """All sequences of all assignments, circles among them."""
    count, lines = jobs.minutes.shape
    able = [np.flatnonzero(row >= 0) for row in jobs.minutes]
    for line_of in product(*able):
        on = [[job for job in range(count) if line_of[job] == line] for line in range(lines)]
        for rows in product(*(permutations(row) for row in on)):
            sequences = no_sequences(jobs)
            for line, row in enumerate(rows):
                sequences.job[line, : len(row)] = row
                sequences.length[line] = len(row)
            yield sequences


@pytest.mark.parametrize("seed", range(12))
def test_what_sequences_cost_is_what_the_referee_says(seed: int) -> None:
    plant = shop(seed, money=seed % 2 == 0)
    weights = MIXED if seed % 2 == 0 else MAKESPAN
    jobs = seen(plant, weights)
    for sequences in (
        shop_start(jobs),
        shop_search(jobs, shop_start(jobs), 0.0, seed=seed, slices=1),
    ):
        evaluation = evaluate(plant, to_schedule(plant, jobs, sequences), weights=weights)
        assert evaluation.feasible, evaluation.violations[:3]
        assert evaluation.cost.total == pytest.approx(shop_cost(jobs, sequences))


@pytest.mark.parametrize("seed", range(4))
def test_every_job_is_made_once_and_the_makespan_is_as_the_search_says(seed: int) -> None:
    jobs = seen(shop(seed, chains=12, longest=6, lines=5), MAKESPAN)
    search = searching(jobs, shop_start(jobs), seed)
    for _ in range(2):
        search.slice(0.5)
    sequences = search.sequences
    made = np.concatenate(
        [row[:length] for row, length in zip(sequences.job, sequences.length, strict=True)]
    )
    assert sorted(made) == list(range(len(jobs.item)))
    assert makespan(jobs, sequences) == pytest.approx(search.value)
    assert search.value <= makespan(jobs, shop_start(jobs))


@pytest.mark.parametrize("seed", range(6))
def test_shops_of_a_few_jobs_are_solved_to_the_optimum(seed: int) -> None:
    jobs = seen(shop(seed, chains=2, longest=2, lines=2), MAKESPAN)
    best = min(shop_cost(jobs, sequences) for sequences in every_solution(jobs))
    found = shop_search(jobs, shop_start(jobs), 0.0, seed=seed, slices=2)
    assert shop_cost(jobs, found) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(6))
def test_money_is_as_the_search_says_and_the_least_there_is(seed: int) -> None:
    jobs = seen(shop(seed, chains=2, longest=2, lines=2, money=True), MIXED)
    best = min(shop_cost(jobs, sequences) for sequences in every_solution(jobs))
    search = searching(jobs, shop_start(jobs), seed)
    for part in range(4):
        search.slice(part / 4)
        assert shop_cost(jobs, search.sequences) == pytest.approx(search.value)
    assert search.value == pytest.approx(best)


def test_late_jobs_of_a_larger_shop_cost_less_after_a_while() -> None:
    jobs = seen(shop(4, chains=14, longest=5, lines=5, money=True), MIXED)
    search = searching(jobs, shop_start(jobs), 1)
    for part in range(6):
        search.slice(part / 6)
    assert shop_cost(jobs, search.sequences) == pytest.approx(search.value)
    assert search.value < 0.97 * shop_cost(jobs, shop_start(jobs))


def test_two_chains_that_cross_end_when_one_of_them_had_to_wait() -> None:
    # Both want line 0 first: one waits 3 minutes, then line 1 is free for it.
    jobs = chains([(0, 3), (1, 5)], [(0, 4), (1, 2)], lines=2)
    found = shop_search(jobs, shop_start(jobs), 0.0, slices=1)
    assert found.job[0, :2].tolist() == [0, 2]
    assert makespan(jobs, found) == 10


def test_the_classic_six_by_six_shop_takes_55() -> None:
    # Fisher and Thompson (1963).
    jobs = chains(
        [(2, 1), (0, 3), (1, 6), (3, 7), (5, 3), (4, 6)],
        [(1, 8), (2, 5), (4, 10), (5, 10), (0, 10), (3, 4)],
        [(2, 5), (3, 4), (5, 8), (0, 9), (1, 1), (4, 7)],
        [(1, 5), (0, 5), (2, 5), (3, 3), (4, 8), (5, 9)],
        [(2, 9), (1, 3), (4, 5), (5, 4), (0, 3), (3, 1)],
        [(1, 3), (3, 3), (5, 9), (0, 10), (4, 4), (2, 1)],
        lines=6,
    )
    assert makespan(jobs, shop_search(jobs, shop_start(jobs), 0.0, slices=4)) == 55


def test_the_same_seed_and_slices_give_the_same_sequences() -> None:
    jobs = seen(shop(5, chains=12, longest=6, lines=5), MAKESPAN)
    one, other = (shop_search(jobs, shop_start(jobs), 0.0, seed=3, slices=3) for _ in range(2))
    assert np.array_equal(one.job, other.job)


def test_better_sequences_are_told_with_their_money() -> None:
    jobs = seen(shop(7, chains=14, longest=6, lines=4), MAKESPAN)
    told: list[tuple[Sequences, float]] = []
    shop_search(jobs, shop_start(jobs), 0.0, improved=lambda *what: told.append(what), slices=3)
    assert told
    assert [money for _, money in told] == sorted((money for _, money in told), reverse=True)
    for sequences, money in told:
        assert shop_cost(jobs, sequences) == money


def test_a_single_job_has_nothing_to_search() -> None:
    jobs = chains([(0, 3)], lines=2)
    assert makespan(jobs, shop_search(jobs, shop_start(jobs), 0.0, slices=1)) == 3


def test_a_line_that_closes_early_is_left_in_time() -> None:
    jobs = chains([(0, 5)], [(0, 5)], [(0, 5)], lines=2)
    jobs = jobs._replace(minutes=np.full((3, 2), 5), closes=np.array([5, 100]))
    found = shop_search(jobs, shop_start(jobs), 0.0, slices=2)
    assert found.length.tolist() == [1, 2]
    assert makespan(jobs, found) == 10


def test_sequences_that_wait_for_each_other_cost_without_end() -> None:
    jobs = chains([(0, 3), (1, 5)], [(1, 4), (0, 2)], lines=2)
    circle = no_sequences(jobs)
    circle.length[:] = 2
    circle.job[0, :2], circle.job[1, :2] = [3, 0], [1, 2]
    assert shop_cost(jobs, circle) == np.inf
