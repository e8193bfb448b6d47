"""The fleet against the referee: same rules, same money, whatever is chosen and whatever happens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.plants import Assignment
from envs.vector_env import FleetEnv
from plant import COMPONENTS, Schedule, Weights, Zones, evaluate
from plant.io import plant_from_document
from tests.envs.fleet_play import play
from tests.plant.random_plants import random_plant

WEIGHTS = Weights(tardiness=2.0, makespan=1.5, instability=7.0)
HARSH = Luck(5.0, 30.0, 0.2, 0.05, 0.5, 6.0, 0.5, 0.5, 0.3, 3.0, 2.0, 300)


def fleet_of(seeds: range, luck: Luck = CERTAIN) -> FleetEnv:
    plants = [plant_from_document(random_plant(np.random.default_rng(seed))) for seed in seeds]
    return env_of([Assignment(plant, WEIGHTS) for plant in plants], luck)


def env_of(assignments: list[Assignment], luck: Luck = CERTAIN) -> FleetEnv:
    scales = [100.0] * len(assignments)
    return FleetEnv(
        assignments, luck, scales=scales, autoreset_mode=AutoresetMode.DISABLED, record=600
    )


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
