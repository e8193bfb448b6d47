"""The dispatcher as ONNX gives the same numbers, on plants of any size, without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode

from envs.fleet.luck import ROUGH
from envs.fleet.observation import Observation
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from models.policy.acting import act, scores_of
from models.policy.dense import DenseDispatcher
from models.policy.dispatcher import Dispatcher, shape_of
from models.policy.export import AXES, FILE, ExportError, OnnxPolicy, export
from tests.envs.fleet.play import chosen

SIZES = ((3, 6, 30, 1), (6, 13, 60, 2), (12, 20, 90, 2))


def seen_of(lines: int, items: int, orders: int, stages: int, steps: int = 12) -> list[Observation]:
    """Moments of an episode."""
    plant = generate(lines, items, orders, 4, 0.9, 3, stages=stages)
    env = FleetEnv([plant], ROUGH, scales=[60.0], autoreset_mode=AutoresetMode.DISABLED)
    seen, _ = env.reset(seed=1)
    rng, found = np.random.default_rng(2), []
    for _ in range(steps):
        found.append(seen)
        seen, *_ = env.step(chosen(seen["mask"], rng))
    return found


@pytest.fixture(scope="module")
def policy() -> Dispatcher:
    torch.manual_seed(1)
    env = FleetEnv([generate(3, 6, 30, 4, 0.9, 1)], scales=[1.0])
    policy = Dispatcher(shape_of(env.single_observation_space, 16))  # type: ignore[arg-type]
    with torch.no_grad():  # layers that add nothing would hide what is wrong with them
        for values in policy.parameters():
            values.add_(0.2 * torch.randn_like(values))
    return policy.eval()


@pytest.fixture(scope="module")
def folder(policy: Dispatcher, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("onnx")
    export(policy, found, seen_of(*SIZES[1], steps=20)[-1])
    return found


@pytest.mark.parametrize("size", SIZES)
def test_all_slots_alike_or_only_those_possible_score_the_same(
    policy: Dispatcher, size: tuple[int, int, int, int]
) -> None:
    dense = DenseDispatcher.of(policy)
    for seen in seen_of(*size):
        scores = scores_of(policy, seen)
        with torch.inference_mode():
            _, *found = dense(**{name: torch.from_numpy(seen[name]) for name in AXES})
        for one, other in zip(scores, found, strict=True):
            np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_onnx_scores_as_torch_does(
    policy: Dispatcher, folder: Path, size: tuple[int, int, int, int]
) -> None:
    exported = OnnxPolicy(folder)
    for seen in seen_of(*size):
        scores, found = scores_of(policy, seen), exported.scores(seen)
        for name, one in zip(("choice", "size", "mode", "value"), scores, strict=True):
            np.testing.assert_allclose(one.numpy(), found[name], rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(exported.act(seen), act(policy, seen))


@pytest.mark.slow
def test_an_exported_policy_is_asked_without_torch_or_ray(folder: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from models.policy.export import OnnxPolicy\n"
        f"policy = OnnxPolicy(Path({str(folder)!r}))\n"
        "print('torch' in sys.modules, 'ray' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


def test_files_that_are_no_policy_are_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="not there"):
        OnnxPolicy(tmp_path)
    (tmp_path / FILE).write_bytes(b"something else")
    with pytest.raises(ExportError, match="not a policy in ONNX"):
        OnnxPolicy(tmp_path)
