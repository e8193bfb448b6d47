"""CP-SAT on part of a schedule: its money is the referee's, its hint is the incumbent, and it never harms."""

from dataclasses import replace

import numpy as np
import pytest
from ortools.sat.python import cp_model

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.sequence import resequence as sequence_module
from models.optimize.sequence.hint import HintedModel
from models.optimize.sequence.model import build_sequence
from models.optimize.sequence.resequence import resequence, solve_sequence
from models.optimize.sequence.scope import sequence_scope
from plant import Item, Plant, Run, Schedule, Weights, Zones, evaluate
from plant.io import plant_from_document, schedule_from_document
from tests.models.optimize.tiny import chain_plant, small_plant, two_line_plant
from tests.plant.random_plants import random_plant, random_schedule

NOTHING_MORE = 0.02  # money: what rounding to whole parts of it may come to
PARTS_OF_A_SECOND = 0.3


def without_shortage_of_parts(plant: Plant) -> Plant:
    """The plant where the safety stocks of components, which the model leaves out, cost nothing."""
    parts = {line.component for line in plant.bom}

    def cheap(item: Item) -> Item:
        return replace(item, shortage_cost=0.0) if item.id in parts else item

    return replace(plant, items=tuple(cheap(item) for item in plant.items))


def case(seed: int) -> tuple[Plant, Schedule, Schedule | None, Zones, Weights, tuple[int, int]]:
    """A small plant, a feasible schedule and, in a quarter of the cases, its locks; some window."""
    rng = np.random.default_rng(seed)
    if seed % 2:
        plant = small_plant(seed)
        schedule = dispatch(plant, RULES["edd" if seed % 3 else "atcs"])
    else:
        document = random_plant(rng)
        plant = plant_from_document(document)
        schedule = schedule_from_document(random_schedule(rng, document))
        if len(schedule.runs) < 2 or not evaluate(plant, schedule).feasible:
            schedule = dispatch(plant, RULES["edd"])
    base, zones = None, Zones()
    if seed % 4 == 1:
        locks = rng.choice(["none", "none", "line", "start", "all"], len(schedule.runs))
        base = schedule = Schedule(
            tuple(
                replace(run, lock=str(lock)) for run, lock in zip(schedule.runs, locks, strict=True)
            )
        )
        zones = Zones(300, 1500)
    weights = Weights(1.3, 1.0, 1.1, 0.7, 2.0, 250.0, 40.0 if seed % 3 == 0 else 0.0)
    window = (400, 2000) if seed % 5 == 2 else (0, plant.horizon)
    return plant, schedule, base, zones, weights, window


def agrees(seed: int) -> str:
    """Compare the model with the referee on one random case; how CP-SAT ended."""
    plant, start, base, zones, weights, window = case(seed)
    plant = without_shortage_of_parts(plant)
    lines = range(len(plant.lines))
    assert evaluate(plant, start, base, weights, zones).feasible
    scope = sequence_scope(plant, start, lines, window, weights, base, zones)
    if not scope.free:
        return "nothing free"
    model, placed = build_sequence(scope)
    assert hint_alone(model) == pytest.approx(model.hinted(), abs=1.0), seed
    solver, _, status = solve_sequence(model, PARTS_OF_A_SECOND, seed=seed)
    if status == "unknown":
        return status
    assert status in ("optimal", "feasible"), seed
    found = sequence_module.schedule_of(scope, placed, solver)
    verdict = evaluate(plant, found, base, weights, zones)
    assert verdict.feasible, (seed, verdict.violations[:2])
    before = evaluate(plant, start, base, weights, zones).cost.total
    said = (solver.objective_value - model.hinted()) / model.scale
    # Curves are bounded from below; only at the optimum does the model hold them down.
    assert verdict.cost.total - before <= said + NOTHING_MORE, seed
    if status == "optimal":
        assert verdict.cost.total - before == pytest.approx(said, abs=NOTHING_MORE), seed
        assert said <= NOTHING_MORE
    return status


def hint_alone(model: HintedModel) -> float:
    """The objective with every variable held at its hint; fails where that is not feasible."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.fix_variables_to_their_hinted_value = True
    assert solver.solve(model.model) == cp_model.OPTIMAL
    return float(solver.objective_value)


def is_whole(model: HintedModel) -> bool:
    """Whether every variable that is not a constant has a hint."""
    free = [n for n, one in enumerate(model.model.proto.variables) if len(set(one.domain)) > 1]
    return set(free) <= set(model.model.proto.solution_hint.vars)


def test_the_models_money_is_what_the_referee_says_and_its_plans_are_feasible() -> None:
    told = [agrees(seed) for seed in range(24)]
    assert told.count("optimal") >= 15


@pytest.mark.slow
def test_the_models_money_is_what_the_referee_says_on_hundreds_of_plants() -> None:
    told = [agrees(seed) for seed in range(100, 500)]
    assert told.count("optimal") >= 250


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 6, 7, 8])
def test_the_hint_is_whole_and_is_the_first_solution(seed: int) -> None:
    plant, start, base, zones, weights, window = case(seed)
    lines = range(len(plant.lines))
    scope = sequence_scope(plant, start, lines, window, weights, base, zones)
    assert scope.free
    model, _ = build_sequence(scope)
    assert is_whole(model)
    assert hint_alone(model) == pytest.approx(model.hinted(), abs=1.0)
    _, first, _ = solve_sequence(model, 1.0, seed=seed)
    assert first is not None
    assert first <= model.hinted() + 1.0


@pytest.mark.slow
def test_the_first_solution_of_a_larger_plan_is_the_incumbent() -> None:
    plant = generate(6, 20, 40, 6, 0.9, 3, stages=2)
    start = dispatch(plant, RULES["atcs"])
    whole = resequence(plant, start, range(6), (0, 4000), 0.6)[1]
    assert whole.runs > 20
    assert whole.first == pytest.approx(whole.start, rel=1e-9)
    found, told = start, []
    for line in range(5):
        found, one = resequence(plant, found, (line, line + 1), (0, 4000), 1.0)
        told.append(one)
        assert one.first == pytest.approx(one.start, rel=1e-9)
        assert evaluate(plant, found).cost.total == min(one.after, one.before)
    assert sum(one.better for one in told) >= 2
    assert evaluate(plant, found).feasible


def test_two_lines_that_are_set_up_wrongly_change_their_work() -> None:
    plant = two_line_plant()
    wrong = Schedule(
        (
            Run("1", "A", "J", 60, 360, 50.0),
            Run("2", "B", "I", 60, 300, 40.0),
            Run("3", "A", "J", 360, 540, 30.0),
            Run("4", "B", "I", 300, 660, 60.0),
        )
    )
    found, told = resequence(plant, wrong, (0, 1), (0, 1440), 2.0)
    assert told.status == "optimal"
    lines = {run.id: run.line for run in found.runs}
    # The last is made on A all the same: three hours are 30 cheaper there, and a changeover costs 20.
    assert lines == {"1": "B", "2": "A", "3": "A", "4": "A"}
    assert evaluate(plant, found).cost.changeover == 20.0


def test_a_run_waits_for_what_it_is_made_of() -> None:
    plant = chain_plant(parts=60.0)
    late = Schedule((Run("1", "A", "I", 900, 930, 30.0),))
    found, told = resequence(plant, late, (0,), (0, 1440), 1.0)
    assert told.better
    assert found.runs[0].end <= 600


def test_units_by_the_billion_and_money_by_the_trillion_still_fit() -> None:
    plant = generate(4, 12, 16, 4, 0.9, 3, stages=2)
    much = 1e9
    large = replace(
        plant,
        items=tuple(replace(i, stock=i.stock * much, safety_stock=0.0) for i in plant.items),
        capabilities=tuple(
            replace(c, rate=c.rate * much, min_lot=c.min_lot * much, lot_multiple=0.0)
            for c in plant.capabilities
        ),
        arrivals=tuple(replace(a, quantity=a.quantity * much) for a in plant.arrivals),
        orders=tuple(replace(o, quantity=o.quantity * much) for o in plant.orders),
    )
    start = dispatch(large, RULES["edd"])
    found, told = resequence(large, start, range(4), (0, 2000), 1.0)
    assert told.status in ("optimal", "feasible")
    assert told.first == pytest.approx(told.start)
    assert evaluate(large, found).feasible


def test_a_solver_that_finds_nothing_or_says_nonsense_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant = two_line_plant()
    start = dispatch(plant, RULES["edd"])
    assert resequence(plant, start, (0, 1), (0, 1440), 0.0)[0] == start
    assert resequence(plant, start, (), (0, 1440), 1.0)[1].status == "nothing free"

    def nonsense(scope: object, placed: object, solver: object) -> Schedule:
        return Schedule((Run("1", "A", "I", 0, 1, 100.0),))

    monkeypatch.setattr(sequence_module, "schedule_of", nonsense)
    found, told = resequence(plant, start, (0, 1), (0, 1440), 1.0)
    assert found == start
    assert not told.better


def test_the_same_seed_gives_the_same_schedule() -> None:
    plant = two_line_plant()
    start = dispatch(plant, RULES["edd"])
    one, two = (resequence(plant, start, (0, 1), (0, 1440), 2.0, seed=4)[0] for _ in range(2))
    assert one == two
