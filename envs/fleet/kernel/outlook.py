"""What lies ahead of each item: demand and arrivals, and how sure they are.

Demand and arrivals ahead stay as they are for ten ticks or so, until the next order or arrival passes a
bucket's edge; they are worked out then and left standing in the observation in between.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.fleet.luck import DEMAND_SPREAD, NOTICE, RUSH_PER_DAY, Z90
from envs.fleet.plants import FAR, Fleet
from envs.fleet.state import State
from plant.arrays import Floats
from plant.compiled import inner

BUCKETS = np.array([480, 1440, 2880, 4320, 7200, 10080, 14400, 20160])  # minutes ahead
WINDOWS = np.array([3, 5])  # buckets up to which demand is told with its quantiles: 3 and 7 days
FIRST_DUE, FIRST_ARRIVAL, EARLIEST, COVER, FIRST_QUANTILE = 17, 25, 33, 34, 35
RUSH_STEP = 360  # rush orders expected before the horizon's end are counted anew every six hours
RUSH_SQUARE = 13.0 / 12.0  # mean square of a rush order over the usual one: 0.5..1.5 of it
PER_DAY = 1.0 / 1440.0


class Outlook(NamedTuple):
    """What the outlook needs of items [BI] that never changes.

    usual: units of a usual order; rushes: rush orders a minute, over the plant's.
    """

    usual: Floats
    rushes: Floats


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
