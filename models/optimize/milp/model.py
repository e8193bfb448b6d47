"""Which line makes how much of what on which day: a Pyomo model of some lines of a plant.

Sets: l ∈ LINES chosen; t ∈ BUCKETS (days), of which line
variables have only those of the window, DAYS; k = (l, i) ∈ MAKES the capabilities that count; i ∈ ITEMS
made or taken by those; f ∈ FAMILIES(l); o ∈ ORDERS of ITEMS. Given: a_it what comes in from outside
(arrivals and runs that stay, less what those take), C_lt and V_lt regular and overtime minutes that
runs that stay leave, m_k minutes per unit, s_lf and c_lf minutes and money of setting up (the mean
over the families before), p_ij units of i per unit of j at that line's yield, d_it demand due, q_o
and b(o) an order's size and bucket.

Variables: make_kt ≥ 0 units; lot_kt ∈ {0,1} where k has a least lot; ready_lft ∈ {0,1} family f is
made; carry_lft ∈ {0,1} line set up for f at the bucket's start; setup_lft and steady_lt (no setup in
t) ∈ [0,1]; extra_lt overtime and idle_lt minutes; stock_it, short_it units; open_ot units of an order
not served at the bucket's end.

Minimise the weighted money of
    Σ run_l (Σ m_k make_kt)/60 + Σ overtime_l extra_lt/60 + Σ c_lf setup_lft + Σ idle_l idle_lt/60
    + Σ w_o days_t open_ot + Σ w_o open_oT + Σ (h_i stock_it + r_i short_it) days_t              (0)
subject to
    stock_it − Σ open_ot = stock_i,t−1 − Σ open_o,t−1 + a_it + Σ make_it − Σ p_ij make_jt − d_it  (1)
    Σ m_k make_kt + Σ s_lf setup_lft + idle_lt = C_lt + extra_lt,  extra_lt ≤ V_lt                (2)
    make_kt ≤ U_kt ready_lft; with a least lot instead
    least_k lot_kt ≤ make_kt ≤ U_kt lot_kt, lot_kt ≤ ready_lft                                    (3)
    setup_lft ≥ ready_lft − carry_lft                                                             (4)
    Σ_f carry_lft ≤ 1                                                                             (5)
    carry_lf,t+1 ≤ carry_lft + setup_lft                                                          (6)
    carry_lft + carry_lf,t+1 ≤ 1 + steady_lt + setup_lft                                          (7)
    setup_lft + steady_lt ≤ 1                                                                     (8)
    short_it ≥ safety_i − stock_it                                                                (9)
(6)–(8) carry a setup over days, after Suerie and Stadtler (2003). The model prices, it does not time:
`disaggregate` does, and `plant.evaluate` says whether the outcome is better.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from models.optimize.milp.scope import BucketPlan, Scope, bom_rows

MINUTES_PER_HOUR = 60.0


def build(scope: Scope) -> Any:
    """The Pyomo model of a scope."""
    model: Any = pyo.ConcreteModel()
    _sets(model, scope)
    _variables(model, scope)
    T, D, F = model.BUCKETS, model.DAYS, model.SETUPS
    model.stock_is_kept = pyo.Constraint(model.ITEMS, T, rule=_stock_is_kept(scope))
    model.time_is_filled = pyo.Constraint(model.LINES, D, rule=_time_is_filled(scope))
    model.made_when_ready = pyo.Constraint(model.MAKES, D, rule=_made_when_ready(scope))
    model.lots_are_large = pyo.Constraint(model.LOTS, D, rule=_lots_are_large(scope))
    model.lots_when_ready = pyo.Constraint(model.LOTS, D, rule=_lots_when_ready(scope))
    model.setup_or_carry = pyo.Constraint(F, D, rule=_setup_or_carry)
    model.one_setup_carried = pyo.Constraint(model.LINES, D, rule=_one_setup_carried(scope))
    model.carried_if_set_up = pyo.Constraint(F, D, rule=_carried_if_set_up(scope))
    model.carried_through = pyo.Constraint(F, D, rule=_carried_through(scope))
    model.steady_or_setup = pyo.Constraint(F, D, rule=_steady_or_setup)
    model.short_of_safety = pyo.Constraint(model.ITEMS, T, rule=_short_of_safety(scope))
    model.money = pyo.Objective(expr=_money(model, scope))
    return model


def start_as_it_is(model: Any, scope: Scope) -> None:
    """Let the lines start with no other setup than the one that they have."""
    for line, family in model.SETUPS:
        initial = int(scope.initial[line])
        if initial >= 0:
            model.carry[line, family, scope.window.start].setub(int(family == initial))


def plan_of(model: Any, scope: Scope) -> BucketPlan:
    """The plan that the values of a solved model say."""
    shape = (len(scope.plant.lines), len(scope.plant.items), scope.buckets.number)
    units = np.zeros(shape)
    carried = np.full((shape[0], shape[2] + 1), -1, dtype=np.int64)
    for line, item in model.MAKES:
        for bucket in model.DAYS:
            units[line, item, bucket] = max(pyo.value(model.make[line, item, bucket]), 0.0)
    for line, family in model.SETUPS:
        for bucket in model.DAYS:
            if pyo.value(model.carry[line, family, bucket]) > 0.5:
                carried[line, bucket] = family
    return BucketPlan(units, carried)


def _sets(model: Any, scope: Scope) -> None:
    capabilities = scope.arrays.capabilities
    model.BUCKETS = pyo.RangeSet(0, scope.buckets.number - 1)
    model.DAYS = pyo.Set(initialize=scope.window)
    model.LINES = pyo.Set(initialize=scope.lines)
    model.ITEMS = pyo.Set(initialize=scope.items)
    model.MAKES = pyo.Set(initialize=scope.makes, dimen=2)
    model.LOTS = pyo.Set(
        initialize=[make for make in scope.makes if capabilities.min_lot[make] > 0], dimen=2
    )
    model.SETUPS = pyo.Set(
        initialize=[(at, f) for at in scope.lines for f in scope.families_of(at)], dimen=2
    )
    chosen = set(scope.items)
    model.demand = {
        number: demand
        for number, demand in enumerate(scope.buckets.demands)
        if demand.item in chosen
    }
    model.OPEN = pyo.Set(
        initialize=[
            (number, bucket)
            for number, demand in model.demand.items()
            for bucket in range(demand.bucket, scope.buckets.number)
        ],
        dimen=2,
    )


def _variables(model: Any, scope: Scope) -> None:
    T, D = model.BUCKETS, model.DAYS
    model.make = pyo.Var(model.MAKES, D, bounds=lambda _, at, i, t: (0.0, _most(scope, at, i, t)))
    model.lot = pyo.Var(model.LOTS, D, domain=pyo.Binary)
    model.ready = pyo.Var(model.SETUPS, D, domain=pyo.Binary)
    model.carry = pyo.Var(model.SETUPS, D, domain=pyo.Binary)
    model.setup = pyo.Var(model.SETUPS, D, bounds=(0.0, 1.0))
    model.steady = pyo.Var(model.LINES, D, bounds=(0.0, 1.0))
    model.extra = pyo.Var(
        model.LINES, D, bounds=lambda _, at, t: (0.0, float(scope.overtime[at, t]))
    )
    model.idle = pyo.Var(model.LINES, D, bounds=(0.0, None))
    model.stock = pyo.Var(model.ITEMS, T, bounds=(0.0, None))
    model.short = pyo.Var(model.ITEMS, T, bounds=(0.0, None))
    model.open = pyo.Var(
        model.OPEN, bounds=lambda _, number, t: (0.0, model.demand[number].quantity)
    )
    start_as_it_is(model, scope)


def _minutes(scope: Scope, line: int, item: int) -> float:
    return MINUTES_PER_HOUR / float(scope.arrays.capabilities.rate[line, item])


def _most(scope: Scope, line: int, item: int, bucket: int) -> float:
    room = scope.regular[line, bucket] + scope.overtime[line, bucket]
    return float(room) / _minutes(scope, line, item)


def _stock_is_kept(scope: Scope) -> Any:
    makers: dict[int, list[tuple[int, float, int]]] = {item: [] for item in scope.items}
    rows = bom_rows(scope.arrays)

    def rule(model: Any, item: int, t: int) -> Any:  # (1)
        before = scope.arrays.items.stock[item]
        if t > 0:
            owed = [n for n in owing[item] if model.demand[n].bucket < t]
            before = model.stock[item, t - 1] - sum(model.open[n, t - 1] for n in owed)
        now = [n for n in owing[item] if model.demand[n].bucket <= t]
        due = sum(model.demand[n].quantity for n in now if model.demand[n].bucket == t)
        change = 0.0
        if t in scope.window:
            change = sum(factor * model.make[line, of, t] for line, factor, of in makers[item])
        owed_now = sum(model.open[n, t] for n in now)
        given = float(scope.outside[item, t]) - due
        return model.stock[item, t] - owed_now == before + change + given

    for line, item in scope.makes:
        makers[item].append((line, 1.0, item))
        for _, part, per_unit in (row for row in rows if row[0] == item):
            share = per_unit / float(scope.arrays.capabilities.yield_[line, item])
            makers[part].append((line, -share, item))
    owing: dict[int, list[int]] = {item: [] for item in scope.items}
    for number, demand in enumerate(scope.buckets.demands):
        if demand.item in owing:
            owing[demand.item].append(number)
    return rule


def _time_is_filled(scope: Scope) -> Any:
    items = {line: scope.made_on(line) for line in scope.lines}

    def rule(model: Any, line: int, t: int) -> Any:  # (2)
        running = sum(_minutes(scope, line, i) * model.make[line, i, t] for i in items[line])
        setting = sum(
            scope.setup_minutes(line, f) * model.setup[line, f, t] for f in scope.families_of(line)
        )
        regular = float(scope.regular[line, t])
        return running + setting + model.idle[line, t] == regular + model.extra[line, t]

    return rule


def _made_when_ready(scope: Scope) -> Any:
    def rule(model: Any, line: int, item: int, t: int) -> Any:  # (3)
        allowed = model.ready[line, int(scope.arrays.items.family[item]), t]
        if (line, item) in model.LOTS:
            allowed = model.lot[line, item, t]
        return model.make[line, item, t] <= _most(scope, line, item, t) * allowed

    return rule


def _lots_are_large(scope: Scope) -> Any:
    def rule(model: Any, line: int, item: int, t: int) -> Any:  # (3)
        least = float(scope.arrays.capabilities.min_lot[line, item])
        return model.make[line, item, t] >= least * model.lot[line, item, t]

    return rule


def _lots_when_ready(scope: Scope) -> Any:
    def rule(model: Any, line: int, item: int, t: int) -> Any:  # (3)
        family = int(scope.arrays.items.family[item])
        return model.lot[line, item, t] <= model.ready[line, family, t]

    return rule


def _setup_or_carry(model: Any, line: int, family: int, t: int) -> Any:  # (4)
    return (
        model.setup[line, family, t] >= model.ready[line, family, t] - model.carry[line, family, t]
    )


def _one_setup_carried(scope: Scope) -> Any:
    def rule(model: Any, line: int, t: int) -> Any:  # (5)
        families = scope.families_of(line)
        if not families:
            return pyo.Constraint.Skip
        return sum(model.carry[line, f, t] for f in families) <= 1

    return rule


def _carried_if_set_up(scope: Scope) -> Any:
    def rule(model: Any, line: int, f: int, t: int) -> Any:  # (6)
        if t + 1 not in scope.window:
            return pyo.Constraint.Skip
        return model.carry[line, f, t + 1] <= model.carry[line, f, t] + model.setup[line, f, t]

    return rule


def _carried_through(scope: Scope) -> Any:
    def rule(model: Any, line: int, f: int, t: int) -> Any:  # (7)
        if t + 1 not in scope.window:
            return pyo.Constraint.Skip
        carried = model.carry[line, f, t] + model.carry[line, f, t + 1]
        return carried <= 1 + model.steady[line, t] + model.setup[line, f, t]

    return rule


def _steady_or_setup(model: Any, line: int, family: int, t: int) -> Any:  # (8)
    return model.setup[line, family, t] + model.steady[line, t] <= 1


def _short_of_safety(scope: Scope) -> Any:
    def rule(model: Any, item: int, t: int) -> Any:  # (9)
        safety = float(scope.arrays.items.safety_stock[item])
        if safety == 0:
            return pyo.Constraint.Skip
        return model.short[item, t] >= safety - model.stock[item, t]

    return rule


def _money(model: Any, scope: Scope) -> Any:  # (0)
    lines, items, weights = scope.arrays.lines, scope.arrays.items, scope.weights
    days, last = scope.buckets.days, scope.buckets.number - 1
    T = model.BUCKETS
    production = sum(
        float(lines.run_cost[line])
        / MINUTES_PER_HOUR
        * _minutes(scope, line, item)
        * model.make[line, item, t]
        for line, item in model.MAKES
        for t in model.DAYS
    ) + sum(
        float(lines.overtime_cost[line]) / MINUTES_PER_HOUR * model.extra[line, t]
        for line in model.LINES
        for t in model.DAYS
    )
    changeover = sum(
        float(scope.buckets.setup_cost[line, f]) * model.setup[line, f, t]
        for line, f in model.SETUPS
        for t in model.DAYS
    )
    idle = sum(
        float(lines.idle_cost[line]) / MINUTES_PER_HOUR * model.idle[line, t]
        for line in model.LINES
        for t in model.DAYS
    )
    holding = sum(
        (
            float(items.holding_cost[i]) * model.stock[i, t]
            + float(items.shortage_cost[i]) * model.short[i, t]
        )
        * float(days[t])
        for i in model.ITEMS
        for t in T
    )
    tardiness = sum(
        model.demand[n].weight * (float(days[t]) + (t == last)) * model.open[n, t]
        for n, t in model.OPEN
    )
    return (
        weights.tardiness * tardiness
        + weights.production * production
        + weights.changeover * changeover
        + weights.holding * holding
        + weights.idle * idle
    )
