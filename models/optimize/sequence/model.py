"""The CP-SAT model of a scope: on each line a circuit of runs in shift minutes, on the clock the stocks.

Sets: r ∈ FREE runs, l ∈ LINES(r) that may make r. Variables: on_rl ∈ {0,1} line l makes r; start_r and
end_r in shift minutes (for lines with other shifts another pair); next_lij ∈ {0,1} line l goes on from i
to j, through runs that stay as well, from and to 0, what the line does before and after the scope;
begins_r, ends_r minutes on the clock; spell_rs ∈ {0,1} the stretch of shift time that start_r lies in.
    Σ_l on_rl = 1                                                                                 (1)
    on_rl ⇒ end_r = start_r + minutes_rl                                                          (2)
    next_l is a circuit through 0, the runs that stay on l and those r with on_rl                  (3)
    next_lij ⇒ start_j ≥ end_i + changeover_lij                                                   (4)
    begins_r = start_r + Σ_s offset_s spell_rs, and ends_r likewise                               (5)
and what `sequence_stock` says of stocks. Minimised is the money that depends on these: production,
overtime, changeovers, idle time, moves of published runs, makespan; stocks and late orders by curves of
ends_r and begins_r.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.optimize.large.cutout import parts_of
from models.optimize.sequence.calendar import Pick, Span, on_the_clock, overtime_until, pick
from models.optimize.sequence.hint import HintedModel
from models.optimize.sequence.lines import MINUTES_PER_HOUR, Placed, add_line, place
from models.optimize.sequence.scope import SequenceScope
from models.optimize.sequence.stock import Event, add_stock, fixed_events


@dataclass(frozen=True, slots=True)
class Moment:
    """A minute on the clock: the variable, its bounds, its hint."""

    at: Any
    low: int
    high: int
    hint: int


def build_sequence(scope: SequenceScope) -> tuple[HintedModel, tuple[Placed, ...]]:
    """The model of a scope, its objective set, and where its runs are in it."""
    model = HintedModel()
    placed = tuple(place(model, free) for free in scope.free)
    for line in scope.lines:
        add_line(model, scope, line, [one for one in placed if line.line in one.on])
    moved = {run.id for run in scope.base.runs} if scope.base and scope.zones.slush else set[str]()
    events, ends = [], []
    for one in placed:
        starts = {at: _pick(model, scope, one, at, one.start[at], False) for at in one.start}
        closes = {at: _pick(model, scope, one, at, one.end[at], True) for at in one.end}
        begin = None
        bom = scope.arrays.bom.pointer
        if bom[one.free.item + 1] > bom[one.free.item] or one.free.run.id in moved:
            begin = _moment(model, one, one.start, starts, one.free.run.start)
        end = _moment(model, one, one.end, closes, one.free.run.end)
        ends.append(end)
        events += _events(model, scope, one, begin, end)
        _pay_line(model, scope, one)
        _pay_overtime(model, scope, one, starts, closes)
        if begin is not None and one.free.run.id in moved:
            _pay_move(model, scope, one, begin)
    items = {event.item for event in events}
    events += fixed_events(scope.arrays, scope.staying, items)
    for item in sorted(items):
        mine = [event for event in events if event.item == item]
        add_stock(model, scope.arrays, scope.weights, item, mine)
    _pay_makespan(model, scope, ends)
    model.minimise()
    return model, placed


def _pick(
    model: HintedModel, scope: SequenceScope, one: Placed, calendar: int, span: Span, ends: bool
) -> Pick:
    return pick(model, scope.spells[calendar], span, ends, one.within[calendar])


def _moment(
    model: HintedModel,
    one: Placed,
    spans: dict[int, Span],
    picks: dict[int, Pick],
    hint: int,
) -> Moment:
    """When on the clock a span is, whichever calendar holds, (5)."""
    low = min(span.low + picks[at].spells[0].offset for at, span in spans.items())
    high = max(span.high + picks[at].spells[-1].offset for at, span in spans.items())
    minute = model.integer(low, high, hint)
    for at, span in spans.items():
        constraint = model.model.add(minute == on_the_clock(picks[at], span))
        if one.within[at] is not None:
            constraint.only_enforce_if(one.within[at])
    return Moment(minute, low, high, hint)


def _events(
    model: HintedModel, scope: SequenceScope, one: Placed, begin: Moment | None, end: Moment
) -> list[Event]:
    """What the run delivers at its end and takes at its start, by line where yields differ."""
    free = one.free
    events = [Event(free.item, free.run.quantity, end.at, end.low, end.high, end.hint)]
    amounts: dict[tuple[tuple[int, float], ...], list[int]] = {}
    for line in free.sites:
        parts = tuple(parts_of(scope.arrays, line, free.item, free.run))
        amounts.setdefault(parts, []).append(line)
    for parts, lines in amounts.items():
        active = None
        if len(amounts) > 1 and parts:
            active = model.choice(free.line in lines)
            model.model.add(sum(one.on[line] for line in lines) == active)
        for part, units in parts:
            assert begin is not None
            events.append(Event(part, -units, begin.at, begin.low, begin.high, begin.hint, active))
    return events


def _pay_line(model: HintedModel, scope: SequenceScope, one: Placed) -> None:
    """Production, and the idle time that the run fills."""
    lines, weights = scope.arrays.lines, scope.weights
    for line, on in one.on.items():
        running = weights.production * float(lines.run_cost[line])
        idle = weights.idle * float(lines.idle_cost[line])
        model.pay((running - idle) * one.free.sites[line].minutes / MINUTES_PER_HOUR, on)


def _pay_overtime(
    model: HintedModel,
    scope: SequenceScope,
    one: Placed,
    starts: dict[int, Pick],
    closes: dict[int, Pick],
) -> None:
    """Overtime inside the run costs more and fills no idle time, which a changeover in it does not either."""
    lines, weights = scope.arrays.lines, scope.weights
    for calendar, closing in closes.items():
        mine = [line for line, site in one.free.sites.items() if site.calendar == calendar]
        until_start = overtime_until(model, starts[calendar], one.start[calendar])
        until_end = overtime_until(model, closing, one.end[calendar])
        until_setup = _until_setup(model, scope, one, calendar, until_start)
        for line in mine:
            idle = weights.idle * float(lines.idle_cost[line]) / MINUTES_PER_HOUR
            extra = weights.production * float(lines.overtime_cost[line]) / MINUTES_PER_HOUR
            on = one.on[line]
            _pay_between(model, extra, until_start, until_end, on)
            _pay_between(model, idle, until_setup, until_end, on)


def _until_setup(
    model: HintedModel, scope: SequenceScope, one: Placed, calendar: int, until_start: Span
) -> Span:
    """Overtime shift minutes before the changeover to the run begins."""
    start = one.start[calendar]
    rows = [(minutes, arc) for minutes, arc in one.changeovers[calendar] if minutes]
    idle = any(scope.arrays.lines.idle_cost[line] for line in one.on) and scope.weights.idle
    if not rows or not idle:
        return until_start
    most = max(minutes for minutes, _ in rows)
    hint = start.hint - sum(minutes * model.hints[arc.index] for minutes, arc in rows)
    setup = Span(
        start.at - sum(minutes * arc for minutes, arc in rows),
        max(start.low - most, 0),
        start.high,
        hint,
    )
    spells = scope.spells[calendar]
    if not any(spell.overtime and spell.last > setup.low for spell in spells):
        return until_start
    return overtime_until(model, pick(model, spells, setup, False, one.within[calendar]), setup)


def _pay_between(model: HintedModel, money: float, one: Span, other: Span, on: Any) -> None:
    """Pay per minute from one to the other where the line is chosen."""
    if money == 0 or (isinstance(one.at, int) and isinstance(other.at, int) and one.at == other.at):
        return
    most = max(other.high - one.low, 0)
    minutes = model.integer(0, most, other.hint - one.hint if model.hints[on.index] else 0)
    model.model.add(minutes == other.at - one.at).only_enforce_if(on)
    model.model.add(minutes == 0).only_enforce_if(on.negated())
    model.pay(money, minutes, 0, most)


def _pay_move(model: HintedModel, scope: SequenceScope, one: Placed, begin: Moment) -> None:
    """A published run of the slush zone that changes its line or start costs."""
    assert scope.base is not None
    old = next((run for run in scope.base.runs if run.id == one.free.run.id), None)
    slush = range(scope.zones.frozen, scope.zones.frozen + scope.zones.slush)
    if old is None or old.start not in slush:
        return
    line = scope.arrays.line_index.get(old.line, -1)
    now = one.free.run
    if line not in one.on or not begin.low <= old.start <= begin.high:
        return
    stays = model.choice((now.line, now.start) == (old.line, old.start))
    model.model.add_implication(stays, one.on[line])
    model.model.add(begin.at == old.start).only_enforce_if(stays)
    model.pay(-scope.weights.instability, stays)


def _pay_makespan(model: HintedModel, scope: SequenceScope, ends: Sequence[Moment]) -> None:
    if scope.weights.makespan == 0 or not ends:
        return
    others = max((run.end for run in scope.staying), default=0)
    low, high = max(others, *(one.low for one in ends)), max(others, *(one.high for one in ends))
    last = model.integer(low, high, max(others, *(one.hint for one in ends)))
    model.model.add_max_equality(last, [*(one.at for one in ends), others])
    model.pay(scope.weights.makespan / MINUTES_PER_HOUR, last, low, high)
