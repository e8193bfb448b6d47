"""Working weeks: the shifts of lines over whole days."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from plant import Shift
from plant.model import MINUTES_PER_DAY

Spell = tuple[int, int]

TWO_SHIFTS: tuple[Spell, ...] = ((360, 600), (630, 840), (840, 1080), (1110, 1320))
EARLY_SHIFT: tuple[Spell, ...] = ((360, 600), (630, 840))
MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Week:
    """When lines are manned: spells of minutes of the day on regular days and on overtime days.

    Weekdays count from Monday, 0. A day that is neither rests. The defaults are two shifts of 7.5 h
    with half an hour's break each, Monday to Friday, and an early shift of overtime on Saturday.
    """

    regular_days: Container[int] = (0, 1, 2, 3, 4)
    overtime_days: Container[int] = (SATURDAY,)
    regular: tuple[Spell, ...] = TWO_SHIFTS
    overtime: tuple[Spell, ...] = EARLY_SHIFT

    def shifts(self, days: int, first_weekday: int) -> tuple[Shift, ...]:
        """The shifts of `days` days from a midnight on that begins the given weekday."""
        return tuple(
            Shift(day * MINUTES_PER_DAY + start, day * MINUTES_PER_DAY + end, overtime)
            for day in range(days)
            for overtime, spells in self._spells((first_weekday + day) % 7)
            for start, end in spells
        )

    def _spells(self, weekday: int) -> list[tuple[bool, tuple[Spell, ...]]]:
        if weekday in self.regular_days:
            return [(False, self.regular)]
        return [(True, self.overtime)] if weekday in self.overtime_days else []
