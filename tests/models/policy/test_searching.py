"""A policy that searches while the plant runs: from what is known, for what is left."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.closed_loop import roll_policy
from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.scenarios import generate
from envs.vector_env import FleetEnv

pytestmark = pytest.mark.integration
pytest.importorskip("torch")

from models.policy import searching as module  # noqa: E402
from models.policy.acting import policy_of  # noqa: E402
from models.policy.context import contexts  # noqa: E402
from models.policy.files import load_policy  # noqa: E402
from models.policy.fitting import rules_of  # noqa: E402
from models.policy.playing import Player  # noqa: E402
from models.policy.searching import Pains, searching  # noqa: E402

PLANTS = [generate(3, 6, 40, 4, 0.95, 1), generate(4, 8, 50, 3, 0.95, 2, stages=2)]
LITTLE = Pains(every=1440, rounds=2, first=3, ways=6, draws=2, judged=3)


def fleet(luck: Luck) -> FleetEnv:
    mode = AutoresetMode.DISABLED
    return FleetEnv(PLANTS, luck, scales=[200.0] * 2, autoreset_mode=mode, copy=False)


def test_what_lies_ahead_costs_what_the_episode_does_beyond_what_is_spent() -> None:
    env = fleet(CERTAIN)
    rules = rules_of(load_policy(), contexts(env.fleet, CERTAIN))
    whole = Player(env).episode(rules, [0, 0])
    env.reset(seed=0)
    left = whole - env.cost.sum(axis=1)
    for row in range(2):
        ahead = module._Ahead(env, row, 4)
        found = ahead.costs(rules[[row]].repeat(3, axis=0), np.array([1, 2]))
        assert found == pytest.approx([left[row]] * 3)


def test_it_searches_once_in_so_long_and_never_after_its_horizon_is_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, int]] = []
    search = module._Searching._search

    def noted(self: module._Searching, row: int) -> np.ndarray:
        asked.append((row, int(self.env.state.clock[row])))
        return search(self, row)

    monkeypatch.setattr(module._Searching, "_search", noted)
    env = fleet(ROUGH)
    roll_policy(env, searching(load_policy(), LITTLE), 3)
    for row in range(2):
        at = [clock for which, clock in asked if which == row]
        assert len(at) >= 2
        assert np.diff(at).min() >= LITTLE.every
        assert max(at) < env.fleet.horizon[row] - module.LEAST_LEFT


def test_with_the_same_seed_it_does_the_same_and_a_new_episode_begins_afresh() -> None:
    costs = [roll_policy(fleet(ROUGH), searching(load_policy(), LITTLE, 1), 5) for _ in range(2)]
    assert [one.cost for one in costs[0]] == [one.cost for one in costs[1]]
    env, policy = fleet(ROUGH), searching(load_policy(), LITTLE, 1)
    first = roll_policy(env, policy, 5)
    assert [one.cost for one in first] == [one.cost for one in costs[0]]
    roll_policy(env, policy, 6)


def test_what_it_finds_is_cheaper_than_its_own_style_where_nothing_is_left_to_luck() -> None:
    env = fleet(CERTAIN)
    own = [one.cost["total"] for one in roll_policy(env, policy_of(load_policy()), 0)]
    once = Pains(every=10**6, first=6, ways=12, draws=1, judged=1)
    found = [one.cost["total"] for one in roll_policy(env, searching(load_policy(), once), 0)]
    assert all(after <= before * 1.02 for after, before in zip(found, own, strict=True))
    assert sum(found) < sum(own)
