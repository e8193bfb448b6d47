"""The moves of the search: each edits a state within a trial, or says that it found nothing to do."""

from __future__ import annotations

import numpy as np

from models.optimize.search.clock import minute_of, worked_before
from models.optimize.search.state import AT_ITS_START, FREE, Shop, State
from models.optimize.search.trial import Desk, alter, bear, bury, insert, position_of, remove
from plant.calendar import minutes_needed
from plant.compiled import inner

RELOCATE, SWAP, RESIZE, TRANSFER, SPLIT, CREATE, DROP, DELAY = range(8)
MOVES = 8
LONGEST_BLOCK = 5
SMALLEST_LOT = 1e-3


@inner
def between(rng: np.random.Generator, low: int, high: int) -> int:
    """A whole number from low to high - 1 (Generator.integers takes three times as long to compile)."""
    return low + int(rng.random() * (high - low))


@inner
def lot(shop: Shop, line: int, item: int, quantity: float) -> float:
    """The least allowed lot of at least this quantity."""
    multiple = shop.capabilities.lot_multiple[line, item]
    wanted = max(quantity, shop.capabilities.min_lot[line, item], SMALLEST_LOT)
    return float(np.ceil(wanted / multiple - 1e-9) * multiple) if multiple > 0 else float(wanted)


@inner
def propose(rng: np.random.Generator, shop: Shop, state: State, desk: Desk, kind: int) -> bool:
    """Whether a random move of this kind was made."""
    if kind == CREATE:
        return _create(rng, shop, state, desk)
    run = _some_run(rng, state)
    if run < 0:
        return False
    if kind == RELOCATE:
        return _relocate(rng, shop, state, desk, run)
    if kind == SWAP:
        return _swap(rng, shop, state, desk, run)
    if kind == RESIZE:
        return _resize(rng, shop, state, desk, run)
    if kind == TRANSFER:
        return _transfer(rng, shop, state, desk, run)
    if kind == SPLIT:
        return _split(rng, shop, state, desk, run)
    if kind == DROP:
        return _drop(shop, state, desk, run)
    return _delay(rng, shop, state, desk, run)


@inner
def _some_run(rng: np.random.Generator, state: State) -> int:
    for _ in range(60):
        run = between(rng, 0, len(state.line))
        if state.alive[run]:
            return run if state.hold[run] != AT_ITS_START else -1
    return -1


@inner
def _some_line(rng: np.random.Generator, shop: Shop, item: int) -> int:
    first, last = shop.made[item], shop.made[item + 1]
    return int(shop.makers[between(rng, first, last)]) if last > first else -1


@inner
def _some_position(rng: np.random.Generator, state: State, line: int, near: int) -> int:
    """A position in a line's sequence: any, or one around a minute."""
    length = state.length[line]
    if rng.random() < 0.3:
        return between(rng, 0, length + 1)
    position = 0
    while position < length and state.start[state.sequence[line, position]] < near:
        position += 1
    return int(min(max(position + between(rng, -1, 2), 0), length))


@inner
def _some_release(rng: np.random.Generator, shop: Shop, state: State, item: int, now: int) -> int:
    """A release for a run of an item: as it is, none, or when one of its components comes in."""
    draw = rng.random()
    first, last = shop.bom.pointer[item], shop.bom.pointer[item + 1]
    if last == first or draw < 0.4:
        return 0 if draw < 0.3 or last > first else now
    if draw < 0.6:
        return now
    part = shop.bom.component[between(rng, first, last)]
    arrivals = shop.arrived[part + 1] - shop.arrived[part]
    events = state.events[part]
    if arrivals + events == 0:
        return now
    pick = between(rng, 0, arrivals + events)
    if pick < arrivals:
        return int(shop.arrival_at[shop.arrived[part] + pick])
    row = state.opened[part] + pick - arrivals
    return int(state.end[state.event_run[row]]) if state.event_units[row] == 0.0 else now


@inner
def _relocate(rng: np.random.Generator, shop: Shop, state: State, desk: Desk, run: int) -> bool:
    """Move a run, or a block of its family, within its line or to another."""
    block = 1
    if rng.random() < 0.3:
        block = between(rng, 2, LONGEST_BLOCK + 1)
    if state.hold[run] == FREE and rng.random() < 0.65:
        to = _some_line(rng, shop, state.item[run])
        if to != state.line[run]:
            return _relocate_across(rng, shop, state, desk, run, to, block)
    line, first = state.line[run], position_of(state, run)
    family = shop.items.family[state.item[run]]
    last = first + 1
    while last < min(first + block, state.length[line]):
        one = state.sequence[line, last]
        if state.hold[one] == AT_ITS_START or shop.items.family[state.item[one]] != family:
            break
        last += 1
    return _relocate_within(rng, shop, state, desk, line, first, last - first)


@inner
def _relocate_across(
    rng: np.random.Generator, shop: Shop, state: State, desk: Desk, run: int, to: int, block: int
) -> bool:
    line, first = state.line[run], position_of(state, run)
    family = shop.items.family[state.item[run]]
    at = _some_position(rng, state, to, state.start[run])
    for _ in range(block):
        if first >= state.length[line]:
            break
        one = state.sequence[line, first]
        item = state.item[one]
        able = shop.capabilities.rate[to, item] > 0 and shop.items.family[item] == family
        if state.hold[one] != FREE or not able:
            break
        release = _some_release(rng, shop, state, item, state.release[one])
        remove(shop, state, desk, line, first)
        if not insert(shop, state, desk, to, at, one):
            return False
        alter(shop, state, desk, one, lot(shop, to, item, state.quantity[one]), release)
        at += 1
    return True


@inner
def _relocate_within(
    rng: np.random.Generator,
    shop: Shop,
    state: State,
    desk: Desk,
    line: int,
    first: int,
    taken: int,
) -> bool:
    rest = state.length[line] - taken
    if rest == 0:
        return False
    at = between(rng, 0, rest + 1)
    if rng.random() < 0.5:
        at = int(min(max(first + between(rng, -3, 4), 0), rest))
    if at == first:
        return False
    block = np.empty(taken, np.int64)
    for nth in range(taken):
        block[nth] = remove(shop, state, desk, line, first)
    for nth in range(taken):
        one = block[nth]
        insert(shop, state, desk, line, at + nth, one)
        release = _some_release(rng, shop, state, state.item[one], state.release[one])
        alter(shop, state, desk, one, state.quantity[one], release)
    return True


@inner
def _swap(rng: np.random.Generator, shop: Shop, state: State, desk: Desk, run: int) -> bool:
    other = _some_run(rng, state)
    if rng.random() < 0.5:
        to = _some_line(rng, shop, state.item[run])
        if state.length[to] > 0:
            at = min(_some_position(rng, state, to, state.start[run]), state.length[to] - 1)
            other = state.sequence[to, at]
    if other < 0 or other == run or state.hold[other] == AT_ITS_START:
        return False
    here, there = state.line[run], state.line[other]
    if here != there:
        rate = shop.capabilities.rate
        if rate[there, state.item[run]] <= 0 or rate[here, state.item[other]] <= 0:
            return False
        if state.hold[run] != FREE or state.hold[other] != FREE:
            return False
    at, position = position_of(state, run), position_of(state, other)
    if here == there and at > position:
        run, other, at, position = other, run, position, at
    remove(shop, state, desk, there, position)
    remove(shop, state, desk, here, at)
    insert(shop, state, desk, here, at, other)
    insert(shop, state, desk, there, position, run)
    for one in (run, other):
        quantity = lot(shop, state.line[one], state.item[one], state.quantity[one])
        release = _some_release(rng, shop, state, state.item[one], state.release[one])
        alter(shop, state, desk, one, quantity, release)
    return True


@inner
def _balance(shop: Shop, state: State, item: int) -> float:
    """What is left of an item when all runs are made, all parts taken and all orders served."""
    stock = shop.items.stock[item] - shop.items.safety_stock[item]
    for row in range(shop.arrived[item], shop.arrived[item + 1]):
        stock += shop.arrival_quantity[row]
    for row in range(state.opened[item], state.opened[item] + state.events[item]):
        run, units = state.event_run[row], state.event_units[row]
        if units == 0.0:
            stock += state.quantity[run]
        else:
            yield_ = shop.capabilities.yield_[state.line[run], state.item[run]]
            stock -= state.quantity[run] * units / yield_
    for order in range(shop.orders.pointer[item], shop.orders.pointer[item + 1]):
        stock -= shop.orders.quantity[order]
    return float(stock)


@inner
def _some_quantity(rng: np.random.Generator, shop: Shop, item: int, otherwise: float) -> float:
    """The quantity of one of an item's orders."""
    first, last = shop.orders.pointer[item], shop.orders.pointer[item + 1]
    if last == first:
        return otherwise
    return float(shop.orders.quantity[between(rng, first, last)])


@inner
def _resize(rng: np.random.Generator, shop: Shop, state: State, desk: Desk, run: int) -> bool:
    line, item, quantity = state.line[run], state.item[run], state.quantity[run]
    draw = rng.random()
    if draw < 0.35:
        wanted = quantity - _balance(shop, state, item)
    elif draw < 0.5:
        wanted = quantity + _some_quantity(rng, shop, item, quantity)
    elif draw < 0.65:
        wanted = quantity - _some_quantity(rng, shop, item, quantity / 2)
    else:
        wanted = quantity * (0.6 + 0.8 * rng.random())
    wanted = lot(shop, line, item, wanted)
    if wanted == quantity:
        return False
    alter(shop, state, desk, run, wanted, state.release[run])
    return True


@inner
def _transfer(rng: np.random.Generator, shop: Shop, state: State, desk: Desk, run: int) -> bool:
    """Move units from a run to another of its item; all of them where too few would be left."""
    item, line = state.item[run], state.line[run]
    row = state.opened[item] + between(rng, 0, state.events[item])
    other = state.event_run[row]
    if other == run or state.event_units[row] != 0.0 or state.hold[other] == AT_ITS_START:
        return False
    amount = state.quantity[run]
    if rng.random() < 0.5:
        amount = min(amount, _some_quantity(rng, shop, item, amount / 2))
    rest = state.quantity[run] - amount
    to = state.line[other]
    more = lot(shop, to, item, state.quantity[other] + amount)
    if rest < max(shop.capabilities.min_lot[line, item], SMALLEST_LOT):
        if state.hold[run] != FREE:
            return False
        all_of_it = lot(shop, to, item, state.quantity[other] + amount + rest)
        alter(shop, state, desk, other, all_of_it, state.release[other])
        remove(shop, state, desk, line, position_of(state, run))
        bury(shop, state, desk, run)
        return True
    alter(shop, state, desk, other, more, state.release[other])
    alter(shop, state, desk, run, lot(shop, line, item, rest), state.release[run])
    return True


@inner
def _split(rng: np.random.Generator, shop: Shop, state: State, desk: Desk, run: int) -> bool:
    item, line = state.item[run], state.line[run]
    amount = state.quantity[run] * rng.random()
    if rng.random() < 0.6:
        amount = _some_quantity(rng, shop, item, amount)
    rest = state.quantity[run] - amount
    to = _some_line(rng, shop, item)
    if rest < max(shop.capabilities.min_lot[line, item], SMALLEST_LOT):
        return False
    release = _some_release(rng, shop, state, item, state.release[run])
    alter(shop, state, desk, run, lot(shop, line, item, rest), state.release[run])
    born = bear(shop, state, desk, item, lot(shop, to, item, amount), release)
    if born < 0:
        return False
    return insert(shop, state, desk, to, _some_position(rng, state, to, state.start[run]), born)


@inner
def _create(rng: np.random.Generator, shop: Shop, state: State, desk: Desk) -> bool:
    if len(shop.order_item) > 0 and rng.random() < 0.8:
        order = between(rng, 0, len(shop.order_item))
        item, near = shop.order_item[order], shop.orders.due[order]
    elif len(state.events) > 0:
        item, near = between(rng, 0, len(state.events)), between(rng, 0, shop.horizon)
    else:
        return False
    to = _some_line(rng, shop, item)
    if to < 0:
        return False
    wanted = -_balance(shop, state, item)
    if wanted <= 0 or rng.random() < 0.3:
        wanted = _some_quantity(rng, shop, item, 0.0)
    release = _some_release(rng, shop, state, item, 0)
    born = bear(shop, state, desk, item, lot(shop, to, item, wanted), release)
    if born < 0:
        return False
    return insert(shop, state, desk, to, _some_position(rng, state, to, near), born)


@inner
def _drop(shop: Shop, state: State, desk: Desk, run: int) -> bool:
    if state.hold[run] != FREE:
        return False
    remove(shop, state, desk, state.line[run], position_of(state, run))
    bury(shop, state, desk, run)
    return True


@inner
def _delay(rng: np.random.Generator, shop: Shop, state: State, desk: Desk, run: int) -> bool:
    """Give a run another release: none, its components', just in time for an order, or a bit aside."""
    item, line = state.item[run], state.line[run]
    draw = rng.random()
    release = 0
    if draw < 0.3:
        release = _some_release(rng, shop, state, item, 0)
    elif draw < 0.6:
        first, last = shop.orders.pointer[item], shop.orders.pointer[item + 1]
        if last == first:
            return False
        due = max(shop.orders.due[between(rng, first, last)], 0)
        minutes = minutes_needed(state.quantity[run], shop.capabilities.rate[line, item])
        worked = worked_before(shop.clock, line, due) - minutes
        release = max(minute_of(shop.clock, line, worked), 0)
    else:
        aside = between(rng, -720, 721)
        release = max(state.start[run] + aside, 0)
    if release == state.release[run]:
        return False
    alter(shop, state, desk, run, state.quantity[run], release)
    return True
