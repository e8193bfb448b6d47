"""The search's view of a plant and of a schedule: flat arrays that compiled moves change in place.

A schedule is, per line, a sequence of runs, each with a quantity and a `release` minute before which
it does not start. Times follow from that: every run starts as early as line, changeover and release
let it. `to_schedule` gives the records back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np

from models.optimize.search.clock import Clock, clock_of
from plant import Lock, Plant, Run, Schedule, Weights, Zones
from plant.arrays import (
    BomArrays,
    CapabilityArrays,
    ChangeoverArrays,
    Floats,
    Ints,
    ItemArrays,
    LineArrays,
    OrderArrays,
    PlantArrays,
    plant_arrays,
)
from plant.calendar import minutes_needed, run_start, worked_between
from plant.model import MINUTES_PER_DAY

OPEN = Zones()
FREE, ON_ITS_LINE, AT_ITS_START = 0, 1, 2
PRICED, CHECKED, IDLE = 0, 1, 2
HOLD: dict[Lock, int] = {
    "none": FREE,
    "line": ON_ITS_LINE,
    "start": AT_ITS_START,
    "all": AT_ITS_START,
}


class Shop(NamedTuple):
    """What does not change while searching.

    Arrivals of item i are rows arrived[i]..arrived[i+1] of arrival_at, arrival_quantity; the lines that
    can make it makers[made[i]]..makers[made[i+1]]. weights [7] in the order of `plant.COMPONENTS`.

    kind [I]: PRICED items are walked through to know what they cost. The others have no orders and no
    safety stock, so that while their stock is not negative they cost a constant, plus `made_money` [I]
    per unit and minute between a run's end and the horizon, less `taken_money` [I] per unit started and
    minute from its start on. Of them CHECKED ones are components, whose stock may run short, and IDLE
    ones are not.
    """

    horizon: int
    clock: Clock
    lines: LineArrays
    items: ItemArrays
    capabilities: CapabilityArrays
    changeovers: ChangeoverArrays
    bom: BomArrays
    orders: OrderArrays
    order_item: Ints
    arrived: Ints
    arrival_at: Ints
    arrival_quantity: Floats
    made: Ints
    makers: Ints
    weights: Floats
    kind: Ints
    made_money: Floats
    taken_money: Floats


class State(NamedTuple):
    """N places for runs, L lines with room for M runs each, and the stock events of every item.

    Per place [N]: line, item, quantity, start, end, release, minutes (0: as the quantity needs), hold
    (FREE, ON_ITS_LINE, AT_ITS_START), slush_line and slush_start (-1: moving it costs nothing), alive.
    sequence [L, M] of places, length [L]. Item i has the events opened[i]..opened[i]+events[i]: the run
    (place) and its units taken per unit made, 0 where it delivers. line_money [L], item_money [I],
    run_money [N]: what a run adds to its line's money.
    spare: places for new runs, of which spare_count[0] are left.
    """

    line: Ints
    item: Ints
    quantity: Floats
    start: Ints
    end: Ints
    release: Ints
    minutes: Ints
    hold: Ints
    slush_line: Ints
    slush_start: Ints
    alive: Ints
    sequence: Ints
    length: Ints
    opened: Ints
    events: Ints
    event_run: Ints
    event_units: Floats
    line_money: Floats
    item_money: Floats
    run_money: Floats
    spare: Ints
    spare_count: Ints


def shop_of(plant: Plant, weights: Weights) -> Shop:
    """The arrays that the search reads."""
    arrays = plant_arrays(plant)
    items = len(plant.items)
    order = np.lexsort((arrays.arrivals.at, arrays.arrivals.item))
    made_line, made_item = np.nonzero(arrays.capabilities.rate > 0)
    by_item = np.argsort(made_item, kind="stable")
    return Shop(
        arrays.horizon,
        clock_of(plant),
        arrays.lines,
        arrays.items,
        arrays.capabilities,
        arrays.changeovers,
        arrays.bom,
        arrays.orders,
        np.repeat(np.arange(items), np.diff(arrays.orders.pointer)).astype(np.int64),
        _pointer(arrays.arrivals.item[order], items),
        arrays.arrivals.at[order],
        arrays.arrivals.quantity[order],
        _pointer(made_item[by_item], items),
        made_line[by_item].astype(np.int64),
        np.array(
            [
                weights.tardiness,
                weights.production,
                weights.changeover,
                weights.holding,
                weights.idle,
                weights.instability,
                weights.makespan,
            ]
        ),
        *_straight_items(arrays, weights),
    )


def _straight_items(arrays: PlantArrays, weights: Weights) -> tuple[Ints, Floats, Floats]:
    """Each item's kind, and what the stock of those that need no walk costs per unit and minute."""
    items, bom = arrays.items, arrays.bom
    has_orders = np.diff(arrays.orders.pointer) > 0
    short = (items.safety_stock > 0) & (items.shortage_cost > 0)
    walked = has_orders | (short & (weights.holding > 0))
    is_component = np.bincount(bom.component, minlength=len(items.stock)) > 0
    kind = np.where(walked, PRICED, np.where(is_component, CHECKED, IDLE)).astype(np.int64)
    rate = np.where(walked, 0.0, items.holding_cost * weights.holding / MINUTES_PER_DAY)
    owner = np.repeat(np.arange(len(items.stock)), np.diff(bom.pointer))
    taken = np.bincount(owner, bom.per_unit * rate[bom.component], minlength=len(items.stock))
    return kind, rate, taken.astype(np.float64)


def state_of(
    plant: Plant,
    schedule: Schedule,
    base: Schedule | None = None,
    zones: Zones = OPEN,
    room: int = 0,
) -> tuple[State, list[Run]]:
    """The schedule as a state of the search, and the run that each of its first places stands for.

    A run keeps its start where it is later than it has to be, and its shift minutes where it has more
    than its quantity needs. What base and zones lock is held. The schedule is taken to be feasible. There
    is room for `room` more runs at least.
    """
    arrays = plant_arrays(plant)
    order = sorted(schedule.runs, key=lambda run: (run.start, run.end, run.id))
    state = _empty(plant, arrays, order, room)
    published = {run.id: run for run in base.runs} if base else {}
    slush = range(zones.frozen, zones.frozen + zones.slush)
    families = arrays.items.family
    for place, run in enumerate(order):
        line, item = arrays.line_index[run.line], arrays.item_index[run.item]
        state.line[place], state.item[place] = line, item
        state.quantity[place], state.alive[place] = run.quantity, 1
        state.start[place], state.end[place] = run.start, run.end
        old = published.get(run.id)
        if old is not None:
            frozen = old.start < zones.frozen
            state.hold[place] = AT_ITS_START if frozen else HOLD[old.lock]
            if old.start in slush:
                state.slush_line[place] = arrays.line_index.get(old.line, -2)
                state.slush_start[place] = old.start
        before = state.sequence[line, state.length[line] - 1] if state.length[line] else -1
        free = state.end[before] if before >= 0 else 0
        family = families[state.item[before]] if before >= 0 else arrays.lines.initial_family[line]
        table = arrays.lines.table[line]
        changeover = arrays.changeovers.minutes[table, family, families[item]] if family >= 0 else 0
        if run_start(arrays.calendar, line, free, changeover) < run.start:
            state.release[place] = run.start
        manned = worked_between(arrays.calendar, line, run.start, run.end)[0]
        rate = arrays.capabilities.rate[line, item]
        if manned > minutes_needed(run.quantity, rate):
            state.minutes[place] = manned
        state.sequence[line, state.length[line]] = place
        state.length[line] += 1
        for event_item, units in events_of(arrays.bom, item):
            row = state.opened[event_item] + state.events[event_item]
            state.event_run[row], state.event_units[row] = place, units
            state.events[event_item] += 1
    return state, order


def to_schedule(
    plant: Plant,
    state: State,
    known: Sequence[Run],
    taken: frozenset[str],
    names: Mapping[int, str] | None = None,
) -> Schedule:
    """The records of a state.

    The first places bear the ids and locks of the known runs, others the ids that `names` gives them, or
    new ones that neither the known runs nor `taken` have.
    """
    used = {run.id for run in known} | taken
    fresh = (f"R{n}" for n in count(1) if f"R{n}" not in used)
    named = dict(names or {}) | {place: run.id for place, run in enumerate(known)}
    runs = [
        Run(
            named[place] if place in named else next(fresh),
            plant.lines[state.line[place]].id,
            plant.items[state.item[place]].id,
            int(state.start[place]),
            int(state.end[place]),
            float(state.quantity[place]),
            known[place].lock if place < len(known) else "none",
        )
        for place in np.flatnonzero(state.alive).tolist()
    ]
    return Schedule(tuple(sorted(runs, key=lambda run: (run.line, run.start))))


def events_of(bom: BomArrays, item: int) -> Iterator[tuple[int, float]]:
    """The items whose stock a run of this item changes: its own (0), its components (units taken)."""
    yield item, 0.0
    for row in range(bom.pointer[item], bom.pointer[item + 1]):
        yield int(bom.component[row]), float(bom.per_unit[row])


def _empty(plant: Plant, arrays: PlantArrays, runs: Sequence[Run], more: int) -> State:
    lines, items = len(plant.lines), len(plant.items)
    room = 2 * len(runs) + len(plant.orders) + more + 64
    on_line = np.bincount([arrays.line_index[r.line] for r in runs], minlength=lines)
    longest = int(on_line.max(initial=0)) * 2 + min(len(plant.orders), 200) + min(more, 400) + 16
    events = np.zeros(items, np.int64)
    for run in runs:
        for item, _ in events_of(arrays.bom, arrays.item_index[run.item]):
            events[item] += 1
    used_by = np.bincount(arrays.bom.component, minlength=items)
    ordered = np.diff(arrays.orders.pointer)
    space = 2 * events + ordered * 2 + min(more, 400) + 32 + np.where(used_by > 0, room // 2, 0)
    opened = np.concatenate([[0], np.cumsum(space)]).astype(np.int64)

    def ints(fill: int) -> Ints:
        return np.full(room, fill, dtype=np.int64)

    spare = np.arange(room - 1, len(runs) - 1, -1, dtype=np.int64)
    return State(
        line=ints(0),
        item=ints(0),
        quantity=np.zeros(room),
        start=ints(0),
        end=ints(0),
        release=ints(0),
        minutes=ints(0),
        hold=ints(FREE),
        slush_line=ints(-1),
        slush_start=ints(-1),
        alive=ints(0),
        sequence=np.full((lines, longest), -1, dtype=np.int64),
        length=np.zeros(lines, dtype=np.int64),
        opened=opened,
        events=np.zeros(items, dtype=np.int64),
        event_run=np.full(int(opened[-1]), -1, dtype=np.int64),
        event_units=np.zeros(int(opened[-1])),
        line_money=np.zeros(lines),
        item_money=np.zeros(items),
        run_money=np.zeros(room),
        spare=spare,
        spare_count=np.array([len(spare)], dtype=np.int64),
    )


def _pointer(sorted_owner: Ints, owners: int) -> Ints:
    return np.searchsorted(sorted_owner, np.arange(owners + 1)).astype(np.int64)
