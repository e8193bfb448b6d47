"""Shift time and clock time in a CP-SAT model: lines work in shift minutes, stocks change on the clock.

In shift minutes a run is as long as its quantity needs and a changeover as long as its table says, as if
there were no pauses. A spell is a stretch of shift minutes over which the clock runs evenly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.optimize.sequence.hint import HintedModel
from plant import Line


@dataclass(frozen=True, slots=True)
class Spell:
    """Shift minutes [first, last) of a line; minute = shift minute + offset.

    before: overtime shift minutes before the spell; overtime: whether all of it is.
    """

    first: int
    last: int
    offset: int
    overtime: bool
    before: int


@dataclass(frozen=True, slots=True)
class Span:
    """A moment of a run in shift minutes: a linear expression, its bounds and its hint."""

    at: Any
    low: int
    high: int
    hint: int

    def after(self, minutes: int) -> Span:
        """The moment so many shift minutes later."""
        return Span(self.at + minutes, self.low + minutes, self.high + minutes, self.hint + minutes)


@dataclass(frozen=True, slots=True)
class Pick:
    """The spells in which a moment may lie and, where there are several, a choice for each."""

    spells: tuple[Spell, ...]
    chosen: tuple[Any, ...]


def spells_of(line: Line) -> tuple[Spell, ...]:
    """The shifts of a line as spells; shifts that follow each other at the same pay are one."""
    spells: list[Spell] = []
    worked = overtime = 0
    for shift in line.shifts:
        length = shift.end - shift.start
        offset = shift.start - worked
        if spells and (spells[-1].offset, spells[-1].overtime) == (offset, shift.overtime):
            spells[-1] = Spell(
                spells[-1].first, worked + length, offset, shift.overtime, spells[-1].before
            )
        else:
            spells.append(Spell(worked, worked + length, offset, shift.overtime, overtime))
        worked += length
        overtime += length * shift.overtime
    return tuple(spells)


def overtime_before(spells: Sequence[Spell], worked: int) -> int:
    """Overtime shift minutes among the first so many shift minutes."""
    inside = [one for one in spells if one.first < worked]
    if not inside:
        return 0
    return inside[-1].before + (worked - inside[-1].first) * inside[-1].overtime


def pick(
    model: HintedModel, spells: Sequence[Spell], span: Span, ends: bool, within: Any = None
) -> Pick:
    """The spell of a moment that is followed by work or, if it ends some, came after work.

    within: a choice without which the moment is nowhere.
    """
    shift = int(ends)
    near = tuple(
        one for one in spells if one.first + shift <= span.high and one.last - 1 + shift >= span.low
    )
    if len(near) == 1:
        return Pick(near, ())
    is_there = within is None or bool(model.hints[within.index])
    chosen = tuple(
        model.choice(is_there and one.first + shift <= span.hint < one.last + shift) for one in near
    )
    model.model.add(sum(chosen) == (1 if within is None else within))
    pairs = tuple(zip(near, chosen, strict=True))
    first = sum((one.first + shift) * mine for one, mine in pairs)
    last = sum((one.last - 1 + shift) * mine for one, mine in pairs)
    for constraint in (model.model.add(span.at >= first), model.model.add(span.at <= last)):
        if within is not None:
            constraint.only_enforce_if(within)
    return Pick(near, chosen)


def on_the_clock(picked: Pick, span: Span) -> Any:
    """The minute of a moment, as a linear expression."""
    if not picked.chosen:
        return span.at + picked.spells[0].offset
    return span.at + sum(
        one.offset * mine for one, mine in zip(picked.spells, picked.chosen, strict=True)
    )


def overtime_until(model: HintedModel, picked: Pick, span: Span) -> Span:
    """Overtime shift minutes before a moment, as a span; a number where it cannot change."""
    pairs = tuple(zip(picked.spells, picked.chosen, strict=False))
    if not pairs:
        one = picked.spells[0]
        if not one.overtime:
            return Span(one.before, one.before, one.before, one.before)
        return span.after(one.before - one.first)
    low = min(one.before for one, _ in pairs)
    high = max(one.before + (one.last - one.first) * one.overtime for one, _ in pairs)
    if low == high:
        return Span(low, low, low, low)
    hint = low
    for one, mine in pairs:
        if model.hints[mine.index]:
            hint = one.before + (span.hint - one.first) * one.overtime
    until = model.integer(low, high, hint)
    for one, mine in pairs:
        value = span.at - one.first + one.before if one.overtime else one.before
        model.model.add(until == value).only_enforce_if(mine)
    return Span(until, low, high, hint)
