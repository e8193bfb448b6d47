"""Ways to solve lot sizing that stand beside ours: a textbook MILP, CP-SAT, and our own plant optimiser.

`solve_milp`: the models as a textbook writes them, HiGHS left alone. `solve_cpsat`: the same decisions
for CP-SAT, many items in integer quantities, unit lots as a circuit of units. `solve_plant`: unit lots
said as a plant, where they can be: one line, a period is a minute, a unit takes one, changeovers take
none but cost, due dates with a price that nothing else outweighs. Many items under common capacity
cannot: a period's setups would each need a place in its minutes, and a lot would not cost one setup a
period.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import highspy
import numpy as np
import pyomo.environ as pyo

from models.optimize import solve
from models.optimize.lot_sizing import LotSizing, Problem, UnitLots, solve_lots
from models.optimize.lot_sizing.capacitated import build, clean, values
from models.optimize.milp.highs import Solver
from plant import Capability, Changeover, Item, Line, Order, Plant, Schedule, Shift, Weights
from plant.model import MINUTES_PER_DAY

Units = np.ndarray[Any, Any]
Method = Callable[[Problem, float, int, int], Units | None]
LATE = 1e4  # money per period late, against changeovers of at most 200


def solve_takt(problem: Problem, seconds: float, workers: int, seed: int) -> Units | None:
    """Ours."""
    return solve_lots(problem, seconds, workers, seed).units


def solve_milp(problem: Problem, seconds: float, workers: int, seed: int) -> Units | None:
    """The textbook model, HiGHS with its own settings."""
    solver = Solver(workers, seed)
    solver.options["mip_heuristic_effort"] = 0.05  # HiGHS's own
    # HiGHS keeps the threads of a process's first solve and refuses any other number of them.
    highspy.Highs.resetGlobalScheduler(True)
    try:
        return _milp(problem, solver, seconds)
    finally:
        highspy.Highs.resetGlobalScheduler(True)


def _milp(problem: Problem, solver: Solver, seconds: float) -> Units | None:
    if isinstance(problem, LotSizing):
        model = build(problem)
        if solver.solve(model, seconds, warm=False).objective is None:
            return None
        return clean(problem, values(model.make, problem), values(model.ready, problem))
    model = textbook(problem)
    if solver.solve(model, seconds, warm=False).objective is None:
        return None
    items, periods = problem.demand.shape
    return np.array(
        [[round(pyo.value(model.make[i, t])) for t in range(periods)] for i in range(items)], float
    )


def textbook(problem: UnitLots) -> Any:
    """Unit lots with a variable per change between two items in a period."""
    items, periods = problem.demand.shape
    model: Any = pyo.ConcreteModel()
    model.ITEMS, model.PERIODS = pyo.RangeSet(0, items - 1), pyo.RangeSet(0, periods - 1)
    model.make = pyo.Var(model.ITEMS, model.PERIODS, domain=pyo.Binary)
    model.ready = pyo.Var(model.ITEMS, model.PERIODS, domain=pyo.Binary)
    model.stock = pyo.Var(model.ITEMS, model.PERIODS, bounds=(0.0, None))
    model.change = pyo.Var(model.ITEMS, model.ITEMS, model.PERIODS, bounds=(0.0, 1.0))
    model.rows = pyo.ConstraintList()
    for t in range(periods):
        model.rows.add(sum(model.ready[i, t] for i in range(items)) == 1)
        for i in range(items):
            before = model.stock[i, t - 1] if t else 0.0
            due = float(problem.demand[i, t])
            model.rows.add(before + model.make[i, t] == due + model.stock[i, t])
            model.rows.add(model.make[i, t] <= model.ready[i, t])
            for j in range(items):
                if t and i != j:
                    both = model.ready[i, t - 1] + model.ready[j, t] - 1
                    model.rows.add(model.change[i, j, t] >= both)
    model.money = pyo.Objective(
        expr=sum(
            float(problem.changeover[i, j]) * model.change[i, j, t]
            for i in range(items)
            for j in range(items)
            for t in range(1, periods)
            if i != j
        )
        + problem.holding * sum(model.stock[key] for key in model.stock)
    )
    return model


def solve_cpsat(problem: Problem, seconds: float, workers: int, seed: int) -> Units | None:
    """CP-SAT."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    variables = _quantities(model, problem) if isinstance(problem, LotSizing) else None
    if variables is None:
        assert isinstance(problem, UnitLots)
        variables = _periods(model, problem)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    units = np.zeros(problem.demand.shape)
    for (item, period), variable in variables.items():
        units[item, period] += solver.value(variable)
    return units


def _quantities(model: Any, problem: LotSizing) -> dict[tuple[int, int], Any]:
    """Whole units: minutes per unit and demand are whole in the public instances."""
    items, periods = problem.demand.shape
    make = {}
    for i in range(items):
        total = int(problem.demand[i].sum())
        stock = 0
        for t in range(periods):
            make[i, t] = model.new_int_var(0, total, "")
            stock = stock + make[i, t] - int(problem.demand[i, t])
            model.add(stock >= 0)
    ready = {key: model.new_bool_var("") for key in make}
    for key, quantity in make.items():
        model.add(quantity == 0).only_enforce_if(~ready[key])
    for t in range(periods):
        used = sum(
            int(problem.unit_minutes[i]) * make[i, t] + int(problem.setup_minutes[i]) * ready[i, t]
            for i in range(items)
        )
        model.add(used <= int(problem.capacity[t]))
    due = problem.demand * np.arange(periods, 0, -1)
    model.minimize(
        sum(float(problem.setup_cost[i]) * one for (i, _), one in ready.items())
        + sum(float(problem.holding[i]) * (periods - t) * q for (i, t), q in make.items())
        - float(problem.holding @ due.sum(axis=1))
    )
    return make


def _periods(model: Any, problem: UnitLots) -> dict[tuple[int, int], Any]:
    """A circuit through all units; equal units in the order of their due periods."""
    units = [
        (i, int(t)) for i in range(len(problem.demand)) for t in np.flatnonzero(problem.demand[i])
    ]
    at = [model.new_int_var(0, due, "") for _, due in units]
    model.add_all_different(at)
    arcs, money = [], []
    for one, (item, due) in enumerate(units):
        arcs += [(0, one + 1, model.new_bool_var("")), (one + 1, 0, model.new_bool_var(""))]
        money.append(problem.holding * (due - at[one]))
        for other, (to, later) in enumerate(units):
            if one == other or (item == to and later <= due):
                continue
            follows = model.new_bool_var("")
            arcs.append((one + 1, other + 1, follows))
            model.add(at[other] > at[one]).only_enforce_if(follows)
            money.append(float(problem.changeover[item, to]) * follows if item != to else 0)
        if one and units[one - 1][0] == item:
            model.add(at[one - 1] < at[one])
    model.add_circuit(arcs)
    model.minimize(sum(money))
    made = {}
    for one, (item, due) in enumerate(units):
        for t in range(due + 1):
            here = model.new_bool_var("")
            model.add(at[one] == t).only_enforce_if(here)
            model.add(at[one] != t).only_enforce_if(~here)
            made.setdefault((item, t), []).append(here)
    return {key: sum(here) for key, here in made.items()}


def solve_plant(problem: Problem, seconds: float, workers: int, seed: int) -> Units | None:
    """Our optimiser of plants, on unit lots said as one; None for what cannot be said so."""
    if not isinstance(problem, UnitLots):
        return None
    plant, weights = as_plant(problem)
    schedule = solve(plant, seconds=seconds, workers=workers, weights=weights, seed=seed).schedule
    return units_in(problem, schedule)


def as_plant(problem: UnitLots) -> tuple[Plant, Weights]:
    """Unit lots as a plant, and the weights that make its cost theirs where nothing is late."""
    items, periods = problem.demand.shape
    plant = Plant(
        currency="XXX",
        starts_at=datetime(2026, 1, 5, tzinfo=UTC),
        horizon=periods,
        lines=(Line("M", shifts=(Shift(0, periods),)),),
        items=tuple(
            Item(f"I{i}", f"F{i}", holding_cost=problem.holding * MINUTES_PER_DAY)
            for i in range(items)
        ),
        capabilities=tuple(
            Capability("M", f"I{i}", rate=60, min_lot=1, lot_multiple=1) for i in range(items)
        ),
        changeovers=tuple(
            Changeover(f"F{i}", f"F{j}", 0, float(problem.changeover[i, j]))
            for i in range(items)
            for j in range(items)
            if i != j
        ),
        orders=tuple(
            Order(f"I{i} {t}", f"I{i}", 1, int(t) + 1, weight=LATE * MINUTES_PER_DAY)
            for i in range(items)
            for t in np.flatnonzero(problem.demand[i])
        ),
    )
    return plant, Weights(production=0, idle=0, instability=0)


def units_in(problem: UnitLots, schedule: Schedule) -> Units:
    """What a schedule makes in each period."""
    units = np.zeros(problem.demand.shape)
    for run in schedule.runs:
        units[int(run.item[1:]), run.start : run.end] = 1
    return units


METHODS: dict[str, Method] = {
    "takt": solve_takt,
    "milp": solve_milp,
    "cpsat": solve_cpsat,
    "plant": solve_plant,
}
