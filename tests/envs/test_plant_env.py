"""The simulated plant against the referee: same rules, same money, whatever is chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from envs.plant_env import PlantEnv
from envs.scenarios import generate
from envs.world import Pace
from plant import (
    Arrival,
    BomLine,
    Capability,
    Changeover,
    Evaluation,
    Item,
    Line,
    Order,
    Plant,
    Run,
    Schedule,
    Shift,
    Weights,
    Zones,
    evaluate,
)
from plant.io import plant_from_document
from tests.plant.random_plants import random_plant

WEIGHTS = Weights(tardiness=2.0, makespan=1.5, instability=7.0)


def chosen(env: PlantEnv, mask: np.ndarray, rng: np.random.Generator, how: str) -> np.ndarray:
    if how == "greedy":
        return env.greedy_action()
    if how == "unmasked":
        return rng.integers(0, env.action_space.nvec)
    return np.argmax(rng.random(mask.shape) * mask, axis=1)


def played(env: PlantEnv, rng: np.random.Generator, how: str) -> tuple[Schedule, float, int]:
    """The schedule of one episode, the sum of its step costs, and its steps."""
    seen, info = env.reset(seed=int(rng.integers(2**31)))
    total, steps = info["cost"], 0
    while not env.is_over:
        seen, reward, terminated, truncated, info = env.step(chosen(env, seen["mask"], rng, how))
        assert reward == pytest.approx(-info["cost"] / env.scale)
        assert not terminated
        assert truncated == env.is_over
        total += info["cost"]
        steps += 1
    return env.schedule(), total, steps


def agrees(plant: Plant, env: PlantEnv, rng: np.random.Generator, how: str) -> Evaluation:
    schedule, total, _ = played(env, rng, how)
    told = evaluate(plant, schedule, weights=WEIGHTS)
    assert told.violations == (), (how, told.violations)
    assert total == pytest.approx(told.cost.total, rel=1e-9, abs=1e-6), how
    for name, money in env.cost.items():
        assert money == pytest.approx(getattr(told.cost, name), rel=1e-9, abs=1e-6), name
    return told


def play_random_plants(seeds: range) -> int:
    runs = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        plant = plant_from_document(random_plant(rng))
        env = PlantEnv(plant, WEIGHTS, scale=100.0)
        for how in ("masked", "greedy", "unmasked"):
            agrees(plant, env, rng, how)
            runs += len(env.schedule().runs)
    return runs


def test_an_episode_costs_what_the_referee_says_and_breaks_no_rule_on_hundreds_of_plants() -> None:
    assert play_random_plants(range(200)) > 500


@pytest.mark.slow
def test_an_episode_costs_what_the_referee_says_and_breaks_no_rule_on_thousands_of_plants() -> None:
    assert play_random_plants(range(1000, 7000)) > 20_000


def test_runs_that_the_base_locks_stay_and_cost_what_the_referee_says() -> None:
    kept = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        plant = plant_from_document(random_plant(rng))
        first = PlantEnv(plant, WEIGHTS, scale=100.0)
        made, _, _ = played(first, rng, "masked")
        base = Schedule(
            tuple(
                replace(run, lock=str(rng.choice(["none", "none", "line", "start", "all"])))
                for run in made.runs
            )
        )
        zones = Zones(int(rng.choice([0, 600])), int(rng.choice([0, 900])))
        env = PlantEnv(plant, WEIGHTS, base, zones, scale=100.0)
        schedule, total, _ = played(env, rng, "masked")
        told = evaluate(plant, schedule, base, WEIGHTS, zones)
        assert told.violations == ()
        assert total == pytest.approx(told.cost.total, rel=1e-9, abs=1e-6)
        kept += len(set(base.runs) & set(schedule.runs))
    assert kept > 30


def test_drawn_demand_is_the_demand_of_the_plant_that_the_episode_names() -> None:
    rng = np.random.default_rng(5)
    plant = plant_from_document(random_plant(rng, stages=2))
    env = PlantEnv(plant, WEIGHTS, demand_noise=0.3, scale=100.0)
    schedule, total, _ = played(env, rng, "masked")
    assert env.plant != plant
    assert total == pytest.approx(evaluate(env.plant, schedule, weights=WEIGHTS).cost.total)


@pytest.mark.filterwarnings("ignore:.*A Box observation space")
def test_gymnasium_accepts_the_environment() -> None:
    check_env(PlantEnv(generate(3, 6, 40, 7, 0.9, 1)), skip_render_check=True)


def test_the_same_choices_give_the_same_episode() -> None:
    plant = plant_from_document(random_plant(np.random.default_rng(11), stages=3))
    env = PlantEnv(plant)
    one, other = (played(env, np.random.default_rng(1), "masked") for _ in range(2))
    assert one == other


def test_a_line_that_does_not_decide_can_only_hold() -> None:
    rng = np.random.default_rng(2)
    env = PlantEnv(plant_from_document(random_plant(rng)))
    seen, _ = env.reset()
    while not env.is_over:
        busy = seen["lines"][:, 0] == 0
        assert (seen["mask"][:, 0] == 1).all()
        assert (seen["mask"][busy, 1:] == 0).all()
        seen, *_ = env.step(chosen(env, seen["mask"], rng, "masked"))


def two_line_plant() -> Plant:
    """Two lines that both can make one item; its raw material is there for one lot only, until 240."""
    shifts = (Shift(0, 480),)
    return Plant(
        currency="EUR",
        starts_at=datetime(2026, 1, 5, tzinfo=UTC),
        horizon=480,
        lines=(
            Line("L1", run_cost=60, idle_cost=6, shifts=shifts, initial_family="B"),
            Line("L2", run_cost=60, idle_cost=6, shifts=shifts, initial_family="A"),
        ),
        items=(Item("A1", "A"), Item("raw", "raw", stock=60)),
        capabilities=(
            Capability("L1", "A1", rate=60, min_lot=60, lot_multiple=60),
            Capability("L2", "A1", rate=60, min_lot=60, lot_multiple=60),
        ),
        changeovers=(Changeover("B", "A", 30, 10.0),),
        bom=(BomLine("A1", "raw", 1.0),),
        arrivals=(Arrival("raw", 240, 60),),
        orders=(Order("O1", "A1", 120, due=480, weight=24.0),),
    )


def test_lines_that_decide_together_do_not_take_the_same_material() -> None:
    """Worked out by hand: 60 units now on L2, which needs no changeover; 60 at 240, again on L2.

    Both lines choose the item at minute 0. L2 is served first; L1 finds no material, so it holds.
    The raw material arrives at 240, when both are idle and L2 is served first again.
    Production 2 h × 60, changeover none, idle (8 + 6) h × 6, nothing late.
    """
    env = PlantEnv(two_line_plant(), pace=Pace(longest=60), scale=1.0)
    seen, _ = env.reset()
    assert env.minute == 0
    assert seen["mask"].tolist() == [[1, 1], [1, 1]]
    seen, _, _, over, _ = env.step(np.array([1, 1]))
    assert (env.minute, over) == (240, False)
    *_, over, _ = env.step(np.array([1, 1]))
    assert over
    assert [(r.line, r.start, r.end, r.quantity) for r in env.schedule().runs] == [
        ("L2", 0, 60, 60.0),
        ("L2", 240, 300, 60.0),
    ]
    assert env.cost["production"] == pytest.approx(120)
    assert env.cost["idle"] == pytest.approx(84)
    assert env.cost["total"] == pytest.approx(204)


def test_a_kept_run_has_its_material_and_its_place() -> None:
    """By hand: the kept run takes the 60 units of minute 0, so nothing can start before 240.

    L2, free again at 105, holds until 225. There L1, which needs 30 minutes of changeover, could start
    at 255, when the raw material has come; L2 would start at once, without material.
    """
    base = Schedule((Run("K1", "L2", "A1", 45, 105, 60, lock="all"),))
    env = PlantEnv(two_line_plant(), base=base, pace=Pace(longest=60), scale=1.0)
    seen, _ = env.reset()
    assert env.minute == 225
    assert seen["mask"].tolist() == [[1, 1], [1, 0]]
    while not env.is_over:
        seen, *_ = env.step(seen["mask"][:, -1])
    told = evaluate(two_line_plant(), env.schedule(), base)
    assert told.feasible
    assert [(r.id, r.line, r.start) for r in env.schedule().runs] == [
        ("K1", "L2", 45),
        ("R0001", "L1", 255),
    ]
    assert env.cost["total"] == pytest.approx(told.cost.total)
