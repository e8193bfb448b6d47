"""Imitation: plans carried out by a policy's choices, demonstrators led astray, what is learnt of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from envs.fleet.plants import Assignment
from envs.rules import tuned_atcs
from envs.scenarios import generate
from envs.scenarios.splits import Spread
from plant import Plant, Schedule, evaluate

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")

from models.policy.dispatcher import Dispatcher, shape_of  # noqa: E402
from models.policy.learning import examination  # noqa: E402
from models.policy.learning import learner as learning  # noqa: E402
from models.policy.learning.episodes import Episodes  # noqa: E402
from models.policy.learning.groups import Group, group_of  # noqa: E402
from models.policy.learning.imitation.cloning import (  # noqa: E402
    Cloning,
    clone,
    imitated,
    moment_weights,
    unlike,
)
from models.policy.learning.imitation.demonstration import demonstrated, strayed  # noqa: E402
from models.policy.learning.imitation.demonstrators import Demonstrators  # noqa: E402
from models.policy.learning.imitation.following import (  # noqa: E402
    DemonstratorError,
    PlanFollower,
)
from models.policy.learning.imitation.lots import nearest_lot  # noqa: E402
from models.policy.learning.improvement import Step  # noqa: E402
from models.policy.learning.labels import faded  # noqa: E402
from models.policy.learning.recipe import Recipe, Shown, Stage  # noqa: E402
from pipelines.recipe import planned  # noqa: E402

PLANTS = [generate(3, 6, 40, 5, 0.9, 1), generate(4, 8, 50, 5, 0.95, 2, stages=2)]
ASSIGNED = [Assignment(plant) for plant in PLANTS]


def fresh(group: Group) -> Dispatcher:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Dispatcher(shape_of(group.env.single_observation_space))


def shown_by(
    shown: Sequence[Shown], noise: float = 0.0, learners: bool = False, learnt: str = "shown"
) -> tuple[Group, Episodes]:
    """Episodes of both plants with a demonstrator for each way, led astray so often."""
    group, rng = group_of(ASSIGNED, len(shown), record=400), np.random.default_rng(0)
    policy = fresh(group)
    showing = Demonstrators(group, policy, shown, planned, rng)
    rows = group.env.num_envs
    episodes = demonstrated(
        group, policy, showing, rng, [1, 2], 1.0, np.full(rows, noise),
        np.full(rows, learners), learnt,  # type: ignore[arg-type]
    )  # fmt: skip
    return group, episodes


def test_a_plan_that_is_made_anew_on_the_way_is_carried_out_cheaper_than_atcs() -> None:
    group, episodes = shown_by(("plan", "atcs"))
    assert (episodes.costs[:, 0] < episodes.costs[:, 1]).all()
    for row, plant in enumerate(plant for plant in PLANTS for _ in range(2)):
        verdict = evaluate(plant, group.env.schedule(row))
        assert verdict.feasible
        cost = episodes.costs.reshape(-1)[row] * group.env.scales[row]
        assert cost == pytest.approx(verdict.cost.total)


def test_every_demonstrator_shows_choices_that_the_mask_allows() -> None:
    shown: tuple[Shown, ...] = ("plan", "list", "fitted", "own", "atcs")
    _, episodes = shown_by(shown, noise=0.2)
    choice = episodes.actions[..., :1]
    allowed = np.take_along_axis(episodes.seen["mask"], choice, axis=2)[..., 0]
    deciding = episodes.seen["mask"][..., 1:].any(axis=-1)
    assert allowed[deciding].all()


def test_the_nearest_lot_is_one_that_the_line_then_makes() -> None:
    env = group_of(ASSIGNED[:1], 1).env
    env.reset(seed=[0])
    state, action = env.state, np.zeros((1, env.fleet.lines, 3), np.int64)
    while not state.deciding.any():
        env.advance(action)
    line = int(state.deciding.argmax())
    slot = int((state.option_quantity[line] > 0).argmax())
    few, many = (nearest_lot(env.stage, line, slot, units) for units in (1.0, 1e9))
    assert 0 < few[2] < many[2]
    action[0, line] = slot + 1, *many[:2]
    env.advance(action)
    assert many[2] in (state.start_quantity[line], state.end_quantity[line])


def test_lines_led_astray_are_struck_out_of_the_plan_and_the_rest_is_carried_on() -> None:
    env, rng = group_of(ASSIGNED[:1], 1).env, np.random.default_rng(0)
    env.reset(seed=[0])
    asked: list[Schedule] = []

    def planner(standing: Plant, left: Schedule) -> Schedule:
        asked.append(left)
        return planned(standing, left)

    follower = PlanFollower(env, 0, planner, "plan", every=10**9)
    names = [item.id for item in PLANTS[0].items]

    def waiting() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The units of each item in the plan."""
        runs = [run for queue in follower.queues for run in queue]
        return np.array([sum(run.quantity for run in runs if run.item == one) for one in names])

    first, compared = 0.0, 0
    while not env.is_over:
        answer = follower.choices()
        before, supply = waiting(), env.state.supply.copy()
        first = first or before.sum()
        done = strayed(answer[None], env.observed()[0]["mask"], np.array([0.3]), rng)
        env.advance(done)
        follower.note()
        made, after = env.state.supply - supply, waiting()
        some = (after > 0) & (made > 0)
        assert after[some] == pytest.approx(before[some] - made[some])
        compared += some.sum()
    assert len(asked) == 1
    assert compared > 5
    assert waiting().sum() < 0.2 * first


def test_a_demonstrator_that_breaks_a_rule_is_refused_by_name() -> None:
    def planner(standing: Plant, left: Schedule) -> Schedule:
        plan = planned(standing, left)
        return Schedule(tuple(replace(run, end=run.start + 1) for run in plan.runs))

    group = group_of(ASSIGNED[:1], 1)
    showing = Demonstrators(group, fresh(group), ("plan",), planner, np.random.default_rng(0))
    group.env.reset(seed=[0])
    while not group.env.state.deciding.any():
        group.env.advance(np.zeros((1, group.env.fleet.lines, 3), np.int64))
    with pytest.raises(
        DemonstratorError, match=r'demonstrator "plan", row 0, minute \d+: .* broken rules'
    ):
        showing.answer()


def test_plans_without_a_planner_and_ways_that_cannot_be_shared_out_are_refused() -> None:
    group = group_of(ASSIGNED[:1], 1)
    policy, rng = fresh(group), np.random.default_rng(0)
    with pytest.raises(ValueError, match='"plan": expected a planner'):
        Demonstrators(group, policy, ("plan",), None, rng)
    stage = Stage("imitate", 1, (3, 3), (3, 3), 1, 3, shown=("own", "fitted"))
    optimizer = torch.optim.Adam(policy.parameters())
    with pytest.raises(ValueError, match="multiple of 2 demonstrators, found 3"):
        imitated(policy, optimizer, ASSIGNED, stage, group.env.luck, rng, None)


def test_led_astray_by_a_learner_that_plays_alike_nothing_changes() -> None:
    _, alone = shown_by(("own",))
    _, led = shown_by(("own",), noise=1.0, learners=True)
    assert np.allclose(alone.costs, led.costs)
    _, chance = shown_by(("own",), noise=0.5)
    assert not np.allclose(alone.costs, chance.costs)


def test_what_is_kept_is_what_was_shown_or_what_was_done() -> None:
    _, shown = shown_by(("own",), noise=0.5)
    _, done = shown_by(("own",), noise=0.5, learnt="done")
    assert np.array_equal(shown.row, done.row)
    assert np.allclose(shown.costs, done.costs)
    apart = (shown.actions[..., 0] != done.actions[..., 0]).mean()
    assert 0.0 < apart < 0.5


def test_ways_that_went_well_weigh_more_and_without_beta_all_weigh_alike() -> None:
    _, episodes = shown_by(("plan", "own"), noise=0.3, learnt="done")
    step = Step()
    assert (moment_weights(episodes, 2, step, 0.0) == 1.0).all()
    weights = moment_weights(episodes, 2, step, 1.0)
    for plant in range(2):
        best, worst = (plant * 2 + episodes.costs[plant].argsort()).tolist()
        of_best = np.log(weights[episodes.row == best]).mean()
        assert of_best > np.log(weights[episodes.row == worst]).mean()


def test_the_layers_come_nearer_to_what_they_are_shown_and_the_rule_stays() -> None:
    group = group_of(ASSIGNED, 2)
    policy, rng = fresh(group), np.random.default_rng(0)
    assert not policy.has_layers()
    rule = policy.rule.detach().clone()
    _, episodes = shown_by(("plan",))
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.003)
    settings = Cloning(held=1.0, minibatch=32)
    losses = [clone(policy, optimizer, episodes, 1, rng, settings) for _ in range(6)]
    assert losses[-1] < 0.9 * losses[0]
    policy = fresh(group)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.003)
    stage = Stage("imitate", 1, (3, 3), (3, 3), 2, 2, shown=("plan",), share=1.0)
    costs = imitated(policy, optimizer, ASSIGNED, stage, group.env.luck, rng, planned)
    assert costs.shape == (2, 2)
    assert policy.has_layers()
    assert torch.equal(policy.rule.detach(), rule)
    assert policy.rule.requires_grad


def test_holding_counts_as_much_as_it_is_told_to() -> None:
    group, episodes = shown_by(("plan",))
    every = np.arange(len(episodes.row))
    scores = episodes.scores(fresh(group), every)
    told, weights = torch.from_numpy(episodes.actions), torch.ones(len(every))
    other = told.clone()
    other[..., 1:] = torch.where(told[..., :1] == 0, 1, told[..., 1:])  # of lines that hold
    with_holds, without = (unlike(scores, told, weights, held).item() for held in (1.0, 0.0))
    assert with_holds != pytest.approx(without)
    assert unlike(scores, other, weights, 0.0).item() == pytest.approx(without)
    moved = scores._replace(choice=scores.choice.clone())
    moved.choice[..., 0] += 5.0
    assert unlike(moved, told, weights, 0.0).item() == pytest.approx(without)
    assert unlike(moved, told, weights, 1.0).item() != pytest.approx(with_holds)


def test_layers_that_fade_add_their_share_to_the_rule() -> None:
    group, episodes = shown_by(("own",))
    policy, some = fresh(group), np.arange(20)
    with torch.inference_mode():
        rule = episodes.scores(policy, some).choice.clone()
        for last in (policy.scored.weight, policy.scored.bias, *policy.hold[-1].parameters()):
            last.fill_(0.3)
        whole = episodes.scores(policy, some).choice
        half = episodes.scores(faded(policy, 0.5), some).choice
    assert policy.has_layers()
    assert torch.allclose(half, (rule + whole) / 2.0, atol=1e-4)
    assert not torch.allclose(whole, rule, atol=1e-2)


def test_imitation_that_was_interrupted_goes_on_as_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = (
        Stage("imitate", 4, (3, 4), (3, 4), 1, 2, share=1.0, shown=("plan", "own"), lucky=2),
        Stage("imitate", 2, (3, 4), (3, 4), 1, 2, share=1.0, shown=("fitted",), beta=1.0),
    )
    recipe = Recipe(stages, examined=1, examine_every=2)
    monkeypatch.setattr(examination, "EXAMINED", Spread(lines=(3, 4), days=(3, 4)))

    def made(folder: Path) -> learning.Learner:
        ticks = itertools.count()
        return learning.Learner(
            recipe, folder, lambda: 30.0 * next(ticks), lambda _: None, 1, planned
        )

    whole = made(tmp_path / "whole")
    assert not whole.policy.has_layers()
    whole.run()
    halted = made(tmp_path / "parts")
    monkeypatch.setattr(halted, "_close", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        halted.run()
    parts = made(tmp_path / "parts")
    assert (parts.state.stage, parts.state.round) == (0, 4)
    parts.run()
    assert {one.kind for one in parts.curve} == {"imitate"}
    for name, values in whole.policy.state_dict().items():
        assert torch.equal(values, parts.policy.state_dict()[name]), name


def test_what_atcs_lists_for_a_plant_is_a_plan_to_be_shown() -> None:
    _, episodes = shown_by(("list",))
    for plant, cost in zip(PLANTS, episodes.costs[:, 0], strict=True):
        listed = evaluate(plant, tuned_atcs(plant)).cost.total
        usual = group_of([Assignment(plant)], 1).env.scales[0]
        assert cost * usual < 1.5 * listed
