"""What the rule looks at of a lot's components, and weights from before it did."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.scenarios import generate
from envs.vector_env import FleetEnv

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")
from safetensors.torch import load_file, save  # noqa: E402

from models.policy.acting import tensors  # noqa: E402
from models.policy.dispatcher import faced, possible_options  # noqa: E402
from models.policy.files import _digest, load_policy, save_policy  # noqa: E402
from models.policy.playing import Player  # noqa: E402
from models.policy.rule import OF_COMPONENTS, OF_SLOTS, slot_columns  # noqa: E402

PLANTS = [generate(4, 9, 60, 5, 0.95, 3), generate(5, 12, 70, 4, 1.0, 2, stages=2)]


def fleet() -> FleetEnv:
    return FleetEnv(PLANTS, scales=[200.0] * 2, autoreset_mode=AutoresetMode.DISABLED)


def test_a_lot_is_seen_to_take_its_share_of_what_is_left_of_its_components() -> None:
    env = fleet()
    policy, player = load_policy(), Player(env)
    rules = np.tile(policy.rule.detach().numpy().astype(float), (2, 1))
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
        env.advance(player.act(rules))
    assert max(met) > 0.5 > min(met)
    assert len(met) > 300


def column_of(slots: int) -> int:
    """The column of the share of its components that a lot takes."""
    return slots + OF_SLOTS - OF_COMPONENTS


def test_weights_from_before_components_counted_play_as_they_did(tmp_path: Path) -> None:
    env, policy = fleet(), load_policy()
    at = column_of(policy.shape.slots)
    with torch.no_grad():
        for numbers in (policy.rule, policy.deviation, policy.leaning):
            numbers[at : at + OF_COMPONENTS] = 0.0
        policy.styles[:, at : at + OF_COMPONENTS] = 0.0
    save_policy(policy, tmp_path)
    file = tmp_path / "weights.safetensors"
    state = load_file(file)
    kept = [place for place in range(policy.shape.style) if not at <= place < at + OF_COMPONENTS]
    for name in ("rule", "deviation", "leaning"):
        state[name] = state[name][kept].contiguous()
    state["styles"] = state["styles"][:, kept].contiguous()
    file.write_bytes(save(state))
    described = json.loads((tmp_path / "policy.json").read_text())
    (tmp_path / "policy.json").write_text(json.dumps(described | {"sha256": _digest(file)}))
    again = load_policy(tmp_path)
    for name, values in policy.state_dict().items():
        assert torch.equal(values, again.state_dict()[name]), name
    costs = [
        Player(env).episode(np.tile(one.rule.detach().numpy().astype(float), (2, 1)), [1, 2])
        for one in (policy, again)
    ]
    assert costs[0] == pytest.approx(costs[1])
