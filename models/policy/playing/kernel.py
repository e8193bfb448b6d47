"""What `Dispatcher.by_rule` would choose at its likeliest, step by step inside compiled code.

By the network each step of a batch of episodes is a call of Python with a whole observation; here a rule
looks only at the slots of the lines that decide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.choices import SIZES
from envs.fleet.kernel.deciding import ITEM, MODE, SIZE
from envs.fleet.kernel.motion import step
from envs.fleet.kernel.observe import (
    DEAR,
    INDEX,
    OVERTIME_SHARE,
    SLACK,
    SLOT_FEATURES,
    Seen,
    see_plant,
    see_slots,
)
from envs.fleet.kernel.outlook import part_of
from envs.fleet.kernel.stocks import DUST, can_be_taken
from envs.fleet.plants import Fleet
from envs.fleet.state import State
from models.policy.rule import (
    BACKLOG,
    COVERS,
    HOLDING,
    IDLE_MONEY,
    LEFT,
    LOAD,
    MAKERS,
    MOST_DAYS,
    MOST_URGENT,
    OF_HOLD,
    OF_OVERTIME,
    OF_SIZE,
    OF_SLOTS,
    OVERTIME_MONEY,
    PART,
    RUN_MONEY,
    SETUP_HOURS,
)
from plant.arrays import Floats, Ints
from plant.borrowed import borrow
from plant.compiled import inner, outer

Row = NDArray[np.float32]
MADE = SLOT_FEATURES  # where the columns begin that are made of others
HOLD = MADE + OF_SLOTS
OVER = HOLD + OF_HOLD
LOT = OVER + OF_OVERTIME


@inner
def share_taken(f: Fleet, s: State, item: int, units: float) -> float:
    """The share of its components, of that which is left least of, that so many units take."""
    most, now = 0.0, s.clock[item // f.items]
    for row in range(f.bom.pointer[item], f.bom.pointer[item + 1]):
        free = can_be_taken(f, s, f.bom.component[row], now)
        takes = units * f.bom.per_unit[row] / f.yield_mean[item]
        most = max(most, min(takes / max(free, DUST), 1.0))
    return most


@inner
def slot_score(
    slot: Row, item: Row, line: Row, need: float, load: float, share: float, rule: Floats
) -> float:
    """What a rule gives a slot: `rule.slot_columns` times its numbers."""
    found = 0.0
    for column in range(SLOT_FEATURES):
        found += slot[column] * rule[column]
    slack, dear, over = slot[SLACK], slot[DEAR], slot[OVERTIME_SHARE]
    early, late = max(slack, 0.0), 1.0 if slack <= 0 else 0.0
    found += early * rule[MADE] + max(slack - 2.0, 0.0) * rule[MADE + 1]
    found += dear * (early * rule[MADE + 2] + load * rule[MADE + 3] + late * rule[MADE + 4])
    found += over * (1.0 - late) * rule[MADE + 5]
    found += item[PART] * (rule[MADE + 6] + early * rule[MADE + 7]) + item[MAKERS] * rule[MADE + 8]
    found += need * (rule[MADE + 9] + late * rule[MADE + 10])
    found += item[HOLDING] * early * rule[MADE + 11]
    found += line[RUN_MONEY] * rule[MADE + 12] + line[IDLE_MONEY] * rule[MADE + 13]
    urgent = min(max(slot[INDEX], -MOST_URGENT), MOST_URGENT)
    found += share * (rule[MADE + 15] + urgent * rule[MADE + 16])
    found += share * min(early, MOST_DAYS) * rule[MADE + 17]
    return float(found + line[OVERTIME_MONEY] * over * rule[MADE + 14])


@inner
def hold_score(plant: Row, line: Row, rule: Floats) -> float:
    """What a rule gives holding on a line."""
    told = rule[HOLD] + plant[LOAD] * rule[HOLD + 1] + plant[BACKLOG] * rule[HOLD + 2]
    told += (1.0 - plant[LEFT]) * rule[HOLD + 3]
    return float(told + line[RUN_MONEY] * rule[HOLD + 4] + line[IDLE_MONEY] * rule[HOLD + 5])


@inner
def set_lot(slot: Row, part: float, load: float, rule: Floats, told: NDArray[np.int64]) -> None:
    """Write the size and the mode that a rule finds best for a slot."""
    slack = slot[SLACK]
    most = 0.0
    told[SIZE] = 0
    for size in range(1, SIZES):
        at = LOT + (size - 1) * OF_SIZE
        score = rule[at] + slot[SETUP_HOURS] * rule[at + 1] + slot[COVERS] * rule[at + 2]
        score += max(slack, 0.0) * rule[at + 3] + part * rule[at + 4]
        if score > most:
            most = score
            told[SIZE] = size
    over = rule[OVER] + (rule[OVER + 1] if slack <= 0 else 0.0) + slot[DEAR] * rule[OVER + 2]
    told[MODE] = 1 if over + load * rule[OVER + 3] > 0 else 0


@inner
def choose(f: Fleet, s: State, b: int, rule: Floats, seen: Seen, told: NDArray[np.int64]) -> None:
    """Write what every deciding line of a plant does [L, 3], from what is seen of it."""
    load, items = seen.plant[b, LOAD], seen.items[b]
    for row in range(f.lines):
        line = b * f.lines + row
        if not s.deciding[line]:
            continue
        best = hold_score(seen.plant[b], seen.lines[b, row], rule)
        told[row, ITEM] = 0
        for slot in range(f.slot_item.shape[1]):
            if s.option_quantity[line, slot] <= 0:
                continue
            i = f.slot_item[line, slot]
            need = part_of(s.need_total[i], f.rate_best[i] * 24.0)
            score = slot_score(
                seen.slots[b, row, slot],
                items[i - b * f.items],
                seen.lines[b, row],
                need,
                load,
                share_taken(f, s, i, s.option_quantity[line, slot]),
                rule,
            )
            if score > best:
                best = score
                told[row, ITEM] = slot + 1
        if told[row, ITEM] > 0:
            slot = told[row, ITEM] - 1
            part = items[f.slot_item[line, slot] - b * f.items, PART]
            set_lot(seen.slots[b, row, slot], part, load, rule, told[row])


@inner
def look_and_choose(
    f: Fleet, s: State, luck: Floats, scale: float, b: int, rule: Floats, out: Seen,
    told: NDArray[np.int64],
) -> None:  # fmt: skip
    """See as much of a plant as a rule looks at, and choose by it."""
    see_plant(f, s, luck, scale, b, out)
    for line in range(b * f.lines, (b + 1) * f.lines):
        if s.deciding[line]:
            see_slots(f, s, b, line, out)
    choose(f, s, b, rule, out, told)


@outer
def answer(
    fleet: Fleet, state: State, luck: Floats, scale: Floats, rules: Floats,
    action: NDArray[np.int64], seen: Seen,
) -> None:  # fmt: skip
    """Write the choices [B, L, 3] of every line, each plant by its rule [B, length]."""
    f, s, out = borrow(fleet), borrow(state), borrow(seen)
    for b in range(f.size):
        action[b] = 0
        if not s.over[b]:
            look_and_choose(f, s, luck, scale[b], b, rules[b], out, action[b])


@outer
def play(
    fleet: Fleet, state: State, luck: Floats, scale: Floats, rules: Floats,
    action: NDArray[np.int64], cost: Floats, minutes: Ints, seen: Seen,
) -> None:  # fmt: skip
    """Take every plant to its horizon's end, each by its rule [B, length]."""
    f, s, out = borrow(fleet), borrow(state), borrow(seen)
    for b in range(f.size):
        while not s.over[b]:
            look_and_choose(f, s, luck, scale[b], b, rules[b], out, action[b])
            step(f, s, luck, action, b, b + 1, False, cost, minutes)
