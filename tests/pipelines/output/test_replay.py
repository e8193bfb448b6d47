from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from pipelines.output.demand_draws import planned_demand
from pipelines.output.kernel import FAR, Outcome
from pipelines.output.replay import certain, replay
from pipelines.views.stocks import project_stock
from plant import (
    BomLine,
    Capability,
    Changeover,
    Evaluation,
    Item,
    Line,
    Order,
    Plant,
    Run,
    Schedule,
    Shift,
    evaluate,
)
from plant.arrays import plant_arrays, run_arrays
from plant.io import plant_from_document, schedule_from_document
from tests.plant.random_plants import random_plant, random_schedule

DAY = 1440


def _as_planned(plant: Plant, schedule: Schedule) -> Outcome:
    return replay(plant, schedule, planned_demand(plant, 1).demand, certain(plant, schedule, 1))


def _stock_at(plant: Plant, schedule: Schedule, found: Evaluation, item: str, minute: int) -> float:
    levels = project_stock(plant, schedule, found, item).levels
    return [level.units for level in levels if level.at <= minute][-1]


def _agrees(seed: int) -> bool:
    """Compare the replay with the referee; whether the schedule was feasible, and so comparable."""
    rng = np.random.default_rng(seed)
    document = random_plant(rng)
    plant = plant_from_document(document)
    schedule = schedule_from_document(random_schedule(rng, document))
    verdict = evaluate(plant, schedule)
    if not verdict.feasible:
        return False
    outcome = _as_planned(plant, schedule)
    _, records = run_arrays(plant_arrays(plant), schedule.runs)
    for row, run in enumerate(records):
        assert (outcome.start[0, row], outcome.end[0, row]) == (run.start, run.end), seed
    orders = plant_arrays(plant).orders
    late = {
        plant.orders[position].id: outcome.late[0, row]
        for row, position in enumerate(orders.position)
        if outcome.late[0, row] > 1e-6
    }
    assert late == pytest.approx(verdict.late_orders), seed
    for row, item in enumerate(plant.items):
        for day in range(outcome.closing.shape[2]):
            minute = min((day + 1) * DAY, plant.horizon)
            expected = _stock_at(plant, schedule, verdict, item.id, minute)
            held = max(outcome.closing[0, row, day], 0.0)
            assert held == pytest.approx(expected, abs=1e-6), (seed, item.id, day)
    assert not outcome.wanting.any(), seed
    return True


def test_without_luck_the_replay_is_what_the_referee_says() -> None:
    assert sum(_agrees(seed) for seed in range(300)) > 60


@pytest.mark.slow
def test_without_luck_the_replay_is_what_the_referee_says_of_thousands() -> None:
    assert sum(_agrees(seed) for seed in range(1000, 2500)) > 300


def _small(orders: tuple[Order, ...] = (), stock: float = 0.0) -> Plant:
    """One line, 8:00 to 16:00 for two days; a makes 60 an hour, of one part each; b too, 30 min later."""
    shifts = (Shift(480, 960), Shift(DAY + 480, DAY + 960))
    return Plant(
        "KRW",
        datetime(2026, 1, 5, tzinfo=UTC),
        2 * DAY,
        (Line("L", shifts=shifts, initial_family="A"),),
        (Item("a", "A"), Item("b", "B"), Item("part", "raw", stock=stock)),
        (Capability("L", "a", 60.0, 0.5), Capability("L", "b", 60.0)),
        (Changeover("A", "B", 30),),
        (BomLine("a", "part", 1.0),),
        (),
        orders,
    )


SCHEDULE = Schedule((Run("1", "L", "a", 480, 600, 120.0), Run("2", "L", "b", 630, 690, 60.0)))


def test_a_slow_run_ends_later_and_pushes_the_next_one() -> None:
    plant = _small((Order("o", "b", 60.0, 700),), stock=1000.0)
    luck = certain(plant, SCHEDULE, 2)
    luck.speed[1] = [0.5, 1.0]
    outcome = replay(plant, SCHEDULE, planned_demand(plant, 2).demand, luck)
    assert outcome.end.tolist() == [[600, 690], [720, 810]]
    assert outcome.start[1].tolist() == [480, 750]
    assert outcome.late[:, 0].tolist() == [0.0, 60.0]
    assert outcome.lowest[1, 1].tolist() == [-60.0, 60.0 - 60.0]


def test_a_run_that_its_line_cannot_finish_never_delivers() -> None:
    plant = _small(stock=1000.0)
    luck = certain(plant, SCHEDULE, 1)
    luck.speed[0] = [0.1, 1.0]
    outcome = replay(plant, SCHEDULE, planned_demand(plant, 1).demand, luck)
    assert outcome.end[0].tolist() == [FAR, FAR]
    assert outcome.start[0].tolist() == [480, FAR]


def test_a_run_waits_for_its_components_and_the_item_has_run_out_meanwhile() -> None:
    plant = _small(stock=200.0)
    luck = certain(plant, SCHEDULE, 1)
    luck.takes[0] = [2.5, 1.0]  # 300 of the part, not 240
    outcome = replay(plant, SCHEDULE, planned_demand(plant, 1).demand, luck)
    assert outcome.start[0].tolist() == [FAR, FAR]
    assert outcome.wanting[0, 2].tolist() == [1, 1]
    assert not outcome.wanting[0, :2].any()


def test_stock_owed_at_midnight_is_owed_on_the_day_that_begins() -> None:
    plant = _small((Order("o", "a", 10.0, 400),), stock=1000.0)
    later = replace(SCHEDULE, runs=(Run("1", "L", "a", DAY + 480, DAY + 600, 120.0),))
    outcome = _as_planned(plant, later)
    assert outcome.lowest[0, 0].tolist() == [-10.0, -10.0]
    assert outcome.closing[0, 0].tolist() == [-10.0, 110.0]
    assert outcome.served_at[0].tolist() == [DAY + 600]
