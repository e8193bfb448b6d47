"""List scheduling: whenever a line is free, it takes the most urgent lot it can start.

One pass builds a feasible schedule from lots: changeovers, shifts, capabilities, lot sizes, stocks of
components and runs that stay are respected as each run is placed. What "urgent" means is a rule's
index; with `GIVEN` it is a number per lot from outside, and `assigned` holds lots to lines, so that a
policy or a search can build schedules the same way.

Changeovers are made ahead where a line waits for material. A lot whose material never comes in full is
cut down to what comes; one that no longer fits before a line's last shift ends, to what fits.
"""

from __future__ import annotations

import numpy as np

from envs.rules.desk import UNSTARTABLE, Desk, call, look, opened, overtime_until
from envs.rules.ledger import NEVER, Ledger, enter, open_ledger
from envs.rules.shop import Jobs, Listed, Shop
from envs.rules.supply import cut, fitted, in_reach, need, next_gain, ready
from envs.rules.urgency import GIVEN, Index, urgency
from plant.arrays import Ints, PlantArrays, RunArrays
from plant.calendar import (
    minutes_needed,
    run_end,
    worked_between,
)
from plant.compiled import inner, outer
from plant.kernel import GAIN, TAKE


def build(
    arrays: PlantArrays,
    shop: Shop,
    jobs: Jobs,
    kept: RunArrays,
    index: Index,
    assigned: Ints | None = None,
) -> Listed:
    """The runs that the list scheduler places beside those that are kept."""
    lots = jobs.lots
    pieces = np.bincount(lots.item, minlength=len(arrays.items.stock)) * 2 + 2
    room = pieces.copy()
    taker = np.repeat(np.arange(len(pieces)), np.diff(arrays.bom.pointer))
    np.add.at(room, arrays.bom.component, pieces[taker])
    ledger = open_ledger(arrays, kept, room)
    held = np.full(len(lots.item), -1) if assigned is None else assigned
    # A lot is placed in one run, or in two where the first had to be cut.
    line, item, start, end, lot = np.zeros((5, 2 * len(held)), np.int64)
    out = Listed(line, item, start, end, np.zeros(2 * len(held)), lot)
    if not jobs.minutes.size:
        return out.first(0)
    placed = _listed(shop, jobs, kept, ledger, index, held, out)
    return out.first(placed)


@inner
def _best(shop: Shop, jobs: Jobs, index: Index, desk: Desk, line: int) -> tuple[int, int]:
    """The most urgent lot not tried in this decision, or -1; and the minute the others wait for."""
    # Bare arrays: a table handed on costs more than the arithmetic in this innermost loop.
    item, due, weight, rank = jobs.lots.item, jobs.lots.due, jobs.lots.weight, jobs.lots.rank
    minutes, worked_due = jobs.minutes[line], jobs.due[line]
    done, tried, opens, candidates = desk.done, desk.tried, desk.ready, desk.candidates[line]
    known, starts, worked, change = desk.known, desk.start, desk.worked, desk.change
    family, given, now, key = shop.family, index.given, desk.counter[1], index.key
    lookahead = index.lookahead * jobs.mean_minutes
    setup = index.setup * jobs.mean_changeover
    best, best_score, soon = -1, -np.inf, NEVER
    position, many = 0, desk.many[line]
    while position < many:
        lot = candidates[position]
        if done[lot]:
            many -= 1
            candidates[position] = candidates[many]
            continue
        position += 1
        if tried[lot] == now:
            continue
        target = family[item[lot]]
        if known[target] != now:
            look(shop, desk, line, target)
        start = starts[target]
        if start == UNSTARTABLE:
            continue
        if opens[lot] > start:
            soon = min(soon, opens[lot])
            continue
        slack = worked_due[lot] - worked[target] - minutes[lot]
        if not index.overtime and slack > 0:
            until = overtime_until(shop.calendar, line, start)
            if until > 0:
                soon = min(soon, until)
                continue
        if key == GIVEN:
            score = given[lot]
        else:
            score = urgency(
                key,
                lookahead,
                setup,
                due[lot],
                rank[lot],
                weight[lot],
                minutes[lot],
                slack,
                change[target],
            )
        if score > best_score or (score == best_score and (due[lot], lot) < (due[best], best)):
            best, best_score = lot, score
    desk.many[line] = many
    return best, soon


@inner
def _sized(
    shop: Shop, jobs: Jobs, ledger: Ledger, desk: Desk, line: int, lot: int, wanted: float
) -> tuple[float, int]:
    """The units of a lot that its components allow on a line, and the minute they wait for."""
    item = jobs.lots.item[lot]
    start = desk.start[shop.family[item]]
    quantity = fitted(shop.capabilities, line, item, wanted)
    moment, missing = ready(shop, ledger, line, item, start, quantity)
    if moment == NEVER and (desk.cuttable[lot] or not shop.made[missing]):
        desk.cuttable[lot] = 1
        reach = in_reach(shop, ledger, line, item, start)
        quantity = cut(shop.capabilities, line, item, reach)
        moment = start if quantity > 0 else next_gain(shop, ledger, item, start)
    return quantity, moment


@inner
def _ends(shop: Shop, line: int, item: int, start: int, quantity: float) -> tuple[float, int]:
    """The units that a line finishes before its last shift ends, and when, or UNSTARTABLE."""
    calendar, rate = shop.calendar, shop.capabilities.rate[line, item]
    end = run_end(calendar, line, start, max(minutes_needed(quantity, rate), 1))
    if end == UNSTARTABLE:
        last = calendar.end[calendar.pointer[line + 1] - 1]
        rest = worked_between(calendar, line, start, last)[0]
        quantity = cut(shop.capabilities, line, item, rest * rate / 60.0)
        if quantity > 0:
            end = run_end(calendar, line, start, max(minutes_needed(quantity, rate), 1))
    return quantity, end


@inner
def _fits(shop: Shop, kept: RunArrays, desk: Desk, line: int, item: int, end: int) -> bool:
    """Whether a run that ends then leaves the next kept run its changeover."""
    fixed = desk.following[line]
    if fixed == kept.pointer[line + 1]:
        return True
    before, after = shop.family[item], shop.family[kept.item[fixed]]
    gap = shop.changeovers.minutes[shop.table[line], before, after]
    begin = kept.start[fixed]
    return bool(end <= begin and worked_between(shop.calendar, line, end, begin)[0] >= gap)


@inner
def _commit(
    shop: Shop,
    jobs: Jobs,
    ledger: Ledger,
    desk: Desk,
    out: Listed,
    line: int,
    lot: int,
    end: int,
    quantity: float,
) -> None:
    """Place the run, book its components and its units, wake the lines that wait for them."""
    item = jobs.lots.item[lot]
    start = desk.start[shop.family[item]]
    wanted = desk.left[lot] - desk.surplus[item]
    desk.surplus[item] = max(quantity - wanted, 0.0)
    desk.left[lot] = max(wanted - quantity, 0.0)
    desk.cuts[lot] += 1
    # A lot is cut once; what is left after a second cut stays open.
    desk.done[lot] = desk.left[lot] < 1e-9 or desk.cuts[lot] == 2
    for row in range(shop.bom.pointer[item], shop.bom.pointer[item + 1]):
        slot = ledger.slot[shop.bom.component[row]]
        enter(ledger, slot, start, TAKE, need(shop, line, item, row, quantity))
    if ledger.slot[item] >= 0:
        enter(ledger, ledger.slot[item], end, GAIN, quantity)
        call(shop, jobs, desk, item, end)
    placed = desk.counter[0]
    out.line[placed], out.item[placed], out.lot[placed] = line, item, lot
    out.start[placed], out.end[placed], out.quantity[placed] = start, end, quantity
    desk.counter[0] += 1
    desk.free[line] = desk.wake[line] = end
    desk.family[line] = shop.family[item]


@inner
def _decide(
    shop: Shop,
    jobs: Jobs,
    kept: RunArrays,
    ledger: Ledger,
    index: Index,
    desk: Desk,
    out: Listed,
    line: int,
) -> tuple[bool, int]:
    """Whether a lot was placed on the line; if not, the minute at which another look pays."""
    desk.counter[1] += 1
    soon = NEVER
    while True:
        lot, until = _best(shop, jobs, index, desk, line)
        soon = min(soon, until)
        if lot < 0:
            return False, soon
        desk.tried[lot] = desk.counter[1]
        item = jobs.lots.item[lot]
        start = desk.start[shop.family[item]]
        wanted = desk.left[lot] - desk.surplus[item]
        if wanted < 1e-9:
            desk.surplus[item] -= desk.left[lot]
            desk.done[lot] = 1
            continue
        quantity, moment = _sized(shop, jobs, ledger, desk, line, lot, wanted)
        if moment > start:
            desk.ready[lot] = moment
            soon = min(soon, moment)
            continue
        quantity, end = _ends(shop, line, item, start, quantity)
        if end != UNSTARTABLE and _fits(shop, kept, desk, line, item, end):
            _commit(shop, jobs, ledger, desk, out, line, lot, end, quantity)
            return True, soon


@outer
def _listed(
    shop: Shop,
    jobs: Jobs,
    kept: RunArrays,
    ledger: Ledger,
    index: Index,
    assigned: Ints,
    out: Listed,
) -> int:
    """The number of runs placed in `out`."""
    desk = opened(shop, jobs, kept, index, assigned)
    last_resort = False
    while True:
        line = int(np.argmin(desk.wake))
        if desk.wake[line] >= NEVER:
            if last_resort:
                return int(desk.counter[0])
            # Parts that never came in full: take what came.
            last_resort = True
            for lot in range(len(desk.done)):
                if desk.ready[lot] >= NEVER:
                    desk.cuttable[lot] = 1
                    desk.ready[lot] = index.opens
            desk.wake[:] = np.maximum(desk.free, index.opens)
            continue
        placed, soon = _decide(shop, jobs, kept, ledger, index, desk, out, line)
        if placed:
            continue
        fixed = desk.following[line]
        if fixed < kept.pointer[line + 1] and soon >= kept.start[fixed]:
            desk.following[line] += 1
            desk.free[line] = desk.wake[line] = kept.end[fixed]
            desk.family[line] = shop.family[kept.item[fixed]]
        else:
            desk.wake[line] = soon
