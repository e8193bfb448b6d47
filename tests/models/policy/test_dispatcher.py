"""The dispatcher: its masks, its symmetry, its probabilities and its files; no Ray."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.fleet.observation import Observation
from envs.fleet_rules import episode_costs
from envs.fleet_rules import policy_of as rule_policy
from envs.rules import RULES
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import Plant

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")

from models.policy.acting import act, policy_of, scores_of, tensors  # noqa: E402
from models.policy.choices import entropy, log_probability  # noqa: E402
from models.policy.dispatcher import Dispatcher, Scores, shape_of  # noqa: E402
from models.policy.files import PolicyError, load_policy, save_policy  # noqa: E402

PLANTS = [generate(3, 6, 40, 7, 0.9, 1), generate(6, 12, 70, 7, 0.9, 2, stages=2)]


def fleet(plants: list[Plant] = PLANTS, luck: Luck = CERTAIN, record: int = 0) -> FleetEnv:
    scales = [200.0] * len(plants)
    return FleetEnv(
        plants, luck, scales=scales, autoreset_mode=AutoresetMode.DISABLED, record=record
    )


def fresh(env: FleetEnv, scale: float = 0.0) -> Dispatcher:
    """A dispatcher as it starts; with a scale every weight is moved, so that all of them count."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        policy = Dispatcher(shape_of(env.single_observation_space)).eval()
        with torch.no_grad():
            for parameter in policy.parameters():
                parameter.add_(scale * torch.randn(parameter.shape))
    return policy


def later(env: FleetEnv, steps: int = 40) -> Observation:
    """What is seen after some steps of a rule, where several lines of the first plant decide."""
    follow = rule_policy(env, RULES["atcs"])
    seen, _ = env.reset(seed=3)
    while steps > 0 or env.state.deciding[: env.fleet.lines].sum() < 2:
        seen, *_ = env.step(follow(env))
        steps -= 1
    return seen


def test_no_masked_choice_is_ever_made() -> None:
    env = fleet(luck=ROUGH)
    policy, generator = fresh(env, 1.0), torch.Generator().manual_seed(0)
    seen, _ = env.reset(seed=1)
    asked = 0
    while not env.is_over:
        chosen = act(policy, seen, generator)
        assert np.take_along_axis(seen["mask"], chosen[..., :1], axis=2).all()
        asked += int((seen["mask"].sum(axis=2) > 1).sum())
        env.advance(chosen)
        seen = env.observed()[0]
    assert asked > 60


def test_it_starts_by_playing_atcs() -> None:
    env = fleet()
    costs = episode_costs(env, policy_of(fresh(env)), 1)
    atcs = episode_costs(env, rule_policy(env, RULES["atcs"]), 1)
    assert costs == pytest.approx(atcs, rel=0.1)


def test_the_order_of_lines_and_items_changes_nothing_but_the_order() -> None:
    env = fleet(PLANTS[1:])
    policy, seen, rng = fresh(env, 0.3), later(env), np.random.default_rng(3)
    lines, items = (rng.permutation(seen[name].shape[1]) for name in ("lines", "items"))
    where = np.append(np.argsort(items), -1)  # the last for -1, no item
    moved = seen | {name: seen[name][:, lines] for name in ("lines", "slots", "mask", "line_mask")}
    moved |= {name: seen[name][:, items] for name in ("items", "item_mask")}
    moved["slot_item"] = where[seen["slot_item"]][:, lines]
    moved["edges"] = where[seen["edges"]]
    before, after = scores_of(policy, seen), scores_of(policy, moved)
    assert torch.allclose(after.choice, before.choice[:, lines], atol=1e-4)
    assert torch.allclose(after.size, before.size[:, lines], atol=1e-4)
    assert torch.allclose(after.value, before.value, rtol=1e-4, atol=1e-4)


def test_a_plant_is_judged_alike_alone_and_beside_a_larger_one() -> None:
    alone, beside = fleet(PLANTS[:1]), fleet()
    policy = fresh(alone, 0.3)
    one, two = later(alone), later(beside)
    lines, choices = one["mask"].shape[1:]
    assert (two["mask"][0, :lines, :choices] == one["mask"][0]).all()
    first, second = scores_of(policy, one), scores_of(policy, two)
    assert torch.allclose(second.choice[0, :lines, :choices], first.choice[0], atol=1e-4)
    assert torch.allclose(second.value[0], first.value[0], rtol=1e-4, atol=1e-3)


def test_probabilities_are_those_of_choice_size_and_mode_one_after_the_other() -> None:
    env = fleet()
    seen = later(env)
    scores = scores_of(fresh(env, 0.5), seen)
    chosen = torch.from_numpy(act(fresh(env, 0.5), seen, torch.Generator().manual_seed(1)))
    told = log_probability(scores, chosen)
    for plant, line in np.argwhere(seen["mask"].sum(axis=2) > 1):
        choice, size, mode = chosen[plant, line].tolist()
        parts: list[tuple[Any, int, tuple[Any, ...]]] = [(scores.choice, choice, (plant, line))]
        if choice:
            place = (plant, line, choice)
            parts += [(scores.size, size, place), (scores.mode, mode, place)]
        by_hand = sum(torch.log_softmax(logits[at], -1)[pick] for logits, pick, at in parts)
        assert float(told[plant, line]) == pytest.approx(float(by_hand), abs=1e-4)


def test_the_entropy_is_the_mean_surprise() -> None:
    env = fleet(PLANTS[:1])
    scores = scores_of(fresh(env, 0.5), later(env))
    many = Scores(*(part.expand(4000, *part.shape[1:]) for part in scores))
    from models.policy.choices import drawn

    surprise = -log_probability(many, drawn(many, torch.Generator().manual_seed(0))).mean(0)
    assert torch.allclose(surprise, entropy(scores)[0], atol=0.1)


def test_a_style_of_nothing_changes_nothing_and_another_does() -> None:
    env = fleet()
    policy, seen = fresh(env, 0.3), later(env)
    style = torch.zeros(2, policy.shape.style)
    plain = scores_of(policy, seen)
    assert torch.allclose(scores_of(policy, seen, style).choice, plain.choice, atol=1e-5)
    style[0] = 1.0
    other = scores_of(policy, seen, style).choice
    assert torch.allclose(other[1], plain.choice[1], atol=1e-5)
    assert not torch.allclose(other[0], plain.choice[0], atol=1e-2)


def test_the_rule_alone_scores_as_the_network_does_before_it_has_learnt() -> None:
    env = fleet()
    policy, seen = fresh(env), later(env)
    with torch.inference_mode():
        alone = policy.by_rule(tensors(seen))
    assert torch.allclose(scores_of(policy, seen).choice, alone.choice, atol=1e-5)


def test_a_stored_policy_loads_to_the_same_choices(tmp_path: Path) -> None:
    env = fleet()
    policy, seen = fresh(env, 0.3), later(env)
    digest = save_policy(policy, tmp_path)
    assert json.loads((tmp_path / "policy.json").read_text())["sha256"] == digest
    again = scores_of(load_policy(tmp_path), seen)
    assert all(torch.equal(*pair) for pair in zip(again, scores_of(policy, seen), strict=True))


def test_weights_that_were_changed_are_not_loaded(tmp_path: Path) -> None:
    save_policy(fresh(fleet()), tmp_path)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    with pytest.raises(PolicyError, match="expected SHA-256"):
        load_policy(tmp_path)


def test_a_folder_without_a_policy_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="takt train"):
        load_policy(tmp_path)


def test_it_loads_without_ray() -> None:
    code = "import sys, models.policy.acting, models.policy.files; print('ray' in sys.modules)"
    told: Any = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"
