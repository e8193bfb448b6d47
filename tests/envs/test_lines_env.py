"""Every line as an agent of its own: PettingZoo's checks, and the same money as the plant as one."""

from __future__ import annotations

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

from envs.fleet.luck import ROUGH
from envs.lines_env import LinesEnv
from envs.scenarios import generate
from envs.tick_env import TickEnv
from tests.envs.fleet.play import chosen

PLANT = generate(4, 8, 50, 5, 0.9, 1)


def lines_env() -> LinesEnv:
    return LinesEnv(PLANT, ROUGH, scale=50.0)


@pytest.mark.filterwarnings("ignore")
def test_pettingzoo_accepts_it() -> None:
    parallel_api_test(lines_env(), num_cycles=60)
    parallel_seed_test(lines_env, num_cycles=20)


def test_line_by_line_costs_what_the_plant_costs_as_one() -> None:
    whole, apart = TickEnv(PLANT, ROUGH, scale=50.0), lines_env()
    rng = np.random.default_rng(3)
    seen, info = whole.reset(seed=5)
    views, infos = apart.reset(seed=5)
    total = parts = 0.0
    while not whole.is_over:
        for row, agent in enumerate(apart.agents):
            assert np.array_equal(views[agent]["mask"], seen["mask"][row])
        action = chosen(seen["mask"], rng)
        seen, reward, _, over, info = whole.step(action)
        views, rewards, _, ended, infos = apart.step(
            {line.id: action[row] for row, line in enumerate(PLANT.lines)}
        )
        total += reward
        parts += sum(rewards.values())
        assert all(value == over for value in ended.values())
        assert all(one == info for one in infos.values())
    assert parts == pytest.approx(total)
    assert apart.agents == []
    assert apart.plant_env.schedule() == whole.schedule()
    assert apart.state().shape == apart.state_space.shape
