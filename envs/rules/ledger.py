"""The book of component stocks: whether a run may take its components, and if not now, when.

For every item that something is made of, its gains, takes and order dues in time order, the orders
served as `plant.evaluate` serves them: as soon as they are due and there is stock, after the takes of
the same minute. A take is allowed where no take from then on would find too little.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from plant.arrays import Floats, Ints, PlantArrays, RunArrays
from plant.compiled import outer
from plant.kernel import GAIN, TAKE, stock_events

DUE = 2
SHORT = 5e-7  # half of what evaluate lets pass: the two add up in different orders
NEVER = 2**60


class Ledger(NamedTuple):
    """Stocks of K components with room for C events each.

    slot [I]: the component's row, or -1; stock [K]; entries [K]; at, kind [K, C], quantity [K, C] in
    order of (at, kind).
    """

    slot: Ints
    stock: Floats
    entries: Ints
    at: Ints
    kind: Ints
    quantity: Floats


def open_ledger(arrays: PlantArrays, kept: RunArrays, room: Ints) -> Ledger:
    """The ledger with arrivals, dues and kept runs in it, and room [I] for further events per item."""
    bom, orders = arrays.bom, arrays.orders
    components = np.unique(bom.component)
    slot = np.full(len(arrays.items.stock), -1)
    slot[components] = np.arange(len(components))
    events = stock_events(arrays, kept)
    known = np.diff(events.pointer) + np.diff(orders.pointer)
    width = int((known + room)[components].max(initial=1))
    shape = (len(components), width)
    ledger = Ledger(
        slot,
        arrays.items.stock[components].astype(np.float64),
        np.zeros(len(components), np.int64),
        np.full(shape, NEVER),
        np.zeros(shape, np.int64),
        np.zeros(shape),
    )
    for row, item in enumerate(components):
        moves, dues = (slice(*table.pointer[item : item + 2]) for table in (events, orders))
        at = np.concatenate([events.at[moves], np.maximum(orders.due[dues], 0)])
        kind = np.concatenate([events.kind[moves], np.full(dues.stop - dues.start, DUE)])
        quantity = np.concatenate([events.quantity[moves], orders.quantity[dues]])
        sequence = np.lexsort((kind, at))
        ledger.entries[row] = len(at)
        ledger.at[row, : len(at)] = at[sequence]
        ledger.kind[row, : len(at)] = kind[sequence]
        ledger.quantity[row, : len(at)] = quantity[sequence]
    return ledger


@outer
def enter(ledger: Ledger, row: int, at: int, kind: int, quantity: float) -> bool:
    """Whether there was room for the event, which is in the ledger then."""
    last = ledger.entries[row]
    if last == ledger.at.shape[1]:
        return False
    while last > 0 and (
        ledger.at[row, last - 1] > at
        or (ledger.at[row, last - 1] == at and ledger.kind[row, last - 1] > kind)
    ):
        ledger.at[row, last] = ledger.at[row, last - 1]
        ledger.kind[row, last] = ledger.kind[row, last - 1]
        ledger.quantity[row, last] = ledger.quantity[row, last - 1]
        last -= 1
    ledger.at[row, last] = at
    ledger.kind[row, last] = kind
    ledger.quantity[row, last] = quantity
    ledger.entries[row] += 1
    return True


@outer
def may_take(ledger: Ledger, row: int, at: int, quantity: float) -> bool:
    """Whether so many units can be taken at a minute with every take from then on still served."""
    level = ledger.stock[row]  # what is in stock, less what orders are waiting for
    on_hand = max(level, 0.0)
    minute = -1
    taken = False
    for event in range(ledger.entries[row]):
        now, kind, units = (
            ledger.at[row, event],
            ledger.kind[row, event],
            ledger.quantity[row, event],
        )
        if not taken and (now > at or (now == at and kind == DUE)):
            taken = True
            if at != minute:
                on_hand = max(level, 0.0)
                minute = at
            on_hand -= quantity
            level -= quantity
            if on_hand < -SHORT:
                return False
        if now != minute:
            on_hand = max(level, 0.0)
            minute = now
        if kind == GAIN:
            on_hand += units
            level += units
        elif kind == TAKE:
            on_hand -= units
            level -= units
            if taken and on_hand < -SHORT:
                return False
        else:
            level -= units
    if taken:
        return True
    if at != minute:
        on_hand = max(level, 0.0)
    return bool(on_hand - quantity >= -SHORT)


@outer
def free_to_take(ledger: Ledger, row: int, at: int) -> float:
    """Units that can surely be taken at a minute (orders waiting may leave more)."""
    level = ledger.stock[row]
    on_hand = max(level, 0.0)
    minute = -1
    free = -1.0
    for event in range(ledger.entries[row]):
        now, kind, units = (
            ledger.at[row, event],
            ledger.kind[row, event],
            ledger.quantity[row, event],
        )
        if free < 0.0 and (now > at or (now == at and kind == DUE)):
            if at != minute:
                on_hand = max(level, 0.0)
                minute = at
            free = max(on_hand, 0.0)
        if now != minute:
            on_hand = max(level, 0.0)
            minute = now
        if kind == GAIN:
            on_hand += units
            level += units
        elif kind == TAKE:
            on_hand -= units
            level -= units
            if free >= 0.0:
                free = min(free, max(on_hand, 0.0))
        else:
            level -= units
    if free >= 0.0:
        return float(free)
    if at != minute:
        on_hand = max(level, 0.0)
    return float(max(on_hand, 0.0))


@outer
def earliest_take(ledger: Ledger, row: int, after: int, quantity: float) -> int:
    """The first minute at or after one in which so many units can be taken, or NEVER."""
    if may_take(ledger, row, after, quantity):
        return after
    for event in range(ledger.entries[row]):
        at = ledger.at[row, event]
        if at > after and ledger.kind[row, event] == GAIN and may_take(ledger, row, at, quantity):
            return int(at)
    return NEVER
