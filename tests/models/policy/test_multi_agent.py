"""A line an agent, and one agent for all: the same network, the same plant, both learn under RLlib."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode
from pettingzoo.test import parallel_api_test

from envs.fleet.luck import ROUGH
from envs.fleet_rules import episode_costs
from envs.lines_env import LinesEnv
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from models.policy.multi_agent.network import LineNetwork
from models.policy.multi_agent.training import (
    Course,
    Form,
    Learner,
    most_slots,
    one_by_one,
    policy_of,
)
from models.policy.multi_agent.views import PooledFleet, PooledLines
from models.policy.rule import LEFT

PLANTS = [generate(3, 6, 30, 3, 0.9, seed) for seed in range(2)]
SCALES = [60.0, 60.0]


def fleet() -> FleetEnv:
    mode = AutoresetMode.DISABLED
    return FleetEnv(PLANTS, ROUGH, scales=SCALES, autoreset_mode=mode)


@pytest.mark.filterwarnings("ignore")
def test_pettingzoo_accepts_the_pooled_view() -> None:
    parallel_api_test(PooledLines(LinesEnv(PLANTS[0], ROUGH, scale=60.0)), num_cycles=40)


def test_a_line_sees_the_same_in_both_forms() -> None:
    whole = PooledFleet(FleetEnv(PLANTS[:1], ROUGH, scales=SCALES[:1]))
    apart = PooledLines(LinesEnv(PLANTS[0], ROUGH, scale=60.0))
    seen, _ = whole.reset(seed=3)
    views, _ = apart.reset(seed=3)
    assert whole.observation_space.contains(seen)
    for row, view in enumerate(views.values()):
        np.testing.assert_array_equal(view["whole"], seen["whole"][0])
        np.testing.assert_array_equal(view["line"], seen["lines"][0, row])
        np.testing.assert_array_equal(view["slots"], seen["slots"][0, row])
        assert apart.observation_space("").contains(view)


def test_all_lines_get_what_the_plant_gets() -> None:
    whole = FleetEnv(PLANTS[:1], ROUGH, scales=SCALES[:1])
    apart = PooledLines(LinesEnv(PLANTS[0], ROUGH, scale=60.0))
    whole.reset(seed=3)
    apart.reset(seed=3)
    told = 0.0
    for _ in range(20):
        _, reward, *_ = whole.step(np.zeros((1, 3, 3), np.int64))
        _, rewards, *_ = apart.step({})
        assert list(rewards.values()) == pytest.approx([reward[0]] * 3)
        told += abs(reward[0])
    assert told > 0


def test_a_plant_with_fewer_slots_is_filled_up_with_such_as_cannot_be_chosen() -> None:
    env = LinesEnv(PLANTS[0], ROUGH, scale=60.0)
    slots = most_slots(PLANTS[0])
    assert env.plant_env.fleet.fleet.slot_item.shape[1] == slots
    filled, plain = PooledLines(env, slots + 3), PooledLines(env)
    views, _ = filled.reset(seed=1)
    usual, _ = plain.reset(seed=1)
    for agent, view in views.items():
        assert filled.observation_space(agent).contains(view)
        np.testing.assert_array_equal(view["mask"][:-3], usual[agent]["mask"])
        np.testing.assert_array_equal(view["slots"][:-3], usual[agent]["slots"])
        assert not view["mask"][-3:].any()
    assert filled.action_space("").nvec[0] == plain.action_space("").nvec[0] + 3


def test_each_environment_of_agents_has_a_plant_of_its_own_by_turns() -> None:
    pytest.importorskip("ray")
    plants = [generate(2 + one, 4, 12, 3, 0.9, one) for one in range(3)]
    make = one_by_one(plants, [60.0] * 3, ROUGH)
    lines = [len(make({}).par_env.possible_agents) for _ in range(4)]
    assert lines == [4, 3, 2, 4]
    choices = [make({}).par_env.action_space("").nvec[0] for _ in range(3)]
    assert len(set(choices)) == 1


def test_plants_whose_lines_have_other_names_are_not_learnt_from_together() -> None:
    plant = generate(2, 4, 12, 3, 0.9, 1)
    other = replace(
        plant,
        lines=tuple(replace(one, id=f"X{one.id}") for one in plant.lines),
        capabilities=tuple(replace(one, line=f"X{one.line}") for one in plant.capabilities),
        changeovers=(),
    )
    with pytest.raises(ValueError, match="found XL"):
        one_by_one([plant, other], [60.0] * 2, ROUGH)


def test_the_critic_expects_nothing_after_the_horizon() -> None:
    network = LineNetwork(8)
    with torch.no_grad():
        network.worth[-1].bias.fill_(-1.0)
    seen, _ = PooledFleet(fleet()).reset(seed=1)
    whole = torch.from_numpy(seen["whole"])
    gone = whole.clone()
    gone[:, LEFT] = 1.0
    assert (network.value(whole) < 0).all()
    assert (network.value(gone) == 0).all()


def test_advantages_of_agents_are_levelled_among_the_lines_that_choose() -> None:
    pytest.importorskip("ray")
    from models.policy.rllib.timed import choosing

    mask = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 0, 1]], dtype=torch.int8)
    assert choosing({"mask": mask}).tolist() == [False, True, True]
    assert choosing({"mask": mask[:1]}).tolist() == [True]


def test_one_runaway_plant_is_not_all_that_is_learnt_from() -> None:
    pytest.importorskip("ray")
    from ray.rllib.policy.sample_batch import SampleBatch

    from models.policy.rllib.algorithm import _standardised

    worth = torch.tensor([0.0] * 99 + [-1000.0])
    level = _standardised([SampleBatch({"advantages": worth})], 4.0)["advantages"]
    assert level.min() == -4.0
    free = _standardised([SampleBatch({"advantages": worth})], float("inf"))["advantages"]
    assert free.min() < -9.0


def test_the_network_says_the_same_of_a_line_alone_and_among_others() -> None:
    torch.manual_seed(0)
    network = LineNetwork(16)
    with torch.no_grad():
        for values in network.parameters():
            values.add_(0.1 * torch.randn_like(values))
    seen, _ = PooledFleet(fleet()).reset(seed=1)
    rows = [torch.from_numpy(seen[name]) for name in ("lines", "slots", "mask")]
    whole = torch.from_numpy(seen["whole"])
    together = network(*rows, whole.unsqueeze(1).expand(-1, 3, -1))
    for row in range(3):
        alone = network(*(one[:, row] for one in rows), whole)
        for one, all_ in zip(alone[:3], together[:3], strict=True):
            torch.testing.assert_close(one, all_[:, row])


def test_one_agent_and_a_line_an_agent_have_the_same_distribution() -> None:
    pytest.importorskip("ray")
    from models.policy.multi_agent.modules import LineModule, LinesModule

    torch.manual_seed(0)
    views = PooledFleet(fleet())
    seen, _ = views.reset(seed=1)
    batch = {name: torch.from_numpy(values) for name, values in seen.items()}
    spaces = {
        "observation_space": views.single_observation_space,
        "action_space": views.single_action_space,
    }
    every = LinesModule(**spaces, model_config={"width": 16})
    alone = LineModule(**spaces, model_config={"width": 16})
    alone.load_state_dict(every.state_dict())
    choices = every.forward_exploration({"obs": batch})["choices"]
    actions = choices.sample()
    told = choices.by_line(choices.line_logp(actions))
    for row in range(3):
        mine = {name: batch[name][:, row] for name in ("slots", "mask")}
        mine |= {"line": batch["lines"][:, row], "whole": batch["whole"]}
        logits = alone.forward_exploration({"obs": mine})["action_dist_inputs"]
        own = LineModule.get_inference_action_dist_cls(alone).from_logits(logits)
        deciding = batch["mask"][:, row, 1:].any(-1)
        expected = torch.where(deciding, own.logp(actions[:, row]), 0.0)
        torch.testing.assert_close(told[:, row], expected)
        assert own.sample().shape == (2, 3)


@pytest.fixture(scope="module")
def ray_running() -> Iterator[None]:
    import ray

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
                 object_store_memory=100 * 2**20)  # fmt: skip
        yield
        ray.shutdown()


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", ["factored", "lines"])
def test_both_forms_learn_and_go_on_from_what_was_stored(
    form: Form, ray_running: None, tmp_path: Path
) -> None:
    course = Course(steps=64, beside=2, width=16)
    learner = Learner(form, PLANTS, SCALES, course, ROUGH)
    try:
        fresh = learner.network().state_dict()
        told = [one for one, _ in zip(learner.iterations(), range(2), strict=False)]
        learnt = learner.network()
        assert told[-1].steps >= 2 * course.steps
        assert any(not torch.equal(fresh[n], v) for n, v in learnt.state_dict().items())
        learner.save(tmp_path / "kept")
    finally:
        learner.close()
    other = Learner(form, PLANTS, SCALES, course, ROUGH)
    try:
        other.restore(tmp_path / "kept")
        for name, values in other.network().state_dict().items():
            torch.testing.assert_close(values, learnt.state_dict()[name])
    finally:
        other.close()
    costs = episode_costs(fleet(), policy_of(learnt), 5)
    assert (costs > 0).all()
