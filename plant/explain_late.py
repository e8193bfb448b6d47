"""Why one order is late or short: its last delivery and the walk back from it, or what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plant.calendar import minutes_needed
from plant.explain_trace import Cause, Trace
from plant.model import Order
from plant.pegging import Peg

TOLERANCE = 1e-6
DEEPEST = 20  # stages of components that a shortage is followed through


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late an order is and why.

    minutes: its last delivery within the horizon after due; short: units never delivered in it; path:
    the runs from the last delivery back in time.
    """

    order: str
    item: str
    minutes: int
    short: float
    chain: tuple[Cause, ...]
    path: tuple[str, ...]


def why_late(trace: Trace, order: Order, units: float) -> Lateness:
    """The lateness of an order of which the referee says that so many units are late or short."""
    pegs = [
        peg
        for peg in trace.evaluation.pegging.by_order.get(order.id, ())
        if peg.at <= trace.plant.horizon
    ]
    late = [peg for peg in pegs if peg.at > order.due]
    short = max(units - sum(peg.quantity for peg in late), 0.0)
    if short <= TOLERANCE * max(1.0, units):
        short = 0.0
    last = max(late, key=lambda peg: peg.at, default=None)
    if short:
        chain, path = _why_short(trace, order, short)
    elif last is not None:
        chain, path = _why_late(trace, order, last)
    else:  # the rest is dust of floating sums
        chain, path = [], []
    minutes = last.at - order.due if last else 0
    return Lateness(order.id, order.item, minutes, short, tuple(chain), tuple(path))


def _why_late(trace: Trace, order: Order, last: Peg) -> tuple[list[Cause], list[str]]:
    if last.supplier == "run":
        run = trace.runs[str(last.supplier_id)]
        chain, path = trace.walk(run)
        chain.insert(
            0,
            trace.say("delivery", run.id, run=run.id, line=run.line, item=order.item, at=run.end),
        )
        return ([*chain, _overdue(trace, order)] if order.due < 0 else chain), path
    if last.supplier == "arrival" and last.at > 0:
        return [trace.say("arrival", item=last.item, quantity=last.quantity, at=last.at)], []
    return [_overdue(trace, order)], []


def _overdue(trace: Trace, order: Order) -> Cause:
    return trace.say("overdue", due=order.due)


def _why_short(trace: Trace, order: Order, short: float) -> tuple[list[Cause], list[str]]:
    """Why units are never delivered: a run after the horizon, or no run at all."""
    beyond = [
        run
        for run in trace.schedule.runs
        if run.item == order.item and run.end > trace.plant.horizon
    ]
    if beyond:
        run = min(beyond, key=lambda one: (one.end, one.id))
        chain, path = trace.walk(run)
        late = trace.say("horizon", run.id, run=run.id, line=run.line, at=run.end)
        return [late, *chain], path
    return list(_shortage(trace, order.item, short, 0)), []


def _shortage(trace: Trace, item: str, short: float, depth: int) -> Iterator[Cause]:
    """What is not there: a line that makes it, free time on one, or a component."""
    able = [one for one in trace.plant.capabilities if one.item == item]
    if not able:
        yield trace.say("not_made" if depth == 0 else "no_material", item=item, short=short)
        return
    yield trace.say("unplanned", item=item, short=short)
    free = {one.line: _free(trace, one.line) for one in able}
    needed = {one.line: int(minutes_needed(max(short, one.min_lot), one.rate)) for one in able}
    if all(free[line] < needed[line] for line in free):
        best = max(free, key=lambda line: free[line])
        told = {"count": len(free), "free": free[best], "minutes": min(needed.values())}
        yield trace.say("full", item=item, **told)
        return
    if depth >= DEEPEST:
        return
    best_yield = max(one.yield_ for one in able)
    for part in (line for line in trace.plant.bom if line.item == item):
        missing = short * part.per_unit / best_yield - trace.stocks[part.component].level[-1]
        if missing > TOLERANCE:
            yield from _shortage(trace, part.component, missing, depth + 1)


def _free(trace: Trace, line: str) -> int:
    """The shift minutes of a line within the horizon in which it neither runs nor changes over."""
    available = trace.lines[line].available_from
    total = trace.manned_between(line, available, trace.plant.horizon)
    busy = sum(
        trace.manned_between(line, run.start, run.end) + trace.held(run).changeover
        for run in trace.on_line[line]
    )
    return max(total - busy, 0)
