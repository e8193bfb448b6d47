"""PPO on a fleet: what the runner hands over, and that it learns and goes on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from envs.fleet.luck import ROUGH
from envs.fleet.plants import Assignment
from envs.scenarios import generate
from envs.vector_env import FleetEnv

pytest.importorskip("ray")

from models.policy.acting import scores_of
from models.policy.choices import entropy, log_probability
from models.policy.dispatcher import Dispatcher, shape_of
from models.policy.rllib.choices import LineChoices
from models.policy.rllib.ppo import Budget, Trainer
from models.policy.rllib.timed import gains

pytestmark = pytest.mark.filterwarnings("ignore")
PLANTS = [generate(3, 6, 40, 4, 0.9, 1), generate(4, 8, 50, 4, 0.95, 2, stages=2)]
SCALES = [200.0, 300.0]


def fleet() -> FleetEnv:
    return FleetEnv(PLANTS, scales=SCALES)


def dispatcher() -> Dispatcher:
    """A dispatcher whose layers say something."""
    torch.manual_seed(0)
    policy = Dispatcher(shape_of(fleet().single_observation_space)).eval()
    with torch.no_grad():
        for values in policy.parameters():
            values.add_(0.05 * torch.randn_like(values))
    return policy


def test_the_distribution_of_deciding_lines_is_that_of_all_scores() -> None:
    seen, _ = fleet().reset(seed=1)
    scores = scores_of(dispatcher(), seen)
    mask = torch.from_numpy(seen["mask"])
    choices = LineChoices.of(scores, mask)
    actions = choices.sample()
    deciding = (mask[..., 1:] > 0).any(-1)
    assert (actions[~deciding] == 0).all()
    told = log_probability(scores, actions)
    torch.testing.assert_close(choices.by_line(choices.line_logp(actions)), told * deciding)
    torch.testing.assert_close(choices.logp(actions), (told * deciding).sum(-1))
    torch.testing.assert_close(choices.entropy(), (entropy(scores) * deciding).sum(-1))


def test_with_steps_of_the_same_length_advantages_are_those_of_rllib() -> None:
    from ray.rllib.utils.postprocessing.value_predictions import compute_value_targets

    rng = np.random.default_rng(3)
    over, cut = rng.random(200) < 0.02, rng.random(200) < 0.05
    values, reward = rng.normal(size=200), rng.normal(size=200)
    expected = compute_value_targets(values, reward, over, cut, 0.97, 0.9)
    mine = gains(values, reward, np.full(200, 0.97), over, cut, 0.9)
    np.testing.assert_allclose(mine + values, expected, rtol=1e-5, atol=1e-5)


@pytest.fixture(scope="module")
def ray_running() -> Iterator[None]:
    import ray

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
                 object_store_memory=100 * 2**20)  # fmt: skip
        yield
        ray.shutdown()


def trainer(checkpoint: Path | None = None, steps: int = 128, rate: float = 1e-3) -> Trainer:
    given = [Assignment(plant) for plant in PLANTS]
    return Trainer(given, SCALES, dispatcher(), Budget(steps, rate, 0.98, luck=ROUGH), checkpoint)


@pytest.mark.integration
def test_a_runner_hands_over_decisions_as_they_were_made(ray_running: None) -> None:
    one = trainer()
    try:
        algorithm: Any = one._algorithm
        runner = algorithm.env_runner
        rows = runner.sample()
        told = runner.module.forward_exploration({"obs": rows["obs"]})
        choices = told["choices"]
        again = choices.by_line(choices.line_logp(rows["actions"]))
        torch.testing.assert_close(again, rows["action_logp"], rtol=1e-4, atol=1e-4)
        assert 20 < len(rows) < 128
        assert all(len(offers) for offers in rows["obs"]["offers"])
        assert torch.isfinite(rows["advantages"]).all()
        shown = rows["obs"]["plant"][:, 0]
        assert not (shown.diff() >= 0).all(), "rows come mixed"
    finally:
        one.close()


@pytest.mark.integration
def test_ppo_learns_counts_its_steps_and_goes_on_from_a_checkpoint(
    ray_running: None, tmp_path: Path
) -> None:
    start = dispatcher().state_dict()
    one = trainer(steps=512)
    try:
        told = [progress for progress, _ in zip(one.iterations(), range(3), strict=False)]
        learnt = one.network().state_dict()
        one.save(tmp_path / "kept")
    finally:
        one.close()
    assert 3 * 500 < told[-1].steps <= 3 * 512
    assert told[-1].episode_cost is not None
    assert told[-1].episode_cost > 0
    assert any(not torch.equal(start[name], values) for name, values in learnt.items())
    other = trainer(tmp_path / "kept", rate=1e-4)
    try:
        algorithm: Any = other._algorithm
        (optimizer,) = algorithm.learner_group._learner._named_optimizers.values()
        assert [one["lr"] for one in optimizer.param_groups] == [1e-4], "the rate of now"
        assert optimizer.state, "the moments that were stored"
        for name, values in other.network().state_dict().items():
            torch.testing.assert_close(values, learnt[name])
    finally:
        other.close()
