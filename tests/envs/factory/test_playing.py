"""The simulated factory: seeded, true to its plant and its plan, and as unreliable as it is told to be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from envs.factory import Factory
from envs.factory.records import Counted, Delivery, Habits, Happening, Inspected, Ordered, Stands
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from plant import (
    Arrival,
    BomLine,
    Capability,
    Changeover,
    Item,
    Line,
    Order,
    Plant,
    RecordError,
    Run,
    Schedule,
    Shift,
)

CALM = Habits(
    failure_hours=1e9, speed_spread=0.0, setup_spread=0.0, late_trucks=0.0, no_trucks=0.0,
    rush_orders=0.0, changed_orders=0.0, cancelled_orders=0.0,
)  # fmt: skip


def two_items() -> Plant:
    """One line, 60 of A or 30 of B an hour, half an hour to change; B takes two of raw R."""
    return Plant(
        "EUR", datetime(2026, 1, 5, tzinfo=UTC), 480,
        (Line("L", shifts=(Shift(0, 120), Shift(150, 480)), initial_family="FA"),),
        (Item("A", "FA"), Item("B", "FB"), Item("R", "FR", stock=10.0)),
        (Capability("L", "A", 60.0), Capability("L", "B", 30.0)),
        (Changeover("FA", "FB", 30),),
        (BomLine("B", "R", 2.0),),
        (Arrival("R", 200, 100.0),),
        (Order("O", "A", 30.0, 400),),
    )  # fmt: skip


PLAN = Schedule((Run("R1", "L", "A", 10, 70, 60.0), Run("R2", "L", "B", 100, 230, 20.0)))


def stands(told: list[Happening]) -> list[tuple[int, str, str | None]]:
    return [(int(one.minute), one.state, one.item) for one in told if isinstance(one, Stands)]


def test_a_calm_factory_does_what_the_plan_says_to_the_minute() -> None:
    told = list(Factory(two_items(), PLAN, 1, CALM).play(480))
    assert stands(told) == [
        (0, "idle", "A"),
        (10, "running", "A"),
        (70, "changeover", "B"),
        (100, "idle", "B"),  # 40 of R are needed, 10 are there
        (120, "offline", None),
        (150, "idle", "B"),
        (200, "running", "B"),
        (240, "idle", None),
    ]
    counts = [one for one in told if isinstance(one, Counted)]
    assert sum(one.good for one in counts if one.run == "R1") == 60
    assert sum(one.good for one in counts if one.run == "R2") == 20
    assert len([one for one in counts if one.run == "R1"]) == 60


def test_stock_is_what_was_there_and_arrived_and_was_made_less_what_was_taken() -> None:
    factory = Factory(two_items(), PLAN, 1, CALM)
    list(factory.play(480))
    assert factory.stock == {"A": 60.0, "B": 20.0, "R": 70.0}


def test_the_same_seed_plays_the_same_and_another_one_does_not() -> None:
    plant = generate(5, 12, 40, 3, 0.9, 1)
    schedule = dispatch(plant, RULES["edd"])
    plays = [list(Factory(plant, schedule, seed).play(2 * 1440)) for seed in (1, 1, 2)]
    assert plays[0] == plays[1]
    assert plays[0] != plays[2]
    assert plays[0] == sorted(plays[0], key=lambda one: one.minute)


def test_a_factory_at_work_breaks_down_scraps_inspects_and_takes_orders() -> None:
    plant = generate(20, 40, 120, 4, 0.9, 2, stages=2)
    plant = replace(
        plant, capabilities=tuple(replace(one, yield_=0.97) for one in plant.capabilities)
    )
    habits = Habits(failure_hours=10.0)
    told = list(Factory(plant, dispatch(plant, RULES["atcs"]), 3, habits).play(4 * 1440))
    counts = [one for one in told if isinstance(one, Counted)]
    good, scrap = sum(one.good for one in counts), sum(one.scrap for one in counts)
    assert 0.02 < scrap / (good + scrap) < 0.04
    running = [one for one in told if isinstance(one, Stands) and one.state == "running"]
    down = [one for one in told if isinstance(one, Stands) and one.state == "down"]
    assert 10 < len(down) < len(running)
    assert all(one.until is not None and one.until > one.minute for one in down)
    assert any(isinstance(one, Inspected) for one in told)
    trucks = [one for one in told if isinstance(one, Delivery)]
    assert {"expected", "arrived"} <= {one.status for one in trucks}
    for id in {one.delivery for one in trucks}:
        said = [one.status for one in trucks if one.delivery == id]
        assert said[0] == "expected"
        assert said.count("arrived") + said.count("cancelled") <= 1
    placed = {one.order for one in told if isinstance(one, Ordered) and one.change == "placed"}
    assert len(placed) > 10
    assert {one.order for one in told if isinstance(one, Ordered)} == placed


def test_breakdowns_come_as_often_as_they_are_told_to() -> None:
    plant = two_items()
    long = replace(
        plant, horizon=60_000, lines=(replace(plant.lines[0], shifts=(Shift(0, 60_000),)),),
        capabilities=(Capability("L", "A", 60.0),), bom=(), arrivals=(), orders=(),
    )  # fmt: skip
    run = Schedule((Run("R", "L", "A", 0, 50_000, 50_000.0),))
    habits = replace(CALM, failure_hours=5.0, repair_minutes=10.0)
    told = list(Factory(long, run, 5, habits).play(60_000))
    down = [one for one in told if isinstance(one, Stands) and one.state == "down"]
    assert 130 < len(down) < 205  # 50,000 running minutes, one in 300
    assert sum(one.good for one in told if isinstance(one, Counted)) == 50_000


def test_a_new_plan_is_followed_from_the_next_run_on() -> None:
    factory = Factory(two_items(), PLAN, 1, CALM)
    list(factory.play(20))
    factory.follow(Schedule((Run("R1", "L", "A", 10, 70, 60.0), Run("R3", "L", "A", 80, 90, 10.0))))
    made = [one for one in factory.play(460) if isinstance(one, Counted)]
    assert {one.run for one in made} == {"R1", "R3"}
    assert sum(one.good for one in made) == 60  # 10 of R1 had been counted


def test_a_play_that_begins_later_leaves_out_what_was_over_by_then() -> None:
    told = list(Factory(two_items(), PLAN, 1, CALM, start=90).play(60))
    assert {one.run for one in told if isinstance(one, Counted)} == set()
    assert all(one.minute >= 90 for one in told)


def test_no_line_runs_outside_its_shifts_or_makes_what_it_cannot() -> None:
    plant = generate(8, 20, 60, 5, 1.0, 4, stages=2)
    able = {(one.line, one.item) for one in plant.capabilities}
    shifts = {line.id: line.shifts for line in plant.lines}
    for one in Factory(plant, dispatch(plant, RULES["spt"]), 4).play(5 * 1440):
        if isinstance(one, Counted):
            assert (one.line, one.item) in able
            assert any(s.start <= one.minute < s.end for s in shifts[one.line])


def test_habits_that_cannot_be_are_named() -> None:
    with pytest.raises(RecordError, match="late_trucks: expected a share from 0 to 1, found 2"):
        Habits(late_trucks=2.0)
