"""The fleet against the referee: same rules, same money, whatever is chosen and whatever happens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fifty_lines import PLANT_FILE
from envs.fleet.luck import CERTAIN, ROUGH, Luck
from envs.fleet.plants import Assignment, Rhythm
from envs.fleet_rules import episode_costs, policy_of
from envs.rules import RULES
from envs.vector_env import FleetEnv
from plant import COMPONENTS, Schedule, Weights, Zones, evaluate
from plant.io import load_plant, plant_from_document
from tests.envs.fleet.play import play
from tests.plant.random_plants import random_plant

DISABLED = AutoresetMode.DISABLED
WEIGHTS = Weights(tardiness=2.0, makespan=1.5, instability=7.0)
HARSH = Luck(5.0, 30.0, 0.2, 0.05, 0.5, 6.0, 0.5, 0.5, 0.3, 3.0, 2.0, 300)


def fleet_of(seeds: range, luck: Luck = CERTAIN) -> FleetEnv:
    plants = [plant_from_document(random_plant(np.random.default_rng(seed))) for seed in seeds]
    return env_of([Assignment(plant, WEIGHTS) for plant in plants], luck)


def env_of(
    assignments: list[Assignment], luck: Luck = CERTAIN, rhythm: Rhythm = Rhythm()
) -> FleetEnv:
    scales = [100.0] * len(assignments)
    return FleetEnv(assignments, luck, rhythm, scales, DISABLED, record=600)


def agrees(env: FleetEnv, seed: int, unmasked: bool = False) -> int:
    """The number of runs, each plant's money equal to the referee's, no rule broken."""
    total, _ = play(env, seed, unmasked)
    runs = 0
    for row, assignment in enumerate(env.assignments):
        plant, schedule = env.realised(row)
        base, zones = (
            (assignment.base, assignment.zones) if env.luck.is_certain else (None, Zones())
        )
        told = evaluate(plant, schedule, base, assignment.weights, zones)
        assert told.violations == (), (row, told.violations)
        moved = 0.0 if base is not None else env.cost[row, COMPONENTS.index("instability")]
        for name, money in zip(COMPONENTS, env.cost[row], strict=True):
            if name != "instability":
                expected = pytest.approx(getattr(told.cost, name), rel=1e-8, abs=1e-6)
                assert money == expected, (row, name)
        assert total[row] == pytest.approx(told.cost.total + moved, rel=1e-8, abs=1e-6), row
        runs += len(schedule.runs)
    return runs


def test_an_episode_costs_what_the_referee_says_on_hundreds_of_plants() -> None:
    env = fleet_of(range(150))
    assert agrees(env, 1) > 100
    assert agrees(env, 2, unmasked=True) > 50


def test_what_happened_by_luck_is_priced_by_the_same_rules() -> None:
    env = fleet_of(range(300, 450), HARSH)
    assert agrees(env, 3) > 150
    failures = int(env.state.failures.sum())
    assert failures > 10


def test_ticks_of_other_lengths_and_odd_horizons_change_no_rule() -> None:
    plants = [
        plant_from_document(random_plant(np.random.default_rng(seed))) for seed in range(900, 960)
    ]
    odd = [Assignment(replace(plant, horizon=plant.horizon - 7), WEIGHTS) for plant in plants]
    for tick, luck in ((7, CERTAIN), (60, CERTAIN), (11, HARSH)):
        agrees(env_of(odd, luck, Rhythm(tick=tick, hold=90, near=700, longest=200)), tick)


def test_the_plant_that_ships_is_simulated_to_the_referees_money() -> None:
    plant = load_plant(PLANT_FILE)
    for luck in (CERTAIN, ROUGH):
        env = FleetEnv([plant], luck, scales=[1.0], autoreset_mode=DISABLED, record=9000)
        cost = episode_costs(env, policy_of(env, RULES["atcs"]), 3)[0]
        turned_out, schedule = env.realised(0)
        told = evaluate(turned_out, schedule)
        assert told.feasible
        assert cost == pytest.approx(told.cost.total)
        assert told.kpis.on_time_in_full > 0.7


@pytest.mark.slow
def test_an_episode_costs_what_the_referee_says_on_thousands_of_plants() -> None:
    for first in range(1000, 9000, 1000):
        agrees(fleet_of(range(first, first + 1000)), first)
        agrees(fleet_of(range(first, first + 1000), HARSH), first)


def followed(seeds: range, luck: Luck = CERTAIN) -> list[Assignment]:
    """Plants that follow a base schedule of their own with random locks and zones."""
    first = fleet_of(seeds)
    play(first, 5)
    rng = np.random.default_rng(9)
    found = []
    for row, assignment in enumerate(first.assignments):
        locks = ["none", "none", "line", "start", "all"]
        runs = (replace(r, lock=str(rng.choice(locks))) for r in first.schedule(row).runs)
        zones = Zones(int(rng.choice([0, 600])), int(rng.choice([0, 900])))
        found.append(Assignment(assignment.plant, WEIGHTS, Schedule(tuple(runs)), zones))
    return found


def test_runs_that_the_base_locks_stay_and_cost_what_the_referee_says() -> None:
    env = env_of(followed(range(600, 700)))
    agrees(env, 6)
    kept = sum(
        len(set(assignment.base.runs) & set(env.schedule(row).runs))
        for row, assignment in enumerate(env.assignments)
        if assignment.base is not None
    )
    assert kept > 15


def test_luck_may_put_kept_runs_off_and_is_still_priced() -> None:
    agrees(env_of(followed(range(800, 860)), HARSH), 7)
