"""What cannot be planned, said in words before anything is solved; what can be planned still is.

Everything here is certain: it rests on upper bounds of what there can be (`supply`), and on the referee for
locks. That nothing is found does not mean that all orders can be on time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from envs.rules import kept_runs
from models.optimize.obstacles.overload import overloads
from models.optimize.obstacles.supply import TOLERANCE, Cause, Supply
from plant import Order, Plant, Schedule, Zones, evaluate

Kind = Literal["no line", "shifts", "material", "lot", "capacity", "late", "lock"]
OPEN = Zones()


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that no schedule can do, with the ids that it is about.

    amount: units that stay unserved; minutes too late for "late"; hours of work too much for
    "capacity" that names no order; what the referee says for "lock". never: no unit of the orders can
    be served at all within the horizon. message: a sentence, with what would mend it.
    """

    kind: Kind
    orders: tuple[str, ...]
    items: tuple[str, ...]
    lines: tuple[str, ...]
    amount: float
    never: bool
    message: str


def obstacles(
    plant: Plant, base: Schedule | None = None, zones: Zones = OPEN
) -> tuple[Obstacle, ...]:
    """What no schedule of the plant can do: locks first, then orders by due date, then lines.

    Parameters
    ----------
    base, zones
        As in `plant.evaluate`: the schedule that is followed, whose locked and frozen runs have to stay.
    """
    supply = Supply(plant)
    return (*_locks(plant, base, zones), *_orders(plant, supply), *_lines(plant, supply))


def when(plant: Plant, minute: int) -> str:
    """A minute of the horizon as weekday, date and time at the plant."""
    return f"{plant.starts_at + timedelta(minutes=minute):%a %d %b %H:%M}"


def _locks(plant: Plant, base: Schedule | None, zones: Zones) -> Iterator[Obstacle]:
    kept = Schedule(tuple(kept_runs(plant, base, zones)))
    runs = {run.id: run for run in kept.runs}
    for broken in evaluate(plant, kept, zones=zones).violations:
        run = runs.get(broken.record)
        yield Obstacle(
            "lock",
            (),
            (run.item if run else broken.record,),
            (run.line,) if run else (),
            broken.amount,
            False,
            f"locked runs break a rule: {broken.message}; unlock or move one of them",
        )


def _orders(plant: Plant, supply: Supply) -> Iterator[Obstacle]:
    found = []
    book, index = supply.arrays.orders, supply.arrays.item_index
    for item in sorted(index.values()):
        ahead = 0.0
        for row in range(book.pointer[item], book.pointer[item + 1]):
            order = plant.orders[book.position[row]]
            obstacle = _of_order(plant, supply, item, order, ahead)
            ahead += order.quantity
            if obstacle is not None:
                found.append((order.due, order.id, obstacle))
    yield from (obstacle for *_, obstacle in sorted(found, key=lambda one: one[:2]))


def _of_order(
    plant: Plant, supply: Supply, item: int, order: Order, ahead: float
) -> Obstacle | None:
    """What keeps an order, with so many units of its item wanted before it, from being on time in full."""
    wanted, due = ahead + order.quantity, max(order.due, 0)
    if due > plant.horizon or supply.most(item, due) >= wanted - TOLERANCE:
        return None
    most = supply.most(item, plant.horizon)
    if order.due < 0 and most >= wanted - TOLERANCE:
        return None  # late before anything could be planned
    head = f"order {order.id} ({order.quantity:g} of {order.item}, due {when(plant, order.due)})"
    if most >= wanted - TOLERANCE:
        soonest = supply.first_minute(item, wanted)
        assert soonest is not None
        cause = supply.limit(item, soonest - 1, wanted - supply.given(item, soonest - 1))
        told = (
            f"{head} cannot be complete before {when(plant, soonest)}, "
            f"{_duration(soonest - due)} late: {_why(plant, cause, soonest)}"
        )
        return _obstacle(plant, "late", order, cause, float(soonest - due), False, told)
    cause = supply.limit(item, plant.horizon, wanted - supply.given(item, plant.horizon))
    never = most <= ahead + TOLERANCE
    short = order.quantity if never else wanted - most
    how = "cannot be served at all" if never else f"stays {short:,.6g} units short"
    told = f"{head} {how}: {_why(plant, cause, plant.horizon)}"
    kind: Kind = "material" if cause.limit == "no line" and _is_raw(plant, cause) else cause.limit
    return _obstacle(plant, kind, order, cause, short, never, told)


def _obstacle(
    plant: Plant, kind: Kind, order: Order, cause: Cause, amount: float, never: bool, told: str
) -> Obstacle:
    items = dict.fromkeys((order.item, plant.items[cause.item].id))
    lines = tuple(plant.lines[line].id for line in cause.lines)
    return Obstacle(kind, (order.id,), tuple(items), lines, amount, never, told)


def _is_raw(plant: Plant, cause: Cause) -> bool:
    """Whether the item at the root is one that others take."""
    return any(row.component == plant.items[cause.item].id for row in plant.bom)


def _why(plant: Plant, cause: Cause, minute: int) -> str:
    """The cause in words, and what would mend it."""
    item = plant.items[cause.item]
    lines = _named([plant.lines[line].id for line in cause.lines])
    if cause.limit in ("material", "no line"):
        coming = [one for one in plant.arrivals if one.item == item.id]
        soon = sum(one.quantity for one in coming if one.at <= minute)
        there = f"{item.stock:,.6g} units of {item.id} are in stock and {soon:,.6g} come in by then"
        made = "" if cause.limit == "material" else f"no line can make {item.id}, "
        if not made and item.stock + soon == 0:
            there = f"{item.id} is not in stock and does not come in"
        after = min((one.at for one in coming if one.at > minute), default=None)
        next_one = f", more only at {when(plant, after)}" if after is not None else ""
        mend = (
            f"order or hasten {item.id}"
            if cause.limit == "material"
            else f"enable a line for {item.id} or buy it in"
        )
        return f"{made}{there}{next_one}; {mend}"
    if cause.limit == "shifts":
        return (
            f"of the lines that can make {item.id}, {lines} have no shifts left; add shifts there"
        )
    if cause.limit == "lot":
        return (
            f"the least lot of {item.id} takes longer than the shift time that {lines} have left in the "
            "horizon; allow smaller lots or add shifts"
        )
    return (
        f"{lines} cannot make more of {item.id} in the shifts until then, even for nothing else; add "
        "shifts, enable another line, or agree a later date"
    )


def _lines(plant: Plant, supply: Supply) -> Iterator[Obstacle]:
    for one in overloads(plant, frozenset(n for n, cause in enumerate(supply.cause) if cause)):
        lines = tuple(plant.lines[line].id for line in one.lines)
        items = tuple(plant.items[item].id for item in one.items)
        told = (
            f"{_named(lines)} would need {one.hours_needed:,.1f} h until {when(plant, one.until)} for what "
            f"is due by then of {_named(items)}, and {'has' if len(lines) == 1 else 'have'} "
            f"{one.hours_there:,.1f} h; add {one.hours_short:,.1f} h of shifts, enable another line, or "
            "agree later dates"
        )
        yield Obstacle("capacity", (), items, lines, one.hours_short, False, told)


def _named(ids: Sequence[str], most: int = 6) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more


def _duration(minutes: int) -> str:
    days, rest = divmod(minutes, 1440)
    hours = rest / 60
    parts = [f"{days} d"] if days else []
    if hours or not days:
        parts.append(f"{hours:.1f} h")
    return " ".join(parts)
