"""When each item could be begun: what every line offers, and the soonest of it.

What a line offers stands until it is told something or ends something; a line that waits for work offers
what can be begun now. Changeovers count in shift minutes, so an offer is the shift minutes that the line
has behind it and those of the changeover, and later by each break in between: a few operations on all items
at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.outlook import COVER, EARLIEST, PER_DAY, part_of
from envs.fleet.kernel.stocks import can_be_taken
from envs.fleet.plants import FAR, TICK, Fleet
from envs.fleet.state import State
from plant.arrays import Floats, Ints
from plant.calendar import NEVER, minutes_needed, run_end
from plant.compiled import inner

MOST_MINUTES = 7200
# A minute after all others; half as wide as FAR, so that twice as many are compared at once.
CANNOT = 2**30
WAITS = -2  # in `State.offers_until`: the line is free now, whenever that is
Minutes = NDArray[np.int32]


class Clock(NamedTuple):
    """Shift minutes before each tick, so that none has to be searched for.

    of_line [BL]: the row that a line's calendar has; line_of [C]: a line that has it; manned, overtime
    [C, T] at minutes 0, tick, 2 tick, ...; shift [C, T]: how many shifts are over at these.
    """

    of_line: Ints
    line_of: Ints
    manned: Ints
    overtime: Ints
    shift: Ints


class Starts(NamedTuple):
    """What lines offer, and room to work in.

    smallest [BI]: units of the least run. parts_made [B]: whether lines make components. gains [BI]
    (minutes), takeable [BI] (units): of components. Lines: offers [BL, I]: when it could begin each item,
    CANNOT or later where it cannot; setups [BL, I]: minutes of the changeover into it, CANNOT for what it
    does not make; setup_from, longest [BL]: the family that these are from, and the longest. waiting,
    offered [B, I]: the shortest changeover of lines that wait, and when it is over; first [B, I]: the
    soonest offer of all.
    """

    smallest: Floats
    parts_made: Ints
    gains: Ints
    takeable: Floats
    offers: Minutes
    setups: Minutes
    setup_from: Ints
    longest: Ints
    waiting: Minutes
    offered: Minutes
    first: Minutes


@inner
def see_starts(f: Fleet, s: State, c: Clock, o: Starts, b: int, out: NDArray[np.float32]) -> None:
    """Write the days until each item can be begun, and what its components are enough for.

    The first line that could begin it, set up, and its components; raw material has none and shows 0.
    """
    first, now = b * f.items, s.clock[b]
    pointer, components, per_unit = f.bom.pointer, f.bom.component, f.bom.per_unit
    best, takeable, yields, starts = f.rate_best, o.takeable, f.yield_mean, o.first[b]
    first_starts(f, s, c, o, b)
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
def see_gains(f: Fleet, s: State, o: Starts, b: int) -> None:
    """Set when each component is next gained, and the units of it that can be taken now."""
    if f.bom.pointer[b * f.items] == f.bom.pointer[(b + 1) * f.items]:
        return
    now = s.clock[b]
    for i in range(b * f.items, (b + 1) * f.items):
        if f.is_component[i]:
            o.gains[i] = FAR
            o.takeable[i] = can_be_taken(f, s, i, now)
            if s.arrival[i] < f.arrival_first[i + 1]:
                o.gains[i] = max(f.arrival_at[s.arrival[i]], now)
    if o.parts_made[b]:
        for line in range(b * f.lines, (b + 1) * f.lines):
            if s.end_at[line] < FAR:
                item = s.end_item[line]
                o.gains[item] = min(o.gains[item], s.end_at[line])


@inner
def first_starts(f: Fleet, s: State, c: Clock, o: Starts, b: int) -> None:
    """Set the first minute in which a line could begin each item after its changeover.

    All lines are compared: a vector operation a line costs less than to look for those that matter. Lines
    that wait are free now, so that of those with one calendar the shortest changeover is the soonest.
    """
    now, until, of_line, starts = s.clock[b], s.offers_until, c.of_line, o.first[b]
    starts[:] = CANNOT
    if now >= f.horizon[b]:
        return
    waiting, longest, calendar = o.waiting[b], -1, -1
    for line in range(b * f.lines, (b + 1) * f.lines):
        if WAITS != until[line] < now:
            until[line] = renew_offers(f, s, c, o, b, line)
        if until[line] != WAITS:
            take_sooner(starts, o.offers[line])
            continue
        if of_line[line] != calendar:
            if longest >= 0:
                offer_from(f, c, o.offered[b], waiting, longest, calendar, now)
                take_sooner(starts, o.offered[b])
            waiting[:], longest, calendar = CANNOT, 0, of_line[line]
        take_sooner(waiting, o.setups[line])
        longest = max(longest, o.longest[line])
    if longest >= 0:
        offer_from(f, c, o.offered[b], waiting, longest, calendar, now)
        take_sooner(starts, o.offered[b])


@inner
def take_sooner(starts: Minutes, offers: Minutes) -> None:
    """Write the sooner of two minutes of each item."""
    for row in range(len(starts)):
        starts[row] = min(starts[row], offers[row])


@inner
def renew_offers(f: Fleet, s: State, c: Clock, o: Starts, b: int, line: int) -> int:
    """Work out when the line could begin each of its items; until which minute that stands, or WAITS."""
    now, free = s.clock[b], free_from(f, s, line)
    if free >= f.horizon[b]:
        o.offers[line, :] = CANNOT
        return FAR
    if o.setup_from[line] != s.family[line]:
        set_up_from(f, s, o, b, line)
    row, busy = s.next_fixed[line], s.start_at[line] < FAR or s.end_at[line] < FAR
    kept = row < f.fixed_first[line + 1]
    if not (busy or kept or free > now):
        return WAITS
    offers = o.offers[line]
    offer_from(f, c, offers, o.setups[line], o.longest[line], c.of_line[line], free)
    if kept:
        keep_before(offers, f.fixed_start[row])
    return int(FAR if busy else free)


@inner
def free_from(f: Fleet, s: State, line: int) -> int:
    """The minute from which the line has nothing to do that was decided."""
    start, now = s.start_at[line], s.clock[line // f.lines]
    if start < FAR:
        if s.start_end[line] >= 0:
            return int(max(s.start_end[line], start))
        minutes = minutes_needed(s.start_quantity[line], f.rate[line, s.start_slot[line]])
        end = run_end(f.calendar, line, start, max(minutes, 1))
        return int(FAR if end == NEVER else end)
    if s.end_at[line] < FAR:
        return int(s.end_at[line])
    return int(now if s.held[line] else max(s.ask_at[line], now))


@inner
def set_up_from(f: Fleet, s: State, o: Starts, b: int, line: int) -> None:
    """Set the changeovers' minutes from what the line is set up for."""
    old, setups, longest = s.family[line], o.setups[line], 0
    setups[:] = CANNOT
    for slot in range(f.slot_item.shape[1]):
        item = f.slot_item[line, slot]
        if item < 0:
            break
        minutes = f.changeovers.minutes[f.table[line], old, f.family[item]] if old >= 0 else 0
        setups[item - b * f.items] = minutes
        longest = max(longest, minutes)
    o.setup_from[line], o.longest[line] = old, longest


@inner
def offer_from(
    f: Fleet, c: Clock, offers: Minutes, setups: Minutes, longest: int, calendar: int, free: int
) -> None:
    """Write when what takes so long to set up could begin with a calendar, free from a minute on."""
    starts, ends, before = f.calendar.start, f.calendar.end, f.calendar.worked
    line = c.line_of[calendar]
    row = f.calendar.pointer[line] + c.shift[calendar, free // f.rhythm[TICK]]
    last = f.calendar.pointer[line + 1]
    while row < last and ends[row] <= free:
        row += 1
    if row == last:
        offers[:] = CANNOT
        return
    start = max(free, starts[row])
    worked = before[row] + start - starts[row]
    begin_after(offers, setups, start)
    row += 1
    while row < last and before[row] <= worked + longest:
        wait_longer(offers, setups, before[row] - worked, starts[row] - ends[row - 1])
        row += 1
    left = before[row - 1] + ends[row - 1] - starts[row - 1] - worked
    if longest >= left:
        wait_longer(offers, setups, left, CANNOT)


@inner
def begin_after(offers: Minutes, setups: Minutes, start: int) -> None:
    """Write when changeovers end that begin at a minute."""
    minute = np.int32(start)
    for row in range(len(offers)):
        offers[row] = minute + setups[row]


@inner
def wait_longer(offers: Minutes, setups: Minutes, least: int, pause: int) -> None:
    """Put off what takes at least so many shift minutes to set up by a pause."""
    shortest, minutes = np.int32(least), np.int32(pause)
    for row in range(len(offers)):
        offers[row] += minutes if shortest <= setups[row] < CANNOT else np.int32(0)


@inner
def keep_before(offers: Minutes, limit: int) -> None:
    """Take back what would begin at a minute or later."""
    until = np.int32(limit)
    for row in range(len(offers)):
        offers[row] = offers[row] if offers[row] < until else np.int32(CANNOT)
