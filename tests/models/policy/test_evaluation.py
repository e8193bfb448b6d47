"""Who is how much dearer than whom, and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from envs.fleet.luck import CERTAIN, ROUGH
from envs.scenarios import generate
from models.policy.dispatcher import Dispatcher, shape_of
from models.policy.evaluation import (
    TUNED,
    best_of,
    compared,
    environment,
    greedy,
    judge,
    relative,
    ruled,
    tuned,
)
from plant import evaluate

PLANTS = [generate(3, 6, 30, 4, 0.9, seed) for seed in range(3)]
SCALES = [50.0] * len(PLANTS)


@pytest.fixture(scope="module")
def policy() -> Dispatcher:
    torch.manual_seed(0)
    env = environment(PLANTS, CERTAIN)
    return Dispatcher(shape_of(env.single_observation_space, 16)).eval()  # type: ignore[arg-type]


def test_relative_cost_is_a_mean_over_plants_of_their_sums_over_luck() -> None:
    costs = np.array([[110.0, 90.0], [300.0, 300.0]])
    reference = np.array([[100.0, 100.0], [200.0, 200.0]])
    found = relative(costs, reference, np.random.default_rng(0))
    assert found.mean == pytest.approx(0.25)
    assert (found.low, found.high) == (pytest.approx(0.0), pytest.approx(0.5))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        ratios = 0.9 + 0.1 * rng.standard_normal(40)
        found = relative(ratios[:, None], np.ones((40, 1)), rng, draws=500)
        held += found.low <= -0.1 <= found.high
    assert held / 200 == pytest.approx(0.94, abs=0.05)


def test_costs_beside_others_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        relative(np.ones((2, 1)), np.ones((3, 1)), np.random.default_rng(0))


def test_an_entrant_costs_what_the_referee_says_of_its_schedule() -> None:
    (found,) = judge(PLANTS, [ruled("edd")], scales=SCALES)
    env = environment(PLANTS, CERTAIN, record=2000)
    env.reset(seed=0)
    act = ruled("edd").policy(env, 0)
    while not env.is_over:
        env.advance(act(env))
    told = [evaluate(plant, env.schedule(row)) for row, plant in enumerate(PLANTS)]
    assert found.costs[:, 0].tolist() == pytest.approx([one.cost.total for one in told])
    late = np.mean([one.kpis.orders_late for one in told])
    assert found.kpis["orders_late"] == pytest.approx(late)


def test_all_meet_the_same_luck_and_tuned_rules_are_compared_with(policy: Dispatcher) -> None:
    entrants = [ruled("atcs"), tuned(ROUGH), greedy(policy)]
    judged = list(judge(PLANTS, entrants, ROUGH, seeds=(5, 6), scales=SCALES))
    again = next(judge(PLANTS, entrants[:1], ROUGH, seeds=(5, 6), scales=SCALES))
    np.testing.assert_array_equal(again.costs, judged[0].costs)
    assert judged[0].costs.shape == (3, 2)
    found = compared(judged, TUNED, np.random.default_rng(0))
    assert found[TUNED].mean == 0.0
    assert found["policy, greedy"].low <= found["policy, greedy"].mean


def test_the_best_of_some_is_no_dearer_than_the_most_likely(policy: Dispatcher) -> None:
    likely, best = judge(PLANTS, [greedy(policy), best_of(policy, 12)], scales=SCALES)
    assert (best.costs <= likely.costs).all()
    assert (best.costs < likely.costs).any()


def test_where_there_is_luck_nobody_may_choose_his(policy: Dispatcher) -> None:
    with pytest.raises(ValueError, match="one trial"):
        list(judge(PLANTS, [best_of(policy, 3)], ROUGH, scales=SCALES))
