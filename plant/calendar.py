"""Shift-time arithmetic: how many manned minutes lie between two minutes, and the way back.

All functions take the `CalendarArrays` of a plant and a line's index, run compiled, and may be called
from other compiled code. Each costs one binary search over the line's shifts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plant.arrays import CalendarArrays
from plant.compiled import outer

NEVER = -1


@outer
def _shift_at(calendar: Any, line: int, minute: int) -> int:
    """The row of the line's last shift that starts before the minute, or one before its first row."""
    low, high = calendar.pointer[line], calendar.pointer[line + 1]
    while low < high:
        middle = (low + high) // 2
        if calendar.start[middle] < minute:
            low = middle + 1
        else:
            high = middle
    return low - 1


@outer
def worked_before(calendar: CalendarArrays, line: int, minute: int) -> tuple[int, int]:
    """Shift minutes of the line before a minute: all of them, and those in overtime shifts."""
    row = _shift_at(calendar, line, minute)
    if row < calendar.pointer[line]:
        return 0, 0
    inside = min(minute, calendar.end[row]) - calendar.start[row]
    overtime = inside * calendar.overtime[row]
    return calendar.worked[row] + inside, calendar.worked_overtime[row] + overtime


@outer
def worked_between(calendar: CalendarArrays, line: int, start: int, end: int) -> tuple[int, int]:
    """Shift minutes of the line in [start, end): all of them, and those in overtime shifts."""
    if end <= start:
        return 0, 0
    before, overtime_before = worked_before(calendar, line, start)
    total, overtime = worked_before(calendar, line, end)
    return total - before, overtime - overtime_before


@outer
def worked_total(calendar: CalendarArrays, line: int) -> int:
    """All shift minutes that the line has."""
    first, last = calendar.pointer[line], calendar.pointer[line + 1] - 1
    if last < first:
        return 0
    return int(calendar.worked[last] + calendar.end[last] - calendar.start[last])


@outer
def minute_of(calendar: CalendarArrays, line: int, worked: int) -> int:
    """The manned minute that has exactly `worked` shift minutes before it, or NEVER."""
    low, high = calendar.pointer[line], calendar.pointer[line + 1]
    if worked < 0 or worked >= worked_total(calendar, line):
        return NEVER
    while low < high:
        middle = (low + high) // 2
        if calendar.worked[middle] <= worked:
            low = middle + 1
        else:
            high = middle
    row = low - 1
    return int(calendar.start[row] + worked - calendar.worked[row])


@outer
def next_manned(calendar: CalendarArrays, line: int, minute: int) -> int:
    """The first manned minute at or after a minute, or NEVER."""
    return minute_of(calendar, line, worked_before(calendar, line, minute)[0])


@outer
def is_manned(calendar: CalendarArrays, line: int, minute: int) -> bool:
    """Whether the minute lies inside a shift of the line."""
    row = _shift_at(calendar, line, minute + 1)
    return bool(row >= calendar.pointer[line] and minute < calendar.end[row])


@outer
def run_end(calendar: CalendarArrays, line: int, start: int, minutes: int) -> int:
    """The earliest end of a run that starts at a manned minute and needs so many shift minutes, or NEVER."""
    last = minute_of(calendar, line, worked_before(calendar, line, start)[0] + minutes - 1)
    return last + 1 if last != NEVER else NEVER


@outer
def run_start(calendar: CalendarArrays, line: int, free_from: int, changeover: int) -> int:
    """The earliest start of a run after a changeover of so many shift minutes on a line free from a minute.

    NEVER when the line's shifts end before.
    """
    free = max(free_from, calendar.available[line])
    return minute_of(calendar, line, worked_before(calendar, line, free)[0] + changeover)


@outer
def changeover_start(calendar: CalendarArrays, line: int, start: int, minutes: int) -> int:
    """When a changeover of so many shift minutes begins that ends at a run's start, as late as possible.

    NEVER when the line has not that many shift minutes before the start; the start itself for 0 minutes.
    """
    if minutes == 0:
        return start
    return minute_of(calendar, line, worked_before(calendar, line, start)[0] - minutes)


@outer
def minutes_needed(quantity: float, rate: float) -> int:
    """The whole shift minutes that a quantity takes at a rate per hour."""
    return int(np.ceil(quantity / rate * 60.0 - 1e-6))
