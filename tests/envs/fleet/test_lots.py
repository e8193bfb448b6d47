"""The units that sizes make, on a plant of one line and one item, a unit a minute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fleet.kernel.choices import ALL, COVER, HALF, MORE, ONE, OVERTIME, TWO
from envs.fleet.plants import Assignment
from envs.vector_env import FleetEnv
from plant import Capability, Item, Line, Order, Plant, Shift

# Holding costs nothing, so that an economic lot is as long as a lot may be: six hours.
PLANT = Plant(
    currency="EUR",
    starts_at=datetime(2026, 1, 5, tzinfo=UTC),
    horizon=14 * 1440,
    lines=(Line("L", run_cost=60.0, shifts=(Shift(0, 14 * 1440),)),),
    items=(Item("A", "a"),),
    capabilities=(Capability("L", "A", 60.0),),
    orders=(Order("O", "A", 2000.0, 13 * 1440),),
)
DEAR = replace(  # to hold, and little is needed: the economic lot takes less than half an hour
    PLANT,
    items=(replace(PLANT.items[0], holding_cost=100.0),),
    orders=(Order("O", "A", 200.0, 13 * 1440),),
)


def units(plant: Plant, size: int) -> float:
    """What the line makes first, told to make the item in a size."""
    env = FleetEnv(
        [Assignment(plant)], scales=[100.0], autoreset_mode=AutoresetMode.DISABLED, record=50
    )
    env.reset(seed=1)
    env.advance(np.array([[[1, size, OVERTIME]]]))
    while not env.is_over:
        env.advance(np.zeros((1, 1, 3), np.int64))
    return env.schedule(0).runs[0].quantity


@pytest.mark.parametrize(
    ("size", "expected"),
    [(COVER, 360.0), (ONE, 360.0), (TWO, 720.0), (ALL, 720.0), (HALF, 180.0), (MORE, 540.0)],
)
def test_sizes_are_so_many_economic_lots(size: int, expected: float) -> None:
    assert units(PLANT, size) == pytest.approx(expected)


def test_half_a_lot_and_one_and_a_half_respect_the_least_lot_and_its_multiples() -> None:
    least = replace(PLANT, capabilities=(Capability("L", "A", 60.0, min_lot=200.0),))
    assert units(least, HALF) == pytest.approx(200.0)
    pieces = replace(PLANT, capabilities=(Capability("L", "A", 60.0, lot_multiple=100.0),))
    assert (units(pieces, HALF), units(pieces, MORE)) == pytest.approx((200.0, 600.0))


def test_half_a_lot_takes_no_less_than_the_shortest_run() -> None:
    assert (units(DEAR, ONE), units(DEAR, HALF), units(DEAR, MORE)) == pytest.approx(
        (30.0, 30.0, 45.0)
    )


def test_a_lot_is_no_more_than_what_is_needed() -> None:
    little = replace(PLANT, orders=(Order("O", "A", 100.0, 13 * 1440),))
    for size in (COVER, ONE, TWO, ALL, HALF, MORE):
        assert units(little, size) == pytest.approx(100.0)
