"""Styles that complement one another: how they are fitted, chosen, kept, and tried first by a draft."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from envs.fleet.plants import Assignment
from envs.scenarios import generate

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from models.policy.dispatcher import Dispatcher, shape_of  # noqa: E402
from models.policy.draft import played  # noqa: E402
from models.policy.files import _digest, load_policy, save_policy  # noqa: E402
from models.policy.fitting import rules_of  # noqa: E402
from models.policy.learning.groups import Group, group_of  # noqa: E402
from models.policy.learning.styles import (  # noqa: E402
    compared,
    complementary,
    fitted_style,
    opening,
)

PLANTS = [generate(3, 6, 40, 5, 0.9, 1), generate(4, 8, 50, 5, 0.95, 2, stages=2)]
WAYS = 4


@pytest.fixture(scope="module")
def groups() -> list[Group]:
    return [group_of([Assignment(plant)], WAYS) for plant in PLANTS]


def keeping(group: Group, styles: np.ndarray) -> Dispatcher:
    """A policy as it starts that keeps some styles."""
    policy = Dispatcher(shape_of(group.env.single_observation_space)).eval()
    policy.deviation.fill_(1.0)
    policy.styles[: len(styles)] = torch.from_numpy(styles.astype(np.float32))
    return policy


def some_styles(count: int, length: int) -> np.ndarray:
    styles = np.random.default_rng(0).normal(0.0, 1.0, (count, length)).astype(np.float32)
    return styles.astype(np.float64)


def test_each_next_style_is_the_one_that_saves_most_beside_the_others() -> None:
    costs = np.array([
        [-0.30, -0.20, 0.10, 0.0],
        [-0.30, -0.25, 0.10, 0.0],
        [0.20, 0.20, -0.10, -0.05],
    ])  # fmt: skip
    assert complementary(costs, 2) == [0, 2]
    assert sorted(complementary(costs, 9)) == [0, 1, 2, 3]


def test_styles_are_compared_with_the_policys_own_on_each_plant(groups: list[Group]) -> None:
    policy = keeping(groups[0], np.zeros((0, 1)))
    styles = some_styles(5, policy.shape.style)
    styles[2] = 0.0
    costs = compared(policy, styles, groups)
    assert costs.shape == (2, 5)
    assert costs[:, 2] == pytest.approx(0.0)
    for place, group in enumerate(groups):
        own = rules_of(policy, group.figures)
        rows = np.concatenate([own, own + styles[4], own, own])
        told = group.play_rules(rules=rows, seeds=[0])[0]
        assert costs[place, 4] == pytest.approx(np.log(told[1] / told[0]))


def test_a_style_that_is_fitted_to_a_plant_is_cheaper_on_it(groups: list[Group]) -> None:
    policy = keeping(groups[1], np.zeros((0, 1)))
    style, costs = fitted_style(policy, groups[1], np.random.default_rng(0), 25)
    assert costs.shape == (25, WAYS)
    assert compared(policy, style[None], groups[1:])[0, 0] < 0.0


def test_a_draft_plays_its_own_style_first_and_then_those_that_are_kept(
    groups: list[Group],
) -> None:
    length = keeping(groups[0], np.zeros((0, 1))).shape.style
    styles = some_styles(2, length)
    policy = keeping(groups[0], styles)
    assert (opening(policy) == np.concatenate([np.zeros((1, length)), styles])).all()
    told = played(Assignment(PLANTS[0]), policy, np.random.default_rng(3), 1, WAYS)
    over = np.log(told.costs[0, 1:3] / told.own)
    assert over == pytest.approx(compared(policy, styles, groups[:1])[0])
    assert over.any()


def test_a_policy_that_keeps_none_plays_its_own_style_first(groups: list[Group]) -> None:
    policy = keeping(groups[0], np.zeros((0, 1)))
    assert (opening(policy) == 0.0).all()
    assert len(opening(policy)) == 1
    told = played(Assignment(PLANTS[0]), policy, np.random.default_rng(3), 1, WAYS)
    own = groups[0].play_rules(rules_of(policy, groups[0].figures).repeat(WAYS, 0), [0])[0, 0]
    assert told.own == pytest.approx(own * groups[0].env.scales[0])


def test_weights_from_before_styles_were_kept_are_still_read(
    groups: list[Group], tmp_path: Path
) -> None:
    policy = keeping(groups[0], np.ones((1, 1)))
    before = save_policy(policy, tmp_path)
    weights = tmp_path / "weights.safetensors"
    older = load_file(weights)
    del older["styles"]
    save_file(older, weights)
    described = tmp_path / "policy.json"
    described.write_text(described.read_text().replace(before, _digest(weights)))
    assert not load_policy(tmp_path).styles.any()


def test_the_policy_that_ships_keeps_a_round_of_styles_that_differ() -> None:
    first = opening(load_policy())
    apart = np.abs(first[:, None] - first[None]).max(axis=2)
    assert len(first) == 16
    assert apart[~np.eye(16, dtype=bool)].min() > 0.1
