"""What-if scenarios: the plant as it would be, and nothing else changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipelines.scenarios import Scenario, ScenarioError, changed_plant
from plant import Plant, Shift
from plant.examples import three_lines

ONE: TypeAdapter[Any] = TypeAdapter(Scenario)


def _changed(plant: Plant, **scenario: Any) -> Plant:
    return changed_plant(plant, [ONE.validate_python(scenario)])


def _manned(plant: Plant, line: str) -> set[int]:
    shifts = next(one.shifts for one in plant.lines if one.id == line)
    return {minute for shift in shifts for minute in range(shift.start, shift.end)}


@settings(max_examples=30, deadline=None)
@given(start=st.integers(0, 8000), length=st.integers(1, 4000))
def test_a_line_that_is_down_is_unmanned_then_and_as_before_at_any_other_time(
    start: int, length: int
) -> None:
    plant = three_lines.plant()
    line, end = plant.lines[0].id, start + length
    after = _changed(plant, kind="line_down", line=line, start=start, end=end)
    assert _manned(after, line) == _manned(plant, line) - set(range(start, end))
    assert replace(after, lines=plant.lines) == plant
    assert after.lines[1:] == plant.lines[1:]


def test_a_rush_order_comes_on_top_with_an_id_of_its_own() -> None:
    plant = three_lines.plant()
    item = plant.orders[0].item
    wanted = {"kind": "rush_order", "item": item, "quantity": 7.0, "due": 500, "weight": 9.0}
    once = _changed(plant, **wanted)
    twice = _changed(once, **wanted)
    assert [order.id for order in twice.orders[-2:]] == ["RUSH-1", "RUSH-2"]
    assert once.orders[:-1] == plant.orders
    assert (once.orders[-1].quantity, once.orders[-1].due, once.orders[-1].weight) == (7, 500, 9)


def test_late_material_moves_every_arrival_of_the_item_and_no_other() -> None:
    plant = three_lines.plant()
    item = plant.arrivals[0].item
    after = _changed(plant, kind="late_material", item=item, minutes=90)
    moved = {
        (one.item, two.at - one.at) for one, two in zip(plant.arrivals, after.arrivals, strict=True)
    }
    assert {by for name, by in moved if name == item} == {90}
    assert {by for name, by in moved if name != item} <= {0}


def test_overtime_follows_the_last_shift_of_each_day_up_to_the_next_and_the_horizon() -> None:
    plant = three_lines.plant()
    shifts = (Shift(0, 240), Shift(300, 480), Shift(1440, 1920), Shift(2000, 2860))
    line = replace(plant.lines[0], shifts=shifts, available_from=0)
    midnight = plant.starts_at.replace(hour=0, minute=0)
    day = replace(plant, lines=(line, *plant.lines[1:]), starts_at=midnight, horizon=2880)
    after = _changed(day, kind="more_overtime", minutes=120, lines=[line.id])
    extra = [shift for shift in after.lines[0].shifts if shift not in shifts]
    assert extra == [Shift(480, 600, overtime=True), Shift(2860, 2880, overtime=True)]
    assert after.lines[1:] == day.lines[1:]


def test_overtime_for_all_lines_adds_only_overtime() -> None:
    plant = three_lines.plant()
    after = _changed(plant, kind="more_overtime", minutes=60)
    for before, line in zip(plant.lines, after.lines, strict=True):
        assert [shift for shift in line.shifts if shift in before.shifts] == list(before.shifts)
        assert all(shift.overtime for shift in line.shifts if shift not in before.shifts)


def test_scenarios_are_applied_one_after_the_other_and_named_by_their_place() -> None:
    plant = three_lines.plant()
    good = {"kind": "more_overtime", "minutes": 30}
    bad = {"kind": "line_down", "line": "nobody", "start": 0, "end": 5}
    with pytest.raises(ScenarioError, match=r"scenarios\.1\.line: expected lines of the plant"):
        changed_plant(plant, [ONE.validate_python(one) for one in (good, bad)])
