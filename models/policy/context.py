"""What a plant is like before anything is decided: the figures by which the policy fits its rule to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.fleet.clock import clock_of
from envs.fleet.luck import DEMAND_SPREAD, FAIL_HOURS, Luck
from envs.fleet.plants import IDLE, PRODUCTION, TICK, Fleet
from plant import COMPONENTS
from plant.arrays import Floats

FIGURES = (
    "log of lines",
    "load at mean rates, of regular time",
    "share of overtime",
    "share of the work that is for parts",
    "changeover over the work of a lot",
    "log of items a line",
    "share of the work due in the first 30 % of the horizon",
    "log of orders an item",
    "log of an hour's tardiness a day late over an hour's run",
    "idle money over run money",
    "overtime money over run money",
    "share of the items that a line can make",
    "raw materials over items",
    "spread of demand",
    "failures a day",
    "days",
    "log of how dear lines are over the cheapest",
    "load by changeover",
    "load by share of parts",
    "load above 90 %",
)
TARDINESS = COMPONENTS.index("tardiness")
OFTEN = 0.3  # of the horizon: what is due before is due soon


def contexts(fleet: Fleet, luck: Luck) -> Floats:
    """The figures of every plant [B, len(FIGURES)]; money counts as the objective's weights have it."""
    clock = clock_of(fleet)
    ticks = np.minimum(fleet.horizon // fleet.rhythm[TICK], clock.manned.shape[1] - 1)
    last = ticks.repeat(fleet.lines)
    manned = clock.manned[clock.of_line, last].reshape(fleet.size, -1) / 60.0
    overtime = clock.overtime[clock.of_line, last].reshape(fleet.size, -1) / 60.0
    seen: dict[bytes, Floats] = {}
    found = np.zeros((fleet.size, len(FIGURES)))
    for b in range(fleet.size):
        key = _print(fleet, b)
        if key not in seen:
            hours = float(manned[b].sum()), float(overtime[b].sum())
            seen[key] = _figures(fleet, luck.figures(), b, *hours)
        found[b] = seen[key]
    return found


def _print(fleet: Fleet, b: int) -> bytes:
    """What tells plants of a fleet apart; rows that play the same plant have the same."""
    items = slice(b * fleet.items, (b + 1) * fleet.items)
    lines = slice(b * fleet.lines, (b + 1) * fleet.lines)
    first, end = fleet.order_first[items.start], fleet.order_first[items.stop]
    parts = (
        fleet.stock[items], fleet.rate[lines], fleet.run_cost[lines], fleet.order_quantity[first:end],
        fleet.order_due[first:end], fleet.horizon[b : b + 1], fleet.weights[b],
    )  # fmt: skip
    return b"".join(np.ascontiguousarray(one).tobytes() for one in parts)


def _figures(fleet: Fleet, luck: Floats, b: int, manned: float, overtime: float) -> Floats:
    own = int(fleet.own_lines[b])
    lines = slice(b * fleet.lines, b * fleet.lines + own)
    items = slice(b * fleet.items, (b + 1) * fleet.items)
    there = fleet.slot_item[lines] >= 0
    made = fleet.rate_best[items] > 0
    count, part = max(int(made.sum()), 1), made & (fleet.is_component[items] > 0)
    rate = _mean_rates(fleet, lines, items)
    work = _needs(fleet, b) / rate * made
    total = max(float(work.sum()), 1e-9)
    load = total / max(manned - overtime, 1.0)
    soon, value, orders = _book(fleet, b, rate, made)
    lots = np.maximum(fleet.lot[lines][there] / fleet.rate[lines][there] * 60.0, 30.0)
    severity = float(fleet.mean_setup[b] / lots.mean()) if lots.size else 0.0
    tardiness, production, idle = fleet.weights[b, [TARDINESS, PRODUCTION, IDLE]]
    run = max(production * float(fleet.run_cost[lines].mean()), 1e-9)
    parts = float(work[part].sum()) / total
    raw = ~made & (fleet.is_component[items] > 0)
    failures = 24.0 / luck[FAIL_HOURS] if luck[FAIL_HOURS] > 0 else 0.0
    dear = fleet.dear[lines][..., 0][there]
    return np.array([
        np.log(own), load, overtime / max(manned, 1.0), parts, severity, np.log(count / own), soon,
        np.log(max(orders, 1) / count), np.log(max(tardiness * value / run, 1e-3)),
        idle * fleet.idle_cost[lines].mean() / run,
        production * fleet.overtime_cost[lines].mean() / run,
        there.sum() / own / count, raw.sum() / count, luck[DEMAND_SPREAD], failures,
        fleet.horizon[b] / 1440.0, dear.mean() if dear.size else 0.0, load * severity, load * parts,
        max(load - 0.9, 0.0),
    ])  # fmt: skip


def _mean_rates(fleet: Fleet, lines: slice, items: slice) -> Floats:
    """The mean rate [I] of the lines that make each item; 1 where there are none."""
    there = fleet.slot_item[lines] >= 0
    item, size = fleet.slot_item[lines][there] - items.start, fleet.items
    makers = np.bincount(item, minlength=size)
    total = np.bincount(item, fleet.rate[lines][there], size)
    rates: Floats = np.where(makers > 0, total / np.maximum(makers, 1), 1.0)
    return rates


def _needs(fleet: Fleet, b: int) -> Floats:
    """Units [I] that have to be made, for orders and for what goes into other items."""
    first, need = b * fleet.items, np.zeros(fleet.items)
    for i in fleet.makers_first[b][fleet.makers_first[b] >= 0]:
        mine = _orders(fleet, i)
        asked = fleet.order_quantity[mine][fleet.order_due[mine] <= fleet.horizon[b]].sum()
        came = slice(fleet.arrival_first[i], fleet.arrival_first[i + 1])
        supply = fleet.stock[i] + fleet.arrival_quantity[came].sum()
        need[i - first] = max(need[i - first] + asked - supply, 0.0)
        for row in range(fleet.bom.pointer[i], fleet.bom.pointer[i + 1]):
            share = fleet.bom.per_unit[row] / fleet.yield_mean[i]
            need[fleet.bom.component[row] - first] += need[i - first] * share
    return need


def _book(fleet: Fleet, b: int, rate: Floats, made: NDArray[np.bool_]) -> tuple[float, float, int]:
    """Share of the ordered work that is due soon; money a day that an hour of it costs; how many orders."""
    work, worth, soon, count = 0.0, 0.0, 0.0, 0
    for row in np.flatnonzero(made):
        mine = _orders(fleet, b * fleet.items + int(row))
        hours = fleet.order_quantity[mine] / rate[row]
        work += hours.sum()
        soon += hours[fleet.order_due[mine] < OFTEN * fleet.horizon[b]].sum()
        worth += (hours * fleet.order_weight[mine] * rate[row]).sum() / 24.0
        count += len(hours)
    work = max(work, 1e-9)
    return soon / work, worth / work, count


def _orders(fleet: Fleet, i: int) -> slice:
    return slice(fleet.order_first[i], fleet.order_first[i] + fleet.order_count[i])
