"""What lies ahead of each item: demand and arrivals, how sure they are, and when it could be made.

Demand and arrivals ahead stay as they are for ten ticks or so, until the next order or arrival passes a
bucket's edge; they are worked out then and left standing in the observation in between.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.stocks import can_be_taken
from envs.fleet.luck import DEMAND_SPREAD, NOTICE, RUSH_PER_DAY, Z90
from envs.fleet.plants import FAR, Fleet
from envs.fleet.state import State
from plant.arrays import Floats, Ints
from plant.calendar import NEVER, minutes_needed, run_end
from plant.compiled import inner

BUCKETS = np.array([480, 1440, 2880, 4320, 7200, 10080, 14400, 20160])  # minutes ahead
WINDOWS = np.array([3, 5])  # buckets up to which demand is told with its quantiles: 3 and 7 days
FIRST_DUE, FIRST_ARRIVAL, EARLIEST, COVER, FIRST_QUANTILE = 17, 25, 33, 34, 35
MOST_MINUTES = 7200
# A minute after all others; half as wide as FAR, so that twice as many are compared at once.
CANNOT = 2**30
RUSH_STEP = 360  # rush orders expected before the horizon's end are counted anew every six hours
RUSH_SQUARE = 13.0 / 12.0  # mean square of a rush order over the usual one: 0.5..1.5 of it
PER_DAY = 1.0 / 1440.0


class Outlook(NamedTuple):
    """What the outlook needs of a fleet that never changes, and room to work in.

    Items [BI]: usual (units of a usual order), rushes (rush orders a minute, over the plant's), smallest
    (units of the least run). Room: starts [B, I], gains [BI] (minutes), takeable [BI] (units).

    What a line offers is worked out when it is told something: told [BL, 2] (start, slot) and told_units
    [BL] say for which decided run told_free [BL] is when the line is free. offers [BL, I] say when it could
    begin each item, CANNOT or later where it cannot; offered [BL, 5] for what they hold: free from, free
    until, family, next kept run, and 1 where they move on with the minute from which the line is free.
    """

    usual: Floats
    rushes: Floats
    smallest: Floats
    starts: NDArray[np.int32]
    gains: Ints
    takeable: Floats
    told: Ints
    told_units: Floats
    told_free: Ints
    offered: Ints
    offers: NDArray[np.int32]


@inner
def part_of(value: float, per: float) -> float:
    """A number of at least 0 over another in 0..1, half where they are equal."""
    return value / (value + per)


@inner
def see_ahead(
    f: Fleet, s: State, o: Outlook, luck: Floats, b: int, i: int, per: float, seen: NDArray[np.float32]
) -> None:  # fmt: skip
    """Write the item's demand and arrivals in eight buckets and its demand's quantiles, if they changed."""
    now = s.clock[b]
    if now < s.same_until[i]:
        return
    asked = s.due[i] + s.known[i]
    whole = asked != s.demand_of[i]
    s.demand_of[i] = asked
    until, moved = see_demand(f, s, i, now, per, whole, seen)
    if now >= s.arrivals_until[i] or s.arrival[i] != s.arrivals_of[i]:
        s.arrivals_until[i] = see_arrivals(f, s, i, now, per, seen)
        s.arrivals_of[i] = s.arrival[i]
    if luck[RUSH_PER_DAY] > 0:
        moment = now // RUSH_STEP
        whole = whole or moment != s.moment[i]
        s.moment[i] = moment
        until = min(until, (moment + 1) * RUSH_STEP)
    s.same_until[i] = min(until, s.arrivals_until[i])
    for place in range(len(WINDOWS)):
        if whole or moved >> WINDOWS[place] & 1:
            low, middle, high = quantiles(f, s, o, luck, b, i, WINDOWS[place])
            column = FIRST_QUANTILE + 3 * place
            seen[column] = part_of(low, per)
            seen[column + 1] = part_of(middle, per)
            seen[column + 2] = part_of(high, per)


@inner
def see_demand(
    f: Fleet, s: State, i: int, now: int, per: float, whole: bool, seen: NDArray[np.float32]
) -> tuple[int, int]:
    """Write what falls due in each bucket, or with `whole` False in those that an order came to or left.

    The minute from which that is not so any more, and the buckets whose end was passed (a bit each).
    """
    own, end, same, passed = f.order_first[i], s.within[i], FAR, 0
    ahead, edges, before, begins = s.ahead[i], s.edges[i], s.due[i], whole
    for bucket in range(8):
        order, ends = ahead[bucket], whole
        if edges[bucket] <= now:
            ends = True
            while order < end and s.order_due[order] <= now + BUCKETS[bucket]:
                order += 1
            ahead[bucket] = order
            edges[bucket] = s.order_due[order] - BUCKETS[bucket] if order < end else FAR
        same = min(same, edges[bucket])
        if begins or ends:
            total = s.sum[order - 1] if order > own else 0.0
            asked = s.sum[before - 1] if before > own else 0.0
            seen[FIRST_DUE + bucket] = part_of(max(total - asked, 0.0), per)
        passed |= ends << bucket
        before, begins = order, ends
    return int(same), passed


@inner
def see_arrivals(
    f: Fleet, s: State, i: int, now: int, per: float, seen: NDArray[np.float32]
) -> int:
    """Write what arrives in each bucket; the minute from which that is not so any more."""
    arrival, end, same = s.arrival[i], f.arrival_first[i + 1], FAR
    for bucket in range(8):
        until, units = now + BUCKETS[bucket], 0.0
        while arrival < end and f.arrival_at[arrival] <= until:
            units += f.arrival_quantity[arrival]
            arrival += 1
        if arrival < end:
            same = min(same, f.arrival_at[arrival] - BUCKETS[bucket])
        seen[FIRST_ARRIVAL + bucket] = part_of(units, per)
    return int(same)


@inner
def quantiles(
    f: Fleet, s: State, o: Outlook, luck: Floats, b: int, i: int, bucket: int
) -> tuple[float, float, float]:
    """q10, q50 and q90 of the units that fall due up to a bucket's end, as far as they are not known.

    What is not known is one log-normal amount of the right mean and variance (Fenton 1960); of rush
    orders, too, whose number is a Poisson one.
    """
    own, last = f.order_first[i], s.ahead[i, bucket]
    due, known = s.due[i], min(max(s.known[i], s.due[i]), last)
    asked = s.sum[due - 1] if due > own else 0.0
    surely = max((s.sum[known - 1] if known > own else 0.0) - asked, 0.0)
    mean = square = 0.0
    if known < last:
        mean = s.sum[last - 1] - (s.sum[known - 1] if known > own else 0.0)
        square = s.squares[last - 1] - (s.squares[known - 1] if known > own else 0.0)
        square *= np.exp((luck[DEMAND_SPREAD] * f.spread[i]) ** 2) - 1.0
    if luck[RUSH_PER_DAY] > 0:
        moment = s.clock[b] // RUSH_STEP * RUSH_STEP
        until = min(moment + BUCKETS[bucket], f.horizon[b])
        count = max(until - moment - luck[NOTICE], 0.0) * o.rushes[i] * luck[RUSH_PER_DAY]
        mean += count * o.usual[i]
        square += count * o.usual[i] ** 2 * RUSH_SQUARE
    if mean <= 0 or square <= 0:
        return surely + mean, surely + mean, surely + mean
    over = 1.0 + square / mean**2
    middle, spread = mean / np.sqrt(over), np.exp(Z90 * np.sqrt(np.log(over)))
    return surely + middle / spread, surely + middle, surely + middle * spread


@inner
def see_starts(f: Fleet, s: State, o: Outlook, b: int, out: NDArray[np.float32]) -> None:
    """Write the days until each item can be begun, and what its components are enough for.

    The first line that could begin it, set up, and its components; raw material has none and shows 0.
    """
    first, now = b * f.items, s.clock[b]
    pointer, components, per_unit = f.bom.pointer, f.bom.component, f.bom.per_unit
    best, takeable, yields, starts = f.rate_best, o.takeable, f.yield_mean, o.starts[b]
    first_starts(f, s, o, b)
    for row in range(f.items):
        i = first + row
        if best[i] <= 0:
            continue
        start, cover = int(starts[row]), 1e18
        for part in range(pointer[i], pointer[i + 1]):
            component = components[part]
            enough = takeable[component] * yields[i] / per_unit[part]
            cover = min(cover, enough)
            if enough < o.smallest[i] * (1.0 - 1e-9):
                start = max(start, o.gains[component])
        out[row, EARLIEST] = min(start - now, MOST_MINUTES) * PER_DAY
        out[row, COVER] = 1.0 if cover > 1e17 else part_of(cover, best[i] * 24.0)


@inner
def see_gains(f: Fleet, s: State, o: Outlook, b: int) -> None:
    """Set when each component is next gained, and the units of it that can be taken now."""
    if f.bom.pointer[b * f.items] == f.bom.pointer[(b + 1) * f.items]:
        return
    now = s.clock[b]
    for i in range(b * f.items, (b + 1) * f.items):
        o.gains[i] = FAR
        if f.is_component[i]:
            o.takeable[i] = can_be_taken(f, s, i, now)
            if s.arrival[i] < f.arrival_first[i + 1]:
                o.gains[i] = max(f.arrival_at[s.arrival[i]], now)
    for line in range(b * f.lines, (b + 1) * f.lines):
        if s.end_at[line] < FAR:
            item = s.end_item[line]
            o.gains[item] = min(o.gains[item], s.end_at[line])


@inner
def free_from(f: Fleet, s: State, o: Outlook, line: int, now: int) -> int:
    """The minute from which the line has nothing to do that was decided."""
    start = s.start_at[line]
    if start < FAR:
        if s.start_end[line] >= 0:
            return int(max(s.start_end[line], start))
        slot, units = s.start_slot[line], s.start_quantity[line]
        if o.told[line, 0] != start or o.told[line, 1] != slot or o.told_units[line] != units:
            o.told[line, 0], o.told[line, 1], o.told_units[line] = start, slot, units
            minutes = minutes_needed(units, f.rate[line, slot])
            end = run_end(f.calendar, line, start, max(minutes, 1))
            o.told_free[line] = FAR if end == NEVER else end
        return int(o.told_free[line])
    if s.end_at[line] < FAR:
        return int(s.end_at[line])
    return int(now if s.held[line] else max(s.ask_at[line], now))


@inner
def first_starts(f: Fleet, s: State, o: Outlook, b: int) -> None:
    """Set the first minute in which a line could begin each item after its changeover.

    All lines offer all items: a vector operation a line costs less than to look for those that matter.
    """
    now, horizon, starts = s.clock[b], f.horizon[b], o.starts[b]
    starts[:] = CANNOT
    for line in range(b * f.lines, (b + 1) * f.lines):
        free = free_from(f, s, o, line, now)
        if free >= horizon:
            continue
        known = o.offered[line]
        holds = known[0] <= free <= known[1]
        if not holds or known[2] != s.family[line] or known[3] != s.next_fixed[line]:
            offer_starts(f, s, o, b, line, free)
        elif known[4] and free > known[0]:
            put_off(o.offers[line], free - known[0])
            known[0] = free
        take_sooner(starts, o.offers[line])


@inner
def put_off(offers: NDArray[np.int32], minutes: int) -> None:
    """Move offers on."""
    for row in range(len(offers)):
        offers[row] += minutes


@inner
def take_sooner(starts: NDArray[np.int32], offers: NDArray[np.int32]) -> None:
    """Write the sooner of two minutes of each item."""
    for row in range(len(starts)):
        starts[row] = min(starts[row], offers[row])


@inner
def offer_starts(f: Fleet, s: State, o: Outlook, b: int, line: int, free: int) -> None:
    """Work out when the line could begin each of its items, set up, when it is free from a minute on.

    Free at any later minute before its next shift it begins no later; free later in a shift it begins so
    much later, until the end of a changeover comes to the end of its shift.
    """
    known, offers = o.offered[line], o.offers[line]
    known[0], known[1], known[4] = free, free, 0
    known[2], known[3] = s.family[line], s.next_fixed[line]
    offers[:] = CANNOT
    row, last = shift_after(f, line, free), f.calendar.pointer[line + 1]
    if row == last:
        return
    starts, ends, before = f.calendar.start, f.calendar.end, f.calendar.worked
    start = max(free, starts[row])
    room = ends[row] - start
    worked, left, limit = before[row] + start - starts[row], room - 1, FAR
    if s.next_fixed[line] < f.fixed_first[line + 1]:
        limit = f.fixed_start[s.next_fixed[line]]
    old, first = s.family[line], b * f.items
    items, families = f.slot_item[line], f.family
    setups = f.changeovers.minutes[f.table[line], max(old, 0)]
    for slot in range(len(items)):
        item = items[slot]
        if item < 0:
            break
        setup, begin, until = setups[families[item]] if old >= 0 else 0, 0, 0
        if setup < room:
            begin, until = start + setup, start + room
        else:  # it ends in a later shift, mostly the next
            at = row + 1
            while at + 1 < last and before[at + 1] <= worked + setup:
                at += 1
            if at == last:
                continue
            begin, until = starts[at] + worked + setup - before[at], ends[at]
            if begin >= until:
                continue
        left = min(left, until - begin - 1)
        if begin < limit:
            offers[item - first] = begin
    if start > free:
        known[1] = start
    elif limit == FAR:
        known[1], known[4] = free + left, 1


@inner
def shift_after(f: Fleet, line: int, minute: int) -> int:
    """The row of the line's first shift that ends after a minute; behind its last where none does."""
    low, high = f.calendar.pointer[line], f.calendar.pointer[line + 1]
    while low < high:
        middle = (low + high) // 2
        if f.calendar.end[middle] <= minute:
            low = middle + 1
        else:
            high = middle
    return int(low)
