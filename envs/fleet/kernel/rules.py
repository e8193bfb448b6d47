"""Dispatching rules inside the simulation: what each deciding line does when it follows one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from envs.fleet.kernel.choices import COVER, OVERTIME, REGULAR, worked_when_free
from envs.fleet.kernel.deciding import ITEM, MODE, SIZE
from envs.fleet.kernel.lines import setup_into
from envs.fleet.kernel.turn import Stage
from envs.fleet.plants import FAR
from envs.rules.urgency import urgency
from plant.arrays import Floats, Ints
from plant.borrowed import Held, borrow
from plant.calendar import worked_before
from plant.compiled import outer


class Followed(NamedTuple):
    """The rule of each plant [B]; the fields mean what they mean in `envs.rules.Rule`.

    lookahead is in shift minutes and setup in minutes here. overtime 0: what is not late starts only where
    it ends before the next overtime shift.
    """

    key: Ints
    lookahead: Floats
    setup: Floats
    window: Ints
    overtime: Ints


@outer
def follow(stage: Held[Stage], rule: Followed, action: NDArray[np.int64]) -> None:
    """Write the choices [B, L, 3] of every line: the slot that its rule finds most urgent, or to hold."""
    w = borrow(stage)
    f, s = w.fleet, w.state
    action[:] = 0
    for b in range(f.size):
        for line in range(b * f.lines, (b + 1) * f.lines):
            if not s.deciding[line]:
                continue
            told = action[b, line - b * f.lines]
            worked = worked_when_free(f, s, line)
            free = max(s.clock[b], s.ask_at[line])
            best = -np.inf
            for slot in range(f.slot_item.shape[1]):
                units = s.option_quantity[line, slot]
                if units <= 0:
                    continue
                item = f.slot_item[line, slot]
                due = s.short_at[item]
                if due - free > rule.window[b]:
                    continue
                minutes = int(np.ceil(units / f.rate[line, slot] * 60.0))
                slack = worked_before(f.calendar, line, max(due, 0))[0] - worked - minutes
                order = s.short_order[item]
                score = urgency(
                    rule.key[b],
                    rule.lookahead[b],
                    rule.setup[b],
                    due,
                    s.rank[order] if order < s.within[item] else FAR,
                    s.worth[item] * units,
                    minutes,
                    slack,
                    setup_into(f, s, line, item)[0],
                )
                if score > best:
                    best = score
                    late = slack < 0
                    told[ITEM], told[SIZE] = slot + 1, COVER
                    told[MODE] = OVERTIME if rule.overtime[b] or late else REGULAR
