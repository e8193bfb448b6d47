"""What the rule looks at of a lot's components, and weights from before it did, or before half a lot."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.fleet.kernel.choices import ALL, COVER, HALF, ONE, SIZES, TWO
from envs.scenarios import generate
from envs.vector_env import FleetEnv

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")
from safetensors.torch import load_file, save  # noqa: E402

from models.policy.acting import tensors  # noqa: E402
from models.policy.dispatcher import Dispatcher, faced, possible_options  # noqa: E402
from models.policy.files import _digest, load_policy, save_policy  # noqa: E402
from models.policy.playing import Player  # noqa: E402
from models.policy.rule import (  # noqa: E402
    NEVER,
    OF_COMPONENTS,
    OF_HALVES,
    OF_SIZE,
    OF_SLOTS,
    slot_columns,
)

PLANTS = [generate(4, 9, 60, 5, 0.95, 3), generate(5, 12, 70, 4, 1.0, 2, stages=2)]


def fleet() -> FleetEnv:
    return FleetEnv(PLANTS, scales=[200.0] * 2, autoreset_mode=AutoresetMode.DISABLED)


def test_a_lot_is_seen_to_take_its_share_of_what_is_left_of_its_components() -> None:
    env = fleet()
    policy, player = load_policy(), Player(env)
    env.reset(seed=[1, 2])
    f, s, met = env.fleet, env.state, []
    while not env.is_over:
        seen = tensors(env.observed()[0])
        options = possible_options(seen)
        share = (
            slot_columns(faced(seen, options))[:, column_of(policy.shape.slots)].detach().numpy()
        )
        for found, b, line, slot in zip(
            share, options.plant, options.line, options.slot, strict=True
        ):
            row = int(b) * f.lines + int(line)
            item = f.slot_item[row, int(slot)]
            parts = slice(f.bom.pointer[item], f.bom.pointer[item + 1])
            raw = f.bom.component[parts]
            if (f.order_count[raw] > 0).any() or f.kept_first[-1] > 0:
                continue  # what orders of its own leave of a component is another test's
            free = np.maximum(s.stock[raw] - s.reserved[raw], 1e-9)
            takes = s.option_quantity[row, int(slot)] * f.bom.per_unit[parts] / f.yield_mean[item]
            expected = min((takes / free).max(), 1.0) if len(raw) else 0.0
            assert found == pytest.approx(expected, rel=1e-3, abs=1e-5)
            met.append(expected)
        env.advance(player.act(rules(policy)))
    assert max(met) > 0.5 > min(met)
    assert len(met) > 300


def column_of(slots: int) -> int:
    """The column of the share of its components that a lot takes."""
    return slots + OF_SLOTS - OF_COMPONENTS


@pytest.mark.parametrize("looks_at_components", [True, False])
def test_weights_from_before_play_as_they_did(tmp_path: Path, looks_at_components: bool) -> None:
    env, policy = fleet(), load_policy()
    at, style = column_of(policy.shape.slots), policy.shape.style
    gone = set(range(style - OF_HALVES, style))
    if not looks_at_components:
        gone |= set(range(at, at + OF_COMPONENTS))
    without(policy, sorted(gone))
    save_policy(policy, tmp_path)
    shorten(tmp_path, [place for place in range(style) if place not in gone])
    again = load_policy(tmp_path)
    for name, values in policy.state_dict().items():
        assert torch.equal(values, again.state_dict()[name]), name
    env.reset(seed=[1, 2])
    player, made = Player(env), []
    while not env.is_over:
        action = player.act(rules(again))
        made.extend(action[action[..., 0] > 0, 1])
        env.advance(action)
    assert set(made) <= {COVER, ONE, TWO, ALL}
    assert len(made) > 50
    costs = [Player(env).episode(rules(one), [1, 2]) for one in (policy, again)]
    assert costs[0] == pytest.approx(costs[1])


def without(policy: Dispatcher, gone: list[int]) -> None:
    """Make a policy's rule look at less, and choose neither HALF nor MORE; layers do not tell them apart."""
    with torch.no_grad():
        for numbers in (policy.rule, policy.deviation, policy.leaning):
            numbers[gone] = 0.0
        policy.styles[:, gone] = 0.0
        policy.rule[-OF_HALVES::OF_SIZE] = NEVER
        for numbers in (policy.scored.weight, policy.scored.bias):
            numbers[1 + HALF : 1 + SIZES] = 0.0


def shorten(folder: Path, kept: list[int]) -> None:
    """Leave those numbers of the rules on disk, and no layers' scores of HALF and MORE."""
    file = folder / "weights.safetensors"
    state = load_file(file)
    for name in ("rule", "deviation", "leaning"):
        state[name] = state[name][kept].contiguous()
    state["styles"] = state["styles"][:, kept].contiguous()
    for name in ("scored.weight", "scored.bias"):
        scored = state[name]
        state[name] = torch.cat([scored[: 1 + HALF], scored[1 + SIZES :]])
    file.write_bytes(save(state))
    described = json.loads((folder / "policy.json").read_text())
    (folder / "policy.json").write_text(json.dumps(described | {"sha256": _digest(file)}))


def rules(policy: Dispatcher) -> NDArray[np.float64]:
    """The policy's rule, for each of the plants."""
    return np.tile(policy.rule.detach().numpy().astype(float), (2, 1))
