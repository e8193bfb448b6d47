"""The fixed side of a fleet: what an episode does not change, of many plants, as flat arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import NamedTuple

import numpy as np

from envs.fleet.filling import FAR as FAR
from envs.fleet.filling import filled
from envs.fleet.world import build_world
from plant import COMPONENTS, Plant, Problem, RecordError, Schedule, Weights, Zones
from plant.arrays import BomArrays, CalendarArrays, ChangeoverArrays, Floats, Ints
from plant.calendar import worked_before

TICK, HOLD, NEAR, LONGEST, SHORTEST, ATLEAST = range(6)
COUNTS = 2  # in `fixed_may_move`: moving it counts as a move
PRODUCTION, IDLE = COMPONENTS.index("production"), COMPONENTS.index("idle")


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

    size, lines, items: B, L, I. Plants [B]: own_lines (without what fills up), horizon, opens (nothing
    new starts before), moves (base runs that count as moved whatever is done), mean_setup (minutes),
    weights [B, 7] as in `plant.COMPONENTS`.
    rhythm [6]: the fields of `Rhythm`. calendar: of all lines; regular_until [S]: shift minutes of the
    line before the first overtime shift at or after a shift, FAR where none follows. Lines [BL]: room
    (shift minutes before the horizon), money per hour, initial_family, table; slots [BL, K]: item (-1:
    none), rate, share (yield), least, multiple, lot (the economic one); dear [BL, K, 2]: logarithm of what a
    unit costs on the line, over the cheapest line's and over its makers' mean. Items [BI]: as in `ItemArrays`
    and `World`, spread as in `Assignment`; makers_first [B, I]. bom: components are rows of items. Orders
    and arrivals by item as in `OrderArrays`, with room for rush orders: item i has the rows
    order_first[i]..order_first[i] + order_count[i]. Kept runs by line: fixed_*, fixed_slot -1 where the line
    cannot, fixed_may_move as in `World` (all 0 where lines are not asked to move runs). kept_at, kept_units:
    from a minute on, the units of a component that must stay in stock for kept runs; kept_until [BI]:
    the last such minute.
    """

    size: int
    lines: int
    items: int
    rhythm: Ints
    own_lines: Ints
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
    dear: Floats
    family: Ints
    stock: Floats
    safety: Floats
    holding: Floats
    shortage: Floats
    is_component: Ints
    makers: Ints
    rate_best: Floats
    unit_cost: Floats
    spread: Floats
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
    fixed_may_move: Ints
    kept_first: Ints
    kept_at: Ints
    kept_units: Floats
    kept_until: Ints


@dataclass(frozen=True, slots=True)
class Assignment:
    """One plant to be simulated: with its weights, and the base schedule of which it keeps runs.

    spread: how far each item's demand strays, over `Luck.demand_spread`; 1 for items that it does not name
    (`envs.fleet.luck.spread_between` has it of a forecast's quantiles).
    """

    plant: Plant
    weights: Weights = Weights()
    base: Schedule | None = None
    zones: Zones = Zones()
    spread: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        ids = {item.id for item in self.plant.items}
        problems = [
            Problem("assignment", f"spread of {id}", "an item of the plant", id)
            for id in self.spread
            if id not in ids
        ]
        problems += [
            Problem("assignment", f"spread of {id}", "a number of at least 0", value)
            for id, value in self.spread.items()
            if not value >= 0
        ]
        if problems:
            raise RecordError(problems)


def build_fleet(
    assignments: Sequence[Assignment],
    rhythm: Rhythm = Rhythm(),
    rush_room: int = 0,
    moves: bool = False,
) -> Fleet:
    """The arrays of plants to be simulated beside each other.

    `rush_room` is how many rush orders an item may get in an episode, at most; `moves` whether planned runs
    that are locked to their line alone can be moved.
    """
    built = {  # often one plant so many times
        id(one): build_world(
            one.plant, one.weights, one.base, one.zones, rhythm.hold, rhythm.longest
        )
        for one in {id(one): one for one in assignments}.values()
    }
    worlds = [built[id(one)] for one in assignments]
    lines = max(len(world.slot_item) for world in worlds)
    items = max(len(world.items.stock) for world in worlds)
    slots = max(world.slot_item.shape[1] for world in worlds)
    families = max(world.changeovers.minutes.shape[1] for world in worlds)
    tables = np.cumsum([0] + [len(world.changeovers.minutes) for world in worlds])
    parts = [
        filled(world, lines, items, slots, families, row * items, int(tables[row]), rush_room)
        for row, world in enumerate(worlds)
    ]
    joined = {name: np.concatenate([one[name] for one in parts]) for name in parts[0]}
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
    joined["dear"] = _dear(joined, lines)
    joined["fixed_may_move"] *= moves
    joined["spread"] = np.concatenate([_spread(one, items) for one in assignments])
    return Fleet(
        size=len(worlds),
        lines=lines,
        items=items,
        rhythm=np.array(astuple(rhythm), np.int64),
        own_lines=np.array([len(world.slot_item) for world in worlds], np.int64),
        calendar=calendar,
        room=np.array(room, np.int64),
        changeovers=ChangeoverArrays(joined.pop("minutes"), joined.pop("money")),
        bom=BomArrays(
            joined.pop("bom_first"), joined.pop("bom_component"), joined.pop("bom_units")
        ),
        **joined,
    )


def _spread(assignment: Assignment, items: int) -> Floats:
    """How far each item's demand strays [I], over what luck says of all."""
    own = [assignment.spread.get(item.id, 1.0) for item in assignment.plant.items]
    return np.array(own + [1.0] * (items - len(own)))


def _dear(joined: Mapping[str, Floats], lines: int) -> Floats:
    """How dear each line [BL, K, 2] makes an item: run money less the idle money it spares, for a unit.

    The logarithm of it over the item's cheapest line and over the mean of all that make it.
    """
    weights = joined["weights"].repeat(lines, axis=0)
    run = weights[:, PRODUCTION] * joined["run_cost"]
    hour = np.maximum(run - weights[:, IDLE] * joined["idle_cost"], 0.05 * run) + 1e-6
    item, rate = joined["slot_item"].astype(np.int64), joined["rate"]
    there = item >= 0
    unit = np.log(hour)[:, None] - np.log(rate)
    size = len(joined["makers"])
    least = np.full(size, np.inf)
    np.minimum.at(least, item[there], unit[there])
    total = np.bincount(item[there], unit[there], size)
    mean = total / np.maximum(np.bincount(item[there], minlength=size), 1)
    dear: Floats = np.stack([unit - least[item], unit - mean[item]], axis=-1)
    dear[~there] = 0.0
    return dear
