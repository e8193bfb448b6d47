"""The one entry: feasible, never worse than its start, whatever dies on the way."""

import os
import signal
import time
from dataclasses import replace

import pytest

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize import solve, strategy
from models.optimize import worker as worker_module
from models.optimize.milp.refine import refine
from models.optimize.worker import Worker
from plant import Order, Plant, Run, Schedule, Weights, Zones, evaluate
from tests.models.optimize.tiny import chain_plant, small_plant


def money(plant: Plant, schedule: Schedule, **under: object) -> float:
    verdict = evaluate(plant, schedule, **under)  # type: ignore[arg-type]
    assert verdict.feasible, verdict.violations[:3]
    return verdict.cost.total


@pytest.mark.parametrize("seed", range(4))
def test_the_solution_is_feasible_and_never_worse_than_its_start(seed: int) -> None:
    plant = generate(3, 8, 14, 4, 0.9, seed, stages=1 + seed % 2)
    start = dispatch(plant, RULES["edd"])
    solution = solve(plant, start, seconds=0.4, workers=1, seed=seed)
    assert solution.status == "feasible"
    assert solution.cost.total == money(plant, solution.schedule)
    assert solution.cost.total <= money(plant, start)
    costs = [point.cost for point in solution.trajectory]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == solution.cost.total


def test_a_start_that_breaks_rules_is_repaired() -> None:
    plant = generate(3, 8, 14, 4, 0.9, 2)
    good = dispatch(plant, RULES["atcs"])
    crowded = Schedule(tuple(replace(run, start=360, end=480) for run in good.runs))
    strange = (*crowded.runs, Run("odd", "nowhere", "nothing", 0, 10, 1.0))
    assert not evaluate(plant, crowded).feasible
    solution = solve(plant, Schedule(strange[:-1]), seconds=0.3, workers=1)
    assert money(plant, solution.schedule) < money(plant, Schedule())


def test_locked_runs_stay_and_what_cannot_be_kept_is_said() -> None:
    plant = generate(3, 8, 14, 4, 0.9, 3)
    good = dispatch(plant, RULES["atcs"])
    base = Schedule(tuple(replace(run, lock="all") for run in good.runs))
    solution = solve(plant, seconds=0.3, workers=1, base=base)
    assert {run.id for run in base.runs} <= {run.id for run in solution.schedule.runs}
    assert evaluate(plant, solution.schedule, base).feasible
    clash = Schedule(tuple(replace(run, start=360, end=361, lock="all") for run in good.runs))
    hopeless = solve(plant, seconds=0.3, workers=1, base=clash)
    assert hopeless.status == "infeasible"
    assert hopeless.notes


@pytest.mark.parametrize("seed", range(3))
def test_frozen_runs_stay_where_they_are(seed: int) -> None:
    plant = generate(3, 8, 14, 4, 0.9, seed)
    base, zones = dispatch(plant, RULES["atcs"]), Zones(frozen=800, slush=1440)
    weights = Weights(instability=100.0)
    solution = solve(plant, base, 0.4, 1, weights, base, zones)
    assert solution.cost.total == money(
        plant, solution.schedule, base=base, weights=weights, zones=zones
    )


def test_plants_in_which_nothing_can_be_done_are_answered() -> None:
    plant = small_plant(3)
    for bare in (
        replace(plant, orders=()),
        replace(plant, lines=(), capabilities=(), changeovers=()),
        replace(plant, capabilities=()),
        replace(plant, lines=tuple(replace(line, shifts=()) for line in plant.lines)),
        replace(plant, orders=(*plant.orders, Order("more", "X", 5.0, 100))),
        chain_plant(parts=0.0),
    ):
        solution = solve(bare, seconds=0.2, workers=1)
        assert solution.status == "feasible"
        assert money(bare, solution.schedule) <= money(bare, Schedule())


def test_a_solve_ends_when_told_to_with_what_there_is() -> None:
    plant = generate(3, 8, 14, 4, 0.9, 2)
    began, asked = time.monotonic(), []

    def stop() -> bool:
        asked.append(time.monotonic())
        return len(asked) > 3

    solution = solve(plant, seconds=60.0, workers=1, stop=stop)
    assert time.monotonic() - began < 30
    assert solution.cost.total == money(plant, solution.schedule)


@pytest.mark.slow
def test_milp_neighbourhoods_make_a_poor_start_better_and_nothing_worse() -> None:
    plant = generate(3, 8, 14, 5, 0.9, 1)
    start = dispatch(plant, RULES["fifo"] if "fifo" in RULES else RULES["edd"])
    best, done = refine(plant, start, 6.0)
    assert money(plant, best) <= money(plant, start)
    assert done
    assert any(one.better for one in done)
    assert all(one.outcome.start is not None for one in done if one.outcome.status == "optimal")


@pytest.mark.integration
def test_with_time_the_worker_takes_part_and_there_is_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(strategy, "LEAST_FOR_WORKER", 5.0)
    plant = generate(4, 10, 20, 5, 0.9, 1)
    start = dispatch(plant, RULES["edd"])
    solution = solve(plant, start, seconds=14.0, workers=2)
    assert solution.bound is not None
    assert solution.gap is not None
    assert 0 < solution.bound <= solution.cost.total
    assert solution.notes == ()


@pytest.mark.integration
def test_a_killed_worker_leaves_the_incumbent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy, "LEAST_FOR_WORKER", 5.0)
    plant = generate(4, 10, 20, 5, 0.9, 1)
    start = dispatch(plant, RULES["edd"])
    began = Worker.__init__

    def doomed(self: Worker, *given: object) -> None:
        began(self, *given)  # type: ignore[arg-type]
        os.kill(self.process.pid, signal.SIGKILL)

    monkeypatch.setattr(worker_module.Worker, "__init__", doomed)
    solution = solve(plant, start, seconds=7.0, workers=2)
    assert any("ended early" in note for note in solution.notes)
    assert solution.cost.total == money(plant, solution.schedule)
    assert solution.cost.total <= money(plant, start)


@pytest.mark.integration
def test_a_worker_that_fails_says_why() -> None:
    plant = generate(2, 4, 4, 2, 0.9, 1)
    worker = Worker("no task", lambda _: None)  # type: ignore[arg-type]
    assert "AttributeError" in worker.stop(30.0)
    assert plant.lines
