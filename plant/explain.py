"""What a planner should look at, why it is so, and what would help: the exceptions of a schedule.

Every late or short order with the chain of causes that binds it, walked back from its last delivery;
stock under safety stock; overtime; broken rules. Costliest first, and the same for the same input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from plant.diff import DEFAULT
from plant.evaluate import Evaluation, Weights, Zones, evaluate
from plant.explain_fixes import Fix, find_fixes
from plant.explain_late import Lateness, why_late
from plant.explain_stock import shortages
from plant.explain_texts import Said, say
from plant.explain_trace import Cause, CauseKind, Trace
from plant.model import MINUTES_PER_DAY, MINUTES_PER_HOUR, Plant
from plant.schedule import Schedule
from plant.verdict import NO_ZONES

Severity = Literal["high", "medium", "low"]
ExceptionKind = Literal["breach", "late", "stock", "overtime"]
NAMED = 5  # orders that a sentence names
FIXED = 10  # exceptions for which a list looks for fixes; `fixes_of` does it for any other

__all__ = ["Cause", "CauseKind", "Fix", "PlanException", "Said", "exceptions", "fixes_of"]


@dataclass(frozen=True, slots=True)
class PlanException:
    """One thing to look at.

    `id` is the same in every schedule for the same record, so that notes on it last. `money` is
    weighted. Of a late order: `quantity` units late or never delivered, `short` of them never within the
    horizon, `late` minutes of its last delivery after due; of a shortage `quantity` is what is missing at
    worst; of overtime `late` is its minutes. `why` is the cause that the sentence names, `chain` all
    of them from the effect back. `fixes` is None where none were looked for.
    """

    id: str
    kind: ExceptionKind
    record: str
    severity: Severity
    at: int
    said: Said
    money: float = 0.0
    quantity: float = 0.0
    short: float = 0.0
    late: int = 0
    why: Cause | None = None
    chain: tuple[Cause, ...] = ()
    fixes: tuple[Fix, ...] | None = None
    path: tuple[str, ...] = field(default=(), repr=False)


def exceptions(
    plant: Plant,
    schedule: Schedule,
    base: Schedule | None = None,
    weights: Weights = DEFAULT,
    zones: Zones = NO_ZONES,
    fixes: int = FIXED,
    was: Evaluation | None = None,
) -> tuple[PlanException, ...]:
    """The exceptions of a schedule: broken rules first, then by money; the first late orders with fixes.

    Parameters
    ----------
    base
        The published schedule that this one follows, as in `evaluate`.
    fixes
        For how many late orders, from the costliest on, to look for fixes.
    was
        What `evaluate` says of the schedule by the same measures, where that is known already.

    Raises
    ------
    ReferencesError
        When a run names a line or item that the plant has not.
    """
    trace = _trace(plant, schedule, base, weights, zones, was)
    found = [*_breaches(trace), *_late(trace), *_stocks(trace), *_overtime(trace)]
    found.sort(key=lambda one: (one.kind != "breach", -one.money, one.id))
    late = [one.id for one in found if one.kind == "late"][:fixes]
    return tuple(
        replace(one, fixes=_fixes(trace, one)) if one.id in late else one for one in found
    )  # fmt: skip


def fixes_of(
    plant: Plant,
    schedule: Schedule,
    exception: str,
    base: Schedule | None = None,
    weights: Weights = DEFAULT,
    zones: Zones = NO_ZONES,
    was: Evaluation | None = None,
) -> tuple[Fix, ...]:
    """What would help a late order, best first; nothing where its exception is of another kind or gone."""
    trace = _trace(plant, schedule, base, weights, zones, was)
    found = next((one for one in _late(trace) if one.id == exception), None)
    return _fixes(trace, found) if found else ()


def _trace(
    plant: Plant,
    schedule: Schedule,
    base: Schedule | None,
    weights: Weights,
    zones: Zones,
    was: Evaluation | None,
) -> Trace:
    evaluation = was or evaluate(plant, schedule, base, weights, zones)
    return Trace(plant, schedule, evaluation, base, weights, zones)


def _fixes(trace: Trace, one: PlanException) -> tuple[Fix, ...]:
    return find_fixes(trace, one.record, one.chain, one.path, one.short)


def _breaches(trace: Trace) -> Iterator[PlanException]:
    runs = trace.runs
    for broken in trace.evaluation.violations:
        yield PlanException(
            f"breach:{broken.kind}:{broken.record}", "breach", broken.record, "high",
            runs[broken.record].start if broken.record in runs else 0,
            say(trace.plant, "breach", kind=broken.kind, message=broken.message),
            quantity=broken.amount,
        )  # fmt: skip


def _late(trace: Trace) -> Iterator[PlanException]:
    orders = {order.id: order for order in trace.plant.orders}
    paid = trace.evaluation.tardiness
    for id, units in trace.evaluation.late_orders.items():
        order = orders[id]
        found = why_late(trace, order, units)
        money = trace.weights.tardiness * paid[id]
        why = _binding(found.chain, found.minutes)
        yield PlanException(
            f"late:{id}", "late", id, "high" if order.source == "firm" else "medium", order.due,
            _because(_headline(trace, found, units, money), why),
            money=money, quantity=units, short=found.short, late=found.minutes, why=why,
            chain=found.chain, path=found.path,
        )  # fmt: skip


def _headline(trace: Trace, found: Lateness, units: float, money: float) -> Said:
    code = "late" if not found.short else "short" if found.short >= units else "late_and_short"
    return say(
        trace.plant, code, order=found.order, item=found.item, quantity=units, short=found.short,
        late=found.minutes, money=money,
    )  # fmt: skip


def _binding(chain: Sequence[Cause], minutes: int) -> Cause | None:
    """The cause to name first: the last of the chain, or what fills the time since the plan's start."""
    left = [cause for cause in chain if cause.kind != "delivery"]
    if not left:
        return None
    if left[-1].kind == "overdue" and len(left) > 1:
        due = float(left[-1].said.parameters["due"])
        if minutes + due < -due:  # most of it passed before the plan's start
            return left[-1]
        left.pop()
    if left[-1].said.code != "plan_start":
        return left[-1]
    full = [cause for cause in left if cause.said.code in ("capacity", "changeover")]
    longest = max(
        (one for one in full if one.said.code == "changeover"),
        key=lambda one: float(one.said.parameters["minutes"]),
        default=None,
    )
    if longest and float(longest.said.parameters["minutes"]) >= minutes > 0:
        return longest
    busy = [cause for cause in full if cause.said.code == "capacity"]
    return (busy or full or left)[-1]


def _because(headline: Said, why: Cause | None) -> Said:
    """The headline with its cause, as one sentence in each language."""
    if why is None:
        return headline
    return replace(
        headline,
        parameters={**headline.parameters, "why": why.said.code},
        english=f"{headline.english.removesuffix('.')}: {why.said.english}.",
        korean=f"{headline.korean.removesuffix('.')}, 원인: {why.said.korean}.",
    )


def _stocks(trace: Trace) -> Iterator[PlanException]:
    """The times under safety stock, one exception an item."""
    plant = trace.plant
    for item in plant.items:
        if item.safety_stock <= 0:
            continue
        times = list(shortages(item, trace.stocks[item.id], plant.horizon))
        if not times:
            continue
        lowest = min(one.lowest for one in times)
        money = trace.weights.holding * sum(one.money for one in times)
        said = say(
            plant, "stock", item=item.id, safety=item.safety_stock, since=times[0].since,
            minutes=sum(one.until - one.since for one in times), lowest=lowest, money=money,
        )  # fmt: skip
        chain, path = _resupply(trace, item.id, times[0].since)
        why = _binding(chain, times[0].until - times[0].since) or chain[0]
        yield PlanException(
            f"stock:{item.id}", "stock", item.id, "high" if lowest <= 0 else "medium",
            times[0].since, _because(said, why), money=money,
            quantity=item.safety_stock - lowest, why=why, chain=chain, path=path,
        )  # fmt: skip


def _resupply(
    trace: Trace, item: str, since: int
) -> tuple[tuple[Cause, ...], tuple[str, ...]]:  # fmt: skip
    """Why an item gets nothing sooner: its next supply after a minute, and the walk back from that."""
    horizon = trace.plant.horizon
    runs = [one for one in trace.schedule.runs if one.item == item and since < one.end <= horizon]
    run = min(runs, key=lambda one: (one.end, one.id), default=None)
    arrivals = [
        one for one in trace.plant.arrivals if one.item == item and since < one.at <= horizon
    ]
    arrival = min(arrivals, key=lambda one: one.at, default=None)
    if arrival is not None and (run is None or arrival.at <= run.end):
        told = {"quantity": arrival.quantity, "at": arrival.at}
        return (trace.say("resupply_arrival", item=item, **told),), ()
    if run is None:
        return (trace.say("no_resupply", item=item),), ()
    chain, path = trace.walk(run)
    first = trace.say("resupply", run.id, run=run.id, line=run.line, at=run.end)
    return (first, *chain), tuple(path)


def _overtime(trace: Trace) -> Iterator[PlanException]:
    """The overtime that runs use, one exception a line and day, with the orders that it serves."""
    used: dict[tuple[str, int], list[tuple[int, int, str]]] = defaultdict(list)
    for line in trace.plant.lines:
        for shift in (one for one in line.shifts if one.overtime):
            for run in trace.on_line[line.id]:
                since = max(run.start, shift.start)
                if since < min(run.end, shift.end):
                    key = line.id, shift.start // MINUTES_PER_DAY
                    used[key].append((since, min(run.end, shift.end) - since, run.id))
    served = _orders_served(trace) if used else {}
    for (id, day), parts in used.items():
        minutes, runs = sum(part[1] for part in parts), [part[2] for part in parts]
        money = minutes / MINUTES_PER_HOUR * trace.lines[id].overtime_cost
        money *= trace.weights.production
        said = say(trace.plant, "overtime", line=id, minutes=minutes, day=parts[0][0], money=money)
        why = _served(trace, served, id, runs)
        yield PlanException(
            f"overtime:{id}:{day}", "overtime", id, "low", parts[0][0], _because(said, why),
            money=money, late=minutes, why=why, chain=(why,) if why else (),
        )  # fmt: skip


def _served(
    trace: Trace, served: Mapping[str, Sequence[str]], line: str, runs: Sequence[str]
) -> Cause | None:
    """The orders that runs serve, None where it is stock only."""
    orders = list(dict.fromkeys(order for run in runs for order in served[run]))
    if not orders:
        return None
    more = f" +{len(orders) - NAMED}" if len(orders) > NAMED else ""
    return trace.say("serves", *runs, line=line, orders=", ".join(orders[:NAMED]) + more)


def _orders_served(trace: Trace) -> dict[str, tuple[str, ...]]:
    """The orders that each run serves itself, or by the runs that take what it makes."""
    orders: dict[str, dict[str, None]] = defaultdict(dict)
    takers: dict[str, dict[str, None]] = defaultdict(dict)
    for peg in trace.evaluation.pegging.pegs:
        if peg.supplier == "run":
            consumers = orders if peg.consumer == "order" else takers
            consumers[str(peg.supplier_id)][peg.consumer_id] = None
    found: dict[str, tuple[str, ...]] = {}
    for run in sorted(trace.schedule.runs, key=lambda one: (-one.start, -one.end, one.id)):
        later = (order for taker in takers[run.id] for order in found.get(taker, ()))
        found[run.id] = tuple(dict.fromkeys((*orders[run.id], *later)))
    return found
