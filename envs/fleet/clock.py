"""Shift minutes before every tick of a fleet's calendars, for observations."""

from __future__ import annotations

import numpy as np

from envs.fleet.kernel.starts import Clock
from envs.fleet.plants import TICK, Fleet
from plant.arrays import Ints
from plant.calendar import worked_before

AHEAD = 4320  # minutes beyond the horizon


def clock_of(fleet: Fleet) -> Clock:
    """The shift minutes of each calendar of the fleet once, though many lines may share it."""
    calendar, tick = fleet.calendar, int(fleet.rhythm[TICK])
    minutes = range(0, int(fleet.horizon.max()) + AHEAD + tick, tick)
    rows: dict[bytes, int] = {}
    manned: list[list[int]] = []
    overtime: list[list[int]] = []
    line_of: list[int] = []
    shift: list[Ints] = []
    of_line = np.zeros(len(fleet.room), np.int64)
    for line in range(len(fleet.room)):
        shifts = slice(calendar.pointer[line], calendar.pointer[line + 1])
        columns = calendar.start[shifts], calendar.end[shifts], calendar.overtime[shifts]
        key = np.concatenate(columns).tobytes()
        if key not in rows:
            rows[key] = len(rows)
            line_of.append(line)
            shift.append(np.searchsorted(calendar.end[shifts], minutes, side="right"))
            both = [worked_before(calendar, line, minute) for minute in minutes]
            manned.append([pair[0] for pair in both])
            overtime.append([pair[1] for pair in both])
        of_line[line] = rows[key]
    return Clock(
        of_line,
        np.array(line_of, np.int64),
        np.array(manned, np.int64),
        np.array(overtime, np.int64),
        np.array(shift, np.int64),
    )
