"""Bucketed lot sizing: the referee, both models against enumeration, the start, the search, the entry."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.lot_sizing_instances import (
    checked_cost,
    exact_cost,
    load_lot_instances,
    read_psp,
    read_trigeiro,
)
from benchmarks.lot_sizing_peers import as_plant, solve_cpsat, solve_milp, units_in
from models.optimize.lot_sizing import LotSizing, UnitLots, capacitated, discrete, solve_lots
from models.optimize.lot_sizing.anneal import search
from models.optimize.lot_sizing.record import sequence_of, units_of
from models.optimize.lot_sizing.start import as_late_as_possible, made_when_due
from models.optimize.milp.highs import Solver
from plant import Run, Schedule, evaluate

BENCHMARKS = Path(__file__).resolve().parents[4] / "shared" / "data" / "benchmarks"


def many_items(seed: int, items: int = 3, periods: int = 4) -> LotSizing:
    draw = np.random.default_rng(seed)
    demand = draw.integers(0, 3, (items, periods)) * draw.integers(10, 30, (items, periods))
    setup_minutes = draw.integers(3, 12, items).astype(float)
    room = max(np.cumsum(demand.sum(axis=0)) / np.arange(1, periods + 1)) * 1.15
    return LotSizing(
        f"many{seed}",
        demand.astype(float),
        draw.integers(1, 4, items).astype(float),
        np.full(periods, np.ceil(room + setup_minutes.sum())),
        np.ones(items),
        setup_minutes,
        draw.integers(20, 120, items).astype(float),
    )


def unit_lots(seed: int, items: int = 3, periods: int = 8, units: int = 6) -> UnitLots:
    draw = np.random.default_rng(seed)
    while True:
        demand = np.zeros((items, periods))
        for _ in range(units):
            demand[draw.integers(items), draw.integers(periods)] = 1
        if np.all(np.cumsum(demand.sum(axis=0)) <= np.arange(1, periods + 1)):
            break
    changeover = draw.integers(5, 60, (items, items)) * (1 - np.eye(items))
    return UnitLots(f"unit{seed}", demand, float(draw.integers(1, 6)), changeover)


def enumerated(problem: LotSizing) -> float:
    """The cheapest cost over all patterns of setups, each with its linear program by SciPy."""
    from scipy.optimize import linprog

    items, periods = problem.demand.shape
    per_unit = np.repeat(problem.holding[:, None], periods, 1) * np.arange(periods, 0, -1)
    constant = (per_unit * problem.demand).sum()
    cheapest = np.inf
    for bits in product((0, 1), repeat=items * periods):
        ready = np.array(bits).reshape(items, periods)
        room = problem.capacity - problem.setup_minutes @ ready
        if np.any(room < 0):
            continue
        rows, limits = [], []
        for i in range(items):
            for t in range(periods):
                row = np.zeros((items, periods))
                row[i, : t + 1] = -1
                rows.append(row.ravel())
                limits.append(-problem.demand[i, : t + 1].sum())
        for t in range(periods):
            row = np.zeros((items, periods))
            row[:, t] = problem.unit_minutes
            rows.append(row.ravel())
            limits.append(room[t])
        bounds = [(0, 1e6 if one else 0) for one in ready.flat]
        found = linprog(per_unit.ravel(), np.array(rows), limits, bounds=bounds)
        if found.status == 0:
            money = found.fun - constant + float(problem.setup_cost @ ready.sum(axis=1))
            cheapest = min(cheapest, money)
    return float(cheapest)


def exactly() -> Solver:
    """HiGHS without its presolve, which in 1.14 loses optima."""
    solver = Solver()
    solver.options["presolve"] = "off"
    return solver


def plan_of(problem: LotSizing, seconds: float = 10) -> tuple[np.ndarray, float]:
    relaxed = capacitated.relax(problem, seconds)
    assert relaxed is not None
    model = capacitated.build(problem, relaxed.cuts)
    outcome = exactly().solve(model, seconds, warm=False, gap=1e-9)
    assert outcome.objective is not None
    make = capacitated.values(model.make, problem)
    units = capacitated.clean(problem, make, capacitated.values(model.ready, problem))
    return units, outcome.objective


@pytest.mark.parametrize("seed", range(2))
def test_the_capacitated_model_finds_the_cheapest_of_all_setup_patterns(seed: int) -> None:
    problem = many_items(seed, items=2, periods=4)
    units, objective = plan_of(problem)
    assert problem.faults(units) == ()
    assert objective == pytest.approx(enumerated(problem), rel=1e-6)
    assert problem.cost(units) == pytest.approx(objective, rel=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_no_inequality_cuts_off_a_plan(seed: int) -> None:
    problem = many_items(seed, items=4, periods=6)
    relaxed = capacitated.relax(problem, 10)
    assert relaxed is not None
    plain = exactly().solve(capacitated.build(problem), 20, warm=False, gap=1e-9)
    cut = exactly().solve(capacitated.build(problem, relaxed.cuts), 20, warm=False, gap=1e-9)
    assert plain.objective == pytest.approx(cut.objective, rel=1e-6)
    assert relaxed.value <= cut.objective * (1 + 1e-6)


def test_the_inequalities_raise_the_relaxation() -> None:
    problem = many_items(3, items=5, periods=8)
    plain = Solver().solve(capacitated.build(problem, relaxed=True), 5, warm=False)
    relaxed = capacitated.relax(problem, 10)
    assert relaxed is not None and plain.objective is not None
    assert relaxed.value > plain.objective * 1.05


@pytest.mark.parametrize("seed", range(10))
def test_the_network_model_finds_what_dynamic_programming_finds(seed: int) -> None:
    problem = unit_lots(seed)
    relaxed = discrete.relax(problem, 10)
    assert relaxed is not None and relaxed.done
    best = exact_cost(problem)
    assert relaxed.value <= best + 1e-6
    outcome = exactly().solve(discrete.build(problem, relaxed.cuts), 10, warm=False, gap=1e-9)
    assert outcome.objective == pytest.approx(best)


@pytest.mark.parametrize("seed", range(10))
def test_annealing_finds_the_optimum_of_small_ones(seed: int) -> None:
    problem = unit_lots(seed, items=4, periods=12, units=9)
    start = as_late_as_possible(problem)
    assert start is not None and problem.faults(start) == ()
    found = []
    search(problem, start, 0.15, seed, found.append)
    assert all(problem.faults(units) == () for units in found)
    assert problem.cost(found[-1]) == pytest.approx(exact_cost(problem))


def test_a_start_is_really_handed_over() -> None:
    units_problem = unit_lots(1, items=4, periods=12, units=9)
    start = as_late_as_possible(units_problem)
    assert start is not None
    model = discrete.build(units_problem)
    discrete.hand_over(model, units_problem, start)
    outcome = Solver().solve(model, 5, warm=True)
    assert outcome.start == pytest.approx(units_problem.cost(start))

    problem = many_items(2, items=4, periods=6)
    model = capacitated.build(problem)
    capacitated.hand_over(model, problem, problem.demand)  # each period what is due
    outcome = Solver().solve(model, 5, warm=True)
    assert outcome.start == pytest.approx(problem.cost(problem.demand))


@pytest.mark.parametrize("seed", range(20))
def test_the_checker_agrees_with_the_records(seed: int) -> None:
    draw = np.random.default_rng(seed)
    unit = unit_lots(seed, items=4, periods=12, units=9)
    sequence = sequence_of(as_late_as_possible(unit))  # type: ignore[arg-type]
    draw.shuffle(sequence)
    many = many_items(seed)
    random = np.where(draw.random(many.demand.shape) < 0.5, 2.0 * many.demand, many.demand)
    for problem, units in ((unit, units_of(sequence, 4)), (many, random), (many, many.demand)):
        if problem.faults(units):
            with pytest.raises(ValueError, match=problem.name):
                checked_cost(problem, units.tolist())
        else:
            assert checked_cost(problem, units.tolist()) == pytest.approx(problem.cost(units))


@pytest.mark.parametrize("seed", range(20))
def test_what_does_not_fit_when_due_is_made_earlier(seed: int) -> None:
    problem = many_items(seed, items=5, periods=8)
    tight = LotSizing(
        "tight", problem.demand, problem.holding, problem.capacity * 0.9, problem.unit_minutes,
        problem.setup_minutes, problem.setup_cost,
    )  # fmt: skip
    units = made_when_due(tight)
    assert units is not None
    assert tight.faults(units) == ()
    assert np.allclose(units.sum(axis=1), tight.demand.sum(axis=1))


def test_each_kind_of_fault_is_told() -> None:
    unit = unit_lots(0)
    good = as_late_as_possible(unit)
    assert good is not None
    two = good.copy()
    two[:, 0] = 1
    assert any("at most one" in fault for fault in unit.faults(two))
    assert any("short of" in fault for fault in unit.faults(np.zeros_like(good)))
    many = many_items(0)
    assert any("minutes used" in fault for fault in many.faults(many.demand * 10))


@pytest.mark.parametrize("seed", range(5))
def test_unit_lots_cost_as_a_plant_what_they_cost_here(seed: int) -> None:
    problem = unit_lots(seed, items=4, periods=12, units=9)
    units = as_late_as_possible(problem)
    assert units is not None
    plant, weights = as_plant(problem)
    runs = tuple(
        Run(f"R{t}", "M", f"I{item}", t, t + 1, 1.0)
        for t, item in enumerate(sequence_of(units))
        if item >= 0
    )
    told = evaluate(plant, Schedule(runs), weights=weights)
    assert told.feasible
    assert told.cost.total == pytest.approx(problem.cost(units))
    assert np.array_equal(units_in(problem, Schedule(runs)), units)


def test_too_many_units_too_early_are_told() -> None:
    demand = np.zeros((2, 3))
    demand[:, 0] = 1
    solution = solve_lots(UnitLots("early", demand, 1.0, np.ones((2, 2))), seconds=1)
    assert solution.units is None
    assert "too many units" in solution.notes[0]


PSP = """3
2

0 1 1
0 0 1

10

0 5 9
7 0 9
9 9 0

12 15"""
TRIGEIRO = """   3   2
    1
 50
 1.00 1.00  10. 600.
 2.00 5.00   5. 800.
 1.00 2.00   0. 100.
  1  2  3
  4  5  6
  Bi   hi   su   su
           time cost
"""


def test_both_formats_are_read() -> None:
    unit = read_psp("u", PSP)
    assert unit.demand.tolist() == [[0, 1, 1], [0, 0, 1]]
    assert (unit.holding, unit.changeover.tolist()) == (10, [[0, 5], [7, 0]])
    many = read_trigeiro("m", TRIGEIRO)
    assert many.demand.tolist() == [[1, 4], [2, 5], [3, 6]]
    assert many.capacity.tolist() == [50, 50]
    assert many.unit_minutes.tolist() == [1, 2, 1]
    assert many.holding.tolist() == [1, 5, 2]
    assert many.setup_minutes.tolist() == [10, 5, 0]
    assert many.setup_cost.tolist() == [600, 800, 100]


@pytest.mark.slow
def test_both_problems_are_solved_and_proved_from_the_entry() -> None:
    unit = unit_lots(4, items=4, periods=14, units=10)
    solution = solve_lots(unit, seconds=40, workers=2)
    assert solution.proved
    assert solution.cost == pytest.approx(exact_cost(unit))
    many = many_items(1)
    solution = solve_lots(many, seconds=40, workers=2)
    assert solution.notes == ()
    assert solution.proved
    assert solution.cost == pytest.approx(plan_of(many)[1], rel=1e-6)


@pytest.mark.slow
def test_a_demand_beyond_the_minutes_is_told() -> None:
    problem = many_items(1)
    tight = LotSizing(
        "tight", problem.demand * 9, problem.holding, problem.capacity, problem.unit_minutes,
        problem.setup_minutes, problem.setup_cost,
    )  # fmt: skip
    solution = solve_lots(tight, seconds=30, workers=2)
    assert solution.units is None
    assert "no plan can meet the demand" in solution.notes[0]


@pytest.mark.slow
def test_the_peers_plans_are_plans_and_cp_sat_proves_small_ones() -> None:
    unit, many = unit_lots(2), many_items(2, items=2, periods=4)
    for problem, best in ((unit, exact_cost(unit)), (many, plan_of(many)[1])):
        exact, plain = solve_cpsat(problem, 10, 2, 0), solve_milp(problem, 10, 2, 0)
        assert exact is not None and plain is not None
        assert checked_cost(problem, exact.tolist()) == pytest.approx(best, rel=1e-3)
        assert checked_cost(problem, plain.tolist()) >= best * (1 - 1e-6)


@pytest.mark.slow
@pytest.mark.realdata
def test_two_files_state_values_that_no_plan_has() -> None:
    folder = BENCHMARKS / "lotsizing_psp"
    if not folder.is_dir():
        pytest.skip("no benchmark instances here")
    small = {i.name: i for i in load_lot_instances(folder) if i.problem.demand.shape[1] <= 30}
    optima = {name: exact_cost(instance.problem) for name, instance in small.items()}
    wrong = {name: cost for name, cost in optima.items() if cost != small[name].best_known}
    assert wrong == {"pigment15c": 1370, "pigment30c": 1707}


@pytest.mark.realdata
def test_every_trigeiro_file_is_read_and_some_plan_exists() -> None:
    folder = BENCHMARKS / "lotsizing_trigeiro"
    if not folder.is_dir():
        pytest.skip("no benchmark instances here")
    instances = list(load_lot_instances(folder))
    assert len(instances) == 33
    for instance in instances:
        problem = instance.problem
        assert isinstance(problem, LotSizing)
        assert np.all(problem.demand.sum() <= problem.capacity.sum())
        assert problem.demand.shape[1] in (15, 20)
