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

from models.policy.acting import policy_of  # noqa: E402
from models.policy.context import contexts  # noqa: E402
from models.policy.files import load_policy  # noqa: E402
from models.policy.fitting import rules_of  # noqa: E402
from models.policy.playing import Player  # noqa: E402
from models.policy.searching import Pains, searching  # noqa: E402
from models.policy.searching.ahead import Ahead  # noqa: E402
from models.policy.searching.hunt import Hunt  # noqa: E402
from models.policy.searching.policy import LEAST_LEFT  # noqa: E402

PLANTS = [generate(3, 6, 40, 4, 0.95, 1), generate(4, 8, 50, 3, 0.95, 2, stages=2)]
LITTLE = Pains(every=1440, rounds=2, first=3, ways=6, draws=2, judged=4)


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
        ahead = Ahead(env, row, 4)
        found = ahead.costs(rules[[row]].repeat(3, axis=0), np.array([1, 2]))
        assert found == pytest.approx(np.full((3, 2), left[row]))
        assert ahead.played == 6


def test_a_rule_meets_the_same_luck_wherever_it_stands_among_others() -> None:
    env = fleet(ROUGH)
    env.reset(seed=0)
    rules = rules_of(load_policy(), contexts(env.fleet, ROUGH))[[0]] + np.array([[0.0], [0.4]])
    seeds = np.array([5, 6, 7])
    ahead = Ahead(env, 0, 4)
    both = ahead.costs(rules, seeds)
    assert ahead.costs(rules[::-1], seeds) == pytest.approx(both[::-1])
    assert ahead.costs(rules[1:], seeds[2:]) == pytest.approx(both[1:, 2:])
    assert len(set(both[0])) == 3


def test_of_many_rules_the_better_half_goes_on_and_the_cheapest_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worth = np.array([5.0, 1.0, 3.0, 2.0, 4.0, 6.0, 8.0, 7.0])
    met: list[int] = []

    def costs(self: Ahead, rules: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        met.append(len(rules) * len(seeds))
        return np.repeat(worth[rules[:, 0].astype(int)][:, None], len(seeds), axis=1)

    monkeypatch.setattr(Ahead, "costs", costs)
    env = fleet(CERTAIN)
    env.reset(seed=0)
    ahead = Ahead(env, 0, 4)
    rules = np.arange(8.0)[:, None]
    assert ahead.ranked(rules, 8, np.random.default_rng(0)).tolist() == [1, 3]
    assert met == [16, 8, 4, 4]


def test_it_searches_once_in_so_long_and_never_after_its_horizon_is_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, int]] = []
    env = fleet(ROUGH)
    made = Ahead.__init__

    def noted(self: Ahead, env: FleetEnv, row: int, room: int = 4) -> None:
        asked.append((row, int(env.state.clock[row])))
        made(self, env, row, room)

    monkeypatch.setattr(Ahead, "__init__", noted)
    roll_policy(env, searching(load_policy(), LITTLE), 3)
    for row in range(2):
        at = [clock for which, clock in asked if which == row]
        assert len(at) >= 2
        assert np.diff(at).min() >= LITTLE.every
        assert max(at) < env.fleet.horizon[row] - LEAST_LEFT


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


def test_a_search_remembers_what_was_good_and_goes_on_by_the_cheapest() -> None:
    env = fleet(ROUGH)
    env.reset(seed=0)
    policy = load_policy()
    own = rules_of(policy, contexts(env.fleet, ROUGH))[0]
    hunt = Hunt(own, np.zeros((1, len(own))), policy.deviation.numpy().astype(np.float64), LITTLE)
    ahead, rng = Ahead(env, 0, 6), np.random.default_rng(1)
    hunt.search(ahead, rng)
    assert len(hunt.good) <= LITTLE.kept
    assert any(np.array_equal(hunt.rule, one) for one in hunt.good)
    first = ahead.played
    hunt.search(ahead, rng)
    assert 0 < ahead.played - first < first
    judged = ahead.costs(np.stack([own, hunt.rule]), np.arange(100, 132)).mean(axis=1)
    assert judged[1] <= judged[0] * 1.02


def test_the_first_search_begins_with_the_cheapest_style_that_is_kept() -> None:
    env = fleet(CERTAIN)
    env.reset(seed=0)
    policy = load_policy()
    own = rules_of(policy, contexts(env.fleet, CERTAIN))[0]
    ahead, rng = Ahead(env, 0, 6), np.random.default_rng(1)
    styles = np.concatenate([np.zeros((1, len(own))), rng.normal(0, 1, (5, len(own)))])
    costs = ahead.costs(own + styles, np.array([1]))[:, 0]
    still = Pains(rounds=1, first=1, ways=2, draws=1, judged=1, wide=0.0)
    hunt = Hunt(own, styles, np.ones(len(own)), still)
    hunt.search(ahead, rng)
    assert np.array_equal(hunt.rule, (own + styles)[costs.argmin()])


def test_large_plants_are_searched_in_fewer_generations() -> None:
    pains = Pains(first=20, rounds=6, lines=10)
    assert pains.on(5) == pains.on(10) == pains
    assert (pains.on(20).first, pains.on(20).rounds) == (7, 2)
    assert (pains.on(500).first, pains.on(500).rounds) == (2, 2)
    assert Pains(rounds=1).on(100).rounds == 1
