"""Timefold as a peer: what it is given, and that its money and its schedules are the plant's own."""

from typing import Any

import numpy as np
import pytest

from benchmarks.instances import family_setups
from benchmarks.timefold import (
    as_early,
    as_timed,
    ask,
    document,
    lots_of,
    missing,
    solve_timefold,
)
from envs.scenarios import generate
from plant import Weights, evaluate

needs_java = pytest.mark.skipif(bool(missing()), reason=missing() or "Java and Maven are here")


def late_jobs(seed: int, jobs: int = 12, machines: int = 3, families: int = 3) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    table = draw.integers(5, 30, (machines, families, families))
    for one in table:
        np.fill_diagonal(one, 0)
    return {
        "name": f"late{seed}",
        "n": jobs,
        "m": machines,
        "family": draw.integers(0, families, jobs).tolist(),
        "init_family": draw.integers(0, families, machines).tolist(),
        "setup": table.tolist(),
        "release": draw.integers(0, 60, jobs).tolist(),
        "due": draw.integers(60, 200, jobs).tolist(),
        "weight": draw.integers(1, 5, jobs).tolist(),
        "modes": [
            [
                [m, int(draw.integers(20, 60))]
                for m in range(machines)
                if m == 0 or draw.random() < 0.7
            ]
            for _ in range(jobs)
        ],
    }


def test_lots_are_given_with_the_lines_that_can_make_them_and_their_orders() -> None:
    given = late_jobs(1)
    instance = family_setups(given, 1.0)
    runs = lots_of(instance.plant, instance.weights)
    told = document(instance.plant, instance.weights, runs)
    assert len(told["jobs"]) == given["n"]
    dues = [job["tardy"][0][0] for job in told["jobs"]]
    assert dues == sorted(dues)
    for run, job in zip(runs, told["jobs"], strict=True):
        number = int(run.item[1:])
        modes = dict(map(tuple, given["modes"][number]))
        assert job["minutes"] == [modes.get(line, -1) for line in range(given["m"])]
        assert job["release"] == given["release"][number]
        assert job["tardy"] == [
            (given["due"][number], pytest.approx(1000 * given["weight"][number]))
        ]


def test_parts_come_before_the_lots_that_take_them() -> None:
    plant = generate(5, 15, 40, 7, 0.9, 2, stages=2)
    runs = lots_of(plant, Weights())
    told = document(plant, Weights(), runs)
    pairs = [(part, n) for n, job in enumerate(told["jobs"]) for part in job["parts"]]
    assert pairs
    assert all(runs[part].end <= runs[n].start for part, n in pairs)


@needs_java
@pytest.mark.integration
@pytest.mark.parametrize("seed", range(2))
def test_timefolds_money_is_what_the_plant_says(seed: int) -> None:
    instance = family_setups(late_jobs(seed), 1.0)
    runs = lots_of(instance.plant, instance.weights)
    answer = ask(document(instance.plant, instance.weights, runs), 1.5, 2)
    schedule = as_timed(instance.plant, runs, answer)
    assert (answer.misplaced, answer.appended) == (0, 0)
    assert instance.objective(schedule) == pytest.approx(answer.money)
    assert instance.objective(as_early(instance.plant, runs, answer)) == pytest.approx(answer.money)


@needs_java
@pytest.mark.integration
@pytest.mark.parametrize("stages", [1, 2])
def test_shifts_overtime_and_parts_are_kept_to(stages: int) -> None:
    plant, weights = generate(4, 10, 20, 7, 0.7, 3, stages=stages), Weights()
    runs = lots_of(plant, weights)
    given = document(plant, weights, runs)
    answer = ask(given, 4.0, 1)
    schedule = as_timed(plant, runs, answer)
    told = evaluate(plant, schedule, weights=weights)
    assert told.feasible
    assert len(schedule.runs) == len(runs)
    waiting = 0.0
    for job, (_, _, end) in zip(given["jobs"], answer.runs, strict=True):
        waiting += sum(max(end - due, 0) * rate for due, rate in job["tardy"])
        waiting += max(job["tardy"][0][0] - end, 0) * job["held"] if job["tardy"] else 0.0
    spent = told.cost.production + told.cost.changeover + waiting / 1000
    assert answer.money == pytest.approx(spent, abs=0.01 * len(runs))


@needs_java
@pytest.mark.integration
def test_lots_without_time_for_construction_are_appended() -> None:
    plant, weights = generate(10, 40, 150, 7, 0.9, 1), Weights()
    runs = lots_of(plant, weights)
    answer = ask(document(plant, weights, runs), 0.05, 1)
    assert answer.appended > 0
    assert len(answer.runs) == len(runs)
    assert evaluate(plant, as_timed(plant, runs, answer), weights=weights).feasible


@needs_java
@pytest.mark.integration
def test_an_instance_is_solved_better_than_at_random() -> None:
    instance = family_setups(late_jobs(5, jobs=20), 1.0)
    schedule = solve_timefold(instance, 2.0, 2)
    assert schedule is not None
    found = instance.objective(schedule)
    start = lots_of(instance.plant, instance.weights)
    assert found is not None
    assert (
        found
        <= evaluate(
            instance.plant, type(schedule)(tuple(start)), weights=instance.weights
        ).cost.total
    )
