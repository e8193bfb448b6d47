"""What lines are asked and told: their options, and choices carried out by falling urgency."""

from __future__ import annotations

from envs.fleet.kernel.choices import MOVE, OVERTIME, lot_of, set_options, worked_when_free
from envs.fleet.kernel.lines import ask_from, reserve_kept, reserve_new
from envs.fleet.kernel.planned import may_move, pull, push, sooner_start
from envs.fleet.kernel.stocks import assess
from envs.fleet.plants import HOLD, TICK, Fleet
from envs.fleet.state import State
from plant.arrays import Ints
from plant.calendar import NEVER, minute_of
from plant.compiled import inner

ITEM, SIZE, MODE = range(3)


@inner
def offer(f: Fleet, s: State, b: int) -> bool:
    """Work out the options of the lines that decide; those without any hold."""
    assess(f, s, b)
    found = False
    for line in range(b * f.lines, (b + 1) * f.lines):
        if s.deciding[line]:
            if set_options(f, s, b, line) > 0 or can_pull(f, s, b, line):
                found = True
            else:
                s.deciding[line] = 0
                hold(f, s, b, line)
    return found


@inner
def can_pull(f: Fleet, s: State, b: int, line: int) -> bool:
    """Whether the line could do its next planned run sooner."""
    if not may_move(f, s, line):
        return False
    return bool(sooner_start(f, s, b, line, worked_when_free(f, s, line)) != NEVER)


@inner
def hold(f: Fleet, s: State, b: int, line: int) -> None:
    """Ask the line again after the hold time."""
    s.held[line] = 1
    ask_from(f, s, line, max(s.clock[b], s.ask_at[line]) + f.rhythm[HOLD])
    if (
        s.ask_at[line] < s.clock[b] + f.rhythm[TICK]
    ):  # its next kept run begins before the next tick
        reserve_kept(f, s, line)


@inner
def decide(f: Fleet, s: State, b: int, action: Ints) -> bool:
    """Carry out one choice a line, by falling urgency; True where lines are to be asked again at once.

    A choice that lines before took away is not carried out: the line is asked again at the same epoch,
    unless no line at all could do what it was told; then it holds.
    """
    first = b * f.lines
    order, urgency = s.order[b], s.urgency[b]
    count = done = again = 0
    for line in range(first, first + f.lines):
        if not s.deciding[line]:
            continue
        slot = action[line - first, ITEM] - 1
        if slot < 0 or s.option_quantity[line, slot] <= 0:
            s.deciding[line] = 0
            moves = slot < 0 and action[line - first, MODE] == MOVE
            if moves and pull(f, s, b, line, worked_when_free(f, s, line)):
                done += 1
            else:
                hold(f, s, b, line)
            continue
        place = count
        while place > 0 and urgency[place - 1] < s.option_index[line, slot]:
            urgency[place], order[place] = urgency[place - 1], order[place - 1]
            place -= 1
        urgency[place], order[place] = s.option_index[line, slot], line
        count += 1
    for place in range(count):
        line = order[place]
        slot = action[line - first, ITEM] - 1
        carried = carry_out(
            f, s, line, slot, action[line - first, SIZE], action[line - first, MODE]
        )
        done += carried == 1
        again += carried == 2
        if carried < 2:
            s.deciding[line] = 0
        if carried == 0:
            hold(f, s, b, line)
    if again == 0:
        return False
    if done == 0:
        for line in range(first, first + f.lines):
            if s.deciding[line]:
                s.deciding[line] = 0
                hold(f, s, b, line)
        return False
    return True


@inner
def carry_out(f: Fleet, s: State, line: int, slot: int, size: int, mode: int) -> int:
    """0 where the mode leaves no room for the choice, 1 where it is done, 2 where it is gone."""
    worked = worked_when_free(f, s, line)
    units, setup = lot_of(f, s, line, slot, size, mode, worked)
    if units <= 0:
        gone = lot_of(f, s, line, slot, size, MOVE, worked)[0] <= 0
        return 2 if gone else 0
    item = f.slot_item[line, slot]
    if mode == MOVE and may_move(f, s, line):
        b = line // f.lines
        if not push(f, s, b, line, slot, units, worked + setup):
            units, setup = lot_of(f, s, line, slot, size, OVERTIME, worked)
            if units <= 0:
                return 0
    reserve_new(f, s, line, slot, units, minute_of(f.calendar, line, worked + setup))
    s.need_total[item] = max(s.need_total[item] - units, 0.0)
    s.need_near[item] = max(s.need_near[item] - units, 0.0)
    return 1
