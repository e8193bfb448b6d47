"""The kernel against a plain Python plant that lives minute by minute, step by step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fleet.kernel.outlook import COVER, EARLIEST
from envs.fleet.kernel.starts import MOST_MINUTES
from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.plants import Assignment, Rhythm
from envs.vector_env import FleetEnv
from plant import COMPONENTS, Plant, evaluate
from plant.io import plant_from_document
from tests.envs.fleet.play import chosen
from tests.envs.fleet.slow_plant import SlowPlant
from tests.plant.random_plants import random_plant

UNLUCKY = Luck(5.0, 30.0, 0.2, 0.05, 0.5, 6.0, 0.5, 0.5, 0.3, 0.0, 2.0, 300)


def plays_alike(plant: Plant, luck: Luck, seed: int) -> int:
    """The steps of an episode in which kernel and plain Python agree all the way."""
    rng = np.random.default_rng(seed)
    given = Assignment(plant, spread={item.id: rng.choice([0.0, 1.0, 2.0]) for item in plant.items})
    env = FleetEnv([given], luck, scales=[1.0], autoreset_mode=AutoresetMode.DISABLED, record=400)
    seen, _ = env.reset(seed=[seed])
    state = env.state
    slow = SlowPlant(given, luck, int(state.seed[0]), Rhythm())
    steps = 0
    while not slow.over:
        same(slow, env, seen["mask"][0])
        if steps % 3 == 0:
            same_outlook(slow, env, seen["items"][0])
        action = chosen(seen["mask"], rng)
        seen, *_ = env.step(action)
        slow.step(action[0])
        steps += 1
    same(slow, env, seen["mask"][0])
    money = dict(zip(COMPONENTS, state.money[0], strict=True))
    for name, value in slow.money.items():
        assert money[name] == pytest.approx(value, rel=1e-7, abs=1e-6), name
    return steps


def same(slow: SlowPlant, env: FleetEnv, mask: np.ndarray) -> None:
    state = env.state
    assert (state.clock[0], bool(state.over[0])) == (slow.now, slow.over)
    stocks = [item.stock for item in slow.items]
    np.testing.assert_allclose(state.stock, stocks, rtol=1e-9, atol=1e-6)
    for row, line in enumerate(slow.lines):
        choices = [slot for slot in range(mask.shape[1] - 1) if mask[row, slot + 1]]
        expected = sorted(line.lots) if line.deciding else []
        assert choices == expected, (slow.now, row)
        for slot in choices:
            assert state.option_quantity[row, slot] == pytest.approx(line.lots[slot])
    if not slow.over:
        assert state.money[0, 0] == pytest.approx(slow.money["tardiness"], rel=1e-7, abs=1e-6)
        assert state.money[0, 3] == pytest.approx(slow.money["holding"], rel=1e-7, abs=1e-6)
        production = slow.money["production"]
        production += sum(slow.charged_ahead(row) for row in range(len(slow.lines)))
        assert state.money[0, 1] == pytest.approx(production, rel=1e-7, abs=1e-6)


def same_outlook(slow: SlowPlant, env: FleetEnv, items: np.ndarray) -> None:
    for i, rate in enumerate(env.fleet.rate_best):
        if rate > 0:
            days = min(slow.earliest(i) - slow.now, MOST_MINUTES) / 1440
            assert items[i, EARLIEST] == pytest.approx(days, abs=1e-5), (slow.now, i)
            cover = slow.cover(i)
            share = 1.0 if cover == np.inf else cover / (cover + 24 * rate)
            assert items[i, COVER] == pytest.approx(share, abs=1e-5), (slow.now, i)


def scarce_plant(seed: int) -> Plant:
    """A random plant, every other one with so little in stock that lines compete for it."""
    plant = plant_from_document(random_plant(np.random.default_rng(seed)))
    if seed % 2:
        return plant
    made = {one.item for one in plant.capabilities}
    items = (
        replace(item, stock=item.stock if item.id in made else round(item.stock / 8))
        for item in plant.items
    )
    orders = (replace(order, quantity=3 * order.quantity) for order in plant.orders)
    return replace(plant, items=tuple(items), orders=tuple(orders))


def play_many(seeds: range, luck: Luck) -> int:
    plants = (scarce_plant(seed) for seed in seeds)
    small = ((seed, plant) for seed, plant in zip(seeds, plants, strict=True))
    return sum(plays_alike(plant, luck, seed) for seed, plant in small if plant.horizon <= 2880)


def test_as_planned_kernel_and_plain_python_agree_step_by_step() -> None:
    assert play_many(range(2000, 2012), CERTAIN) > 100


def test_with_luck_kernel_and_plain_python_agree_step_by_step() -> None:
    assert play_many(range(3000, 3012), UNLUCKY) > 100


@pytest.mark.slow
def test_kernel_and_plain_python_agree_on_hundreds_of_plants() -> None:
    assert play_many(range(4000, 4150), CERTAIN) > 1000
    assert play_many(range(5000, 5150), UNLUCKY) > 1000


def test_the_slow_plant_costs_what_the_referee_says() -> None:
    plant = plant_from_document(random_plant(np.random.default_rng(2003)))
    env = FleetEnv([plant], scales=[1.0], autoreset_mode=AutoresetMode.DISABLED, record=400)
    seen, _ = env.reset(seed=[1])
    slow = SlowPlant(Assignment(plant), CERTAIN, 1, Rhythm())
    rng = np.random.default_rng(1)
    while not slow.over:
        action = chosen(seen["mask"], rng)
        seen, *_ = env.step(action)
        slow.step(action[0])
    told = evaluate(plant, env.schedule(0)).cost
    assert sum(slow.money.values()) == pytest.approx(told.total)
