"""The dense view of a plant and a schedule: what fast code reads instead of records.

Indices are positions in the plant's tuples; families are numbered by first appearance among the items,
then the lines, then the changeovers. -1 stands for none.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from plant.model import Plant
from plant.schedule import Run

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class CalendarArrays(NamedTuple):
    """The shifts of L lines as rows of flat arrays, S shifts in all.

    pointer [L+1]: line l has the shifts pointer[l]..pointer[l+1]. start, end [S] in minutes, overtime [S]
    0 or 1. worked [S]: shift minutes of the line before the shift; worked_overtime [S]: of them overtime.
    available [L]: the first minute in which the line may do anything.
    """

    pointer: Ints
    start: Ints
    end: Ints
    overtime: Ints
    worked: Ints
    worked_overtime: Ints
    available: Ints


class LineArrays(NamedTuple):
    """Of L lines: money per hour [L], initial family [L] or -1, and which changeover table [L] holds."""

    run_cost: Floats
    overtime_cost: Floats
    idle_cost: Floats
    initial_family: Ints
    table: Ints


class ItemArrays(NamedTuple):
    """Of I items: family [I], opening stock [I], safety stock [I], money per unit and day [I] twice."""

    family: Ints
    stock: Floats
    safety_stock: Floats
    holding_cost: Floats
    shortage_cost: Floats


class CapabilityArrays(NamedTuple):
    """Per line and item [L, I]: good units per hour (0 = not capable), yield, least lot, lot multiple."""

    rate: Floats
    yield_: Floats
    min_lot: Floats
    lot_multiple: Floats


class ChangeoverArrays(NamedTuple):
    """Tables of changeovers [T, F, F] from family × to family: minutes and money.

    Table 0 holds for lines without changeovers of their own; every other line has a table of its own.
    """

    minutes: Ints
    cost: Floats


class BomArrays(NamedTuple):
    """Components by item: item i takes the rows pointer[i]..pointer[i+1] of component, per_unit."""

    pointer: Ints
    component: Ints
    per_unit: Floats


class OrderArrays(NamedTuple):
    """Orders by item in the order of service: item i has the rows pointer[i]..pointer[i+1].

    position [O] is the order's place in plant.orders; due in minutes, weight in money per unit and day.
    """

    pointer: Ints
    position: Ints
    quantity: Floats
    due: Ints
    weight: Floats


class ArrivalArrays(NamedTuple):
    """Arrivals [A]: item, minute, quantity, in the plant's order."""

    item: Ints
    at: Ints
    quantity: Floats


@dataclass(frozen=True, slots=True)
class PlantArrays:
    """Everything of a plant that numbers can say, with the ids that lead back to its records."""

    horizon: int
    line_index: dict[str, int]
    item_index: dict[str, int]
    family_index: dict[str, int]
    calendar: CalendarArrays
    lines: LineArrays
    items: ItemArrays
    capabilities: CapabilityArrays
    changeovers: ChangeoverArrays
    bom: BomArrays
    orders: OrderArrays
    arrivals: ArrivalArrays


class RunArrays(NamedTuple):
    """Runs [R] sorted by (line, start, end, id); line l has the rows pointer[l]..pointer[l+1]."""

    pointer: Ints
    line: Ints
    item: Ints
    start: Ints
    end: Ints
    quantity: Floats


_built: dict[int, PlantArrays] = {}


def plant_arrays(plant: Plant) -> PlantArrays:
    """The dense view of a plant, built once and kept as long as the plant lives."""
    found = _built.get(id(plant))
    if found is None:
        found = _built[id(plant)] = _build(plant)
        weakref.finalize(plant, _built.pop, id(plant), None)
    return found


def run_arrays(arrays: PlantArrays, runs: Sequence[Run]) -> tuple[RunArrays, list[Run]]:
    """The runs as arrays, and the same runs as records in the arrays' order.

    Raises KeyError for a line or item that the plant has not; `evaluate` checks that first.
    """
    lines, items = arrays.line_index, arrays.item_index
    ordered = sorted(runs, key=lambda run: (lines[run.line], run.start, run.end, run.id))
    line = _ints(lines[run.line] for run in ordered)
    pointer = np.searchsorted(line, np.arange(len(lines) + 1)).astype(np.int64)
    return RunArrays(
        pointer,
        line,
        _ints(items[run.item] for run in ordered),
        _ints(run.start for run in ordered),
        _ints(run.end for run in ordered),
        _floats(run.quantity for run in ordered),
    ), ordered


def _build(plant: Plant) -> PlantArrays:
    line_index = {line.id: index for index, line in enumerate(plant.lines)}
    item_index = {item.id: index for index, item in enumerate(plant.items)}
    family_index = _families(plant)
    table, changeovers = _changeovers(plant, family_index)
    return PlantArrays(
        horizon=plant.horizon,
        line_index=line_index,
        item_index=item_index,
        family_index=family_index,
        calendar=_calendar(plant),
        lines=LineArrays(
            _floats(line.run_cost for line in plant.lines),
            _floats(line.overtime_cost for line in plant.lines),
            _floats(line.idle_cost for line in plant.lines),
            _ints(
                -1 if line.initial_family is None else family_index[line.initial_family]
                for line in plant.lines
            ),
            table,
        ),
        items=ItemArrays(
            _ints(family_index[item.family] for item in plant.items),
            _floats(item.stock for item in plant.items),
            _floats(item.safety_stock for item in plant.items),
            _floats(item.holding_cost for item in plant.items),
            _floats(item.shortage_cost for item in plant.items),
        ),
        capabilities=_capabilities(plant, line_index, item_index),
        changeovers=changeovers,
        bom=_bom(plant, item_index),
        orders=_orders(plant, item_index),
        arrivals=ArrivalArrays(
            _ints(item_index[arrival.item] for arrival in plant.arrivals),
            _ints(arrival.at for arrival in plant.arrivals),
            _floats(arrival.quantity for arrival in plant.arrivals),
        ),
    )


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _floats(values: Iterable[float]) -> Floats:
    return np.array(list(values), dtype=np.float64)


def _families(plant: Plant) -> dict[str, int]:
    names: dict[str, int] = {}
    for item in plant.items:
        names.setdefault(item.family, len(names))
    for line in plant.lines:
        if line.initial_family is not None:
            names.setdefault(line.initial_family, len(names))
    for changeover in plant.changeovers:
        names.setdefault(changeover.from_family, len(names))
        names.setdefault(changeover.to_family, len(names))
    return names


def _calendar(plant: Plant) -> CalendarArrays:
    pointer, rows = [0], []
    for line in plant.lines:
        worked = overtime = 0
        for shift in line.shifts:
            rows.append((shift.start, shift.end, int(shift.overtime), worked, overtime))
            worked += shift.end - shift.start
            overtime += (shift.end - shift.start) * shift.overtime
        pointer.append(len(rows))
    table = np.array(rows, dtype=np.int64).reshape(-1, 5).T.copy()
    available = _ints(line.available_from for line in plant.lines)
    start, end, extra, before, before_overtime = table
    return CalendarArrays(_ints(pointer), start, end, extra, before, before_overtime, available)


def _capabilities(
    plant: Plant, line_index: dict[str, int], item_index: dict[str, int]
) -> CapabilityArrays:
    shape = (len(line_index), len(item_index))
    dense = CapabilityArrays(np.zeros(shape), np.ones(shape), np.zeros(shape), np.zeros(shape))
    for capability in plant.capabilities:
        at = line_index[capability.line], item_index[capability.item]
        dense.rate[at] = capability.rate
        dense.yield_[at] = capability.yield_
        dense.min_lot[at] = capability.min_lot
        dense.lot_multiple[at] = capability.lot_multiple
    return dense


def _changeovers(plant: Plant, family_index: dict[str, int]) -> tuple[Ints, ChangeoverArrays]:
    own = sorted({c.line for c in plant.changeovers if c.line is not None})
    table_of: dict[Any, int] = {line: table for table, line in enumerate(own, start=1)}
    size = len(family_index)
    minutes = np.zeros((1 + len(own), size, size), dtype=np.int64)
    cost = np.zeros((1 + len(own), size, size))
    for changeover in sorted(plant.changeovers, key=lambda c: c.line is not None):
        tables = slice(None) if changeover.line is None else table_of[changeover.line]
        at = tables, family_index[changeover.from_family], family_index[changeover.to_family]
        minutes[at] = changeover.minutes
        cost[at] = changeover.cost
    table = _ints(table_of.get(line.id, 0) for line in plant.lines)
    return table, ChangeoverArrays(minutes, cost)


def _bom(plant: Plant, item_index: dict[str, int]) -> BomArrays:
    rows = sorted((item_index[b.item], item_index[b.component], b.per_unit) for b in plant.bom)
    pointer = np.searchsorted([row[0] for row in rows], np.arange(len(item_index) + 1))
    return BomArrays(
        pointer.astype(np.int64), _ints(row[1] for row in rows), _floats(row[2] for row in rows)
    )


def _orders(plant: Plant, item_index: dict[str, int]) -> OrderArrays:
    rows = sorted(
        (item_index[order.item], order.due, -order.weight, order.id, position)
        for position, order in enumerate(plant.orders)
    )
    served = [plant.orders[row[4]] for row in rows]
    pointer = np.searchsorted([row[0] for row in rows], np.arange(len(item_index) + 1))
    return OrderArrays(
        pointer.astype(np.int64),
        _ints(row[4] for row in rows),
        _floats(order.quantity for order in served),
        _ints(order.due for order in served),
        _floats(order.weight for order in served),
    )
