"""A plant and its schedule divided among groups of lines: each a plant of its own, with its share of all.

What each group gets follows the pegging of the schedule. An order goes in parts to the groups whose runs
serve it; what stock and arrivals serve, and what is not served, goes to the item's home, the group that makes
most of it. What a run takes from stock, arrivals or another group's run is given to its group as an
arrival. The other group owes it as an order of so high a weight that no search lets it be late. So what the
groups find fits together, and `plant.evaluate` only has to price it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from plant import Arrival, Order, Plant, Run, Schedule
from plant.evaluate import Evaluation
from plant.model import MINUTES_PER_DAY

OWED = "owed to another group"
DEAR = (
    50.0  # an owed unit that is a minute late costs so often what all orders cost when never served
)
SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Part:
    """A group's plant, and the runs of the schedule that are on its lines."""

    plant: Plant
    schedule: Schedule


@dataclass(slots=True)
class _Share:
    """What one group gets: units of orders by order, of items in stock and to come, and what it owes."""

    stock: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    orders: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    arrivals: dict[tuple[str, int], float] = field(default_factory=lambda: defaultdict(float))
    owed: dict[tuple[str, int], float] = field(default_factory=lambda: defaultdict(float))


def divide(
    plant: Plant,
    schedule: Schedule,
    evaluation: Evaluation,
    groups: Sequence[Sequence[int]],
    rng: np.random.Generator,
) -> list[Part]:
    """The plants of the groups. The evaluation is the schedule's."""
    group_of = {plant.lines[line].id: n for n, lines in enumerate(groups) for line in lines}
    made = _made(schedule, group_of)
    home = _homes(plant, made, group_of, rng)
    shares = _shares(plant, schedule, evaluation, group_of, home, len(groups), rng)
    safety = _safety(plant, schedule, evaluation, group_of, home)
    dear = DEAR * MINUTES_PER_DAY * max([1.0, *(one.weight for one in plant.orders)])
    return [
        _part(
            plant, schedule, lines, share, {i: u for i, u in safety.items() if home[i] == n}, dear
        )
        for n, (lines, share) in enumerate(zip(groups, shares, strict=True))
    ]


def _made(schedule: Schedule, group_of: dict[str, int]) -> dict[str, dict[int, float]]:
    """The units that each group makes of each item."""
    made: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for run in schedule.runs:
        made[run.item][group_of[run.line]] += run.quantity
    return made


def _homes(
    plant: Plant,
    made: dict[str, dict[int, float]],
    group_of: dict[str, int],
    rng: np.random.Generator,
) -> dict[str, int]:
    """The group of each item that makes most of it, else one that can, else one that takes it, else any."""
    able: dict[str, set[int]] = defaultdict(set)
    for capability in plant.capabilities:
        able[capability.item].add(group_of[capability.line])
    makeable = frozenset(able)
    for row in plant.bom:
        if row.item in able and row.component not in makeable:
            able[row.component] |= able[row.item]
    homes = {}
    for item in plant.items:
        if made[item.id]:
            homes[item.id] = max(made[item.id], key=lambda group: made[item.id][group])
        else:
            homes[item.id] = int(rng.choice(sorted(able[item.id] or set(group_of.values()))))
    return homes


def _shares(
    plant: Plant,
    schedule: Schedule,
    evaluation: Evaluation,
    group_of: dict[str, int],
    home: dict[str, int],
    number: int,
    rng: np.random.Generator,
) -> list[_Share]:
    """What each group gets, by the pegging."""
    shares = [_Share() for _ in range(number)]
    runs = {run.id: run for run in schedule.runs}
    served: dict[str, float] = defaultdict(float)
    for item in plant.items:
        shares[home[item.id]].stock[item.id] += item.stock
    for arrival in plant.arrivals:
        shares[home[arrival.item]].arrivals[arrival.item, arrival.at] += arrival.quantity
    for peg in evaluation.pegging.pegs:
        supplier = runs[peg.supplier_id] if peg.supplier == "run" and peg.supplier_id else None
        if peg.consumer == "order":
            if supplier is not None:
                shares[group_of[supplier.line]].orders[peg.consumer_id] += peg.quantity
                served[peg.consumer_id] += peg.quantity
            continue
        taker = runs[peg.consumer_id]
        to, mine = group_of[taker.line], home[peg.item]
        if supplier is not None:
            giver = group_of[supplier.line]
            if giver != to:
                at = int(rng.integers(supplier.end, taker.start + 1))
                shares[giver].owed[peg.item, at] += peg.quantity
                shares[to].arrivals[peg.item, at] += peg.quantity
        elif mine != to and peg.supplier == "stock":
            shares[mine].stock[peg.item] -= peg.quantity
            shares[to].stock[peg.item] += peg.quantity
        elif mine != to and peg.supplier == "arrival" and peg.supplier_id is not None:
            at = plant.arrivals[int(peg.supplier_id)].at
            shares[mine].arrivals[peg.item, at] -= peg.quantity
            shares[to].arrivals[peg.item, at] += peg.quantity
    for order in plant.orders:
        if (rest := order.quantity - served[order.id]) > SMALLEST:
            shares[home[order.item]].orders[order.id] += rest
    return shares


def _safety(
    plant: Plant,
    schedule: Schedule,
    evaluation: Evaluation,
    group_of: dict[str, int],
    home: dict[str, int],
) -> dict[str, float]:
    """The safety stock [units by item] left to an item's home: less what others hold of it on average."""
    held: dict[str, float] = defaultdict(float)
    away = {run.id: run for run in schedule.runs if group_of[run.line] != home[run.item]}
    for run in away.values():
        held[run.item] += run.quantity * max(plant.horizon - run.end, 0) / plant.horizon
    for peg in evaluation.pegging.pegs:
        if peg.supplier == "run" and peg.supplier_id in away:
            held[peg.item] -= peg.quantity * max(plant.horizon - peg.at, 0) / plant.horizon
    return {item.id: max(item.safety_stock - held[item.id], 0.0) for item in plant.items}


def _part(
    plant: Plant,
    schedule: Schedule,
    lines: Sequence[int],
    share: _Share,
    safety: dict[str, float],
    dear: float,
) -> Part:
    """One group's plant: of the items only those that it makes, is asked for, or needs for these."""
    names = {plant.lines[line].id for line in lines}
    runs = tuple(run for run in schedule.runs if run.line in names)
    orders = {one.id: one for one in plant.orders}
    asked = {orders[id].item for id, units in share.orders.items() if units > SMALLEST}
    asked |= {item for (item, _), units in share.owed.items() if units > SMALLEST}
    asked |= {run.item for run in runs}
    asked |= {item for item, units in safety.items() if units > 0}
    items = _with_components(plant, asked)
    kept = [one for one in plant.items if one.id in items]
    owed = tuple(
        Order(f"{OWED} {n}", item, units, at, dear)
        for n, ((item, at), units) in enumerate(sorted(share.owed.items()))
        if units > SMALLEST
    )
    return Part(
        Plant(
            plant.currency,
            plant.starts_at,
            plant.horizon,
            lines=tuple(plant.lines[line] for line in lines),
            items=tuple(
                replace(
                    one,
                    stock=max(share.stock[one.id], 0.0),
                    safety_stock=safety.get(one.id, 0.0),
                )
                for one in kept
            ),
            capabilities=tuple(
                one for one in plant.capabilities if one.line in names and one.item in items
            ),
            changeovers=tuple(
                one for one in plant.changeovers if one.line is None or one.line in names
            ),
            bom=tuple(one for one in plant.bom if one.item in items),
            arrivals=tuple(
                Arrival(item, at, units)
                for (item, at), units in sorted(share.arrivals.items())
                if units > SMALLEST and item in items
            ),
            orders=(
                *(
                    replace(orders[id], quantity=units)
                    for id, units in sorted(share.orders.items())
                    if units > SMALLEST
                ),
                *owed,
            ),
        ),
        Schedule(runs),
    )


def _with_components(plant: Plant, items: set[str]) -> set[str]:
    """The items with all that goes into them."""
    parts: dict[str, list[str]] = defaultdict(list)
    for row in plant.bom:
        parts[row.item].append(row.component)
    found, reached = set(), list(items)
    while reached:
        item = reached.pop()
        if item not in found:
            found.add(item)
            reached.extend(parts[item])
    return found


def joined(parts: Sequence[tuple[Part, Schedule]], taken: frozenset[str]) -> Schedule:
    """The groups' schedules as one; runs that are new get ids that are nobody else's."""
    known = {run.id for part, _ in parts for run in part.schedule.runs} | taken
    runs: list[Run] = []
    number = 1
    for part, schedule in parts:
        own = {run.id for run in part.schedule.runs}
        for run in schedule.runs:
            if run.id in own:
                runs.append(run)
                continue
            while f"R{number}" in known:
                number += 1
            known.add(f"R{number}")
            runs.append(replace(run, id=f"R{number}"))
    return Schedule(tuple(runs))
