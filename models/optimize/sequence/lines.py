"""Runs on their lines in a CP-SAT model: one line each, and on each line a circuit with its changeovers.

A circuit starts and ends at 0: what the line does before the scope and, where runs stay after it, the
first of those. Where no changeover of a line takes minutes or money there is no circuit: its runs only
do not overlap.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.optimize.sequence.calendar import Span, overtime_before
from models.optimize.sequence.hint import HintedModel
from models.optimize.sequence.scope import Fixed, FreeRun, LineScope, SequenceScope

MINUTES_PER_HOUR = 60.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A free run in the model.

    on: the choice of each line. By calendar: its start (and end) in shift minutes, the choice of one of
    the calendar's lines (None: all are), and the changeovers before it as (minutes, choice).
    """

    free: FreeRun
    on: dict[int, Any]
    start: dict[int, Span]
    end: dict[int, Span]
    within: dict[int, Any]
    changeovers: dict[int, list[tuple[int, Any]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Stop:
    """A node of a line's circuit: its start and end in shift minutes, its family, its run if it is free."""

    start: Any
    end: Any
    earliest_end: int
    latest_start: int
    family: int
    hint: int
    placed: Placed | None = None


def place(model: HintedModel, free: FreeRun) -> Placed:
    """The choice of a run's line and its start and end."""
    on = {line: model.choice(line == free.line) for line in free.sites}
    model.model.add_exactly_one(on.values())
    calendars: dict[int, list[int]] = {}
    for line, site in free.sites.items():
        calendars.setdefault(site.calendar, []).append(line)
    placed = Placed(free, on, {}, {}, {})
    for calendar, lines in calendars.items():
        _on_calendar(model, placed, calendar, lines, len(calendars) == 1)
    return placed


def _on_calendar(
    model: HintedModel, placed: Placed, calendar: int, lines: list[int], is_only: bool
) -> None:
    sites = {line: placed.free.sites[line] for line in lines}
    low, high = min(one.low for one in sites.values()), max(one.high for one in sites.values())
    is_here = placed.free.line in sites
    hint = placed.free.worked if is_here else low
    start = Span(model.integer(low, high, hint), low, high, hint)
    chosen = None
    if not is_only:
        chosen = model.choice(is_here)
        model.model.add(sum(placed.on[line] for line in lines) == chosen)
    for line, site in sites.items():
        if site.low > low:
            model.model.add(start.at >= site.low).only_enforce_if(placed.on[line])
        if site.high < high:
            model.model.add(start.at <= site.high).only_enforce_if(placed.on[line])
    sizes = {one.minutes for one in sites.values()}
    end = start.after(min(sizes))
    if len(sizes) > 1:
        latest = max(one.high + one.minutes for one in sites.values())
        size = sites[placed.free.line].minutes if is_here else min(sizes)
        end = Span(model.integer(end.low, latest, hint + size), end.low, latest, hint + size)
        for line, site in sites.items():
            model.model.add(end.at == start.at + site.minutes).only_enforce_if(placed.on[line])
    placed.start[calendar], placed.end[calendar] = start, end
    placed.within[calendar], placed.changeovers[calendar] = chosen, []


def add_line(
    model: HintedModel, scope: SequenceScope, line: LineScope, placed: Sequence[Placed]
) -> None:
    """One thing at a time on a line, with its changeovers in between, and the money of these."""
    if not placed:
        return
    stops = [_fixed_stop(one) for one in line.inside]
    stops += [_free_stop(scope, line, one) for one in placed]
    intervals = [
        model.model.new_optional_interval_var(
            one.start[line.calendar].at,
            one.free.sites[line.line].minutes,
            one.start[line.calendar].at + one.free.sites[line.line].minutes,
            one.on[line.line],
            "",
        )
        for one in placed
    ]
    intervals += [
        model.model.new_fixed_size_interval_var(one.start, one.end - one.start, "")
        for one in line.inside
    ]
    model.model.add_no_overlap(intervals)
    if _has_changeovers(scope, line, stops):
        _circuit(model, scope, line, stops)


def _fixed_stop(one: Fixed) -> _Stop:
    return _Stop(one.start, one.end, one.end, one.start, one.family, one.start)


def _free_stop(scope: SequenceScope, line: LineScope, placed: Placed) -> _Stop:
    start, site = placed.start[line.calendar], placed.free.sites[line.line]
    family = int(scope.arrays.items.family[placed.free.item])
    return _Stop(
        start.at,
        start.at + site.minutes,
        site.low + site.minutes,
        site.high,
        family,
        start.hint,
        placed,
    )


def _has_changeovers(scope: SequenceScope, line: LineScope, stops: Sequence[_Stop]) -> bool:
    known = {one.family for one in stops} | ({line.family} - {-1})
    known |= {line.after.family} if line.after else set()
    rows = sorted(known)
    table, changeovers = scope.arrays.lines.table[line.line], scope.arrays.changeovers
    return bool(
        changeovers.minutes[table][rows][:, rows].any()
        or changeovers.cost[table][rows][:, rows].any()
    )


def _circuit(
    model: HintedModel, scope: SequenceScope, line: LineScope, stops: Sequence[_Stop]
) -> None:
    """The order of the stops, each arc with its changeover."""
    before = _Stop(0, line.free_from, line.free_from, 0, line.family, -1)
    after = _fixed_stop(line.after) if line.after else None
    is_here = [one.placed is None or _is_hinted(model, one.placed.on[line.line]) for one in stops]
    sequence = [n for n in sorted(range(len(stops)), key=lambda n: stops[n].hint) if is_here[n]]
    path = [0, *(n + 1 for n in sequence), 0]
    now = set(itertools.pairwise(path))
    arcs: list[tuple[int, int, Any]] = []
    for number, stop in enumerate(stops, start=1):
        if stop.placed is not None:
            arcs.append((number, number, stop.placed.on[line.line].negated()))
    rows = [(0, before), *enumerate(stops, start=1)]
    goals = [(0, after), *enumerate(stops, start=1)]
    for at, one in rows:
        for to, other in goals:
            if (at == to and at) or not _may_follow(scope, line, one, other):
                continue
            arc = model.choice((at, to) in now)
            arcs.append((at, to, arc))
            if other is not None:
                _change_over(model, scope, line, one, other, arc)
    model.model.add_circuit(arcs)


def _is_hinted(model: HintedModel, choice: Any) -> bool:
    return bool(model.hints[choice.index])


def _changeover(scope: SequenceScope, line: int, family: int, to: int) -> tuple[int, float]:
    """Minutes and money."""
    if family < 0:
        return 0, 0.0
    table, changeovers = scope.arrays.lines.table[line], scope.arrays.changeovers
    minutes = int(changeovers.minutes[table, family, to])
    return minutes, float(changeovers.cost[table, family, to])


def _may_follow(scope: SequenceScope, line: LineScope, one: _Stop, other: _Stop | None) -> bool:
    if other is None:
        return True
    minutes = _changeover(scope, line.line, one.family, other.family)[0]
    return one.earliest_end + minutes <= other.latest_start


def _change_over(
    model: HintedModel, scope: SequenceScope, line: LineScope, one: _Stop, other: _Stop, arc: Any
) -> None:
    minutes, cost = _changeover(scope, line.line, one.family, other.family)
    if one.placed is not None or other.placed is not None:
        model.model.add(other.start >= one.end + minutes).only_enforce_if(arc)
    money = cost * scope.weights.changeover
    idle = scope.weights.idle * float(scope.arrays.lines.idle_cost[line.line]) / MINUTES_PER_HOUR
    paid = 0
    if other.placed is not None:
        other.placed.changeovers[line.calendar].append((minutes, arc))
    else:
        spells = scope.spells[line.calendar]
        paid = overtime_before(spells, other.start) - overtime_before(spells, other.start - minutes)
    model.pay(money - idle * (minutes - paid), arc)
