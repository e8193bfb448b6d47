"""The published plan's plant as it is now: what has happened put into its lines, arrivals and orders.

The minutes stay those of the published plan. What is past is closed: of the time before now a line keeps
what its runs took, so that no repair can put anything there. A line that stood lost the time from its
shifts; the runs that it had begun go on after it and end later, those that it should have begun meanwhile
begin as soon as it could. Everything is put in as a state, so that a plan that knows it already is not
changed again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipelines.events import Material, OrderEvent
from pipelines.params import SnapshotParams
from pipelines.reaction.situation import Situation, Stop
from plant import (
    Arrival,
    Evaluation,
    Line,
    Order,
    Plant,
    Run,
    Schedule,
    Shift,
    Weights,
    Zones,
    evaluate,
)
from plant.arrays import PlantArrays, plant_arrays
from plant.calendar import NEVER, changeover_start, next_manned, run_end, run_start, worked_between
from plant.model import MINUTES_PER_DAY

Spell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class AsOf:
    """The plant at a minute of the published plan, and that plan's runs as far as they have come.

    base: the published runs; those that stops delayed are where they ended up. zones: nothing before
    `now`, nor in the frozen zone of the publication, is moved unasked.
    """

    plant: Plant
    base: Schedule
    zones: Zones
    now: int


def plant_as_of(
    plant: Plant,
    published: Schedule,
    zones: Zones,
    situation: Situation,
    now: datetime,
    patience: timedelta,
    params: SnapshotParams,
) -> AsOf:
    """The plant with everything in it that has happened until an instant.

    Parameters
    ----------
    patience
        For how long from now a line is down, or a truck late, that does not say.
    params
        How far from its due a firm order takes from the forecast.
    """
    minute = minute_of(plant, now)
    stops = situation.stops(now, patience)
    stopped = replace(
        plant,
        lines=tuple(_without_stops(plant, line, stops.get(line.id, ())) for line in plant.lines),
    )
    base, used = _so_far(plant, stopped, published, minute)
    lines = tuple(_past_closed(line, used[line.id], minute) for line in stopped.lines)
    return AsOf(
        replace(
            plant,
            lines=lines,
            arrivals=arrivals_now(plant, situation, now, patience),
            orders=orders_now(plant, situation.orders(plant.starts_at), params),
        ),
        base,
        Zones(max(zones.frozen, minute), zones.slush),
        minute,
    )


def judged(as_of: AsOf, schedule: Schedule, weights: Weights) -> Evaluation:
    """What the referee says of a repair, by the base less those locks that it had to give up."""
    base = as_of.base
    while True:
        found = evaluate(as_of.plant, schedule, base, weights, as_of.zones)
        given_up = {one.record for one in found.violations if one.kind == "lock"}
        left = tuple(run for run in base.runs if run.id not in given_up)
        if len(left) == len(base.runs):
            return found
        base = Schedule(left)


def minute_of(plant: Plant, instant: datetime) -> int:
    """The whole minute of the plan in which an instant lies; negative before its start."""
    return math.floor((instant - plant.starts_at).total_seconds() / 60)


def arrival_of(plant: Plant, told: Sequence[Material], taken: Iterable[int] = ()) -> int | None:
    """The place of the plan's arrival that a delivery is, by what was ever said of it, or None.

    That is one of its item for when it was, or is, expected and as much; else the nearest of as much.
    """
    left = [
        place
        for place, one in enumerate(plant.arrivals)
        if one.item == told[-1].item and place not in set(taken)
    ]
    said = {(minute_of(plant, one.due_at or one.at), one.quantity) for one in told}
    for place in left:
        if (plant.arrivals[place].at, plant.arrivals[place].quantity) in said:
            return place
    amounts = {one.quantity for one in told}
    alike = [place for place in left if plant.arrivals[place].quantity in amounts]
    due = minute_of(plant, told[0].due_at or told[0].at)
    return min(alike, key=lambda place: abs(plant.arrivals[place].at - due), default=None)


def arrivals_now(
    plant: Plant, situation: Situation, now: datetime, patience: timedelta
) -> tuple[Arrival, ...]:
    """The plan's arrivals as deliveries have it now, further deliveries behind them."""
    items = {item.id for item in plant.items}
    known: dict[int, Arrival | None] = {}
    more: list[Arrival] = []
    for told in situation.deliveries(plant.starts_at):
        if told[-1].item not in items:
            continue
        place = arrival_of(plant, told, known)
        arrival = _arrival(plant, told[-1], now, patience)
        if place is not None:
            known[place] = arrival
        elif arrival is not None:
            more.append(arrival)
    kept = (known.get(place, one) for place, one in enumerate(plant.arrivals))
    return (*(one for one in kept if one is not None), *more)


def orders_now(
    plant: Plant, said: Iterable[OrderEvent], params: SnapshotParams
) -> tuple[Order, ...]:
    """The plan's orders as customers have it now; a new one takes its part of the forecast."""
    items = {item.id for item in plant.items}
    orders = {order.id: order for order in plant.orders}
    for event in said:
        known = event.order in orders
        if event.change == "cancelled":
            orders.pop(event.order, None)
            continue
        due = minute_of(plant, event.due_at)
        if event.item not in items or (not known and due > plant.horizon):
            continue
        if not known:
            _take_forecast(orders, event.item, due, event.quantity, params)
        orders[event.order] = Order(event.order, event.item, event.quantity, due, event.weight)
    return tuple(orders.values())


def _take_forecast(
    orders: dict[str, Order], item: str, due: int, quantity: float, params: SnapshotParams
) -> None:
    """Takes from the forecast due next, then from what is due before it, nearest first, then after."""
    back, ahead = (
        params.consume_back_days * MINUTES_PER_DAY,
        params.consume_ahead_days * MINUTES_PER_DAY,
    )
    near = [
        order
        for order in orders.values()
        if order.source == "forecast" and order.item == item and -back <= order.due - due <= ahead
    ]
    next_ = min((order.due for order in near if order.due >= due), default=None)

    def rank(order: Order) -> tuple[bool, bool, int]:
        return order.due != next_, order.due >= due, abs(order.due - due)

    for order in sorted(near, key=rank):
        taken = min(quantity, order.quantity)
        quantity -= taken
        if order.quantity > taken:
            orders[order.id] = replace(order, quantity=order.quantity - taken)
        else:
            del orders[order.id]
        if quantity <= 0:
            return


def _arrival(plant: Plant, last: Material, now: datetime, patience: timedelta) -> Arrival | None:
    """What a delivery brings, or None where it does not come within the horizon."""
    if last.status == "cancelled":
        return None
    at = last.at if last.status == "arrived" else last.due_at or now
    if last.status == "expected" and at <= now:
        at = now + patience
    minute = max(math.ceil((at - plant.starts_at).total_seconds() / 60), 0)
    return Arrival(last.item, minute, last.quantity) if minute < plant.horizon else None


def _without_stops(plant: Plant, line: Line, stops: Sequence[Stop]) -> Line:
    shifts = line.shifts
    for stop in stops:
        until = math.ceil((stop.until - plant.starts_at).total_seconds() / 60)
        shifts = _without(shifts, (minute_of(plant, stop.since), until))
    return replace(line, shifts=shifts)


def _without(shifts: Sequence[Shift], gap: Spell) -> tuple[Shift, ...]:
    """The shifts less the minutes of a spell."""
    left = []
    for shift in shifts:
        for first, last in (
            (shift.start, min(shift.end, gap[0])),
            (max(shift.start, gap[1]), shift.end),
        ):
            if first < last:
                left.append(Shift(first, last, shift.overtime))
    return tuple(left)


def _past_closed(line: Line, used: Sequence[Spell], now: int) -> Line:
    """The line with no manned time before now but what its runs took."""
    shifts = line.shifts
    free = 0
    for start, end in (*used, (now, now)):
        if free < min(start, now):
            shifts = _without(shifts, (free, min(start, now)))
        free = max(free, end)
    return replace(line, shifts=shifts)


def _so_far(
    plant: Plant, stopped: Plant, published: Schedule, now: int
) -> tuple[Schedule, Mapping[str, list[Spell]]]:
    """The runs with those that have begun where they are now, and the time that each line took for them."""
    before, arrays = plant_arrays(plant), plant_arrays(stopped)
    families = {item.id: item.family for item in plant.items}
    moved: dict[str, Run] = {}
    used: dict[str, list[Spell]] = {}
    for number, line in enumerate(plant.lines):
        runs = sorted((r for r in published.runs if r.line == line.id), key=lambda run: run.start)
        spells = used.setdefault(line.id, [])
        family, free = line.initial_family, 0
        for run in runs:
            setup = _setup_minutes(arrays, number, family, families[run.item])
            here = _where_it_is(before, arrays, number, run, free, setup)
            opens = changeover_start(arrays.calendar, number, here.start, setup)
            first = here.start if opens == NEVER else opens
            if here.start >= now:
                if first < now:  # it is being changed over
                    spells.append((first, here.end))
                break
            moved[run.id] = here
            spells.append((first, here.end))
            family, free = families[run.item], here.end
    return Schedule(tuple(moved.get(run.id, run) for run in published.runs)), used


def _where_it_is(
    before: PlantArrays, arrays: PlantArrays, line: int, run: Run, free: int, setup: int
) -> Run:
    """A run as late as stops and the run before it make it, as it was where they do not."""
    calendar = arrays.calendar
    earliest = run_start(calendar, line, free, setup)
    if earliest == NEVER:
        return run
    start = next_manned(calendar, line, max(run.start, earliest))
    needed, _ = worked_between(before.calendar, line, run.start, run.end)
    end = run_end(calendar, line, start, max(needed, 1)) if start != NEVER else NEVER
    if end == NEVER or (start == run.start and end <= run.end):
        return run
    return replace(run, start=int(start), end=int(end))


def _setup_minutes(arrays: PlantArrays, line: int, family: str | None, to: str) -> int:
    if family is None or family == to:
        return 0
    table = arrays.lines.table[line]
    index = arrays.family_index
    return int(arrays.changeovers.minutes[table, index[family], index[to]])
