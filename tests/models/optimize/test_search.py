"""The neighbourhood search: exact in its own money, feasible, never worse, held by locks."""

import numpy as np
import pytest

from envs.scenarios import generate
from models.optimize.search.annealing import Search, search
from plant import Run, Schedule, Weights, Zones, evaluate

WEIGHTS = Weights(tardiness=1.3, holding=0.7, idle=2.0, instability=250.0, makespan=40.0)


def plant_of(seed: int, stages: int = 1, lines: int = 3):
    return generate(lines, 7, 10, 3, (0.7, 0.9, 1.1)[seed % 3], seed, stages=stages)


@pytest.mark.parametrize("seed", range(12))
def test_what_the_search_says_it_costs_is_what_the_referee_says(seed: int) -> None:
    plant = plant_of(seed, stages=1 + seed % 2)
    hunt = Search(plant, Schedule(), WEIGHTS, seed=seed)
    hunt.calibrate()
    for step in range(10):
        hunt.slice(step / 10, 300)
        evaluation = evaluate(plant, hunt.schedule(), weights=WEIGHTS)
        assert evaluation.feasible, evaluation.violations[:3]
        assert evaluation.cost.total == pytest.approx(hunt.start_money - hunt.gain, rel=1e-9)
    assert hunt.gain > 0


@pytest.mark.parametrize("seed", range(8))
def test_locks_hold_and_moves_of_published_runs_are_paid_for(seed: int) -> None:
    plant = plant_of(seed, stages=1 + seed % 2)
    published = search(plant, Schedule(), 0, seed=seed, slices=4).schedule
    locks = np.random.default_rng(seed).choice(
        ["none", "line", "start", "all"], len(published.runs)
    )
    base = Schedule(
        tuple(
            Run(r.id, r.line, r.item, r.start, r.end, r.quantity, str(lock))
            for r, lock in zip(published.runs, locks, strict=True)
        )
    )
    zones = Zones(frozen=300, slush=2000)
    hunt = Search(plant, base, WEIGHTS, base, zones, seed)
    hunt.calibrate()
    for step in range(5):
        hunt.slice(step / 5, 400)
        evaluation = evaluate(plant, hunt.schedule(), base, WEIGHTS, zones)
        assert evaluation.feasible, evaluation.violations[:3]
        assert evaluation.cost.total == pytest.approx(hunt.start_money - hunt.gain, rel=1e-9)


def test_the_same_seed_and_slices_give_the_same_schedule() -> None:
    plant = plant_of(5, stages=2)
    one, two = (search(plant, Schedule(), 0, seed=9, slices=5).schedule for _ in range(2))
    assert one == two
    assert search(plant, Schedule(), 0, seed=10, slices=5).schedule != one


def test_a_search_that_is_stopped_at_once_returns_its_start() -> None:
    plant = plant_of(1)
    start = search(plant, Schedule(), 0, seed=1, slices=3).schedule
    again = search(plant, start, 10.0, stop=lambda: True)
    assert sorted(again.schedule.runs, key=str) == sorted(start.runs, key=str)
    assert again.gain == 0


def test_a_plant_with_nothing_to_do_is_left_alone() -> None:
    plant = generate(2, 4, 1, 2, 0.5, 3)
    from dataclasses import replace

    for bare in (
        replace(plant, orders=()),
        replace(plant, lines=(), capabilities=(), changeovers=()),
        replace(plant, capabilities=()),
        replace(plant, lines=tuple(replace(line, shifts=()) for line in plant.lines)),
    ):
        found = search(bare, Schedule(), 0, slices=2)
        assert evaluate(bare, found.schedule).feasible
        assert evaluate(bare, found.schedule).cost.total <= evaluate(bare, Schedule()).cost.total
