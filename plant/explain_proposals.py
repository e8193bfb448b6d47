"""Guesses at what may help a late order, from the causes of its lateness; none of them judged yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from plant.calendar import minutes_needed
from plant.edits import Add, Edit, Group, Move, SetLock, Split
from plant.explain_pull import packed, pulled, slots
from plant.explain_texts import Said, Value, say
from plant.explain_trace import Cause, Trace
from plant.model import MINUTES_PER_HOUR, Capability, Plant
from plant.part import part_of, touched
from plant.plant_changes import EarlierArrival, ExtraShift, PlantChange, changed
from plant.schedule import Run, Schedule

SHIFT = 8 * MINUTES_PER_HOUR  # the longest overtime shift that is proposed
SHORTEST = MINUTES_PER_HOUR  # and the shortest
TRIED = 2  # of each sort: other lines, places before others, overtime shifts


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that may help: its words, the edit, what must change in the plant, and what it touches."""

    said: Said
    edit: Edit | None
    change: PlantChange | None = None
    runs: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


def proposals(
    trace: Trace, order: str, chain: Sequence[Cause], path: Sequence[str], short: float
) -> Iterator[Proposal]:
    """What may help the order, by the causes of its lateness."""
    if path:
        yield from _by_root(trace, chain, path)
        yield from _other_line(trace, path)
        yield from _before(trace, path)
        yield from _split(trace, order, path)
        yield from _overtime(trace, path)
    if short:
        yield from _add(trace, order, short)


def _said(trace: Trace, code: str, **parameters: Value) -> Said:
    return say(trace.plant, code, **parameters)


def _by_root(trace: Trace, chain: Sequence[Cause], path: Sequence[str]) -> Iterator[Proposal]:
    """Take away the last cause, and let all that waited for it follow."""
    root = trace.runs[path[-1]]
    code = chain[-2].said.code if chain[-1].said.code == "overdue" else chain[-1].said.code
    if code == "gap":
        yield from _pull(trace, root, path)
    elif code == "lock":
        yield from _unlock(trace, root, path)
    elif code == "material":
        yield from _earlier_arrival(trace, root, path)


def _pull(trace: Trace, root: Run, path: Sequence[str]) -> Iterator[Proposal]:
    moves = pulled(trace, trace.plant, path)
    if not moves or moves[0].run != root.id:
        return
    told: dict[str, Value] = {
        "run": root.id, "line": root.line, "at": moves[0].start,
        "earlier": root.start - moves[0].start,
    }  # fmt: skip
    if len(moves) == 1:
        yield Proposal(_said(trace, "start_earlier", **told), moves[0], runs=(root.id,))
        return
    said = _said(trace, "start_earlier_all", **told, count=len(moves) - 1)
    yield Proposal(said, Group(tuple(moves)), runs=tuple(one.run for one in moves))


def _unlock(trace: Trace, root: Run, path: Sequence[str]) -> Iterator[Proposal]:
    moves = pulled(trace, trace.plant, path, free=root.id)
    if not moves or moves[0].run != root.id:
        return
    said = _said(
        trace, "unlock", run=root.id, line=root.line, at=moves[0].start,
        earlier=root.start - moves[0].start,
    )  # fmt: skip
    edit = Group((SetLock(root.id, "none"), *moves))
    yield Proposal(said, edit, runs=tuple(one.run for one in moves))


def _earlier_arrival(trace: Trace, root: Run, path: Sequence[str]) -> Iterator[Proposal]:
    """The part of the arrival that the root waits for, as early as its line is ready for it."""
    peg = trace.held(root).peg
    if peg is None or peg.supplier != "arrival":
        return
    arrival = trace.plant.arrivals[int(str(peg.supplier_id))]
    same = [
        one
        for one in trace.pegs_of(root)
        if one.supplier == "arrival" and one.supplier_id == peg.supplier_id
    ]
    others = (trace.supplied_at(one) for one in trace.pegs_of(root) if one not in same)
    wanted = max([trace.held(root).line, *others])
    to = wanted // MINUTES_PER_HOUR * MINUTES_PER_HOUR
    quantity = min(sum(one.quantity for one in same), arrival.quantity)
    if to >= arrival.at:
        return
    change = EarlierArrival(arrival.item, arrival.at, quantity, to)
    moves = pulled(trace, trace.plant, path, supply={(root.id, str(peg.supplier_id)): to})
    said = _said(
        trace, "arrival_earlier", quantity=quantity, item=arrival.item,
        earlier=arrival.at - to, at=to,
    )  # fmt: skip
    if moves:
        runs = tuple(one.run for one in moves)
        yield Proposal(said, Group(tuple(moves)), change, runs=runs, items=(arrival.item,))


def _other_line(trace: Trace, path: Sequence[str]) -> Iterator[Proposal]:
    """The delivering run on another line, where it ends earlier; the earliest ends."""
    run = trace.runs[path[0]]
    if trace.holds(run):
        return
    ready = max((trace.supplied_at(peg) for peg in trace.pegs_of(run)), default=0)
    found = []
    for one in trace.plant.capabilities:
        if one.item == run.item and one.line != run.line:
            slot = next(slots(trace, one, run.quantity, ready), None)
            if slot is not None and slot[1] < run.end:
                found.append((slot[1], one.line, slot[0]))
    for _, line, start in sorted(found)[:TRIED]:
        said = _said(
            trace, "other_line", run=run.id, line=line, from_line=run.line, at=start
        )  # fmt: skip
        yield Proposal(said, Move(run.id, line, start), runs=(run.id,))


def _before(trace: Trace, path: Sequence[str]) -> Iterator[Proposal]:
    """The delivering run before others on its line: before one, and before as many as helps most."""
    run = trace.runs[path[0]]
    here = trace.on_line[run.line]
    at = trace.place[run.id]
    reach = [one for one in path[1:] if trace.runs[one].line == run.line]
    first = min((trace.place[id] for id in reach), default=at)
    for place in list(dict.fromkeys((at - 1, first)))[:TRIED]:
        if place < 0 or place >= at or trace.holds(run):
            continue
        moves = packed(trace, [run, *here[place:at]], place)
        if moves and moves[0].run == run.id:
            said = _said(
                trace, "before", run=run.id, other=here[place].id, line=run.line,
                at=moves[0].start,
            )  # fmt: skip
            yield Proposal(said, Group(tuple(moves)), runs=tuple(one.run for one in moves))


def _split(trace: Trace, order: str, path: Sequence[str]) -> Iterator[Proposal]:
    """What the order needs of the delivering run first, the rest behind it."""
    run = trace.runs[path[0]]
    able = _capability(trace, run.line, run.item)
    if able is None or trace.holds(run):
        return
    pegs = trace.evaluation.pegging.orders_of_run(run.id)
    needed, found = 0.0, False
    for peg in pegs:
        if found and peg.consumer_id != order:
            break
        needed += peg.quantity
        found = found or (peg.consumer == "order" and peg.consumer_id == order)
    first = lot(able, needed)
    rest = run.quantity - first
    if not found or rest <= 0 or rest < able.min_lot:
        return
    minutes = int(minutes_needed(rest, able.rate))
    said = _said(
        trace, "split", run=run.id, quantity=first, item=run.item, earlier=minutes
    )  # fmt: skip
    yield Proposal(said, Split(run.id, first), runs=(run.id,))


def _overtime(trace: Trace, path: Sequence[str]) -> Iterator[Proposal]:
    """An overtime shift in the first and the last unmanned time on the delivering run's line."""
    run = trace.runs[path[0]]
    line = trace.lines[run.line]
    here = [trace.runs[id] for id in path if trace.runs[id].line == run.line]
    since = max(min(one.start for one in here), line.available_from)
    ends = [
        (one.end, after.start) for one, after in zip(line.shifts, line.shifts[1:], strict=False)
    ]
    gaps = [
        (max(start, since), end)
        for start, end in ends
        if max(start, since) + SHORTEST <= end and max(start, since) < run.end
    ]
    for start, end in dict.fromkeys([*gaps[:1], *gaps[-1:]]):
        change = ExtraShift(run.line, start, min(end, start + SHIFT))
        moves = pulled(trace, _with(trace, path, change), path)
        if moves:
            said = _said(
                trace, "overtime_shift", line=run.line, day=start,
                minutes=change.end - change.start, at=start,
            )  # fmt: skip
            edit = Group(tuple(moves))
            runs = tuple(one.run for one in moves)
            yield Proposal(said, edit, change, runs=runs, lines=(run.line,))


def _with(trace: Trace, path: Sequence[str], change: ExtraShift) -> Plant:
    """The part of the plant that the path's runs need, with the change in it."""
    runs = Schedule(tuple(trace.runs[id] for id in path))
    return changed(part_of(trace.plant, runs, touched(trace.plant, runs.runs)), change)


def _add(trace: Trace, order: str, short: float) -> Iterator[Proposal]:
    """A run of what is missing, where it ends first."""
    item = next(one.item for one in trace.plant.orders if one.id == order)
    found = []
    for one in (one for one in trace.plant.capabilities if one.item == item):
        quantity = lot(one, short)
        ready = _material_for(trace, one, quantity)
        if ready is None:
            continue
        slot = next(slots(trace, one, quantity, ready), None)
        if slot is not None and slot[1] <= trace.plant.horizon:
            found.append((slot[1], one.line, slot[0], quantity))
    for _, line, start, quantity in sorted(found)[:TRIED]:
        said = _said(trace, "add_run", quantity=quantity, item=item, line=line, at=start)
        yield Proposal(said, Add(line, item, start, quantity), lines=(line,), items=(item,))


def _material_for(trace: Trace, able: Capability, quantity: float) -> int | None:
    """From when on the components of so many units lie there for good; None where they never do."""
    ready = 0
    for part in (line for line in trace.plant.bom if line.item == able.item):
        since = trace.stocks[part.component].lasting(quantity * part.per_unit / able.yield_)
        if since is None:
            return None
        ready = max(ready, since)
    return ready


def lot(able: Capability, quantity: float) -> float:
    """The least legal lot of at least so many units."""
    least = max(quantity, able.min_lot)
    if able.lot_multiple <= 0:
        return float(ceil(least - 1e-6)) if least >= 1 else least
    return ceil(least / able.lot_multiple - 1e-6) * able.lot_multiple


def _capability(trace: Trace, line: str, item: str) -> Capability | None:
    return next((c for c in trace.plant.capabilities if (c.line, c.item) == (line, item)), None)
