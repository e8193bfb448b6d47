"""Which item the machine makes in which period, one unit at most: a Pyomo model as flow through a network.

One unit of flow, the machine's setup, goes from period to period through the nodes (item, period).
Sets: i, j ∈ ITEMS, t ∈ PERIODS. Given: d_it ∈ {0,1} demand, h holding cost, c_ij cost of changing
from i to j, S_it(v) the due period of the v-th unit demanded after t.

Variables: make_it ∈ {0,1}; ready_it ∈ {0,1} the machine is set up for i; stock_it ≥ 0 at the period's end;
keep_it, change_ijt ≥ 0 (i ≠ j) the flow from period t−1 into t.

Minimise Σ c_ij change_ijt + Σ h stock_it                                                        (0)
subject to
    stock_i,t−1 + make_it = d_it + stock_it                                                      (1)
    Σ_i ready_i1 = 1                                                                             (2)
    ready_i,t−1 = keep_it + Σ_j change_ijt                                                       (3)
    ready_it = keep_it + Σ_j change_jit                                                          (4)
    make_it ≤ ready_it                                                                           (5)
    Σ_j change_jit ≤ make_it: the machine changes to what it makes at once                       (6)
    stock_it ≥ Σ_{v ∈ V} (1 − ready_i,t+v − Σ_{t+v < u ≤ S_it(v)} Σ_j change_jiu)                (7)
for each i, t and set V. (7) says for one v: not set up in t+v and not started until the unit is due, so at
most v − 1 of the v units are made after t; for many, see van Eijl and van Hoesel (1997). Those that the
relaxation breaks are added until none is; the best V takes the positive terms.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo

from models.optimize.lot_sizing.record import Floats, UnitLots, Units, sequence_of
from models.optimize.milp.highs import Solver

SMALLEST_BREACH = 1e-3  # units
MOST_ROUNDS = 40

# An inequality (7): item, period (-1: before the first), and (t + v, S(v)) of each v in V.
Cut = tuple[int, int, tuple[tuple[int, int], ...]]


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The relaxation's end: its value and the inequalities (7) met; done where it breaks no more."""

    value: float
    cuts: tuple[Cut, ...]
    done: bool


def build(problem: UnitLots, cuts: tuple[Cut, ...] = (), relaxed: bool = False) -> Any:
    """The Pyomo model, with the given inequalities (7)."""
    items, periods = problem.demand.shape
    model: Any = pyo.ConcreteModel()
    model.ITEMS, model.PERIODS = pyo.RangeSet(0, items - 1), pyo.RangeSet(0, periods - 1)
    model.LATER = pyo.RangeSet(1, periods - 1)
    model.PAIRS = pyo.Set(
        initialize=[(i, j) for i in range(items) for j in range(items) if i != j], dimen=2
    )
    domain = pyo.Reals if relaxed else pyo.Binary
    model.make = pyo.Var(model.ITEMS, model.PERIODS, domain=domain, bounds=(0, 1))
    model.ready = pyo.Var(model.ITEMS, model.PERIODS, domain=domain, bounds=(0, 1))
    model.stock = pyo.Var(model.ITEMS, model.PERIODS, bounds=(0.0, None))
    model.keep = pyo.Var(model.ITEMS, model.LATER, bounds=(0.0, None))
    model.change = pyo.Var(model.PAIRS, model.LATER, bounds=(0.0, None))
    _constraints(model, problem)
    for cut in cuts:
        model.started_in_time.add(started_in_time(model, *cut))
    model.money = pyo.Objective(
        expr=sum(
            float(problem.changeover[i, j]) * model.change[i, j, t]
            for i, j in model.PAIRS
            for t in model.LATER
        )
        + problem.holding * sum(model.stock[i, t] for i in model.ITEMS for t in model.PERIODS)
    )
    return model


def _constraints(model: Any, problem: UnitLots) -> None:
    others = list(model.ITEMS)

    def stock_is_kept(model: Any, i: int, t: int) -> Any:  # (1)
        before = model.stock[i, t - 1] if t > 0 else 0.0
        return before + model.make[i, t] == float(problem.demand[i, t]) + model.stock[i, t]

    def left_or_kept(model: Any, i: int, t: int) -> Any:  # (3)
        left = sum(model.change[i, j, t] for j in others if j != i)
        return model.ready[i, t - 1] == model.keep[i, t] + left

    def ready_by_flow(model: Any, i: int, t: int) -> Any:  # (4)
        return model.ready[i, t] == model.keep[i, t] + started(model, i, t)

    model.stock_is_kept = pyo.Constraint(model.ITEMS, model.PERIODS, rule=stock_is_kept)
    model.one_setup = pyo.Constraint(expr=sum(model.ready[i, 0] for i in model.ITEMS) == 1)  # (2)
    model.left_or_kept = pyo.Constraint(model.ITEMS, model.LATER, rule=left_or_kept)
    model.ready_by_flow = pyo.Constraint(model.ITEMS, model.LATER, rule=ready_by_flow)
    model.made_when_ready = pyo.Constraint(  # (5)
        model.ITEMS, model.PERIODS, rule=lambda m, i, t: m.make[i, t] <= m.ready[i, t]
    )
    model.made_when_started = pyo.Constraint(  # (6)
        model.ITEMS, model.LATER, rule=lambda m, i, t: started(m, i, t) <= m.make[i, t]
    )
    model.started_in_time = pyo.ConstraintList()


def started(model: Any, item: int, period: int) -> Any:
    """The flow that changes to an item on the way into a period."""
    return sum(model.change[j, item, period] for j in model.ITEMS if j != item)


def started_in_time(model: Any, item: int, period: int, terms: tuple[tuple[int, int], ...]) -> Any:
    """One inequality (7)."""
    stock = model.stock[item, period] if period >= 0 else 0.0
    return stock >= sum(
        1
        - model.ready[item, at]
        - sum(started(model, item, later) for later in range(at + 1, due + 1))
        for at, due in terms
    )


def broken(problem: UnitLots, stock: Floats, ready: Floats, starts: Floats) -> list[Cut]:
    """The inequalities (7) that a relaxation's values [I, T] break, the worst for each item and period."""
    found: list[Cut] = []
    before = np.concatenate([np.zeros((len(ready), 1)), np.cumsum(starts, axis=1)], axis=1)
    for item, demand in enumerate(problem.demand):
        dues = np.flatnonzero(demand)
        for period in range(-1, len(demand) - 1):
            due = dues[dues > period]
            at = period + 1 + np.arange(len(due))
            terms = 1 - ready[item, at] - (before[item, due + 1] - before[item, at + 1])
            chosen = terms > 0
            held = stock[item, period] if period >= 0 else 0.0
            if terms[chosen].sum() > held + SMALLEST_BREACH:
                pairs = zip(at[chosen].tolist(), due[chosen].tolist(), strict=True)
                found.append((item, period, tuple(pairs)))
    return found


def relax(
    problem: UnitLots, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Relaxed | None:
    """The relaxation with the inequalities (7) that the time allows; None where it allows none."""
    until = clock() + seconds
    model, solver = build(problem, relaxed=True), Solver()
    cuts: list[Cut] = []
    best: Relaxed | None = None
    for _ in range(MOST_ROUNDS):
        outcome = solver.solve(model, max(until - clock(), 0.1), warm=False)
        if outcome.objective is None or outcome.status != "optimal":
            return best
        ready, stock, starts = _values(model, problem)
        new = broken(problem, stock, ready, starts)
        best = Relaxed(outcome.objective, tuple(cuts), not new)
        if not new or clock() > until:
            return best
        cuts += new
        solver.highs.add_constraints(
            [model.started_in_time.add(started_in_time(model, *cut)) for cut in new]
        )
    return best


def _values(model: Any, problem: UnitLots) -> tuple[Floats, Floats, Floats]:
    items, periods = problem.demand.shape
    ready, stock, starts = (np.zeros((items, periods)) for _ in range(3))
    for i in range(items):
        for t in range(periods):
            ready[i, t] = model.ready[i, t].value
            stock[i, t] = model.stock[i, t].value
    for (_, j, t), flow in model.change.items():
        starts[j, t] += flow.value
    return ready, stock, starts


def hand_over(model: Any, problem: UnitLots, units: Units) -> None:
    """Make a plan the start: the value of every variable."""
    sequence = sequence_of(units)
    stock = np.cumsum(units - problem.demand, axis=1)
    state = _states(sequence)
    for i in model.ITEMS:
        for t in model.PERIODS:
            model.make[i, t].set_value(int(units[i, t]))
            model.ready[i, t].set_value(int(state[t] == i))
            model.stock[i, t].set_value(float(stock[i, t]))
            if t > 0:
                model.keep[i, t].set_value(int(state[t] == i == state[t - 1]))
    for i, j, t in model.change:
        model.change[i, j, t].set_value(int(state[t - 1] == i and state[t] == j))


def _states(sequence: np.ndarray[Any, Any]) -> list[int]:
    """What the machine is set up for in each period: what it made last, at first what it makes first."""
    made = [int(item) for item in sequence if item >= 0]
    state = made[0] if made else 0
    states = []
    for item in sequence:
        state = int(item) if item >= 0 else state
        states.append(state)
    return states
