"""The plant for Stable-Baselines3: legal whatever is chosen, the same money, and learning helps."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from envs.fleet.luck import CERTAIN, ROUGH
from envs.fleet_rules import episode_costs, policy_of
from envs.rules import RULES
from envs.scenarios import generate
from models.policy.evaluation import environment
from models.policy.stable_baselines import (
    KnobsEnv,
    OneLineEnv,
    episode_cost,
    learner,
    most_likely,
)
from plant import Plant, evaluate

PLANT = generate(3, 6, 30, 3, 0.9, 1)


def tiny() -> Plant:
    return generate(2, 6, 30, 3, 1.0, 3, severity=0.3)


@pytest.mark.parametrize("made", [OneLineEnv, KnobsEnv])
@pytest.mark.filterwarnings("ignore")
def test_gymnasium_accepts_them(made: type[OneLineEnv] | type[KnobsEnv]) -> None:
    check_env(made(PLANT, ROUGH, scale=50.0), skip_render_check=True)


def test_line_by_line_the_money_is_the_referees_and_the_rewards_add_up_to_it() -> None:
    env = OneLineEnv(PLANT, CERTAIN, scale=10.0)
    env.plant_env = type(env.plant_env)(PLANT, CERTAIN, scale=10.0)
    rng = np.random.default_rng(1)
    _, info = env.reset(seed=1)
    total, over = info["cost"], False
    while not over:
        _, reward, _, over, info = env.step(rng.integers(env.action_space.n))
        total -= 10.0 * reward
    told = evaluate(PLANT, env.plant_env.schedule())
    assert told.feasible
    assert info["total"] == pytest.approx(told.cost.total)
    assert total == pytest.approx(told.cost.total)


def test_knobs_that_are_not_turned_are_atcs() -> None:
    env = KnobsEnv(PLANT, ROUGH, scale=50.0)
    fleet = environment([PLANT], ROUGH)
    from dataclasses import replace

    rule = replace(RULES["atcs"], window=2 * 1440, overtime=True)
    expected = episode_costs(fleet, policy_of(fleet, rule), 4)[0]
    middle = np.array([0.0, 0.0, 0.0, 1.0], np.float32)
    assert episode_cost(env, lambda _: middle, 4) == pytest.approx(expected)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("algorithm", "made", "steps"),
    [("PPO", OneLineEnv, 3072), ("DQN", OneLineEnv, 3000), ("SAC", KnobsEnv, 250)],
)
def test_learning_makes_plants_cheaper(
    algorithm: str, made: type[OneLineEnv] | type[KnobsEnv], steps: int
) -> None:
    env = made(tiny(), ROUGH, scale=20.0)
    model = learner(algorithm, env, seed=1)  # type: ignore[arg-type]
    seeds = range(100, 108)
    before = [episode_cost(env, most_likely(model), seed) for seed in seeds]
    model.learn(steps)
    after = [episode_cost(env, most_likely(model), seed) for seed in seeds]
    assert np.mean(after) < np.mean(before)
