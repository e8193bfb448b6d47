"""One plant's rows of a fleet, filled up to the size of the largest."""

from __future__ import annotations

import numpy as np

from envs.fleet.promised import promised
from envs.fleet.world import World
from plant.arrays import CalendarArrays, Ints

FAR = 2**40


def filled(
    world: World, lines: int, items: int, slots: int, families: int, first_item: int, table: int,
    rush_room: int,
) -> dict[str, np.ndarray]:  # fmt: skip
    """One plant's rows, filled up to the fleet's width; `*_counts` become pointers when joined."""
    more_lines, more_items = lines - len(world.slot_item), items - len(world.items.stock)
    plant: dict[str, np.ndarray] = {
        "horizon": np.array([world.horizon]),
        "opens": np.array([world.opens]),
        "moves": np.array([world.moves]),
        "mean_setup": np.array([world.mean_setup]),
        "weights": world.weights[None],
        "makers_first": _to(world.makers_first[None] + first_item, (1, items), -1),
    }
    by_line = {
        "run_cost": world.lines.run_cost,
        "overtime_cost": world.lines.overtime_cost,
        "idle_cost": world.lines.idle_cost,
        "initial_family": world.lines.initial_family,
        "table": world.lines.table + table,
        "available": world.calendar.available,
        "shift_counts": np.diff(world.calendar.pointer),
        "fixed_counts": np.diff(world.fixed_pointer),
    }
    by_item = {
        "family": world.items.family,
        "stock": world.items.stock,
        "safety": world.items.safety_stock,
        "holding": world.items.holding_cost,
        "shortage": world.items.shortage_cost,
        "is_component": world.is_component,
        "makers": world.makers,
        "rate_best": world.rate_best,
        "unit_cost": world.unit_cost,
        "lead": world.lead,
        "yield_mean": world.yield_mean,
        "bom_counts": np.diff(world.bom.pointer),
    }
    plant |= {name: np.pad(values, (0, more_lines)) for name, values in by_line.items()}
    plant |= {name: np.pad(values, (0, more_items)) for name, values in by_item.items()}
    shape = (lines, slots)
    plant["slot_item"] = _to(
        np.where(world.slot_item >= 0, world.slot_item + first_item, -1), shape, -1
    )
    own = np.arange(len(world.slot_item))[:, None], np.maximum(world.slot_item, 0)
    able = world.capabilities
    plant["rate"] = _to(np.where(world.slot_item >= 0, able.rate[own], 1.0), shape, 1.0)
    plant["share"] = _to(able.yield_[own], shape, 1.0)
    plant["least"] = _to(able.min_lot[own], shape, 0.0)
    plant["multiple"] = _to(able.lot_multiple[own], shape, 0.0)
    plant["lot"] = _to(world.lot, shape, 0.0)
    tables = (len(world.changeovers.minutes), families, families)
    plant["minutes"] = _to(world.changeovers.minutes, tables, 0)
    plant["money"] = _to(world.changeovers.cost, tables, 0.0)
    plant["bom_component"] = world.bom.component + first_item
    plant["bom_units"] = world.bom.per_unit
    for name in CalendarArrays._fields[1:-1]:
        plant[f"shift_{name}"] = getattr(world.calendar, name)
    plant["regular_until"] = _regular_until(world.calendar)
    plant["fixed_item"] = world.fixed_item + first_item
    plant["fixed_slot"] = _slots_of_kept(world)
    plant["fixed_start"], plant["fixed_end"] = world.fixed_start, world.fixed_end
    plant["fixed_quantity"], plant["fixed_may_move"] = world.fixed_quantity, world.fixed_may_move
    return plant | _orders(world, more_items, rush_room) | _supply(world, more_items)


def _to(values: np.ndarray, shape: tuple[int, ...], fill: float) -> np.ndarray:
    """The values in the first corner of a larger array."""
    larger = np.full(shape, fill, values.dtype)
    larger[tuple(slice(size) for size in values.shape)] = values
    return larger


def _regular_until(calendar: CalendarArrays) -> Ints:
    found = np.full(len(calendar.start), FAR)
    for line in range(len(calendar.pointer) - 1):
        until = FAR
        for row in range(calendar.pointer[line + 1] - 1, calendar.pointer[line] - 1, -1):
            if calendar.overtime[row]:
                until = int(calendar.worked[row])
            found[row] = until
    return found


def _slots_of_kept(world: World) -> Ints:
    line = np.repeat(np.arange(len(world.slot_item)), np.diff(world.fixed_pointer))
    fits = world.slot_item[line] == world.fixed_item[:, None]
    return np.where(fits.any(axis=1), fits.argmax(axis=1), -1).astype(np.int64)


def _orders(world: World, more_items: int, rush_room: int) -> dict[str, np.ndarray]:
    orders = world.orders
    counts = np.pad(np.diff(orders.pointer), (0, more_items))
    place = np.arange(len(orders.due)) + rush_room * np.repeat(
        np.arange(len(orders.pointer) - 1), np.diff(orders.pointer)
    )
    total = int(counts.sum()) + rush_room * len(counts)

    def spread(values: np.ndarray, fill: float) -> np.ndarray:
        wide = np.full(total, fill, values.dtype)
        wide[place] = values
        return wide

    return {
        "order_counts": counts + rush_room,
        "order_count": counts,
        "order_due": spread(orders.due, FAR),
        "order_quantity": spread(orders.quantity, 0.0),
        "order_weight": spread(orders.weight, 0.0),
        "order_rank": spread(orders.position, FAR),
    }


def _supply(world: World, more_items: int) -> dict[str, np.ndarray]:
    """Arrivals by item in time order, and what kept runs need of each component."""
    sequence = np.lexsort((world.arrival_at, world.arrival_item))
    size = len(world.items.stock) + more_items
    kept = promised(world)
    return {
        "arrival_counts": np.bincount(world.arrival_item, minlength=size),
        "arrival_at": world.arrival_at[sequence],
        "arrival_quantity": world.arrival_quantity[sequence],
        "kept_counts": np.pad(kept.counts, (0, more_items)),
        "kept_at": kept.at,
        "kept_units": kept.units,
        "kept_until": np.pad(kept.until, (0, more_items), constant_values=-1),
    }
