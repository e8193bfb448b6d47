"""The fixed side of a fleet: what an episode does not change, of many plants, as flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import NamedTuple

import numpy as np

from envs.fleet.promised import promised
from envs.world import Pace, World, build_world
from plant import Plant, Problem, RecordError, Schedule, Weights, Zones
from plant.arrays import BomArrays, CalendarArrays, ChangeoverArrays, Floats, Ints
from plant.calendar import worked_before

FAR = 2**40
TICK, HOLD, NEAR, LONGEST, SHORTEST, ATLEAST = range(6)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How the fleet asks for decisions and sizes lots; all in minutes.

    Decisions fall on multiples of `tick`; a line decides at the last tick before it falls idle. A line that
    holds is asked again after `hold`, or when a component comes or a line breaks. A step lasts at most
    `at_least`, whether or not a line decides. A lot covers at least what is short in the next `near`
    minutes, takes at most `longest` shift minutes, and at least `shortest` where more is needed.
    """

    tick: int = 15
    hold: int = 60
    near: int = 1440
    longest: int = 360
    shortest: int = 30
    at_least: int = 60

    def __post_init__(self) -> None:
        problems = [
            Problem("rhythm", name, "a whole minute of at least 1", getattr(self, name))
            for name in ("tick", "hold", "near", "longest", "shortest")
            if getattr(self, name) < 1
        ]
        if self.hold < self.tick:
            problems.append(Problem("rhythm", "hold", f"at least the tick, {self.tick}", self.hold))
        if self.at_least < 0:
            problems.append(Problem("rhythm", "at_least", "at least 0 (0: none)", self.at_least))
        if problems:
            raise RecordError(problems)


class Fleet(NamedTuple):
    """B plants of L lines and I items each, for the kernel. K: the most items that one line can make.

    size, lines, items: B, L, I. Plants [B]: horizon, opens (nothing new starts before), moves (base runs
    that count as moved whatever is done), mean_setup (minutes), weights [B, 7] as in `plant.COMPONENTS`.
    rhythm [6]: the fields of `Rhythm`. calendar: of all lines; regular_until [S]: shift minutes of the
    line before the first overtime shift at or after a shift, FAR where none follows. Lines [BL]: room
    (shift minutes before the horizon), money per hour, initial_family, table; slots [BL, K]: item (-1:
    none), rate, share (yield), least, multiple, lot (the economic one). Items [BI]: as in `ItemArrays`
    and `World`; makers_first [B, I]. bom: components are rows of items. Orders and arrivals by item as in
    `OrderArrays`, with room for rush orders: item i has the rows order_first[i]..order_first[i] +
    order_count[i]. Kept runs by line: fixed_*, fixed_slot -1 where the line cannot. kept_at, kept_units:
    from a minute on, the units of a component that must stay in stock for kept runs; kept_until [BI]:
    the last such minute.
    """

    size: int
    lines: int
    items: int
    rhythm: Ints
    horizon: Ints
    opens: Ints
    moves: Ints
    mean_setup: Floats
    weights: Floats
    calendar: CalendarArrays
    regular_until: Ints
    room: Ints
    run_cost: Floats
    overtime_cost: Floats
    idle_cost: Floats
    initial_family: Ints
    table: Ints
    changeovers: ChangeoverArrays
    slot_item: Ints
    rate: Floats
    share: Floats
    least: Floats
    multiple: Floats
    lot: Floats
    family: Ints
    stock: Floats
    safety: Floats
    holding: Floats
    shortage: Floats
    is_component: Ints
    makers: Ints
    rate_best: Floats
    unit_cost: Floats
    lead: Ints
    yield_mean: Floats
    makers_first: Ints
    bom: BomArrays
    order_first: Ints
    order_count: Ints
    order_due: Ints
    order_quantity: Floats
    order_weight: Floats
    order_rank: Ints
    arrival_first: Ints
    arrival_at: Ints
    arrival_quantity: Floats
    fixed_first: Ints
    fixed_slot: Ints
    fixed_item: Ints
    fixed_start: Ints
    fixed_end: Ints
    fixed_quantity: Floats
    kept_first: Ints
    kept_at: Ints
    kept_units: Floats
    kept_until: Ints


@dataclass(frozen=True, slots=True)
class Assignment:
    """One plant to be simulated: with its weights, and the base schedule of which it keeps runs."""

    plant: Plant
    weights: Weights = Weights()
    base: Schedule | None = None
    zones: Zones = Zones()


def build_fleet(
    assignments: Sequence[Assignment], rhythm: Rhythm = Rhythm(), rush_room: int = 0
) -> Fleet:
    """The arrays of plants to be simulated beside each other.

    `rush_room` is how many rush orders an item may get in an episode, at most.
    """
    pace = Pace(rhythm.shortest, rhythm.hold, rhythm.near, rhythm.longest)
    worlds = [build_world(one.plant, one.weights, one.base, one.zones, pace) for one in assignments]
    lines = max(len(world.slot_item) for world in worlds)
    items = max(len(world.items.stock) for world in worlds)
    slots = max(world.slot_item.shape[1] for world in worlds)
    families = max(world.changeovers.minutes.shape[1] for world in worlds)
    tables = np.cumsum([0] + [len(world.changeovers.minutes) for world in worlds])
    filled = [
        _filled(world, lines, items, slots, families, row * items, int(tables[row]), rush_room)
        for row, world in enumerate(worlds)
    ]
    joined = {name: np.concatenate([one[name] for one in filled]) for name in filled[0]}
    for name in [name for name in joined if name.endswith("_counts")]:
        counts = joined.pop(name)
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        joined[f"{name.removesuffix('_counts')}_first"] = first
    shifts = [joined.pop(f"shift_{name}") for name in CalendarArrays._fields[1:-1]]
    start, end, overtime, worked, worked_overtime = shifts
    first, available = joined.pop("shift_first"), joined.pop("available")
    calendar = CalendarArrays(first, start, end, overtime, worked, worked_overtime, available)
    limits = joined["horizon"].repeat(lines)
    room = [worked_before(calendar, line, int(limit))[0] for line, limit in enumerate(limits)]
    return Fleet(
        size=len(worlds),
        lines=lines,
        items=items,
        rhythm=np.array(astuple(rhythm), np.int64),
        calendar=calendar,
        room=np.array(room, np.int64),
        changeovers=ChangeoverArrays(joined.pop("minutes"), joined.pop("money")),
        bom=BomArrays(
            joined.pop("bom_first"), joined.pop("bom_component"), joined.pop("bom_units")
        ),
        **joined,
    )


def _filled(
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
    plant["fixed_quantity"] = world.fixed_quantity
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
