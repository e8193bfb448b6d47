"""PPO as a stage of a recipe: on several plants at once, each played in its own rule."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
torch = pytest.importorskip("torch")
ray = pytest.importorskip("ray")

from envs.fleet.luck import CERTAIN  # noqa: E402
from envs.fleet.plants import Assignment  # noqa: E402
from envs.scenarios import generate  # noqa: E402
from models.policy.acting import tensors  # noqa: E402
from models.policy.choices import log_probability  # noqa: E402
from models.policy.dispatcher import VALUE_SCALE  # noqa: E402
from models.policy.files import load_policy  # noqa: E402
from models.policy.fitting import leant  # noqa: E402
from models.policy.learning.groups import as_tensor, group_of  # noqa: E402
from models.policy.learning.learner import Learner  # noqa: E402
from models.policy.learning.recipe import Recipe, Stage  # noqa: E402
from models.policy.rllib.ppo import Budget, Trainer  # noqa: E402
from models.policy.rllib.practice import DISCOUNT, Practice, practised  # noqa: E402
from tests.models.policy.test_dispatcher import later  # noqa: E402

PLANTS = [generate(3, 6, 40, 4, 0.9, 1), generate(4, 8, 50, 4, 0.95, 2, stages=2)]
GIVEN = [Assignment(plant) for plant in PLANTS]


@pytest.fixture(scope="module", autouse=True)
def ray_running() -> Iterator[None]:
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
             object_store_memory=100 * 2**20)  # fmt: skip
    yield
    ray.shutdown()


def test_each_plant_is_played_in_the_rule_that_the_policy_has_for_it() -> None:
    policy, group = load_policy(), group_of(GIVEN, 1)
    styles = leant(policy, group.figures)
    assert not np.allclose(styles[0], styles[1])
    trainer = Trainer(GIVEN, [200.0, 300.0], policy, Budget(64, 1e-4, 0.98), styles=styles)
    try:
        algorithm: Any = trainer._algorithm
        runner = algorithm.env_runner
        seen = tensors(later(group.env))
        with torch.inference_mode():
            told = runner.module.ask(runner.module.rows_of(seen, np.arange(2)))["choices"]
            actions = told.sample()
            scores = policy(seen, as_tensor(styles))
        assert len(told.plant) > 0
        expected = log_probability(scores, actions)[told.plant, told.line]
        torch.testing.assert_close(told.line_logp(actions), expected, rtol=1e-4, atol=1e-4)
    finally:
        trainer.close()


def test_a_round_of_practice_moves_rule_layers_and_values() -> None:
    start = load_policy()
    policy = copy.deepcopy(start)
    costs = practised(policy, GIVEN, Practice(3, 1e-3, CERTAIN, 1))
    assert len(costs) > 0
    assert 0.2 < costs.mean() < 5.0
    assert policy.has_layers()
    assert not torch.equal(policy.rule, start.rule)
    assert torch.equal(policy.leaning, start.leaning)
    last: Any = policy.worth[-1]
    usual = float(last.bias.detach()) * VALUE_SCALE
    assert usual == pytest.approx(-1.0 / (1.0 - DISCOUNT), rel=0.1)


def test_plants_of_different_horizons_are_refused() -> None:
    other = Assignment(generate(3, 6, 40, 5, 0.9, 3))
    with pytest.raises(ValueError, match=r"expected one horizon, found \[5760, 7200\] minutes"):
        practised(load_policy(), [GIVEN[0], other], Practice(1, 1e-3, CERTAIN, 1))


def test_a_recipe_that_practises_goes_on_where_it_was_stored(tmp_path: Path) -> None:
    stage = Stage("practise", 2, (3, 4), (3, 3), 2, 1, searched=2, lucky=0)
    recipe = Recipe((stage,), examined=1, examine_every=1, begins="shipped")
    first = Learner(recipe, tmp_path, time.process_time, lambda text: None, styles=1)
    first.examine()
    first._open(stage)
    first._round(stage)
    first.store()
    second = Learner(recipe, tmp_path, time.process_time, lambda text: None, styles=1)
    assert second.state.round == 1
    for name, values in second.policy.state_dict().items():
        torch.testing.assert_close(values, first.policy.state_dict()[name])
    for one in (first, second):
        one._round(stage)
    theirs = second.policy.state_dict()
    for name, values in first.policy.state_dict().items():
        torch.testing.assert_close(values, theirs[name], rtol=1e-4, atol=1e-5)
    assert second.policy.has_layers()
