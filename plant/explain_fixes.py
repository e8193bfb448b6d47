"""What would help a late order: concrete changes, each applied and judged before it is proposed.

A fix is an edit of the schedule, or a change of the plant (an overtime shift, an earlier arrival) with
the edit that makes use of it. Only what serves the order better and breaks no further rule is proposed.
The referee is asked about the part of the plant that the fix touches, so its money is the whole's
(but for makespan, which is no sum).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from plant.edits import Edit, Group, Move, SetLock, Single, apply, relocked
from plant.errors import EditError
from plant.evaluate import Evaluation, evaluate
from plant.explain_proposals import Proposal, proposals
from plant.explain_texts import Said
from plant.explain_trace import Cause, Trace
from plant.model import Plant
from plant.part import Touched, part_of, touched, touching
from plant.plant_changes import PlantChange, changed
from plant.schedule import Schedule

MOST = 3  # fixes that are proposed for one order
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that helps an order, as it was judged.

    `edit` is what to do in the schedule, `change` what must be so in the plant for it (None: nothing).
    `units` more are on time, `order_money` is what the order pays less, `money` what the whole plan costs
    less (below 0: more), both weighted.
    """

    said: Said
    edit: Edit | None
    change: PlantChange | None
    units: float
    order_money: float
    money: float


def find_fixes(
    trace: Trace, order: str, chain: Sequence[Cause], path: Sequence[str], short: float
) -> tuple[Fix, ...]:
    """What helps the order, what saves most in all first."""
    found = []
    for proposal in proposals(trace, order, chain, path, short):
        fix = tried(trace, order, proposal)
        if fix is not None:
            found.append(fix)
    found.sort(key=lambda fix: (-fix.money, -fix.order_money, fix.said.english))
    return tuple(found[:MOST])


def tried(trace: Trace, order: str, proposal: Proposal) -> Fix | None:
    """The proposal with what the referee says of it, or None where it does not help or breaks a rule."""
    by = _touched(trace, order, proposal)
    part = touching(trace.plant, trace.schedule, by)
    before = after = trace.plant
    if proposal.change is not None:
        before = part_of(trace.plant, trace.schedule, by)
        after = changed(before, proposal.change)
    try:
        then = apply(after, part, proposal.edit).schedule if proposal.edit else part
    except EditError:  # it was a guess, and cannot be done
        return None
    base = _base(trace, part, then, proposal.edit)
    was = _judged(trace, before, part, base)
    now = _judged(trace, after, then, base)
    if _breaks_more(was, now, by, {run.id: run.line for run in then.runs}):
        return None
    units = was.late_orders.get(order, 0.0) - now.late_orders.get(order, 0.0)
    paid = was.tardiness.get(order, 0.0) - now.tardiness.get(order, 0.0)
    if paid <= TOLERANCE and units <= TOLERANCE:
        return None
    money = was.cost.total - now.cost.total
    return Fix(
        proposal.said,
        proposal.edit,
        proposal.change,
        units,
        paid * trace.weights.tardiness,
        money,
    )


def _judged(trace: Trace, plant: Plant, schedule: Schedule, base: Schedule | None) -> Evaluation:
    weights = replace(trace.weights, makespan=0.0)
    return evaluate(plant, schedule, base, weights, trace.zones)


def _touched(trace: Trace, order: str, proposal: Proposal) -> Touched:
    """The lines and items whose figures the proposal may move, the order's among them."""
    runs = [trace.runs[id] for id in proposal.runs]
    moved = [
        replace(trace.runs[edit.run], line=edit.line)
        for edit in _singles(proposal.edit)
        if isinstance(edit, Move)
    ]
    item = next(one.item for one in trace.plant.orders if one.id == order)
    parts = {one.component for one in trace.plant.bom if one.item in proposal.items}
    items = {item, *proposal.items, *parts}
    more = Touched(frozenset(proposal.lines), frozenset(items))
    return touched(trace.plant, [*runs, *moved]) | more


def _singles(edit: Edit | None) -> tuple[Single, ...]:
    return () if edit is None else edit.edits if isinstance(edit, Group) else (edit,)


def _base(
    trace: Trace, part: Schedule, then: Schedule, edit: Edit | None
) -> Schedule | None:  # fmt: skip
    """The part's base, with the locks that the edit takes off."""
    if trace.base is None:
        return None
    there = {run.id for run in part.runs}
    base = Schedule(tuple(run for run in trace.base.runs if run.id in there))
    freed = {one.run for one in _singles(edit) if isinstance(one, SetLock)}
    return relocked(base, [run for run in then.runs if run.id in freed])


def _breaks_more(was: Evaluation, now: Evaluation, by: Touched, line_of: dict[str, str]) -> bool:
    """Whether a rule is broken now that was not, or by more, among those that the change touches."""
    known = {(one.kind, one.record): one.amount for one in was.violations}
    return any(
        one.amount > known.get((one.kind, one.record), 0.0) + TOLERANCE
        for one in now.violations
        if one.kind == "lock"
        or (one.record in by.items if one.kind == "stock" else line_of[one.record] in by.lines)
    )
