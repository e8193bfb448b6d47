"""A policy that plans while the plant runs: plans carried out in compiled code, and chosen under luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from envs.closed_loop import PROMPT, Follower, early, roll_policy
from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.fleet.plants import Assignment
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import Plant, Schedule
from tests.models.optimize.tiny import two_line_plant

pytestmark = pytest.mark.integration
pytest.importorskip("torch")

from models.policy.context import contexts  # noqa: E402
from models.policy.files import load_policy  # noqa: E402
from models.policy.fitting import rules_of  # noqa: E402
from models.policy.playing import Player  # noqa: E402
from models.policy.playing.kernel import HOLD  # noqa: E402
from models.policy.searching import Carrying, Pains, searching  # noqa: E402
from models.policy.searching.ahead import Ahead  # noqa: E402

PLANTS = [generate(3, 6, 40, 4, 0.95, 1), generate(4, 8, 50, 3, 0.95, 2, stages=2)]
LITTLE = Pains(every=240, chosen=720, plans=2, first=2, draws=4)
Rule = NDArray[np.float64]


def fleet(luck: Luck, plants: Sequence[Plant] = PLANTS) -> FleetEnv:
    mode = AutoresetMode.DISABLED
    return FleetEnv(plants, luck, PROMPT, [200.0] * len(plants), mode, copy=False, record=500)


def by_rule(standing: Plant, left: Schedule) -> Schedule:
    return dispatch(standing, RULES["atcs"])


def by_edd(standing: Plant, left: Schedule) -> Schedule:
    return dispatch(standing, RULES["edd"])


def own(env: FleetEnv, row: int = 0) -> Rule:
    rule: Rule = rules_of(load_policy(), contexts(env.fleet, env.luck))[row]
    return rule


def holding(rule: Rule) -> Rule:
    """A rule that never makes anything."""
    none = np.zeros_like(rule)
    none[HOLD] = 1e9
    return none


def ahead_of(plant: Plant, luck: Luck, carrying: Carrying, rule: Rule, room: int = 4) -> Ahead:
    return Ahead(Assignment(plant), luck, carrying, rule, 200.0, room)


def sooner(plan: Schedule, minutes: int) -> Schedule:
    runs = (replace(run, start=run.start - minutes, end=run.end - minutes) for run in plan.runs)
    return Schedule(tuple(runs))


def followed(plant: Plant, plan: Schedule, luck: Luck, seed: int, lead: int) -> float:
    """What a plan costs that is carried out by the plain follower, to its end."""
    env = fleet(luck, [plant])
    env.reset(seed=[seed])
    follower = Follower(env, lead)
    follower.take(sooner(plan, int(env.state.clock[0])))
    while not env.is_over:
        before = follower.begun()
        env.advance(follower.action())
        follower.note(before)
    return env.costs(0)["total"]


@pytest.mark.parametrize("luck", [CERTAIN, ROUGH])
@pytest.mark.parametrize("lead", [0, 240])
def test_a_plan_carried_out_in_compiled_code_costs_what_the_plain_follower_makes_of_it(
    luck: Luck, lead: int
) -> None:
    seeds = np.arange(3)
    for number in range(8):
        plant = generate(2 + number % 4, 5 + number, 40, 3, 0.9, number, stages=1 + number % 2)
        plans = [dispatch(plant, RULES[name]) for name in ("atcs", "edd")]
        env = fleet(luck, [plant])
        ahead = ahead_of(plant, luck, Carrying(lead), holding(own(env)))
        plain = [
            [followed(plant, plan, luck, seed, lead) for seed in seeds.tolist()] for plan in plans
        ]
        assert ahead.costs(plans, seeds) == pytest.approx(np.array(plain))


def test_without_a_plan_the_rule_plays_alone() -> None:
    env = fleet(ROUGH)
    rules = rules_of(load_policy(), contexts(env.fleet, ROUGH))
    for row, plant in enumerate(PLANTS):
        ahead = ahead_of(plant, ROUGH, Carrying(), rules[row])
        found = ahead.costs([Schedule(())], np.array([5, 6, 7]))
        alone = Player(fleet(ROUGH, [plant])).episode(rules[[row]], [5 + row])
        assert found[0, row] == pytest.approx(alone[0])
        assert ahead.played == 3


def test_a_plan_meets_the_same_luck_wherever_it_stands_among_others() -> None:
    plans = [dispatch(PLANTS[0], RULES[name]) for name in ("atcs", "edd", "spt")]
    seeds = np.array([5, 6, 7])
    ahead = ahead_of(PLANTS[0], ROUGH, Carrying(), own(fleet(ROUGH)))
    all_three = ahead.costs(plans, seeds)
    assert ahead.costs(plans[::-1], seeds) == pytest.approx(all_three[::-1])
    assert ahead.costs(plans[1:], seeds[2:]) == pytest.approx(all_three[1:, 2:])
    assert len(set(all_three.ravel())) == 9


def test_of_many_plans_the_better_half_goes_on_and_the_cheapest_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worth = np.array([5.0, 1.0, 3.0, 2.0, 4.0, 6.0, 8.0, 7.0])
    plans = [Schedule(dispatch(PLANTS[0], RULES["atcs"]).runs[:number]) for number in range(8)]
    met: list[int] = []

    def costs(self: Ahead, tried: Sequence[Schedule], seeds: NDArray[np.int64]) -> Rule:
        met.append(len(tried) * len(seeds))
        return np.repeat(worth[[len(one.runs) for one in tried]][:, None], len(seeds), axis=1)

    monkeypatch.setattr(Ahead, "costs", costs)
    ahead = ahead_of(PLANTS[0], CERTAIN, Carrying(), own(fleet(CERTAIN)))
    assert ahead.ranked(plans, 8, np.random.default_rng(0)).tolist() == [1, 3]
    assert met == [16, 8, 4, 4]


def test_it_plans_once_in_so_long_and_chooses_among_several_now_and_then() -> None:
    env = fleet(ROUGH, PLANTS[:1])
    asked: list[tuple[int, int]] = []

    def noting(number: int) -> object:
        def plan(standing: Plant, left: Schedule) -> Schedule:
            asked.append((int(env.state.clock[0]), number))
            return by_rule(standing, left)

        return plan

    planners = [noting(number) for number in range(3)]
    pains = replace(LITTLE, first=7)
    roll_policy(env, searching(load_policy(), planners, pains, seed=1), 3)  # type: ignore[arg-type]
    times = sorted({clock for clock, _ in asked})
    opening = [number for clock, number in asked if clock == times[0]]
    assert sorted(opening.count(number) for number in range(3)) == [2, 2, 3]
    several = [clock for clock in times if sum(one == clock for one, _ in asked) == LITTLE.plans]
    assert len(times) > len(several) >= 2
    assert min(np.diff(times)) >= LITTLE.every
    assert min(np.diff([times[0], *several])) >= LITTLE.chosen
    assert max(times) < env.fleet.horizon[0] - LITTLE.least
    assert {number for _, number in asked} == {0, 1, 2}


def test_what_has_begun_is_not_left_and_all_else_is() -> None:
    env = fleet(CERTAIN, PLANTS[:1])
    told: list[tuple[int, list[tuple[str, str, float]], list[tuple[str, str, float]]]] = []

    def as_planned(standing: Plant, left: Schedule) -> Schedule:
        plan = left if left.runs else by_rule(standing, left)
        begun = int((env.state.runs + (env.state.start_at < 10**8)).sum())
        told.append((begun, _runs(left), _runs(plan)))
        return plan

    once = replace(LITTLE, every=60, plans=1, first=1, chosen=10**6)
    roll_policy(env, searching(load_policy(), [as_planned], once), 0)
    assert len(told) > 10
    for (before, _, plan), (now, left, _) in pairwise(told):
        assert set(left) <= set(plan)
        if left:  # the last runs may be dropped, when no order asks for them
            assert len(plan) - len(left) >= now - before


def _runs(plan: Schedule) -> list[tuple[str, str, float]]:
    return [(run.id, run.item, run.quantity) for run in plan.runs]


def test_the_plan_that_costs_least_under_luck_is_carried_out_and_its_planner_goes_on() -> None:
    asked: list[str] = []

    def good(standing: Plant, left: Schedule) -> Schedule:
        asked.append("good")
        return by_rule(standing, left)

    def bad(standing: Plant, left: Schedule) -> Schedule:
        asked.append("bad")
        plan = by_rule(standing, left)
        return Schedule(tuple(replace(run, quantity=run.quantity / 50) for run in plan.runs))

    slow = Carrying(urgent=-(10**6))  # nothing beside the plans
    pains = replace(LITTLE, chosen=10**6, draws=8)
    for planners in ([good, bad], [bad, good]):
        asked.clear()
        roll_policy(fleet(ROUGH, PLANTS[:1]), searching(load_policy(), planners, pains, slow), 1)
        assert set(asked[:2]) == {"good", "bad"}
        assert asked[2:] == ["good"] * (len(asked) - 2)
        assert len(asked) > 5


def test_with_the_same_seed_it_does_the_same_and_a_new_episode_begins_afresh() -> None:
    planners = [by_rule, by_edd, early(by_rule, 720)]

    def once() -> list[dict[str, float]]:
        policy = searching(load_policy(), planners, LITTLE, seed=1)
        return [one.cost for one in roll_policy(fleet(ROUGH), policy, 5)]

    costs = once()
    assert costs == once()
    env = fleet(ROUGH)
    policy = searching(load_policy(), [by_rule], replace(LITTLE, plans=1, first=1, chosen=10**6))
    first, again = (roll_policy(env, policy, 5) for _ in range(2))
    assert [one.cost for one in first] == [one.cost for one in again]


def test_what_luck_adds_is_made_by_lines_that_have_no_plan_left() -> None:
    rush = replace(CERTAIN, rush_per_day=4.0, rush_weight=20.0)
    env = fleet(rush, PLANTS[:1])
    plan = dispatch(PLANTS[0], RULES["atcs"])
    seeds = np.arange(8)
    rule = own(env)
    with_rule = ahead_of(PLANTS[0], rush, Carrying(), rule).costs([plan], seeds).mean()
    without = ahead_of(PLANTS[0], rush, Carrying(), holding(rule)).costs([plan], seeds).mean()
    assert with_rule < 0.9 * without


def test_a_line_without_a_plan_leaves_what_others_have_planned() -> None:
    plant = two_line_plant()
    plan = dispatch(plant, RULES["atcs"])
    line = plan.runs[0].line
    other = next(one.id for one in plant.lines if one.id != line)
    all_on_one = Schedule(tuple(run for run in plan.runs if run.line == line))
    env = fleet(CERTAIN, [plant])

    def planner(standing: Plant, left: Schedule) -> Schedule:
        return all_on_one

    once = replace(LITTLE, every=10**6, first=1, draws=1)
    roll_policy(env, searching(load_policy(), [planner], once), 0)
    planned = {run.item for run in all_on_one.runs}
    made = [run for run in env.schedule(0).runs if run.line == other]
    first = min(run.start for run in all_on_one.runs)
    assert planned
    assert not [run for run in made if run.item in planned and run.start <= first]


def test_somebody_has_to_plan() -> None:
    with pytest.raises(ValueError, match="planners: expected at least one"):
        searching(load_policy(), [])
