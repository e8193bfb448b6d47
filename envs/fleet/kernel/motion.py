"""The fleet in motion: from epoch to epoch of every plant, with what its lines were told.

An epoch is a multiple of the tick; it stands within its minute, after what arrives and is delivered and
before components are taken and orders served. Between epochs everything happens in its own minute.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.deciding import decide, offer
from envs.fleet.kernel.lines import (
    ask_from,
    charge_idle,
    charge_waiting,
    drop,
    kept_begin,
    put_off,
    reserve_kept,
)
from envs.fleet.kernel.reset import reset_plant
from envs.fleet.kernel.runs import begin_run, deliver, fail, has_components
from envs.fleet.kernel.stocks import arrive, assess, charge_time, close_book, serve
from envs.fleet.luck import CERTAIN_FLAG
from envs.fleet.plants import ATLEAST, FAR, TICK, Fleet
from envs.fleet.state import State
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import inner


@inner
def gain(f: Fleet, s: State, luck: Floats, b: int, now: int) -> None:
    """Failures, arrivals and deliveries of a minute."""
    for line in range(b * f.lines, (b + 1) * f.lines):
        if s.line_next[line] <= now:
            if s.fail_at[line] <= now:
                fail(f, s, luck, b, line)
            if s.end_at[line] <= now:
                deliver(f, s, b, line)
    for i in range(b * f.items, (b + 1) * f.items):
        if s.item_next[i] <= now:
            arrive(f, s, b, i, now)


@inner
def take_and_serve(f: Fleet, s: State, luck: Floats, b: int, now: int) -> None:
    """Runs that start in a minute, then orders."""
    for line in range(b * f.lines, (b + 1) * f.lines):
        if s.line_next[line] <= now and s.start_at[line] <= now:
            if has_components(f, s, line):
                begin_run(f, s, luck, b, line)
            else:
                put_off(f, s, line, now)
                if s.start_at[line] == FAR:
                    ask_from(f, s, line, now + 1)
    for i in range(b * f.items, (b + 1) * f.items):
        if s.item_next[i] <= now:
            serve(f, s, luck, b, i, now)


@inner
def soonest(f: Fleet, s: State, b: int) -> int:
    """The minute of the plant's next event."""
    soon = FAR
    for line in range(b * f.lines, (b + 1) * f.lines):
        soon = min(soon, s.line_next[line])
    for i in range(b * f.items, (b + 1) * f.items):
        soon = min(soon, s.item_next[i])
    return int(max(soon, s.clock[b]))  # orders may be due before the horizon's start


@inner
def pass_until(f: Fleet, s: State, luck: Floats, b: int, until: int) -> None:
    """Move a plant to a later minute: what is gained in that minute is in, nothing else of it has begun."""
    now = soonest(f, s, b)
    while now < until:
        charge_time(s, b, now)
        gain(f, s, luck, b, now)
        take_and_serve(f, s, luck, b, now)
        now = soonest(f, s, b)
    charge_time(s, b, until)
    s.clock[b] = until
    if now == until:
        gain(f, s, luck, b, until)


@inner
def rouse(f: Fleet, s: State, b: int) -> None:
    """Let the lines that hold be asked, as something has changed for them."""
    s.wake[b] = 0
    for line in range(b * f.lines, (b + 1) * f.lines):
        if s.held[line]:
            s.held[line] = 0
            busy_until = s.end_at[line] if s.end_at[line] < FAR else 0
            ask_from(f, s, line, max(s.clock[b], busy_until))


@inner
def open_epoch(f: Fleet, s: State, b: int) -> bool:
    """Find the lines that have to decide, and what they can; False where none can do but hold."""
    now = s.clock[b]
    until = now + f.rhythm[TICK]
    if s.wake[b]:
        rouse(f, s, b)
    asked = False
    for line in range(b * f.lines, (b + 1) * f.lines):
        s.deciding[line] = 0
        if s.ask_at[line] < until:
            s.held[line], s.offers_until[line] = 0, -1
            if kept_begin(f, s, line) <= max(now, s.ask_at[line]):
                reserve_kept(f, s, line)
            elif s.ask_at[line] < f.horizon[b]:
                s.deciding[line] = 1
                asked = True
    return asked


@inner
def move_on(f: Fleet, s: State, luck: Floats, b: int) -> None:
    """Move a plant to its next epoch, or to the horizon's end."""
    began, horizon = s.clock[b], f.horizon[b]
    while True:
        now = s.clock[b] + f.rhythm[TICK]
        if now >= horizon:
            finish(f, s, luck, b)
            return
        pass_until(f, s, luck, b, now)
        charge_waiting(f, s, b, now)
        if open_epoch(f, s, b) and offer(f, s, b):
            return
        if f.rhythm[ATLEAST] > 0 and now - began >= f.rhythm[ATLEAST]:
            assess(f, s, b)
            return


@inner
def finish(f: Fleet, s: State, luck: Floats, b: int) -> None:
    """Move a plant to the horizon's end and close its books; what is kept beyond it is still charged."""
    horizon = f.horizon[b]
    pass_until(f, s, luck, b, horizon)
    if luck[CERTAIN_FLAG] > 0:
        for line in range(b * f.lines, (b + 1) * f.lines):
            row = s.next_fixed[line]
            more = s.start_at[line] == FAR and row < f.fixed_first[line + 1]
            if more and f.fixed_start[row] <= horizon:
                reserve_kept(f, s, line)
    take_and_serve(f, s, luck, b, horizon)
    for line in range(b * f.lines, (b + 1) * f.lines):
        s.deciding[line] = 0
        if luck[CERTAIN_FLAG] > 0:
            while s.start_at[line] < FAR or s.next_fixed[line] < f.fixed_first[line + 1]:
                if s.start_at[line] == FAR:
                    reserve_kept(f, s, line)
                begin_run(f, s, luck, b, line)
        elif s.start_at[line] < FAR:
            drop(f, s, line)
        charge_idle(f, s, b, line, FAR)
    close_book(f, s, b)
    s.over[b] = 1


@inner
def reset(fleet: Fleet, state: State, luck: Floats, chosen: Ints, seeds: Ints) -> None:
    """Put each chosen plant at the horizon's start; the next `step` moves it to its first epoch."""
    f, s = borrow(fleet), borrow(state)
    for b in range(f.size):
        if chosen[b]:
            reset_plant(f, s, luck, b, seeds[b])


@inner
def step(
    fleet: Fleet, state: State, luck: Floats, action: NDArray[np.int64], first: int, last: int,
    fresh: bool, cost: Floats, minutes: Ints,
) -> None:  # fmt: skip
    """Carry out action [B, L, 3] in the plants first..last and move each to its next epoch.

    Writes what the step cost [B] in weighted money, and the minutes [B] that it took. Plants that are
    over stay as they are. With `fresh`, only plants that were reset move, whatever their action, and
    nothing else is written.
    """
    f, s = borrow(fleet), borrow(state)
    for b in range(first, last):
        if s.fresh[b] == 0 and fresh:
            continue
        began, before = s.clock[b], 0.0
        cost[b] = 0.0
        minutes[b] = 0
        if s.over[b]:
            continue
        if s.fresh[b]:
            s.fresh[b] = 0
            gain(f, s, luck, b, 0)
            again = open_epoch(f, s, b)
        else:
            before = (s.money[b] * f.weights[b]).sum()
            again = decide(f, s, b, action[b])
        if not (again and offer(f, s, b)):
            move_on(f, s, luck, b)
        cost[b] = (s.money[b] * f.weights[b]).sum() - before
        minutes[b] = s.clock[b] - began
