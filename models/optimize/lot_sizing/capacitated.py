"""How much of which item in which period under common capacity, with setup times: a Pyomo model.

Sets: i ∈ ITEMS, t ∈ PERIODS. Given: d_it demand, D_i(t,l) that of the periods t to l, h_i holding cost,
s_i and g_i money and minutes of a setup, a_i minutes per unit, C_t minutes of a period,
U_it = (C_t − g_i)/a_i what a period can make of one item.

Variables: make_it ≥ 0 units; stock_it ≥ 0 units at the period's end; ready_it ∈ {0,1} set up.

Minimise Σ s_i ready_it + Σ h_i stock_it                                                         (0)
subject to
    stock_i,t−1 + make_it = d_it + stock_it                                                      (1)
    Σ_i (a_i make_it + g_i ready_it) ≤ C_t                                                       (2)
    make_it ≤ min(U_it, D_i(t,T)) ready_it                                                       (3)
    Σ_{t ≤ l, t ∉ S} make_it + Σ_{t ∈ S} min(U_it, D_i(t,l)) ready_it ≥ D_i(1,l)                 (4)
for each i, l and S ⊆ {1..l}: the (l,S) inequalities (Barany, Van Roy, Wolsey 1984), with a period's
capacity in their coefficients. They make the relaxation as strong as the facility-location model, on a
tenth of its variables. Those that the relaxation breaks are added until none is broken: the best S for
an i and l takes each t whose term with ready is the smaller one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray

from models.optimize.lot_sizing.record import Floats, LotSizing, Units
from models.optimize.milp.highs import Solver

SMALLEST_BREACH = 1e-4  # of the demand served
MOST_ROUNDS = 60
LATE = 5  # periods; with them a relaxation of 20 x 20 takes a tenth of the time
INFEASIBLE = ("infeasible", "infeasibleOrUnbounded")


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The relaxation's end: its value, `ready` [I, T] and `make` [I, T], and the inequalities (4) met.

    Each inequality is (item, last period, for every period up to it: the coefficient of ready if it is
    in S, or 0).
    """

    value: float
    ready: Floats
    make: Floats
    cuts: tuple[tuple[int, int, Floats], ...]


def build(
    problem: LotSizing, cuts: tuple[tuple[int, int, Floats], ...] = (), relaxed: bool = False
) -> Any:
    """The Pyomo model, with the given inequalities (4)."""
    items, periods = problem.demand.shape
    model: Any = pyo.ConcreteModel()
    model.ITEMS, model.PERIODS = pyo.RangeSet(0, items - 1), pyo.RangeSet(0, periods - 1)
    model.make = pyo.Var(model.ITEMS, model.PERIODS, bounds=(0.0, None))
    model.stock = pyo.Var(model.ITEMS, model.PERIODS, bounds=(0.0, None))
    domain = pyo.Reals if relaxed else pyo.Binary
    model.ready = pyo.Var(model.ITEMS, model.PERIODS, domain=domain, bounds=(0, 1))
    model.stock_is_kept = pyo.Constraint(model.ITEMS, model.PERIODS, rule=_stock_is_kept(problem))
    model.minutes_suffice = pyo.Constraint(model.PERIODS, rule=_minutes_suffice(problem))
    model.made_when_ready = pyo.Constraint(
        model.ITEMS, model.PERIODS, rule=_made_when_ready(problem)
    )
    model.served = pyo.ConstraintList()
    for cut in cuts:
        model.served.add(served(model, problem, *cut))
    model.money = pyo.Objective(
        expr=sum(
            float(problem.setup_cost[i]) * model.ready[i, t]
            + float(problem.holding[i]) * model.stock[i, t]
            for i in model.ITEMS
            for t in model.PERIODS
        )
    )
    return model


def most(problem: LotSizing) -> Floats:
    """Units [I, T] that a period can make of an item alone (U)."""
    room = problem.capacity[None, :] - problem.setup_minutes[:, None]
    return np.maximum(room, 0.0) / problem.unit_minutes[:, None]


def _stock_is_kept(problem: LotSizing) -> Any:
    def rule(model: Any, i: int, t: int) -> Any:  # (1)
        before = model.stock[i, t - 1] if t > 0 else 0.0
        return before + model.make[i, t] == float(problem.demand[i, t]) + model.stock[i, t]

    return rule


def _minutes_suffice(problem: LotSizing) -> Any:
    def rule(model: Any, t: int) -> Any:  # (2)
        used = sum(
            float(problem.unit_minutes[i]) * model.make[i, t]
            + float(problem.setup_minutes[i]) * model.ready[i, t]
            for i in model.ITEMS
        )
        return used <= float(problem.capacity[t])

    return rule


def _made_when_ready(problem: LotSizing) -> Any:
    left = np.cumsum(problem.demand[:, ::-1], axis=1)[:, ::-1]
    limit = np.minimum(most(problem), left)

    def rule(model: Any, i: int, t: int) -> Any:  # (3)
        return model.make[i, t] <= float(limit[i, t]) * model.ready[i, t]

    return rule


def served(model: Any, problem: LotSizing, item: int, last: int, inside: Floats) -> Any:
    """One inequality (4); what is made before the first period of S is written as stock, by (1)."""
    first = int(np.flatnonzero(inside)[0])
    stock = [model.stock[item, first - 1]] if first > 0 else []
    terms = [
        float(inside[t]) * model.ready[item, t] if inside[t] > 0 else model.make[item, t]
        for t in range(first, last + 1)
    ]
    return sum(stock + terms) >= float(problem.demand[item, first : last + 1].sum())


def broken(
    problem: LotSizing, make: Floats, ready: Floats
) -> list[tuple[int, int, NDArray[np.float64]]]:
    """The inequalities (4) that a relaxation's values break, the worst S for each item and period."""
    found, limit = [], most(problem)
    for item, demand in enumerate(problem.demand):
        for last in range(len(demand)):
            due = demand[: last + 1]
            if due[-1] <= 0:
                continue
            coefficient = np.minimum(limit[item, : last + 1], np.cumsum(due[::-1])[::-1])
            by_setup = coefficient * ready[item, : last + 1]
            inside = by_setup < make[item, : last + 1]
            reached = np.where(inside, by_setup, make[item, : last + 1]).sum()
            if reached < due.sum() * (1 - SMALLEST_BREACH):
                found.append((item, last, np.where(inside, coefficient, 0.0)))
    return found


def relax(
    problem: LotSizing, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Relaxed | None:
    """The relaxation with the inequalities (4) that the time allows; None where nothing is feasible.

    Where the time allows no relaxation at all, its value is minus infinity and nothing is known of ready.
    """
    until = clock() + seconds
    cuts = _of_late_setups(problem)
    model, solver = build(problem, tuple(cuts), relaxed=True), Solver()
    value, make, ready = -np.inf, np.zeros(problem.demand.shape), np.full(problem.demand.shape, 0.5)
    for _ in range(MOST_ROUNDS):
        outcome = solver.solve(model, max(until - clock(), 0.1), warm=False)
        if outcome.status in INFEASIBLE:
            return None
        if outcome.status != "optimal" or outcome.objective is None:
            break
        value = outcome.objective
        make, ready = values(model.make, problem), values(model.ready, problem)
        new = broken(problem, make, ready)
        if not new or clock() > until:
            break
        cuts += new
        solver.highs.add_constraints(
            [model.served.add(served(model, problem, *cut)) for cut in new]
        )
    return Relaxed(value, ready, make, tuple(_tight(problem, cuts, make, ready)))


def _of_late_setups(problem: LotSizing) -> list[tuple[int, int, Floats]]:
    """The inequalities (4) with S the last few periods, which most relaxations would break at first."""
    limit, cuts = most(problem), []
    for item, demand in enumerate(problem.demand):
        for last in np.flatnonzero(demand).tolist():
            served_by = np.minimum(
                limit[item, : last + 1], np.cumsum(demand[: last + 1][::-1])[::-1]
            )
            for first in range(max(last + 1 - LATE, 0), last + 1):
                inside = np.where(np.arange(last + 1) >= first, served_by, 0.0)
                if inside.any():
                    cuts.append((item, last, inside))
    return cuts


def _tight(
    problem: LotSizing, cuts: list[tuple[int, int, Floats]], make: Floats, ready: Floats
) -> list[tuple[int, int, Floats]]:
    kept = []
    for item, last, inside in cuts:
        here = slice(0, last + 1)
        reached = np.where(inside > 0, inside * ready[item, here], make[item, here]).sum()
        if reached <= problem.demand[item, here].sum() * (1 + SMALLEST_BREACH):
            kept.append((item, last, inside))
    return kept


def values(variable: Any, problem: LotSizing) -> Floats:
    """A variable's values [I, T]."""
    items, periods = problem.demand.shape
    return np.array([[pyo.value(variable[i, t]) for t in range(periods)] for i in range(items)])


def hand_over(model: Any, problem: LotSizing, units: Units) -> None:
    """Make a plan the start: the value of every variable."""
    stock = np.cumsum(units - problem.demand, axis=1)
    for i in model.ITEMS:
        for t in model.PERIODS:
            model.make[i, t].set_value(float(units[i, t]))
            model.stock[i, t].set_value(max(float(stock[i, t]), 0.0), skip_validation=True)
            model.ready[i, t].set_value(int(units[i, t] > 0))


def clean(problem: LotSizing, make: Floats, ready: Floats) -> Units:
    """A plan out of a solver's values, which keep to their limits but for some millionths.

    What is made without a setup is dropped; what is short of it is made in the setup before.
    """
    units = np.where(ready > 0.5, np.maximum(make, 0.0), 0.0)
    stock = np.cumsum(units - problem.demand, axis=1)
    for item, period in zip(*np.nonzero(stock < 0), strict=True):
        missing = -float((units[item, : period + 1] - problem.demand[item, : period + 1]).sum())
        before = np.flatnonzero(units[item, : period + 1])
        if missing > 0 and before.size:
            units[item, before[-1]] += missing
    return units
