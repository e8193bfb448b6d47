"""Dispatching rules through the environment: what they choose, and that tuning them pays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.fleet_rules import episode_costs, policy_of, tune
from envs.rules import DAY, RULES
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import Plant, evaluate

PLANTS = [generate(4, 10, 80, 7, 0.9, seed) for seed in range(6)]


def env_of(plants: list[Plant], luck: Luck = CERTAIN) -> FleetEnv:
    scales = [1.0] * len(plants)
    return FleetEnv(plants, luck, scales=scales, autoreset_mode=AutoresetMode.DISABLED, record=900)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_plays_an_episode_by_the_referees_rules(name: str) -> None:
    env = env_of(PLANTS)
    costs = episode_costs(env, policy_of(env, RULES[name]), 1)
    for row, plant in enumerate(PLANTS):
        told = evaluate(plant, env.schedule(row))
        assert told.feasible
        assert costs[row] == pytest.approx(told.cost.total)
        assert len(env.schedule(row).runs) > 10


def test_rules_differ_and_those_that_look_at_dues_beat_those_that_do_not() -> None:
    env = env_of(PLANTS)
    costs = {name: episode_costs(env, policy_of(env, RULES[name]), 1) for name in RULES}
    assert len({tuple(found) for found in costs.values()}) == len(RULES)
    assert costs["atcs"].sum() < costs["spt"].sum()
    assert costs["edd"].sum() < costs["spt"].sum()


def test_the_first_choice_of_each_rule_is_the_one_worked_out_by_hand() -> None:
    env = env_of(PLANTS[:1])
    env.reset(seed=1)
    state, fleet = env.state, env.fleet
    while not state.deciding.any():
        env.advance(np.zeros((1, fleet.lines, 3), np.int64))
    line = int(np.flatnonzero(state.deciding)[0])
    slots = np.flatnonzero(state.option_quantity[line] > 0)
    items = fleet.slot_item[line, slots]
    minutes = np.ceil(state.option_quantity[line, slots] / fleet.rate[line, slots] * 60.0)
    for name, keys in (("edd", state.short_at[items]), ("spt", minutes)):
        chosen = policy_of(env, RULES[name])(env)[0, line, 0] - 1
        assert keys[list(slots).index(chosen)] == keys.min()


def test_a_rule_with_a_window_makes_nothing_long_before_it_is_due() -> None:
    env = env_of(PLANTS)
    stocks = []
    for window in (DAY, 30 * DAY):
        episode_costs(env, policy_of(env, replace(RULES["edd"], window=window)), 1)
        stocks.append(env.cost[:, 3].sum())
    assert stocks[0] < stocks[1]


def test_tuned_for_each_plant_is_cheaper_than_as_it_comes_and_the_same_alone() -> None:
    env = env_of(PLANTS, ROUGH)
    plain = episode_costs(env, policy_of(env, RULES["atcs"]), 3)
    rules = tune(env, [3])
    tuned = episode_costs(env, policy_of(env, rules), 3)
    assert (tuned <= plain).all()
    assert tuned.sum() < 0.99 * plain.sum()
    for row in (0, 4):
        alone = env_of([PLANTS[row]], ROUGH)
        assert episode_costs(alone, policy_of(alone, rules[row]), 3 + row)[0] == pytest.approx(
            tuned[row]
        )
