"""Plans carried out in the simulation, replanned or not, and the plant as a planner finds it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.closed_loop import PROMPT, Follower, early, roll_planner, roll_policy
from envs.fleet.luck import CERTAIN, ROUGH
from envs.fleet.plants import Assignment
from envs.fleet.snapshot import snapshot
from envs.fleet_rules import episode_costs, policy_of
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import Plant, Schedule, evaluate

PLANT = generate(4, 10, 60, 5, 0.8, 5, stages=2)
ONE_STAGE = generate(4, 8, 50, 5, 0.8, 3)


def by_rule(standing: Plant, left: Schedule) -> Schedule:
    return dispatch(standing, RULES["atcs"])


def env_of(plant: Plant, luck: object = CERTAIN) -> FleetEnv:
    mode = AutoresetMode.DISABLED
    return FleetEnv([plant], luck, PROMPT, [1.0], mode, copy=False, record=3000)  # type: ignore[arg-type]


def played(env: FleetEnv, until: int, seed: int = 1) -> None:
    env.reset(seed=[seed])
    act = policy_of(env, RULES["atcs"])
    while env.state.clock[0] < until:
        env.advance(act(env))


def shifted(plan: Schedule, minutes: int) -> Schedule:
    runs = (replace(run, start=run.start + minutes, end=run.end + minutes) for run in plan.runs)
    return Schedule(tuple(runs))


def test_plans_differ_as_much_in_a_snapshot_as_they_do_in_the_plant() -> None:
    """What is sunk is the same for all plans, and no more in the snapshot."""
    env = env_of(PLANT)
    env.reset(seed=[1])
    standing = snapshot(env.assignments[0], env.fleet, env.state, 0)
    gone = PLANT.horizon - standing.horizon
    plans = [dispatch(standing, RULES[name]) for name in ("atcs", "edd")]
    here = [evaluate(standing, plan) for plan in plans]
    there = [evaluate(PLANT, shifted(plan, gone)) for plan in plans]
    assert all(one.feasible for one in (*here, *there))
    for name in ("tardiness", "production", "changeover", "holding", "total"):
        first, second = (
            getattr(one[0].cost, name) - getattr(one[1].cost, name) for one in (here, there)
        )
        assert first == pytest.approx(second, abs=1e-6), name
    assert here[0].cost.total != pytest.approx(here[1].cost.total)


def test_luck_that_has_not_shown_yet_is_in_no_snapshot() -> None:
    env = env_of(PLANT, ROUGH)
    found = []
    for seed in (1, 2):
        env.reset(seed=[seed])
        standing = snapshot(env.assignments[0], env.fleet, env.state, 0)
        later = tuple(one for one in standing.orders if one.due > 2 * 1440)
        found.append((standing.lines, standing.items, standing.arrivals, later))
    assert found[0] == found[1]
    assert found[0][3]


def test_what_is_under_way_arrives_in_the_snapshot_and_its_line_is_free_after_it() -> None:
    env = env_of(PLANT)
    played(env, 2 * 1440 + 540)
    standing = snapshot(env.assignments[0], env.fleet, env.state, 0)
    now = int(env.state.clock[0])
    running = [run for run in env.schedule(0).runs if run.end > now]
    assert running
    for run in running:
        line = next(one for one in standing.lines if one.id == run.line)
        assert line.available_from >= run.end - now
        assert any(
            (one.item, one.at, one.quantity)
            == (run.item, run.end - now, pytest.approx(run.quantity))
            for one in standing.arrivals
        )


def test_the_rest_of_an_episode_costs_what_its_plan_was_said_to_cost() -> None:
    env = env_of(ONE_STAGE)
    played(env, 1440 + 600)
    standing = snapshot(env.assignments[0], env.fleet, env.state, 0)
    plan = by_rule(standing, Schedule(()))
    follower = Follower(env)
    follower.take(plan)
    before, sunk = len(env.schedule(0).runs), env.costs(0)
    while not env.is_over:
        told = follower.begun()
        env.advance(follower.action())
        follower.note(told)
    made = env.schedule(0).runs[before:]
    assert 0.8 * len(plan.runs) <= len(made) <= len(plan.runs)
    assert evaluate(ONE_STAGE, env.schedule(0)).feasible
    spent = env.costs(0)["tardiness"] + env.costs(0)["production"]
    spent -= sunk["tardiness"] + sunk["production"]
    expected = evaluate(standing, plan).cost
    said = expected.tardiness + expected.production
    assert 0.8 * said < spent < 1.02 * said  # less, as lots shrink to what orders still ask for


@pytest.mark.parametrize("plant", [PLANT, ONE_STAGE])
def test_a_plan_made_once_is_carried_out_as_it_was_planned(plant: Plant) -> None:
    plans = []

    def planner(standing: Plant, left: Schedule) -> Schedule:
        plans.append(by_rule(standing, left))
        return shifted(plans[0], 0)

    done = roll_planner(Assignment(plant), planner, CERTAIN, 1, every=10**9)
    assert done.thought == len(plans) == 1
    first = min(shift.start for line in plant.lines for shift in line.shifts)
    expected = evaluate(plant, shifted(plans[0], first)).cost.total
    assert done.cost["total"] == pytest.approx(expected, rel=0.03)


def test_replanning_is_asked_for_hourly_and_priced_by_the_referee() -> None:
    asked: list[int] = []

    def planner(standing: Plant, left: Schedule) -> Schedule:
        asked.append(standing.horizon)
        assert all(run.end > run.start >= 0 for run in left.runs)
        return by_rule(standing, left)

    done = roll_planner(Assignment(PLANT), planner, ROUGH, 3)
    assert done.thought == len(asked) > 10
    assert all(first - second >= 60 for first, second in pairwise(asked))
    assert np.isfinite(done.cost["total"])


def test_a_planner_that_looks_ahead_does_better_than_a_stale_plan_under_luck() -> None:
    stale = fresh = 0.0
    for seed in range(3):
        assignment = Assignment(ONE_STAGE)
        stale += roll_planner(assignment, by_rule, ROUGH, seed, 10**9).cost["total"]
        fresh += roll_planner(assignment, by_rule, ROUGH, seed).cost["total"]
    assert fresh < stale


def test_who_plans_early_is_shown_orders_sooner_but_for_those_that_are_near() -> None:
    seen: list[Plant] = []

    def planner(standing: Plant, left: Schedule) -> Schedule:
        seen.append(standing)
        return by_rule(standing, left)

    left = Schedule(())
    plan = early(planner, 720)(ONE_STAGE, left)
    assert evaluate(ONE_STAGE, plan).feasible
    pairs = list(zip(ONE_STAGE.orders, seen[0].orders, strict=True))
    assert {one.due - shown.due for one, shown in pairs if one.due > 720} == {720}
    assert all(shown == one for one, shown in pairs if one.due <= 720)
    assert replace(seen[0], orders=ONE_STAGE.orders) == ONE_STAGE


def test_a_policy_rolled_out_costs_what_an_episode_costs() -> None:
    env = env_of(PLANT, ROUGH)
    policy = policy_of(env, RULES["atcs"])
    done = roll_policy(env, policy, 5)
    assert done[0].cost["total"] == pytest.approx(episode_costs(env, policy, 5)[0])
    assert done[0].thought > 50


def test_plants_that_follow_a_base_have_no_snapshot() -> None:
    env = FleetEnv(
        [Assignment(PLANT, base=Schedule(()))], scales=[1.0], autoreset_mode=AutoresetMode.DISABLED
    )
    env.reset(seed=1)
    with pytest.raises(ValueError, match="base schedule"):
        snapshot(env.assignments[0], env.fleet, env.state, 0)
