"""Ways to learn: groups of episodes, evolution, advantages, clipping, self-labelling, and going on."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from envs.fleet.plants import Assignment
from envs.scenarios import generate
from envs.scenarios.splits import Spread
from plant import Schedule, Weights, evaluate

pytestmark = pytest.mark.integration
torch = pytest.importorskip("torch")

from models.policy.acting import tensors  # noqa: E402
from models.policy.choices import can_choose, log_probability, most_likely  # noqa: E402
from models.policy.contest import standing, yardsticks  # noqa: E402
from models.policy.dispatcher import Dispatcher, shape_of  # noqa: E402
from models.policy.draft import draft, played  # noqa: E402
from models.policy.files import load_policy, save_policy  # noqa: E402
from models.policy.learning import examination  # noqa: E402
from models.policy.learning import learner as learning  # noqa: E402
from models.policy.learning.episodes import advantages, recorded  # noqa: E402
from models.policy.learning.evolution import (  # noqa: E402
    Search,
    Told,
    first_deviation,
    generation,
    move,
    utilities,
)
from models.policy.learning.groups import Group, assignments_of, group_of  # noqa: E402
from models.policy.learning.improvement import (  # noqa: E402
    Step,
    clipped_gain,
    imitate,
    imitate_best,
    improve,
)
from models.policy.learning.labels import (  # noqa: E402
    LEARNER,
    TEACHER,
    answered,
    drafted,
    learn_answers,
)
from models.policy.learning.plants import Plants  # noqa: E402
from models.policy.learning.recipe import LAYERS, Recipe, Stage  # noqa: E402

PLANTS = [generate(3, 6, 40, 5, 0.9, 1), generate(4, 8, 50, 5, 0.95, 2, stages=2)]
WAYS = 4


@pytest.fixture(scope="module")
def group() -> Group:
    return group_of([Assignment(plant) for plant in PLANTS], WAYS, record=400)


def fresh(group: Group) -> Dispatcher:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        policy = Dispatcher(shape_of(group.env.single_observation_space))
    policy.deviation.copy_(torch.from_numpy(first_deviation(policy, group, 40)))
    return policy


def test_ways_that_play_alike_cost_alike_and_the_referee_agrees(group: Group) -> None:
    with torch.inference_mode():
        policy = fresh(group)
        costs = group.play(
            lambda seen: policy.by_rule(tensors(seen)).choice.argmax(-1, keepdim=True)
            .repeat(1, 1, 3).mul(torch.tensor([1, 0, 0])).numpy(),
            [5, 6],
        )  # fmt: skip
    assert costs.shape == (2, WAYS)
    assert np.allclose(costs, costs[:, :1])
    for place, plant in enumerate(PLANTS):
        row = place * WAYS
        total = evaluate(plant, group.env.schedule(row)).cost.total
        assert costs[place, 0] * group.env.scales[row] == pytest.approx(total)


def test_utilities_favour_the_cheapest_and_add_up_to_nothing() -> None:
    worth = utilities(np.array([[3.0, 1.0, 2.0, 4.0]]))
    assert worth.sum() == pytest.approx(0.0)
    assert worth[0].argmax() == 1
    assert worth[0, 3] == worth[0].min()


def test_the_search_finds_the_bottom_of_a_bowl() -> None:
    rng = np.random.default_rng(0)
    search = Search(np.array([3.0, -2.0, 1.0]), np.ones(3))
    for _ in range(150):
        drawn = rng.standard_normal((4, 16, 3))
        costs = ((search.mean + drawn * search.deviation) ** 2).sum(axis=2)
        move(search, [Told(drawn, costs)])
    assert np.abs(search.mean).max() < 0.2
    assert search.deviation.max() < 1.0


def test_evolution_makes_the_rule_cheaper() -> None:
    group = group_of([Assignment(PLANTS[1])], 8)
    policy, rng = fresh(group), np.random.default_rng(0)
    search = Search(
        policy.rule.detach().numpy().astype(float), policy.deviation.numpy().astype(float)
    )
    costs = [
        generation(search, policy, group, rng, np.zeros((1, len(search.mean))))[0]
        for _ in range(12)
    ]
    assert np.mean([one[0] for one in costs[-4:]]) < costs[0][0]


def test_credit_of_a_decision_is_how_the_way_goes_on_beside_the_others(group: Group) -> None:
    policy, rng = fresh(group), np.random.default_rng(0)
    generator = torch.Generator().manual_seed(0)
    episodes = recorded(group, policy, generator, rng, [1, 2], 1.0)
    balance = episodes.balance
    assert balance[-1] == pytest.approx(episodes.costs.reshape(-1))
    credit = advantages(episodes, WAYS, 1e12)
    change = balance - balance.reshape(len(balance), -1, WAYS).mean(axis=2).repeat(WAYS, axis=1)
    for moment in range(0, len(credit), 37):
        row, tick = episodes.row[moment], episodes.tick[moment]
        assert credit[moment] == pytest.approx(change[tick, row] - change[-1, row], abs=1e-6)


def test_what_was_recorded_has_the_probabilities_that_it_was_drawn_with(group: Group) -> None:
    policy, rng = fresh(group).eval(), np.random.default_rng(0)
    episodes = recorded(group, policy, torch.Generator().manual_seed(0), rng, [1, 2], 0.3)
    chosen = np.arange(len(episodes.row))
    with torch.inference_mode():
        again = log_probability(
            policy(episodes.batch(chosen)), torch.from_numpy(episodes.actions[chosen])
        )
    assert np.allclose(again.numpy(), episodes.logp, atol=1e-4)


def test_one_joint_ratio_leaves_the_clip_where_each_lines_own_stays_in_it() -> None:
    change = torch.full((1, 50), 0.02)
    deciding, advantage = torch.ones(1, 50, dtype=torch.bool), torch.ones(1)
    _, by_line = clipped_gain(change, advantage, deciding, Step(clip="line"))
    _, jointly = clipped_gain(change, advantage, deciding, Step(clip="joint"))
    assert float(by_line) == 0.0
    assert float(jointly) == 1.0


def test_improving_makes_what_went_well_more_likely(group: Group) -> None:
    policy, rng = fresh(group), np.random.default_rng(0)
    episodes = recorded(group, policy, torch.Generator().manual_seed(0), rng, [1, 2], 1.0)
    worth = advantages(episodes, WAYS, 192.0)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.003)
    improve(policy, optimizer, episodes, WAYS, rng, Step(passes=4, reach=10.0))
    drawn = np.flatnonzero(episodes.row % WAYS != 0)
    with torch.inference_mode():
        logp = log_probability(
            policy(episodes.batch(drawn)), torch.from_numpy(episodes.actions[drawn])
        )
    change = (logp.numpy() - episodes.logp[drawn]).sum(axis=1)
    assert np.corrcoef(change, worth[drawn])[0, 1] > 0.1


def test_the_best_way_is_imitated(group: Group) -> None:
    policy, rng = fresh(group), np.random.default_rng(0)
    episodes = recorded(group, policy, torch.Generator().manual_seed(0), rng, [1, 2], 1.0)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.003)
    first = imitate_best(policy, optimizer, episodes, WAYS, rng, Step(passes=2))
    later = imitate_best(policy, optimizer, episodes, WAYS, rng, Step(passes=2))
    if first["beaten"] > 0:
        assert later["loss"] < first["loss"]
    rows = np.flatnonzero(episodes.row == 1)
    losses = [imitate(policy, optimizer, episodes, rows) for _ in range(5)]
    assert losses[-1] < losses[0]


def test_a_draft_is_the_cheapest_that_was_played_and_feasible(group: Group) -> None:
    policy = fresh(group).eval()
    for plant in PLANTS:
        told = played(Assignment(plant), policy, np.random.default_rng(1), 2, WAYS)
        verdict = evaluate(plant, told.schedule)
        assert verdict.feasible
        assert verdict.cost.total == pytest.approx(told.costs.min())
        assert told.costs.shape == (2, WAYS)
        assert told.costs.min() <= told.own


def test_a_draft_keeps_what_is_locked_and_weighs_as_it_is_told(group: Group) -> None:
    from dataclasses import replace

    policy, plant, weights = fresh(group).eval(), PLANTS[0], Weights(tardiness=3.0)
    base = draft(plant, policy, np.random.default_rng(0), 1)
    locked = Schedule(tuple(replace(run, lock="all") for run in base.runs[:3]))
    found = draft(plant, policy, np.random.default_rng(0), 1, weights, locked)
    assert {run.id for run in locked.runs} <= {run.id for run in found.runs}
    assert evaluate(plant, found, locked, weights).feasible


def test_more_runs_than_there_was_room_for_are_made_room_for(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.policy import draft as drafting

    monkeypatch.setattr(drafting, "RUNS_A_DAY", 1)
    assert evaluate(
        PLANTS[1], draft(PLANTS[1], fresh(group).eval(), np.random.default_rng(0), 1)
    ).feasible


def test_the_policy_that_ships_beats_atcs_tuned_for_the_plant_and_chance() -> None:
    plant = generate(10, 12, 110, 7, 0.95, 4_000_001)
    marks = yardsticks(plant, 0, Weights())
    worth = standing(plant, load_policy(), 0, Weights(), rounds=4)
    assert worth.best < marks.tuned_atcs
    assert worth.likely < marks.greedy < marks.chance


def test_learning_that_was_interrupted_goes_on_as_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"lines": (3, 4), "days": (3, 4), "plants": 2, "ways": 4}
    stages = (
        Stage("evolve", 4, rate=0.5, leaning=0.5, averaged=3, pool=3, **small),  # type: ignore[arg-type]
        Stage("improve", 2, share=1.0, **small),  # type: ignore[arg-type]
        Stage("amortise", 3, share=1.0, searched=1, load=(0.5, 0.6), **small),  # type: ignore[arg-type]
        Stage("gather", 5, last=3, pool=2, searched=1, lucky=0, **small),  # type: ignore[arg-type]
    )
    recipe = Recipe(stages, examined=1, examine_every=2)
    monkeypatch.setattr(examination, "EXAMINED", Spread(lines=(3, 4), days=(3, 4)))

    def made(folder: Path) -> learning.Learner:
        ticks = itertools.count()
        return learning.Learner(
            recipe, folder, lambda: 30.0 * next(ticks), lambda _: None, styles=1
        )

    whole = made(tmp_path / "whole")
    whole.run()
    halted = made(tmp_path / "parts")
    monkeypatch.setattr(halted, "_close", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        halted.run()
    assert (halted.state.stage, halted.state.round) == (0, 4)
    parts = made(tmp_path / "parts")
    assert (parts.state.stage, parts.state.round) == (0, 4)
    parts.run()
    assert parts.policy.leaning.any()
    assert parts.policy.styles.any(dim=1).sum() == 3
    for name, values in whole.policy.state_dict().items():
        assert torch.equal(values, parts.policy.state_dict()[name]), name
    curve = json.loads((tmp_path / "parts" / "curve.json").read_text())
    assert {one["kind"] for one in curve} == {"evolve", "improve", "amortise", "gather"}
    assert load_policy(tmp_path / "parts" / "standing").has_layers()


def test_a_group_that_is_played_again_is_the_same_after_an_interruption() -> None:
    stage = Stage("improve", 12, (3, 4), (3, 4), 1, 2, reuse=4, share=1.0)

    def orders_of(plants: Plants, number: int) -> bytes:
        group = plants.group(number, np.random.default_rng(number))
        return group.env.fleet.order_quantity.tobytes()

    first = [orders_of(Plants(stage, 0), number) for number in (1, 4, 8)]
    assert len(set(first)) == 3
    plants = Plants(stage, 0)
    for number in range(12):
        orders_of(plants, number)
    assert set(plants.kept) <= set(range(1, 9))
    assert orders_of(plants, 9) == orders_of(Plants(stage, 0), 9)


def test_a_recipe_that_begins_with_what_ships_ends_with_no_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "EXAMINED", Spread(lines=(3, 4), days=(3, 4)))
    spoilt = Stage("amortise", 2, (3, 4), (3, 4), 2, 4, rate=10.0, share=1.0, searched=2)
    recipe = Recipe((spoilt,), examined=3, begins="shipped")
    one = learning.Learner(recipe, tmp_path, lambda: 0.0, lambda _: None, styles=1)
    best = one.run()
    shipped = load_policy()
    assert one.curve[-1].worth > one.curve[0].worth
    assert not best.has_layers()
    assert torch.equal(best.rule, shipped.rule)
    assert torch.equal(one.policy.rule, shipped.rule)  # the rule is no part of what is amortised
    assert one.policy.has_layers()


def test_a_curriculum_goes_from_small_and_calm_plants_to_large_and_tight_ones() -> None:
    stages = [stage for stage in LAYERS.stages if stage.kind == "amortise"]
    for smaller, larger in itertools.pairwise(stages):
        assert smaller.lines < larger.lines
        assert smaller.load < larger.load
        assert smaller.two_stage <= larger.two_stage
    tight = assignments_of("train", range(4), replace(stages[-1], load=(1.2, 1.3)).spread)
    calm = assignments_of("train", range(4), replace(stages[-1], load=(0.3, 0.4)).spread)
    asked = [sum(order.quantity for order in one.plant.orders) for one in tight + calm]
    assert min(a / b for a, b in zip(asked[:4], asked[4:], strict=True)) > 1.5


def test_a_teacher_is_the_cheapest_rule_that_was_tried() -> None:
    group = group_of([Assignment(PLANTS[1])], 8)
    teacher = drafted(fresh(group).eval(), group, np.random.default_rng(0), 4)
    again = group.play_rules(np.tile(teacher.rule, (8, 1)), [0])
    assert teacher.costs.shape == (4, 8)
    assert again == pytest.approx(teacher.costs.min())
    assert teacher.saved == pytest.approx(np.log(teacher.costs[0, 0] / again[0, 0]))
    assert teacher.saved > 0


def test_teachers_answer_on_their_own_way_and_on_the_learners() -> None:
    group = group_of([Assignment(plant) for plant in PLANTS], 2)
    policy, rng = fresh(group).eval(), np.random.default_rng(0)
    alone = [group_of([Assignment(plant)], 8) for plant in PLANTS]
    teachers = [drafted(policy, one, rng, 2) for one in alone]
    answers, costs = answered(group, policy, teachers, rng, [0, 0], 1.0)
    for place, one in enumerate(teachers):
        assert costs[place, TEACHER] == pytest.approx(one.costs.min())
        assert costs[place, LEARNER] == pytest.approx(one.costs[0, 0])
        rows = np.flatnonzero(answers.row // 2 == place)
        assert set(answers.row[rows] % 2) == {TEACHER, LEARNER}
        style = np.tile((one.rule - policy.rule.detach().numpy()), (len(rows), 1))
        with torch.inference_mode():
            scores = policy.by_rule(answers.batch(rows), torch.from_numpy(style).float())
        deciding = can_choose(scores)
        same = (most_likely(scores).numpy() == answers.actions[rows]).all(axis=-1)
        assert same[deciding.numpy()].mean() > 0.999  # equal scores may fall either way
    assert np.all(answers.counts[::2] == answers.counts[1::2])


def test_learning_what_teachers_answer_makes_it_more_likely() -> None:
    group = group_of([Assignment(plant) for plant in PLANTS], 2)
    policy, rng = fresh(group).train(), np.random.default_rng(0)
    teachers = [drafted(policy, group_of([Assignment(one)], 8), rng, 2) for one in PLANTS]
    answers, _ = answered(group, policy, teachers, rng, [0, 0], 1.0)
    optimizer = torch.optim.Adam(policy.parameters(), lr=0.003)
    losses = [learn_answers(policy, optimizer, answers, rng, Step()) for _ in range(4)]
    assert losses[-1] < losses[0]


def test_files_of_a_policy_are_read_by_whoever_may_read_the_folder(
    group: Group, tmp_path: Path
) -> None:
    save_policy(fresh(group), tmp_path)
    assert (tmp_path / "weights.safetensors").stat().st_mode & 0o044 == 0o044
