"""The policy network, its masks, its files and its drafts; no Ray."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from envs.plant_env import PlantEnv
from envs.scenarios import generate
from plant import evaluate

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")

from models.policy import network as net  # noqa: E402
from models.policy.draft import by_chance, draft, drafts, drawn, logits_of, most_likely, play  # noqa: E402
from models.policy.weights import PolicyError, load_policy, save_policy  # noqa: E402

PLANT = generate(3, 6, 40, 7, 0.9, 1)
LARGER = generate(8, 20, 90, 7, 0.9, 2, stages=2)


def fresh(seed: int = 0) -> net.PolicyNetwork:
    """A network as it starts; its weights are drawn from torch's own generator, so that is seeded."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return net.PolicyNetwork().eval()


def disturbed(seed: int = 0, scale: float = 0.2) -> net.PolicyNetwork:
    """A network whose every weight was moved, so that nothing rests on how it starts."""
    policy = fresh(seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter += scale * torch.randn(parameter.shape, generator=generator)
    return policy


@pytest.mark.parametrize("plant", [PLANT, LARGER])
def test_the_same_weights_draft_feasible_schedules_for_plants_of_any_size(plant: object) -> None:
    played = [
        schedule
        for seed in range(3)
        for schedule in drafts(plant, disturbed(seed), np.random.default_rng(0), samples=1)
    ]
    assert len(played) == 6
    assert any(schedule.runs for schedule in played)
    assert all(evaluate(plant, schedule).feasible for schedule in played)


def test_a_draft_is_the_cheapest_of_its_episodes() -> None:
    policy = fresh()  # nearly even, so that its draws differ
    env = PlantEnv(LARGER)
    rng = np.random.default_rng(7)
    played = [play(env, most_likely(policy)), *(play(env, drawn(policy, rng)) for _ in range(3))]
    costs = [evaluate(LARGER, one).cost.total for one in played]
    assert len(set(costs)) > 1
    best = draft(LARGER, policy, np.random.default_rng(7), samples=3)
    assert evaluate(LARGER, best).cost.total == min(costs)


def test_no_masked_choice_is_ever_drawn() -> None:
    policy, rng = disturbed(scale=2.0), np.random.default_rng(0)
    env = PlantEnv(LARGER)
    choose = drawn(policy, rng)
    seen, _ = env.reset()
    asked = 0
    while not env.is_over:
        action = choose(env, seen)
        assert np.take_along_axis(seen["mask"], action[:, None], axis=1).all()
        asked += int((seen["mask"].sum(axis=1) > 1).sum())
        seen, *_ = env.step(action)
    assert asked > 50


def test_the_order_of_lines_and_items_changes_nothing_but_the_order() -> None:
    policy, rng = disturbed(), np.random.default_rng(3)
    seen, _ = PlantEnv(LARGER).reset()
    logits = logits_of(policy, seen).numpy()
    lines = rng.permutation(len(logits))
    items = rng.permutation(len(seen["items"]))
    where = np.argsort(items)
    moved = {
        "plant": seen["plant"],
        "lines": seen["lines"][lines],
        "items": seen["items"][items],
        "slots": seen["slots"][lines],
        "slot_item": np.where(seen["slot_item"] < 0, -1, where[seen["slot_item"]])[lines],
        "mask": seen["mask"][lines],
    }
    assert np.allclose(logits_of(policy, moved).numpy(), logits[lines], rtol=1e-4, atol=1e-4)


def test_log_probabilities_are_those_of_independent_categoricals() -> None:
    seen, _ = PlantEnv(LARGER).reset()
    logits = logits_of(disturbed(), seen).unsqueeze(0)
    choices = net.sampled(logits, torch.Generator().manual_seed(0))
    lines = [torch.distributions.Categorical(logits=one) for one in logits[0]]
    logp = sum(line.log_prob(choice) for line, choice in zip(lines, choices[0], strict=True))
    assert torch.allclose(net.log_probability(logits, choices), logp, atol=1e-4)
    assert torch.allclose(net.entropy(logits), sum(line.entropy() for line in lines), atol=1e-4)


def test_an_untrained_policy_beats_chance() -> None:
    """It starts as a softened rule: this is what training has to improve on."""
    env = PlantEnv(LARGER)
    rng = np.random.default_rng(0)
    likely = evaluate(LARGER, play(env, most_likely(fresh()))).cost.total
    chance = [evaluate(LARGER, play(env, by_chance(rng))).cost.total for _ in range(5)]
    assert likely < min(chance)


def test_a_stored_policy_loads_to_the_same_choices(tmp_path: Path) -> None:
    policy = disturbed()
    digest = save_policy(policy, tmp_path)
    assert json.loads((tmp_path / "policy.json").read_text())["sha256"] == digest
    seen, _ = PlantEnv(PLANT).reset()
    assert torch.equal(logits_of(load_policy(tmp_path), seen), logits_of(policy, seen))


def test_weights_that_were_changed_are_not_loaded(tmp_path: Path) -> None:
    save_policy(net.PolicyNetwork(), tmp_path)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    with pytest.raises(PolicyError, match="expected SHA-256"):
        load_policy(tmp_path)


def test_a_folder_without_a_policy_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="takt train"):
        load_policy(tmp_path)
