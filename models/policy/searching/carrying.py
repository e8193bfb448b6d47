"""Plans carried out in compiled code: in the episode that is played, and in many that lie ahead.

Each line does its next planned run, in the planned units, as soon as it is free and the components lie
there, at most `lead` minutes before its time. Luck asks for more than was planned: so a line that has no plan
left does what a rule finds for it, of what is short soon and in no other line's plan. Where nobody has a
plan, the rule chooses alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.closed_loop import in_lines
from envs.fleet.kernel.choices import OVERTIME, TOLD
from envs.fleet.kernel.deciding import ITEM, MODE, SIZE
from envs.fleet.kernel.motion import step
from envs.fleet.kernel.observe import Seen
from envs.fleet.kernel.stocks import DUST
from envs.fleet.plants import FAR, TICK, Fleet
from envs.fleet.state import State
from models.policy.playing.kernel import look_and_choose
from plant import Plant, Run, Schedule
from plant.arrays import Floats, Ints, plant_arrays
from plant.borrowed import borrow
from plant.calendar import NEVER, changeover_start
from plant.compiled import inner, outer


@dataclass(frozen=True, slots=True)
class Carrying:
    """How plans are carried out: minutes that a run may begin sooner, and within which a lack is urgent.

    A line without a plan makes only what is short within `urgent`.
    """

    lead: int = 240
    urgent: int = 480


COVERED = 0.9  # of an item's need: where plans make as much, nobody else begins it
Actions = NDArray[np.int64]


class Queues(NamedTuple):
    """Plans, each as what its lines do next.

    first [P, L + 1]: line l of plan p does the runs first[p, l] to first[p, l + 1]. Of each run [runs]:
    slot (the line's), quantity, start (a minute of the episode).
    """

    first: Ints
    slot: Ints
    quantity: Floats
    start: Ints


class Place(NamedTuple):
    """How far one plant is with its plan, by line [L].

    at: its next run; told: 1 where it was told that one; begun: how many runs it had begun before; free: 1
    where its plan has nothing left for it. planned [I]: units of each item that are still in plans.
    """

    at: Ints
    told: Ints
    begun: Ints
    free: Ints
    planned: Floats


def queues_of(
    plant: Plant, fleet: Fleet, row: int, plans: Sequence[Schedule], now: int = 0
) -> Queues:
    """Plans for a plant of a fleet, made at a minute from which theirs count."""
    place = plant_arrays(plant)
    rows: list[Run] = []
    first = np.zeros((len(plans), fleet.lines + 1), np.int64)
    for number, plan in enumerate(plans):
        queues = in_lines(plant, plan, now)
        first[number] = len(rows)
        first[number, 1 : len(queues) + 1] += np.cumsum([len(one) for one in queues])
        rows += [run for queue in queues for run in queue]
        first[number, len(queues) + 1 :] = len(rows)
    line = np.array([place.line_index[run.line] for run in rows], np.int64) + row * fleet.lines
    item = np.array([place.item_index[run.item] for run in rows], np.int64) + row * fleet.items
    return Queues(
        first,
        (fleet.slot_item[line] == item[:, None]).argmax(axis=1),
        np.array([run.quantity for run in rows], np.float64),
        np.array([run.start for run in rows], np.int64),
    )


def place_in(queues: Queues, items: int) -> Place:
    """Where a plant stands that begins the first of some plans."""
    at = queues.first[0, :-1].copy()
    told, begun_before, free = np.zeros((3, len(at)), np.int64)
    return Place(at, told, begun_before, free, np.zeros(items))


@inner
def begun(s: State, line: int) -> int:
    """How many runs a line has begun or been told."""
    return int(s.runs[line] + (1 if s.start_at[line] < FAR else 0))


@inner
def strike(f: Fleet, s: State, b: int, at: Place) -> None:
    """Strike out what lines have begun since they were told it."""
    for row in range(f.lines):
        now = begun(s, b * f.lines + row)
        if at.told[row] and now > at.begun[row]:
            at.at[row] += 1
        at.begun[row] = now
        at.told[row] = 0


@inner
def is_time(f: Fleet, s: State, line: int, q: Queues, run: int, lead: int) -> bool:
    """Whether the changeover into a planned run may begin before the next tick."""
    old, new = s.family[line], f.family[f.slot_item[line, q.slot[run]]]
    minutes = f.changeovers.minutes[f.table[line], old, new] if old >= 0 else 0
    begin = changeover_start(f.calendar, line, q.start[run], minutes)
    if begin == NEVER:
        begin = q.start[run]
    return bool(begin < s.clock[line // f.lines] + f.rhythm[TICK] + lead)


@inner
def by_plan(
    f: Fleet, s: State, b: int, q: Queues, p: int, at: Place, lead: int, action: Actions
) -> bool:
    """Write what lines do by plan p, or that they hold [L, 3]; True where a line has no plan left."""
    strike(f, s, b, at)
    some_free = False
    for row in range(f.lines):
        line, last = b * f.lines + row, q.first[p, row + 1]
        at.free[row] = action[row, ITEM] = 0
        if not s.deciding[line]:
            continue
        run = at.at[row]
        while run < last and s.need_total[f.slot_item[line, q.slot[run]]] <= DUST:
            run += 1  # no order asks for it any more
        at.at[row] = run
        if run == last:
            at.free[row] = 1
            some_free = True
        elif s.option_quantity[line, q.slot[run]] > 0 and is_time(f, s, line, q, run, lead):
            s.told[line] = q.quantity[run]
            action[row, ITEM] = q.slot[run] + 1
            action[row, SIZE] = TOLD
            action[row, MODE] = OVERTIME
            at.told[row] = 1
    return some_free


@inner
def leave_planned(f: Fleet, s: State, b: int, q: Queues, p: int, at: Place, urgent: int) -> None:
    """Take from the options of lines without a plan what is not short within so long, or in other plans."""
    planned, some = at.planned, False
    planned[:] = 0.0
    for row in range(f.lines):
        for run in range(at.at[row], q.first[p, row + 1]):
            planned[f.slot_item[b * f.lines + row, q.slot[run]] - b * f.items] += q.quantity[run]
            some = True
    if not some:
        return
    for row in range(f.lines):
        line = b * f.lines + row
        if not at.free[row]:
            continue
        for slot in range(f.slot_item.shape[1]):
            i = f.slot_item[line, slot]
            if i < 0:
                continue
            units = planned[i - b * f.items]
            is_made = units > 0 and units >= COVERED * s.need_total[i]
            if is_made or s.short_at[i] > s.clock[b] + urgent:
                s.option_quantity[line, slot] = 0.0


@inner
def carry(
    f: Fleet, s: State, luck: Floats, scale: float, b: int, q: Queues, p: int, at: Place, lead: int,
    urgent: int, rule: Floats, seen: Seen, spare: Actions, action: Actions,
) -> None:  # fmt: skip
    """Write what every line of a plant does [L, 3]: by its plan, or where that has nothing by the rule."""
    if not by_plan(f, s, b, q, p, at, lead, action):
        return
    leave_planned(f, s, b, q, p, at, urgent)
    look_and_choose(f, s, luck, scale, b, rule, seen, spare)
    for row in range(f.lines):
        if at.free[row]:
            action[row] = spare[row]


@outer
def strike_out(fleet: Fleet, state: State, b: int, place: Place) -> None:
    """Strike out what lines of one plant have begun since they were told it."""
    f, s, at = borrow(fleet), borrow(state), borrow(place)
    strike(f, s, b, at)


@outer
def answer(
    fleet: Fleet, state: State, luck: Floats, scale: Floats, b: int, queues: Queues, place: Place,
    lead: int, urgent: int, rule: Floats, seen: Seen, spare: Actions, action: Actions,
) -> None:  # fmt: skip
    """Write what every line of one plant does now [L, 3], by the only plan of its queues."""
    f, s, out, q, at = borrow(fleet), borrow(state), borrow(seen), borrow(queues), borrow(place)
    carry(f, s, luck, scale[b], b, q, 0, at, lead, urgent, rule, out, spare, action)


@outer
def play(
    fleet: Fleet, state: State, luck: Floats, scale: Floats, queues: Queues, which: Ints, place: Place,
    lead: int, urgent: int, rules: Floats, seen: Seen, spare: Actions, action: Actions,
    cost: Floats, minutes: Ints,
) -> None:  # fmt: skip
    """Take every plant b to its horizon's end by plan which[b] and rule [B, length]."""
    f, s, out, q, at = borrow(fleet), borrow(state), borrow(seen), borrow(queues), borrow(place)
    for b in range(f.size):
        at.at[:] = q.first[which[b], :-1]
        at.told[:] = 0
        while not s.over[b]:
            carry(
                f, s, luck, scale[b], b, q, which[b], at, lead, urgent, rules[b], out, spare, action[b]
            )  # fmt: skip
            step(f, s, luck, action, b, b + 1, False, cost, minutes)
