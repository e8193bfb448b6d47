"""The bucket model: the start that HiGHS takes is the one it was given, and the model says what it should."""

import re

import numpy as np
import pyomo.environ as pyo
import pytest

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.milp.buckets import buckets_of, made_by
from models.optimize.milp.handover import hand_over, let_go
from models.optimize.milp.highs import Solver
from models.optimize.milp.model import build, plan_of
from models.optimize.milp.scope import Scope, scope_of
from plant import Plant, Schedule, Weights, evaluate
from tests.models.optimize.tiny import small_plant, two_line_plant

HELD = ("ready", "carry", "lot")


def whole(plant: Plant) -> Scope:
    return scope_of(plant, buckets_of(plant), Weights(), tuple(range(len(plant.lines))))


@pytest.mark.parametrize("seed", range(4))
def test_the_first_incumbent_is_the_start_that_was_handed_over(seed: int) -> None:
    plant = generate(3, 8, 14, 5, 0.9, seed, stages=1 + seed % 2)
    start = dispatch(plant, RULES["atcs"])
    scope = whole(plant)
    model = build(scope)
    solver = Solver()
    hand_over(model, scope, start)
    given = solver.solve(model, 20, warm=False, gap=1e-6)
    ready = {
        name: {index: round(pyo.value(one)) for index, one in getattr(model, name).items()}
        for name in HELD
    }
    let_go(model, scope)
    outcome = solver.solve(model, 5, warm=True)
    assert "MIP start solution is feasible" in outcome.log
    assert outcome.start == pytest.approx(given.objective, rel=1e-6)
    first = re.search(r"^ +0 +0 +0 +0\.00% +\S+ +(\S+)", outcome.log, re.MULTILINE)
    assert first is not None
    assert float(first.group(1)) == pytest.approx(given.objective, rel=1e-6)
    assert outcome.objective is not None
    assert outcome.objective <= outcome.start * (1 + 1e-9)
    assert outcome.bound <= outcome.objective * (1 + 1e-9)
    assert sum(ready["ready"].values()) > 0


@pytest.mark.slow
def test_without_a_warm_start_none_is_taken() -> None:
    plant = generate(3, 8, 14, 5, 0.9, 1)
    scope = whole(plant)
    outcome = Solver().solve(build(scope), 3, warm=False)
    assert outcome.start is None
    assert "MIP start" not in outcome.log


def test_what_a_schedule_makes_is_split_over_days_by_its_shift_minutes() -> None:
    for seed in range(20):
        plant = small_plant(seed)
        buckets = buckets_of(plant)
        schedule = dispatch(plant, RULES["edd"])
        inside = [run for run in schedule.runs if run.end <= plant.horizon]
        units, minutes = made_by(plant, buckets, inside)
        assert units.sum() == pytest.approx(sum(run.quantity for run in inside))
        room = buckets.regular + buckets.overtime
        assert (minutes.sum(axis=1) <= room + 1e-9).all()
        hours = evaluate(plant, Schedule(tuple(inside))).kpis.run_hours
        assert minutes.sum() == pytest.approx(60 * hours)


def test_the_model_makes_what_is_due_and_no_more() -> None:
    plant = two_line_plant()
    scope = whole(plant)
    model = build(scope)
    outcome = Solver().solve(model, 10, warm=False)
    plan = plan_of(model, scope)
    assert outcome.status == "optimal"
    assert plan.units.sum(axis=(0, 2)) == pytest.approx([100.0, 80.0])
    assert plan.units[0, 0].sum() == pytest.approx(100.0)  # line A, cheaper, is set up for I
    minutes = plan.units.sum(axis=(1, 2)) * 6.0
    assert (minutes <= 1440 + 1e-6).all()


@pytest.mark.parametrize("seed", range(6))
def test_constraints_hold_in_what_the_solver_returns(seed: int) -> None:
    plant = small_plant(seed)
    scope = whole(plant)
    model = build(scope)
    Solver().solve(model, 5, warm=False)
    plan = plan_of(model, scope)
    for line, item in scope.makes:
        least = scope.arrays.capabilities.min_lot[line, item]
        made = plan.units[line, item]
        assert ((made < 1e-6) | (made >= least - 1e-6)).all()
    rates = np.where(scope.arrays.capabilities.rate > 0, scope.arrays.capabilities.rate, np.inf)
    minutes = (plan.units * 60.0 / rates[:, :, None]).sum(axis=1)
    assert (minutes <= scope.regular + scope.overtime + 1e-6).all()


def test_a_solver_with_other_threads_than_the_first_of_the_process_still_solves() -> None:
    model = pyo.ConcreteModel()
    model.pick = pyo.Var(range(3), domain=pyo.Binary)
    model.most = pyo.Constraint(expr=sum(model.pick.values()) <= 2)
    model.worth = pyo.Objective(expr=-sum(n * model.pick[n] for n in range(3)))
    for workers in (1, 2, 1):
        assert Solver(workers).solve(model, 5.0, warm=False).objective == -3
