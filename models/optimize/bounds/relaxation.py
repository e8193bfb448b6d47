"""A lower bound of what any feasible schedule of a plant costs, by a linear relaxation over days.

Let τ_0 = 0 < ... < τ_T be the edges of days (or longer spans), the horizon the last. For a feasible
schedule let x_lit be what runs of item i on line l deliver in (τ_t−1, τ_t]; stock_it, open_ot (units of
order o not served) and taken_it (all that runs have taken) hold at τ_t. Then all of this is true of it:
    Σ_{s≤t} Σ_i minutes_li x_lis ≤ W_l(τ_t)            a run is worked in full before it ends       (1)
    stock_it + Σ_o (q_o − open_ot) + taken_it = stock_i0 + arrived_i(τ_t) + Σ_{s≤t} Σ_l x_lis       (2)
    taken_it ≥ Σ_{s≤t} what the runs ended take, and never falls                                    (3)
    tardiness of o ≥ w_o Σ_t (what of the day is after its due) open_ot + w_o one day open_oT       (4)
because open units never grow again after the due minute;
    stock within day t ≥ stock_it − gained in t, and ≤ stock_i,t−1 + gained in t                    (5)
for holding and for shortage; with r_l all run minutes, e_l those in overtime, k_l of changeovers:
    r_l ≥ Σ_t Σ_i minutes x, e_l ≥ Σ_{s≤t} minutes x − regular_l(τ_t), idle_l ≥ regular_l − r_l + e_l − k_l
                                                                                                    (6)
    changeover money ≥ k_l × least money per minute of one, k_l ≤ r_l × most minutes / least run    (7)
    changeover money ≥ Σ_f (share of W_l made in f) × cheapest changeover into f, f not the first   (8)
So the least weighted money over all x is at most what the schedule costs. Instability and makespan
count as 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.optimize.bounds.linear import LinearProgramme
from plant import Plant, Weights
from plant.arrays import Floats, Ints, PlantArrays, plant_arrays
from plant.calendar import worked_before
from plant.model import MINUTES_PER_DAY

PLAIN = Weights()
# Capabilities times days: 50 lines x 200 items x 2 weeks take 1.2 s, x 4 half weeks 5 s, daily over 20 s.
MOST_DELIVERIES = 12_000


class _Grid(NamedTuple):
    """Days and shift minutes from available_from on.

    edges [T+1]; worked, regular [L, T+1]: all and regular minutes until an edge; the other two [L]: until
    the last shift ends.
    """

    edges: Ints
    worked: Floats
    regular: Floats
    worked_in_all: Floats
    regular_in_all: Floats


def lower_bound(
    plant: Plant,
    weights: Weights = PLAIN,
    seconds: float = 20.0,
    minutes: int | None = None,
) -> float:
    """A number that no feasible schedule of the plant costs less than; at least 0.

    `minutes` is the length of a day above; by default whole days, as many as make the relaxation small
    enough to be solved in seconds. Shorter is tighter. Valid for every base schedule and zones: locks only
    take schedules away.
    """
    arrays = plant_arrays(plant)
    grid = _grid(plant, arrays, minutes or _length(plant))
    lp = LinearProgramme()
    made, taken = _lines(lp, arrays, grid, weights)
    for item in range(len(plant.items)):
        _item(lp, arrays, grid, weights, item, made[item], taken[item])
    return max(lp.bound(seconds), 0.0)


def _length(plant: Plant) -> int:
    days = -(-plant.horizon // MINUTES_PER_DAY)
    number = min(max(MOST_DELIVERIES // max(len(plant.capabilities), 1), 1), days)
    return -(-days // number) * MINUTES_PER_DAY


def _grid(plant: Plant, arrays: PlantArrays, minutes: int) -> _Grid:
    edges = np.array([*range(0, plant.horizon, minutes), plant.horizon], dtype=np.int64)
    lines, end = len(plant.lines), max([plant.horizon, *_ends(plant)])
    worked, regular = np.zeros((2, lines, len(edges) + 1))
    for line in range(lines):
        available = int(arrays.calendar.available[line])
        before = worked_before(arrays.calendar, line, available)
        for at, edge in enumerate([*edges.tolist(), end]):
            if edge > available:
                total, overtime = worked_before(arrays.calendar, line, edge)
                worked[line, at] = total - before[0]
                regular[line, at] = worked[line, at] - (overtime - before[1])
    return _Grid(edges, worked[:, :-1], regular[:, :-1], worked[:, -1], regular[:, -1])


def _ends(plant: Plant) -> list[int]:
    return [shift.end for line in plant.lines for shift in line.shifts]


Terms = list[list[tuple[int, float]]]


def _lines(
    lp: LinearProgramme, arrays: PlantArrays, grid: _Grid, weights: Weights
) -> tuple[list[Terms], list[Terms]]:
    """Per item and day: the terms of what is delivered, and of what the runs that deliver take."""
    items, days = len(arrays.items.stock), len(grid.edges) - 1
    made: list[Terms] = [[[] for _ in range(days)] for _ in range(items)]
    taken: list[Terms] = [[[] for _ in range(days)] for _ in range(items)]
    bom = arrays.bom
    for line in range(len(arrays.lines.run_cost)):
        rates, most = arrays.capabilities.rate[line], grid.worked[line]
        able = np.flatnonzero(rates > 0).tolist()
        busy: Terms = [[] for _ in range(days)]
        share: dict[int, list[tuple[int, float]]] = {}
        for item in able:
            each = 60.0 / float(rates[item])
            for day in range(days):
                x = lp.variable(float(most[day + 1]) / each)
                busy[day].append((x, each))
                made[item][day].append((x, 1.0))
                share.setdefault(int(arrays.items.family[item]), []).append((x, each))
                for row in range(bom.pointer[item], bom.pointer[item + 1]):
                    units = bom.per_unit[row] / arrays.capabilities.yield_[line, item]
                    taken[bom.component[row]][day].append((x, float(units)))
        _line_money(lp, arrays, grid, weights, line, busy, share)
    return made, taken


def _line_money(
    lp: LinearProgramme,
    arrays: PlantArrays,
    grid: _Grid,
    weights: Weights,
    line: int,
    busy: Terms,
    share: dict[int, list[tuple[int, float]]],
) -> None:
    lines, in_all = arrays.lines, float(grid.worked_in_all[line])
    regular = float(grid.regular_in_all[line])
    run = lp.variable(in_all, weights.production * float(lines.run_cost[line]) / 60)
    extra = lp.variable(
        in_all - regular, weights.production * float(lines.overtime_cost[line]) / 60
    )
    idle = lp.variable(regular, weights.idle * float(lines.idle_cost[line]) / 60)
    setting = lp.variable(in_all)
    before = -1
    for day, terms in enumerate(busy):  # (1), with the minutes until each day's end as a variable
        until = lp.variable(float(grid.worked[line, day + 1]))
        carried = [(before, 1.0)] if before >= 0 else []
        lp.row([*terms, *carried, (until, -1.0)], 0.0, 0.0)
        lp.row([(extra, 1.0), (until, -1.0)], lower=-float(grid.regular[line, day + 1]))  # (6)
        before = until
    if before >= 0:
        lp.row([(run, 1.0), (before, -1.0)], lower=0.0)
    lp.row([(extra, 1.0), (run, -1.0)], lower=-regular)
    lp.row([(idle, 1.0), (run, 1.0), (extra, -1.0), (setting, 1.0)], lower=regular)
    _changeover_money(lp, arrays, weights, line, in_all, (run, setting), share)


def _changeover_money(
    lp: LinearProgramme,
    arrays: PlantArrays,
    weights: Weights,
    line: int,
    in_all: float,
    columns: tuple[int, int],
    share: dict[int, list[tuple[int, float]]],
) -> None:
    run, setting = columns
    initial = int(arrays.lines.initial_family[line])
    made = sorted(share)
    known = sorted({*made, initial} - {-1})
    table = arrays.lines.table[line]
    minutes = arrays.changeovers.minutes[table][np.ix_(known, made)]
    cost = arrays.changeovers.cost[table][np.ix_(known, made)]
    rates = arrays.capabilities.rate[line]
    least = np.maximum(arrays.capabilities.min_lot[line], arrays.capabilities.lot_multiple[line])
    able = rates > 0
    shortest = float(np.maximum(least[able] / rates[able] * 60.0, 1.0).min(initial=np.inf))
    longest = float(minutes.max(initial=0))
    lp.row([(setting, 1.0), (run, -longest / shortest)], upper=0.0)  # (7)
    ratio = (cost[minutes > 0] / minutes[minutes > 0]).min(initial=np.inf)
    cheapest = float(ratio) if np.isfinite(ratio) else 0.0
    money = lp.variable(1e3 + 2.0 * in_all * (cheapest + cost.max(initial=0.0)), weights.changeover)
    lp.row([(money, 1.0), (setting, -cheapest)], lower=0.0)
    if initial >= 0 and in_all > 0:  # (8)
        terms = [(money, 1.0)]
        for column, family in enumerate(made):
            others = [row for row, other in enumerate(known) if other != family]
            if family == initial or not others:
                continue
            each = float(cost[others, column].min()) / in_all
            terms.extend((x, -each * factor) for x, factor in share[family])
        lp.row(terms, lower=0.0)


def _item(
    lp: LinearProgramme,
    arrays: PlantArrays,
    grid: _Grid,
    weights: Weights,
    item: int,
    made: Terms,
    taken: Terms,
) -> None:
    edges, days = grid.edges, len(grid.edges) - 1
    arrived = _arrived(arrays, edges, item)
    opening = float(arrays.items.stock[item])
    most = opening + arrived[-1] + sum(lp.upper[x] for terms in made for x, _ in terms)
    orders = range(arrays.orders.pointer[item], arrays.orders.pointer[item + 1])
    open_of = {order: _order(lp, arrays, edges, weights, order) for order in orders}
    is_part = any(taken)
    length = np.diff(edges) / MINUTES_PER_DAY
    holding = weights.holding * float(arrays.items.holding_cost[item])
    missing = weights.holding * float(arrays.items.shortage_cost[item])
    safety = float(arrays.items.safety_stock[item])
    total = used = passed = stock = -1
    for day in range(days):
        total = _running(lp, made[day], total, most)
        used = _running(lp, taken[day], used, most)
        now_passed = lp.variable(most) if is_part else -1
        if is_part:  # (3)
            lp.row([(now_passed, 1.0), (used, -1.0)], lower=0.0)
            if passed >= 0:
                lp.row([(now_passed, 1.0), (passed, -1.0)], lower=0.0)
        now = lp.variable(most)
        due = {order: columns[day] for order, columns in open_of.items() if day in columns}
        served = [(column, -1.0) for column in due.values()]
        gone = [(now_passed, 1.0)] if is_part else []
        known = opening + arrived[day] - sum(float(arrays.orders.quantity[o]) for o in due)
        lp.row([(now, 1.0), *served, *gone, (total, -1.0)], known, known)  # (2)
        before = 0.0 if stock >= 0 else opening
        came = arrived[day] - (arrived[day - 1] if day else 0.0)
        carried = [(stock, -1.0)] if stock >= 0 else []
        if holding > 0:  # (5): what is in stock at the day's end and did not come in within the day
            held = lp.variable(most, holding * float(length[day]))
            gained = [(x, factor) for x, factor in made[day]]
            lp.row([(held, 1.0), (now, -1.0), *gained], lower=-came)
        if missing > 0 and safety > 0:
            short = lp.variable(safety, missing * float(length[day]))
            gained = [(x, factor) for x, factor in made[day]]
            reach = [(short, 1.0), *gained, *((column, -f) for column, f in carried)]
            lp.row(reach, lower=safety - before - came)
        passed, stock = now_passed, now


def _running(lp: LinearProgramme, terms: list[tuple[int, float]], before: int, most: float) -> int:
    """A variable for the sum of the terms of all days until now."""
    total = lp.variable(
        max(
            most,
            sum(lp.upper[x] * f for x, f in terms) + (lp.upper[before] if before >= 0 else 0.0),
        )
    )
    carried = [(before, 1.0)] if before >= 0 else []
    lp.row([*terms, *carried, (total, -1.0)], 0.0, 0.0)
    return total


def _arrived(arrays: PlantArrays, edges: Ints, item: int) -> list[float]:
    """The units that have arrived by each day's end."""
    mine = arrays.arrivals.item == item
    return [
        float(arrays.arrivals.quantity[mine & (arrays.arrivals.at <= edge)].sum())
        for edge in edges[1:].tolist()
    ]


def _order(
    lp: LinearProgramme, arrays: PlantArrays, edges: Ints, weights: Weights, order: int
) -> dict[int, int]:
    """The variables of an order's open units by day, from the day of its due on; see (4)."""
    horizon, due = int(edges[-1]), int(arrays.orders.due[order])
    quantity = float(arrays.orders.quantity[order])
    each = weights.tardiness * float(arrays.orders.weight[order]) / MINUTES_PER_DAY
    if due > horizon:  # nobody is served before the due minute, so that all of it stays open
        lp.constant += each * quantity * max(horizon + MINUTES_PER_DAY - due, 0)
        return {}
    lp.constant += each * quantity * max(-due, 0)
    columns = {}
    for day in range(len(edges) - 1):
        if due <= edges[day + 1]:
            late = int(edges[day + 1]) - max(due, int(edges[day]))
            late += MINUTES_PER_DAY if day == len(edges) - 2 else 0
            columns[day] = lp.variable(quantity, each * late)
    return columns
