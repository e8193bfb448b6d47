"""Shift-time arithmetic against counting minutes one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from plant.arrays import plant_arrays
from plant.calendar import (
    NEVER,
    changeover_start,
    is_manned,
    minute_of,
    minutes_needed,
    next_manned,
    run_end,
    run_start,
    worked_between,
)
from plant.io import plant_from_document
from tests.plant.random_plants import random_plant


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_it_agrees_with_counting_minute_by_minute(seed: int) -> None:
    rng = np.random.default_rng(seed)
    document = random_plant(rng)
    calendar = plant_arrays(plant_from_document(document)).calendar
    line = int(rng.integers(len(document["lines"])))
    record = document["lines"][line]
    overtime_of = {
        m: shift["overtime"]
        for shift in record["shifts"]
        for m in range(shift["start"], shift["end"])
    }
    manned = sorted(overtime_of)
    start, end = sorted(int(m) for m in rng.integers(0, document["horizon"] + 100, 2))
    need = int(rng.integers(1, 300))
    inside = [m for m in manned if start <= m < end]
    after = [m for m in manned if m >= start]
    before = [m for m in manned if m < start]
    free = [m for m in manned if m >= max(start, record["available_from"])]
    assert worked_between(calendar, line, start, end) == (
        len(inside),
        sum(overtime_of[m] for m in inside),
    )
    assert is_manned(calendar, line, start) == (start in overtime_of)
    assert next_manned(calendar, line, start) == (after[0] if after else NEVER)
    assert minute_of(calendar, line, need) == (manned[need] if need < len(manned) else NEVER)
    expected_end = after[need - 1] + 1 if need <= len(after) else NEVER
    assert run_end(calendar, line, start, need) == expected_end
    expected_change = before[-need] if need <= len(before) else NEVER
    assert changeover_start(calendar, line, start, need) == expected_change
    assert run_start(calendar, line, start, need) == (free[need] if need < len(free) else NEVER)


def test_a_quantity_takes_whole_minutes_and_no_minute_more_for_rounding() -> None:
    assert minutes_needed(10, 60) == 10
    assert minutes_needed(10.1, 60) == 11
    assert minutes_needed(0.1 + 0.2, 18) == 1  # 0.30000000000000004 / 18 * 60 is above 1 by an ulp
