"""What the minutes of runs do to stocks, in a CP-SAT model: materials that must be there, and their money.

With the runs' deliveries and takes of an item in a given order, what its stock, its shortage and its late
orders cost is a sum of functions of one event's minute each: between two events the cumulated balance is
known, and the due dates are. So for items with orders or a safety stock the order of the events stays
as it is in the incumbent, and their money is exact. Components without orders may change order: their
stock is kept from going below zero, and what it costs to hold is exact; what a shortage under their safety
stock costs is left out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.optimize.large.cutout import parts_of
from models.optimize.sequence.hint import Curve, HintedModel
from plant import Run, Weights
from plant.arrays import Floats, Ints, PlantArrays
from plant.kernel import TOLERANCE
from plant.model import MINUTES_PER_DAY

UNIT = 1e6  # parts of a unit of stock; where that comes to more than LARGEST parts, of some units
LARGEST = 2.0**55


@dataclass(frozen=True, slots=True)
class Event:
    """`units` more (or less) of an item at a minute in [low, high], a variable or a number.

    active: the choice without which it does not happen; None: it does.
    """

    item: int
    units: float
    at: Any
    low: int
    high: int
    hint: int
    active: Any = None

    @property
    def is_free(self) -> bool:
        """Whether the model decides when."""
        return not isinstance(self.at, int)


@dataclass(frozen=True, slots=True)
class Book:
    """The orders of an item that fall due within the horizon, in the order of service, and its money.

    until [O]: units of these orders up to and with each.
    """

    due: Ints
    quantity: Floats
    until: Floats
    weight: Floats
    holding: float
    shortage: float
    safety: float

    def money(self, balance: float, minute: int) -> float:
        """Money per minute with a cumulated balance of units, just after what is due at the minute."""
        now = int(np.searchsorted(self.due, minute, side="right"))
        owed = self.until[now - 1] if now else 0.0
        stock = max(balance - owed, 0.0)
        waiting = np.clip(self.until[:now] - balance, 0.0, self.quantity[:now])
        late = float(waiting @ self.weight[:now])
        held = stock * self.holding + max(self.safety - stock, 0.0) * self.shortage
        return (late + held) / MINUTES_PER_DAY

    def last_chance(self, balance: float) -> float:
        """The last minute at which a take may leave such a balance: what was due before has been served."""
        owing = np.flatnonzero(self.until > balance + TOLERANCE)
        return float(self.due[owing[0]]) if len(owing) else math.inf


def has_mixed_use(arrays: PlantArrays, item: int) -> bool:
    """Whether an item is both ordered and a component."""
    ordered = arrays.orders.pointer[item + 1] > arrays.orders.pointer[item]
    return bool(ordered and (arrays.bom.component == item).any())


def fixed_events(arrays: PlantArrays, runs: Iterable[Run], items: set[int]) -> list[Event]:
    """What arrivals and runs that stay do to the items within the horizon."""
    rows: list[tuple[int, float, int]] = list(
        zip(
            arrays.arrivals.item.tolist(),
            arrays.arrivals.quantity.tolist(),
            arrays.arrivals.at.tolist(),
            strict=True,
        )
    )
    for run in runs:
        line, item = arrays.line_index[run.line], arrays.item_index[run.item]
        rows.append((item, run.quantity, run.end))
        rows += [(part, -units, run.start) for part, units in parts_of(arrays, line, item, run)]
    return [
        Event(item, units, at, at, at, at)
        for item, units, at in rows
        if item in items and at <= arrays.horizon
    ]


def add_stock(
    model: HintedModel, arrays: PlantArrays, weights: Weights, item: int, events: Sequence[Event]
) -> None:
    """Constrain and price the events of one item."""
    book = _book(arrays, weights, item)
    opening = float(arrays.items.stock[item])
    takes = any(one.units < 0 for one in events)
    if len(book.due) or (book.safety * book.shortage > 0 and not takes):
        _keep_order(model, arrays.horizon, book, opening, events)
        return
    if takes:
        _never_negative(model, opening, events)
    for one in events:
        if one.is_free:
            _pay_holding(model, arrays.horizon, book.holding / MINUTES_PER_DAY, one)


def _book(arrays: PlantArrays, weights: Weights, item: int) -> Book:
    orders, items = arrays.orders, arrays.items
    rows = slice(orders.pointer[item], orders.pointer[item + 1])
    inside = orders.due[rows] <= arrays.horizon
    quantity = orders.quantity[rows][inside]
    return Book(
        orders.due[rows][inside],
        quantity,
        np.cumsum(quantity),
        orders.weight[rows][inside] * weights.tardiness,
        float(items.holding_cost[item]) * weights.holding,
        float(items.shortage_cost[item]) * weights.holding,
        float(items.safety_stock[item]),
    )


def _keep_order(
    model: HintedModel, horizon: int, book: Book, opening: float, events: Sequence[Event]
) -> None:
    """Hold the events in the order that they have, and pay for the minute of each."""
    rows = sorted(events, key=lambda one: (one.hint, one.units < 0))
    balances = opening + np.cumsum([one.units for one in rows])
    pinned = _pinned(book, rows, balances)
    for number, one in enumerate(rows):
        if not one.is_free:
            continue
        if one.hint in pinned:
            model.model.add(one.at == one.hint)
            continue
        before = balances[number] - one.units
        if one.units < 0:
            one = replace(one, high=int(min(one.high, book.last_chance(balances[number]))))
            model.model.add(one.at <= one.high)
        low = max([one.low, *(other.hint for other in rows[:number] if not other.is_free)])
        high = min([one.high, *(other.hint for other in rows[number + 1 :] if not other.is_free)])
        dues = np.unique(book.due[(book.due > low) & (book.due < high)]).tolist()
        edges = (low, *dues, high)
        slopes = tuple(
            book.money(before, at) - book.money(balances[number], at) for at in edges[:-1]
        )
        if high > low:
            model.pay_curve(one.at, one.hint, Curve(edges, slopes))
        model.model.add(one.at >= low)
        model.model.add(one.at <= min(high, horizon))
    for one, other in itertools.pairwise(rows):
        if one.is_free and other.is_free:
            model.model.add(one.at <= other.at)


def _pinned(book: Book, rows: Sequence[Event], balances: Floats) -> set[int]:
    """The minutes at which a take lives on what comes in the same minute, before older orders do."""
    return {
        one.hint
        for one, balance in zip(rows, balances, strict=True)
        if one.units < 0 and one.hint > book.last_chance(balance)
    }


def _pay_holding(model: HintedModel, horizon: int, money: float, one: Event) -> None:
    """Money for each minute that the units lie there until the horizon (less, for what is taken)."""
    if money == 0:
        return
    if one.active is None:
        model.pay(-money * one.units, one.at, one.low, one.high)
        return
    happens = bool(model.hints[one.active.index])
    minutes = model.integer(0, horizon - one.low, (horizon - one.hint) if happens else 0)
    model.model.add(minutes == horizon - one.at).only_enforce_if(one.active)
    model.model.add(minutes == 0).only_enforce_if(one.active.negated())
    model.pay(money * one.units, minutes, 0, horizon - one.low)


def _never_negative(model: HintedModel, opening: float, events: Sequence[Event]) -> None:
    """The stock lasts whatever the free events' order."""
    shrink = min(1.0, LARGEST / (UNIT * (opening + sum(abs(one.units) for one in events))))
    opening, events = opening * shrink, [replace(one, units=one.units * shrink) for one in events]
    free = [one for one in events if one.is_free]
    low, high = min(one.low for one in free), max(one.high for one in free)
    level = _parts(opening)
    steps: dict[int, int] = {}
    for one in events:
        if one.is_free:
            continue
        if one.hint <= low:
            level += _parts(one.units)
        elif one.hint <= high:
            steps[one.hint] = steps.get(one.hint, 0) + _parts(one.units)
    level += _rounding(model, level, steps, free)
    takes = [one for one in free if one.units < 0]
    gains = [one for one in free if one.units > 0]
    lasting, running = [level], level
    for at in sorted(steps):
        running += steps[at]
        lasting.append(running)
    if min(lasting) + sum(_parts(one.units) for one in takes) >= 0:
        return
    if not gains:
        _wait_for_arrivals(model, takes, sorted(steps), lasting)
        return
    _wait_for_makers(model, gains, takes, max(lasting))
    if len(gains) == 1 and len(takes) == 1 and not steps:
        return
    model.model.add_reservoir_constraint_with_active(
        [*(one.at for one in free), *steps, low],
        [*(_parts(one.units) for one in free), *steps.values(), level],
        [*(1 if one.active is None else one.active for one in free), *(1 for _ in steps), 1],
        0,
        sum(abs(_parts(one.units)) for one in free) + sum(map(abs, steps.values())) + abs(level),
    )


def _parts(units: float) -> int:
    """Whole parts of units, rounded so that nothing is promised that is not there."""
    return math.floor(units * UNIT + 1e-3)


def _rounding(model: HintedModel, level: int, steps: dict[int, int], free: Sequence[Event]) -> int:
    """What rounding takes off the stock that the incumbent lives on."""
    changes = list(steps.items())
    for one in free:
        if one.active is None or model.hints[one.active.index]:
            changes.append((one.hint, _parts(one.units)))
    lowest, now = level, level
    for at in sorted({at for at, _ in changes}):
        now += sum(units for when, units in changes if when == at)
        lowest = min(lowest, now)
    return max(-lowest, 0)


def _wait_for_arrivals(
    model: HintedModel, takes: Sequence[Event], minutes: Sequence[int], levels: Sequence[int]
) -> None:
    """Until each arrival, no more is taken than what is there and stays."""
    lasting = np.minimum.accumulate(np.array(levels[::-1], dtype=np.int64))[::-1].tolist()
    for until, there in zip([*minutes, None], lasting, strict=True):
        early = []
        for one in takes:
            if until is None or one.high < until:
                early.append((one, 1 if one.active is None else one.active))
            elif one.low < until:
                early.append((one, _taken_before(model, one, until)))
        if sum(-_parts(one.units) for one, _ in early) > there:
            model.model.add(sum(-_parts(one.units) * mine for one, mine in early) <= there)


def _taken_before(model: HintedModel, one: Event, until: int) -> Any:
    is_active = one.active is None or bool(model.hints[one.active.index])
    early = model.choice(is_active and one.hint < until)
    unless = [early.negated()] if one.active is None else [early.negated(), one.active]
    model.model.add(one.at >= until).only_enforce_if(unless)
    return early


def _wait_for_makers(
    model: HintedModel, gains: Sequence[Event], takes: Sequence[Event], most: int
) -> None:
    """A take that all other supply together does not cover waits for its maker."""
    total = sum(_parts(one.units) for one in gains)
    for gain in gains:
        for take in takes:
            if take.active is None and total - _parts(gain.units) + most < -_parts(take.units):
                model.model.add(take.at >= gain.at)
