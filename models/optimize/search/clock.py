"""Shift-time arithmetic by looking it up: the same answers as `plant.calendar`, without its searches.

Every minute of every different calendar has its row in a table; lines with the same shifts share one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from plant import Plant
from plant.arrays import Ints
from plant.calendar import NEVER
from plant.compiled import inner

Table = NDArray[np.int32]


class Clock(NamedTuple):
    """Of L lines with C different calendars over M minutes, of them at most W manned.

    calendar [L]: the line's row. worked, overtime [C, M+1]: shift minutes and overtime shift minutes
    before a minute. minute [C, W]: the manned minute with so many before it. total [C]: all of them.
    available [L]: the line's first minute.
    """

    calendar: Ints
    worked: Table
    overtime: Table
    minute: Table
    total: Ints
    available: Ints


def clock_of(plant: Plant) -> Clock:
    """The tables of a plant's shifts."""
    rows: dict[object, int] = {}
    calendar = [rows.setdefault(line.shifts, len(rows)) for line in plant.lines]
    ends = [shift.end for line in plant.lines for shift in line.shifts]
    minutes = max([plant.horizon, *ends]) + 1
    manned = np.zeros((len(rows), minutes), np.int8)
    extra = np.zeros((len(rows), minutes), np.int8)
    for line, row in zip(plant.lines, calendar, strict=True):
        for shift in line.shifts:
            manned[row, shift.start : shift.end] = 1
            extra[row, shift.start : shift.end] = shift.overtime
    total = manned.sum(axis=1, dtype=np.int64)
    minute = np.zeros((len(rows), int(total.max(initial=0))), np.int32)
    for row in range(len(rows)):
        minute[row, : total[row]] = np.flatnonzero(manned[row])
    available = np.array([line.available_from for line in plant.lines], np.int64)
    return Clock(
        np.array(calendar, np.int64), _before(manned), _before(extra), minute, total, available
    )


def _before(marks: NDArray[np.int8]) -> Table:
    table = np.zeros((marks.shape[0], marks.shape[1] + 1), np.int32)
    np.cumsum(marks, axis=1, out=table[:, 1:])
    return table


@inner
def worked_before(clock: Clock, line: int, minute: int) -> int:
    """Shift minutes of the line before a minute."""
    return int(clock.worked[clock.calendar[line], min(minute, clock.worked.shape[1] - 1)])


@inner
def overtime_between(clock: Clock, line: int, start: int, end: int) -> int:
    """Overtime shift minutes of the line in [start, end)."""
    row, last = clock.calendar[line], clock.overtime.shape[1] - 1
    return int(clock.overtime[row, min(end, last)] - clock.overtime[row, min(start, last)])


@inner
def minute_of(clock: Clock, line: int, worked: int) -> int:
    """The manned minute that has exactly `worked` shift minutes before it, or NEVER."""
    row = clock.calendar[line]
    if worked < 0 or worked >= clock.total[row]:
        return NEVER
    return int(clock.minute[row, worked])
