"""What a picture of a schedule shows, worked out from the referee's verdict: plain values for JSON.

A run supplies an order late where units of it are served after the order's due minute. A changeover is
drawn where `evaluate` takes it to be: the last shift minutes before its run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from plant import COMPONENTS, Evaluation, Plant, Run, Schedule
from plant.arrays import PlantArrays, plant_arrays
from plant.calendar import changeover_start, worked_between

SHOWN_PEGS = 12  # of a run's orders in its tooltip; what is left is counted


@dataclass(frozen=True, slots=True)
class Change:
    """The changeover before a run: its first minute, its shift minutes and its cost."""

    begins: int
    minutes: int
    cost: float


def show_data(plant: Plant, schedule: Schedule, evaluation: Evaluation) -> dict[str, Any]:
    """The plant's lines and shifts, the runs with changeovers, orders and breaches, and the figures.

    Indices are positions in the lists of the same name. Times are minutes after `starts_at`.
    """
    families = families_of(plant)
    number = {family: index for index, family in enumerate(families)}
    lines = {line.id: index for index, line in enumerate(plant.lines)}
    items = {item.id: index for index, item in enumerate(plant.items)}
    changes = changeovers_of(plant, schedule)
    supplies = _supplies(plant, evaluation)
    breaches: dict[str, list[str]] = defaultdict(list)
    for violation in evaluation.violations:
        breaches[violation.record].append(violation.message)
    return {
        "starts_at": plant.starts_at.isoformat(),
        "offset": _offset_minutes(plant.starts_at),
        "horizon": plant.horizon,
        "currency": plant.currency,
        "families": families,
        "items": [[item.id, number[item.family]] for item in plant.items],
        "lines": [
            {
                "id": line.id,
                "from": line.available_from,
                "shifts": [[shift.start, shift.end, int(shift.overtime)] for shift in line.shifts],
                "used": used,
            }
            for line, used in zip(plant.lines, utilisation_by_line(plant, schedule), strict=True)
        ],
        "runs": [
            {
                "id": run.id,
                "line": lines[run.line],
                "item": items[run.item],
                "start": run.start,
                "end": run.end,
                "quantity": run.quantity,
                "lock": run.lock,
                "change": [asdict(changes[run.id])] if run.id in changes else [],
                "breaches": breaches.get(run.id, []),
                **supplies.get(run.id, {"orders": [], "more": 0, "runs": 0, "late": 0}),
            }
            for run in sorted(schedule.runs, key=lambda run: (lines[run.line], run.start, run.id))
        ],
        "late_orders": _late_orders(plant, evaluation, items),
        "violations": [violation.message for violation in evaluation.violations],
        "cost": {name: getattr(evaluation.cost, name) for name in ("total", *COMPONENTS)},
        "kpis": asdict(evaluation.kpis),
        "orders": len(plant.orders),
    }


def families_of(plant: Plant) -> list[str]:
    """The families that lines make, most items first, so that few colours serve most runs."""
    count: dict[str, int] = defaultdict(int)
    raw = plant.raw_items
    for item in plant.items:
        count[item.family] += item.id not in raw
    return sorted(count, key=lambda family: (-count[family], family))


def changeovers_of(plant: Plant, schedule: Schedule) -> dict[str, Change]:
    """The changeover of each run that has one."""
    arrays = plant_arrays(plant)
    found: dict[str, Change] = {}
    family_of = {item.id: arrays.family_index[item.family] for item in plant.items}
    before: dict[str, int] = {}
    for run in sorted(schedule.runs, key=lambda run: (run.line, run.start, run.end, run.id)):
        line = arrays.line_index[run.line]
        family = before.get(run.line, int(arrays.lines.initial_family[line]))
        before[run.line] = family_of[run.item]
        if family >= 0:
            change = _change(arrays, line, run, family, family_of[run.item])
            if change is not None:
                found[run.id] = change
    return found


def utilisation_by_line(plant: Plant, schedule: Schedule) -> list[float]:
    """Of each line, shift minutes inside runs over its regular shift minutes once it is available."""
    arrays = plant_arrays(plant)
    busy = [0] * len(plant.lines)
    for run in schedule.runs:
        index = arrays.line_index[run.line]
        busy[index] += worked_between(arrays.calendar, index, run.start, run.end)[0]
    found = []
    for line, minutes in zip(plant.lines, busy, strict=True):
        regular = sum(
            max(shift.end - max(shift.start, line.available_from), 0)
            for shift in line.shifts
            if not shift.overtime
        )
        found.append(minutes / regular if regular else 0.0)
    return found


def _change(arrays: PlantArrays, line: int, run: Run, old: int, new: int) -> Change | None:
    table = arrays.lines.table[line]
    minutes = int(arrays.changeovers.minutes[table, old, new])
    cost = float(arrays.changeovers.cost[table, old, new])
    if not minutes and not cost:
        return None
    begins = changeover_start(arrays.calendar, line, run.start, minutes)
    return Change(int(begins) if begins >= 0 else run.start, minutes, cost)


def _supplies(plant: Plant, evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """By run: the orders that it serves, what of them is late, and how many later runs take from it."""
    due = {order.id: order.due for order in plant.orders}
    orders: dict[str, dict[str, list[float]]] = defaultdict(dict)
    takers: dict[str, set[str]] = defaultdict(set)
    for peg in evaluation.pegging.pegs:
        if peg.supplier != "run" or peg.supplier_id is None:
            continue
        if peg.consumer == "run":
            takers[peg.supplier_id].add(peg.consumer_id)
            continue
        served = orders[peg.supplier_id].setdefault(peg.consumer_id, [0.0, 0.0])
        served[0] += peg.quantity
        served[1] += peg.quantity if peg.at > due[peg.consumer_id] else 0.0
    return {
        run: {
            "orders": [
                [order, units, late, due[order]]
                for order, (units, late) in sorted(
                    orders[run].items(), key=lambda pair: (-pair[1][1], due[pair[0]])
                )[:SHOWN_PEGS]
            ],
            "more": max(len(orders[run]) - SHOWN_PEGS, 0),
            "runs": len(takers[run]),
            "late": sum(late for _, late in orders[run].values()),
        }
        for run in {*orders, *takers}
    }


def _late_orders(
    plant: Plant, evaluation: Evaluation, items: Mapping[str, int]
) -> list[dict[str, Any]]:
    late = evaluation.late_orders
    found = [
        {
            "id": order.id,
            "item": items[order.item],
            "quantity": order.quantity,
            "late": late[order.id],
            "due": order.due,
            "weight": order.weight,
            "source": order.source,
        }
        for order in plant.orders
        if order.id in late
    ]
    return sorted(found, key=lambda order: -order["late"] * order["weight"])


def _offset_minutes(starts_at: datetime) -> int:
    offset = starts_at.utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 60)
