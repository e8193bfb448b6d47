"""The arrays that observations are written to, what of them never changes, and the space they lie in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from envs.fleet.kernel.observe import (
    FIRST_WEIGHT,
    ITEM_FEATURES,
    LINE_FEATURES,
    PLANT_FEATURES,
    SLOT_FEATURES,
    Seen,
)
from envs.fleet.plants import Fleet
from envs.fleet.state import State
from plant import COMPONENTS

Observation = dict[str, NDArray[Any]]
PLANNED_FEATURES = 4


def observation_space(fleet: Fleet, moves: bool = False) -> spaces.Dict:
    """The space of one plant's observation; with `moves`, of its planned runs too."""
    lines, items, slots = fleet.lines, fleet.items, fleet.slot_item.shape[1]
    edges = _widest_bill(fleet)
    seen = spaces.Dict(
        {
            "plant": _box(PLANT_FEATURES),
            "lines": _box(lines, LINE_FEATURES),
            "items": _box(items, ITEM_FEATURES),
            "slots": _box(lines, slots, SLOT_FEATURES),
            "mask": spaces.Box(0, 1, (lines, slots + 1), np.int8),
            "line_mask": spaces.Box(0, 1, (lines,), np.int8),
            "item_mask": spaces.Box(0, 1, (items,), np.int8),
            "slot_item": spaces.Box(-1, max(items - 1, 0), (lines, slots), np.int32),
            "edges": spaces.Box(-1, max(items - 1, 0), (edges, 2), np.int32),
            "edge_units": _box(edges),
        }
    )
    if moves:
        seen["planned"] = _box(lines, PLANNED_FEATURES)
    return seen


def planned(fleet: Fleet, state: State) -> NDArray[np.float32]:
    """Each line's next planned run [B, L, 4], zeros where it has none.

    Whether it can be moved; days until its start (-3 to 3, negative where it is late); shifts of eight hours
    that it takes; 1 + the slot of its item.
    """
    row = np.minimum(state.next_fixed, max(len(fleet.fixed_start) - 1, 0))
    there = state.next_fixed < fleet.fixed_first[1:]
    seen = np.zeros((len(row), PLANNED_FEATURES), np.float32)
    if there.any():
        start, now = fleet.fixed_start[row], state.clock.repeat(fleet.lines)
        seen[:, 0] = (fleet.fixed_may_move[row] > 0) & (state.moved == 0)
        seen[:, 1] = np.clip((start - now) / 1440.0, -3.0, 3.0)
        rate = fleet.rate[np.arange(len(row)), np.maximum(fleet.fixed_slot[row], 0)]
        seen[:, 2] = fleet.fixed_quantity[row] / rate / 8.0
        seen[:, 3] = 1 + fleet.fixed_slot[row]
        seen[~there] = 0.0
    return seen.reshape(fleet.size, fleet.lines, PLANNED_FEATURES)


def blank(fleet: Fleet, scales: NDArray[np.float64]) -> Seen:
    """Room for observations, with what of them never changes."""
    size, lines, slots = fleet.size, fleet.lines, fleet.slot_item.shape[1]
    mask = np.zeros((size, lines, 1 + slots), np.int8)
    mask[:, :, 0] = 1
    of_lines = np.zeros((size, lines, LINE_FEATURES), np.float32)
    each = scales / fleet.own_lines
    for column, money in enumerate((fleet.run_cost, fleet.overtime_cost, fleet.idle_cost), 15):
        of_lines[:, :, column] = _squashed(money / each.repeat(lines)).reshape(size, lines)
    for column, means in enumerate(_means(fleet), 20):
        of_lines[:, :, column] = means.reshape(size, lines)
    of_items = np.zeros((size, fleet.items, ITEM_FEATURES), np.float32)
    per_day = np.where(fleet.rate_best > 0, fleet.rate_best * 24.0, np.maximum(fleet.stock, 1.0))
    hourly = per_day / 24.0 / 24.0 / scales.repeat(fleet.items) * 100.0
    constant = (
        _squashed(fleet.holding * hourly), _squashed(fleet.shortage * hourly),
        _squashed(fleet.makers / 4.0), fleet.is_component, fleet.makers == 0,
    )  # fmt: skip
    for column, values in enumerate(constant, 9):
        of_items[:, :, column] = values.reshape(size, -1)
    of_plants = np.zeros((size, PLANT_FEATURES), np.float32)
    of_plants[:, FIRST_WEIGHT : FIRST_WEIGHT + len(COMPONENTS)] = _squashed(fleet.weights)
    return Seen(
        of_plants,
        of_lines,
        of_items,
        np.zeros((size, lines, slots, SLOT_FEATURES), np.float32),
        mask,
        np.zeros(size * lines, np.int64),
        _fixed(fleet),
        _setup_money(fleet, each),
        each,
        np.array([math.log(one) for one in each]),
        fleet.room.reshape(size, lines).sum(axis=1).astype(np.float64),
    )


def _fixed(fleet: Fleet) -> NDArray[np.float32]:
    """What of a slot never changes [BL, K, 4]: its rate over the best line's, its yield, how dear it is."""
    best = np.where(fleet.slot_item >= 0, fleet.rate_best[np.maximum(fleet.slot_item, 0)], 1.0)
    columns = fleet.rate / best, fleet.share, fleet.dear[..., 0], fleet.dear[..., 1]
    fixed: NDArray[np.float32] = np.stack(columns, axis=-1).astype(np.float32)
    return fixed


def _setup_money(fleet: Fleet, each: NDArray[np.float64]) -> NDArray[np.float32]:
    """The money of every changeover as slots show it; each [B]: the money that counts as 1."""
    of_table = np.ones(len(fleet.changeovers.cost))
    of_table[fleet.table] = each.repeat(fleet.lines)
    return _squashed(fleet.changeovers.cost / of_table[:, None, None]).astype(np.float32)


def _means(fleet: Fleet) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each line's rate over the best line's, and its yield, in the mean of the items it can make."""
    can = fleet.slot_item >= 0
    count = np.maximum(can.sum(axis=1), 1)
    best = np.where(can, fleet.rate_best[np.maximum(fleet.slot_item, 0)], 1.0)
    rates = np.where(can, fleet.rate / best, 0.0).sum(axis=1) / count
    return rates, np.where(can, fleet.share, 0.0).sum(axis=1) / count


def constants(fleet: Fleet) -> Observation:
    """What of an observation never changes."""
    size, lines, items = fleet.size, fleet.lines, fleet.items
    first = np.arange(size) * items
    slot_item = fleet.slot_item.reshape(size, lines, -1)
    taker = np.repeat(np.arange(size * items), np.diff(fleet.bom.pointer))
    of_plant = taker // items if len(taker) else taker
    width = _widest_bill(fleet)
    edges = np.full((size, width, 2), -1, np.int32)
    units = np.zeros((size, width), np.float32)
    for row in range(size):
        mine = np.flatnonzero(of_plant == row)
        edges[row, : len(mine), 0] = taker[mine] - first[row]
        edges[row, : len(mine), 1] = fleet.bom.component[mine] - first[row]
        units[row, : len(mine)] = fleet.bom.per_unit[mine]
    shifts = np.diff(fleet.calendar.pointer).reshape(size, lines)
    known = np.zeros((size, items), np.int8)
    for row in range(size):
        known[row, fleet.makers_first[row][fleet.makers_first[row] >= 0] - first[row]] = 1
    return {
        "line_mask": ((shifts > 0) & (slot_item >= 0).any(axis=2)).astype(np.int8),
        "item_mask": known,
        "slot_item": np.where(slot_item >= 0, slot_item - first[:, None, None], -1).astype(
            np.int32
        ),
        "edges": edges,
        "edge_units": units,
    }


def _squashed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values / (1.0 + values)


def _widest_bill(fleet: Fleet) -> int:
    """The most lines that a plant's bill of materials has, 1 at least."""
    each = np.diff(fleet.bom.pointer).reshape(fleet.size, -1).sum(axis=1)
    return max(int(each.max(initial=0)), 1)


def _box(*shape: int) -> spaces.Box:
    return spaces.Box(-np.inf, np.inf, shape, np.float32)
