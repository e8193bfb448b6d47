"""Playing by a rule inside compiled code is what the network's rule plays, choice by choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.fleet.plants import Assignment
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import Weights, evaluate

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")

from models.policy.acting import act, policy_of, tensors  # noqa: E402
from models.policy.choices import most_likely  # noqa: E402
from models.policy.context import FIGURES, contexts  # noqa: E402
from models.policy.dispatcher import Dispatcher, shape_of  # noqa: E402
from models.policy.files import load_policy  # noqa: E402
from models.policy.fitting import fitted, rules_of  # noqa: E402
from models.policy.learning.evolution import played_by  # noqa: E402
from models.policy.learning.groups import group_of  # noqa: E402
from models.policy.playing import Player  # noqa: E402

PLANTS = [generate(3, 6, 40, 5, 0.9, 1), generate(6, 12, 70, 4, 1.0, 2, stages=2)]


def fleet(luck: Luck = CERTAIN, record: int = 0) -> FleetEnv:
    mode = AutoresetMode.DISABLED
    return FleetEnv(PLANTS, luck, scales=[200.0] * 2, autoreset_mode=mode, record=record)


def drawn_rules(policy: Dispatcher, count: int, seed: int) -> np.ndarray:
    """Rules of which every number is moved, so that all of them count."""
    rule = policy.rule.detach().numpy().astype(float)
    return rule + np.random.default_rng(seed).normal(0.0, 0.7, (count, len(rule)))


@pytest.mark.parametrize("luck", [CERTAIN, ROUGH])
@pytest.mark.parametrize("seed", range(3))
def test_it_chooses_what_the_network_does(luck: Luck, seed: int) -> None:
    env = fleet(luck)
    policy = Dispatcher(shape_of(env.single_observation_space)).eval()
    player, rules = Player(env), drawn_rules(policy, 2, seed)
    styles = torch.from_numpy((rules - policy.rule.detach().numpy()).astype(np.float32))
    env.reset(seed=seed)
    asked = 0
    while not env.is_over:
        with torch.inference_mode():
            expected = most_likely(policy.by_rule(tensors(env.observed()[0]), styles)).numpy()
        deciding = env.state.deciding.reshape(2, -1) > 0
        found = player.act(rules)
        makes = deciding & (expected[..., 0] > 0)
        assert (found[..., 0] == expected[..., 0])[deciding].all()
        assert (found == expected)[makes].all()
        asked += int(makes.sum())
        env.advance(expected)
    assert asked > 60


def test_an_episode_costs_what_the_referee_says_of_its_schedule() -> None:
    env = fleet(record=800)
    policy = Dispatcher(shape_of(env.single_observation_space))
    costs = Player(env).episode(drawn_rules(policy, 2, 5), [1, 2])
    for row, plant in enumerate(PLANTS):
        verdict = evaluate(plant, env.schedule(row))
        assert verdict.feasible
        assert costs[row] == pytest.approx(verdict.cost.total)


def test_rules_for_another_number_of_plants_are_refused() -> None:
    env = fleet()
    with pytest.raises(ValueError, match=r"one for each of 2 plants, found \(1, 4\)"):
        Player(env).act(np.zeros((1, 4)))


def test_a_plants_figures_say_what_it_is_like_and_nothing_of_the_rest_of_the_fleet() -> None:
    alone = FleetEnv(PLANTS[:1], scales=[200.0])
    both = contexts(fleet().fleet, CERTAIN)
    assert both[0] == pytest.approx(contexts(alone.fleet, CERTAIN)[0])
    parts = FIGURES.index("share of the work that is for parts")
    assert both[0, parts] == 0.0 < both[1, parts]
    busier = replace(
        PLANTS[0], orders=tuple(replace(one, quantity=2 * one.quantity) for one in PLANTS[0].orders)
    )
    load = FIGURES.index("load at mean rates, of regular time")
    other = contexts(FleetEnv([busier], scales=[200.0]).fleet, ROUGH)[0]
    assert other[load] > 1.5 * both[0, load]
    assert (other != both[0])[FIGURES.index("failures a day")]


def test_what_the_objective_weighs_is_among_a_plants_figures_in_rows_of_the_same_plant_too() -> (
    None
):
    wanted = Weights(tardiness=4.0, production=2.0, idle=3.0)
    rows = [Assignment(PLANTS[0]), Assignment(PLANTS[0], wanted)]
    usual, other = contexts(FleetEnv(rows, scales=[200.0, 200.0]).fleet, CERTAIN)
    late = FIGURES.index("log of an hour's tardiness a day late over an hour's run")
    assert other[late] == pytest.approx(usual[late] + np.log(2.0))
    idle = FIGURES.index("idle money over run money")
    assert other[idle] == pytest.approx(1.5 * usual[idle])
    dear = FIGURES.index("log of how dear lines are over the cheapest")
    assert set(np.flatnonzero(other != usual)) <= {late, idle, dear}


def test_a_copy_fitted_to_a_plant_plays_it_as_the_policy_does_and_leans_no_more() -> None:
    env = FleetEnv([Assignment(PLANTS[1])], scales=[200.0], autoreset_mode=AutoresetMode.DISABLED)
    policy = load_policy()
    with torch.no_grad():
        policy.leaning.normal_(0.0, 0.3, generator=torch.Generator().manual_seed(0))
    own = rules_of(policy, contexts(env.fleet, CERTAIN))
    assert np.abs(own - policy.rule.detach().numpy()).max() > 0.1
    copied = fitted(policy, env)
    assert rules_of(copied, contexts(env.fleet, CERTAIN)) == pytest.approx(own, abs=1e-5)
    env.reset(seed=0)
    assert (policy_of(policy)(env) == policy_of(copied)(env)).all()


def test_where_layers_add_something_the_network_is_asked_and_chooses_otherwise() -> None:
    env = fleet()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        policy = Dispatcher(shape_of(env.single_observation_space)).eval()
    group = group_of([Assignment(PLANTS[1])], 2)
    rules = rules_of(policy, group.figures).repeat(2, axis=0)
    alone = played_by(policy, group, rules, [0])
    assert alone == pytest.approx(group.play_rules(rules, [0]))
    with torch.no_grad():
        policy.scored.weight.normal_(0.0, 100.0, generator=torch.Generator().manual_seed(0))
    choose, player, otherwise = policy_of(policy), Player(env), 0
    own = rules_of(policy, contexts(env.fleet, CERTAIN))
    env.reset(seed=0)
    for _ in range(60):
        expected = act(policy, env.observed()[0])
        assert (choose(env) == expected).all()
        otherwise += int((expected[..., 0] != player.act(own)[..., 0]).sum())
        env.advance(expected)
    assert otherwise > 0
    assert (played_by(policy, group, rules, [0]) != alone).all()
