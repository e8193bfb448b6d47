"""The dispatcher under RLlib: flat observations and scores say what the others say; without Ray."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fleet.plants import Assignment
from envs.scenarios import generate
from envs.vector_env import FleetEnv

pytestmark = [pytest.mark.integration, pytest.mark.slow]
torch = pytest.importorskip("torch")
pytest.importorskip("ray")

from models.policy.acting import act, scores_of  # noqa: E402
from models.policy.choices import entropy, log_probability  # noqa: E402
from models.policy.dispatcher import Dispatcher, shape_of  # noqa: E402
from models.policy.rllib.flat_fleet import FlatFleet  # noqa: E402
from models.policy.rllib.module import LineChoices, packed, unpacked  # noqa: E402

PLANTS = [generate(3, 6, 40, 4, 0.9, 1), generate(4, 8, 50, 4, 0.95, 2, stages=2)]
SCALES = [200.0, 300.0]


def test_a_flat_fleet_tells_the_same_and_does_the_same() -> None:
    flat = FlatFleet([Assignment(one) for one in PLANTS], scales=SCALES)
    whole = FleetEnv(PLANTS, scales=SCALES, autoreset_mode=AutoresetMode.NEXT_STEP)
    policy = Dispatcher(shape_of(whole.single_observation_space)).eval()
    generator = torch.Generator().manual_seed(0)
    (one, _), (two, _) = flat.reset(seed=3), whole.reset(seed=3)
    for _ in range(60):
        again = flat.layout.restore(torch.from_numpy(one))
        for name, values in two.items():
            assert np.array_equal(again[name].numpy(), values.astype(np.float32)), name
        assert torch.equal(policy(again).choice, scores_of(policy, two).choice)
        actions = act(policy, two, generator)
        one, first, *_ = flat.step(actions.reshape(2, -1))
        two, second, *_ = whole.step(actions)
        assert np.array_equal(first, second)


def test_flat_scores_have_the_same_probabilities() -> None:
    env = FleetEnv(PLANTS, scales=SCALES)
    seen, _ = env.reset(seed=1)
    policy = Dispatcher(shape_of(env.single_observation_space)).eval()
    scores = scores_of(policy, seen)
    lines = env.fleet.lines
    for part, other in zip(scores[:3], unpacked(packed(scores), lines)[:3], strict=True):
        assert torch.equal(part, other)
    kind = type("Choices", (LineChoices,), {"lines": lines})
    flat = kind(packed(scores))
    actions = torch.from_numpy(act(policy, seen, torch.Generator().manual_seed(0)))
    told = log_probability(scores, actions)
    assert torch.allclose(flat.logp(actions.flatten(1)), told.sum(-1))
    deciding = torch.from_numpy(seen["mask"][..., 1:].any(axis=2))
    assert torch.allclose(flat.entropy(), (entropy(scores) * deciding).sum(-1))
    assert flat.sample().shape == (2, lines * 3)
    assert LineChoices.required_input_dim(
        FlatFleet([Assignment(PLANTS[0])], scales=[1.0]).single_action_space
    )
