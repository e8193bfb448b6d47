"""Planned runs that lines move: pulled forward, pushed back, priced by the referee, no rule broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from pettingzoo.test import parallel_api_test

from envs.fleet.kernel.choices import ALL, MODES, MOVE, OVERTIME
from envs.fleet.luck import CERTAIN, Luck
from envs.fleet.plants import Assignment
from envs.lines_env import LinesEnv
from envs.scenarios import generate
from envs.vector_env import FleetEnv
from plant import (
    COMPONENTS,
    Arrival,
    BomLine,
    Capability,
    Changeover,
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
from plant.schedule import Lock
from tests.envs.fleet.play import chosen, play

WEIGHTS = Weights(tardiness=2.0, makespan=1.5, instability=7.0)
HARSH = Luck(5.0, 30.0, 0.2, 0.05, 0.5, 6.0, 0.5, 0.5, 0.3, 3.0, 2.0, 300)
SLUSH = Zones(slush=2880)
HOLD = 0
LOCKS: tuple[Lock, ...] = ("none", "line", "start", "all")

# One line, products A and B of one raw material, half an hour between them, a unit a minute.
SMALL = Plant(
    currency="EUR",
    starts_at=datetime(2026, 1, 5, tzinfo=UTC),
    horizon=1440,
    lines=(Line("L", run_cost=60.0, shifts=(Shift(0, 1440),), initial_family="a"),),
    items=(Item("A", "a"), Item("B", "b"), Item("R", "raw", stock=1000.0)),
    capabilities=(Capability("L", "A", 60.0), Capability("L", "B", 60.0)),
    changeovers=(Changeover("a", "b", 30), Changeover("b", "a", 30)),
    bom=(BomLine("A", "R", 1.0), BomLine("B", "R", 1.0)),
    orders=(Order("OA", "A", 240.0, 600), Order("OB", "B", 120.0, 600)),
)
PLANNED = Run("P", "L", "B", 600, 720, 120.0, "line")


def env_of(
    assignments: list[Assignment], luck: Luck = CERTAIN, moves: bool = True, record: int = 3000
) -> FleetEnv:
    scales = [100.0] * len(assignments)
    mode = AutoresetMode.DISABLED
    return FleetEnv(
        assignments, luck, scales=scales, autoreset_mode=mode, record=record, moves=moves
    )


def played(
    plant: Plant, run: Run, choice: int, mode: int, zones: Zones = SLUSH, size: int = ALL
) -> tuple[dict[str, Run], FleetEnv]:
    """The runs of an episode whose first decision is the one given; after it the line holds."""
    env = env_of([Assignment(plant, WEIGHTS, Schedule((run,)), zones)], record=50)
    env.reset(seed=1)
    env.advance(np.array([[[choice, size, mode]]]))
    while not env.is_over:
        env.advance(np.zeros((1, 1, 3), np.int64))
    schedule = env.schedule(0)
    told = evaluate(plant, schedule, Schedule((run,)), WEIGHTS, zones)
    assert told.violations == ()
    assert env.costs(0)["total"] == pytest.approx(told.cost.total)
    return {one.id: one for one in schedule.runs}, env


def test_a_line_that_holds_pulls_its_next_planned_run_forward() -> None:
    runs, env = played(SMALL, PLANNED, HOLD, MOVE)
    assert (runs["P"].start, runs["P"].end) == (30, 150)
    assert env.costs(0)["instability"] == 7.0


def test_moving_what_lies_beyond_the_slush_zone_costs_nothing() -> None:
    runs, env = played(SMALL, PLANNED, HOLD, MOVE, Zones(slush=60))
    assert runs["P"].start == 30
    assert env.costs(0)["instability"] == 0.0


def test_without_the_third_mode_it_stays_as_planned() -> None:
    runs, env = played(SMALL, PLANNED, HOLD, OVERTIME)
    assert runs["P"].start == 600
    assert env.costs(0)["instability"] == 0.0


def test_what_is_told_with_the_third_mode_comes_before_the_planned_run() -> None:
    planned = replace(PLANNED, start=120, end=240)
    kept, _ = played(SMALL, planned, 1, OVERTIME)
    assert kept["P"].start == 120
    assert kept["R0001"].quantity == 90.0  # to the changeover
    runs, env = played(SMALL, planned, 1, MOVE)
    assert (runs["R0001"].start, runs["R0001"].end) == (0, 240)
    assert (runs["P"].start, runs["P"].end) == (270, 390)
    assert env.costs(0)["instability"] == 7.0


def test_a_planned_run_is_not_pushed_past_one_that_must_not_move() -> None:
    fixed = Run("Q", "L", "A", 360, 420, 60.0, "start")
    base = Schedule((replace(PLANNED, start=120, end=240), fixed))
    plant = replace(
        SMALL, orders=(Order("OA", "A", 400.0, 600), SMALL.orders[1])
    )  # no lack of work
    env = env_of([Assignment(plant, WEIGHTS, base, SLUSH)], record=50)
    env.reset(seed=1)
    env.advance(np.array([[[1, ALL, MOVE]]]))
    while not env.is_over:
        env.advance(np.zeros((1, 1, 3), np.int64))
    assert evaluate(plant, env.schedule(0), base, WEIGHTS, SLUSH).violations == ()
    runs = {run.id: run for run in env.schedule(0).runs}
    assert (runs["Q"].start, runs["P"].end) == (360, 330)  # and the changeover between them
    assert runs["R0001"].quantity == 180.0


@pytest.mark.parametrize("lock", ["start", "all"])
def test_a_start_that_is_promised_is_not_moved(lock: Lock) -> None:
    for choice in (HOLD, 1):
        runs, _ = played(SMALL, replace(PLANNED, lock=lock), choice, MOVE)
        assert runs["P"].start == 600


def test_a_frozen_run_is_not_moved() -> None:
    runs, _ = played(SMALL, PLANNED, HOLD, MOVE, Zones(frozen=700))
    assert runs["P"].start == 600


def test_a_run_is_pulled_forward_only_once_its_components_are_there() -> None:
    items = (*SMALL.items[:2], Item("R", "raw", stock=100.0))
    plant = replace(SMALL, items=items, arrivals=(Arrival("R", 300, 500.0),))
    runs, _ = played(plant, PLANNED, HOLD, MOVE)
    assert runs["P"].start == 600  # asked at the start alone, when 20 units are missing
    env = env_of([Assignment(plant, WEIGHTS, Schedule((PLANNED,)), SLUSH)], record=50)
    env.reset(seed=1)
    while not env.is_over:
        env.advance(np.array([[[HOLD, 0, MOVE]]]))
    assert env.schedule(0).runs[0].start == 330  # it arrives, and the line is set up


def test_what_another_planned_run_needs_is_not_taken_by_one_that_is_pulled() -> None:
    lines = (SMALL.lines[0], replace(SMALL.lines[0], id="M"))
    able = (*SMALL.capabilities, Capability("M", "A", 60.0))
    items = (*SMALL.items[:2], Item("R", "raw", stock=200.0))
    plant = replace(
        SMALL, lines=lines, capabilities=able, items=items, arrivals=(Arrival("R", 500, 500.0),)
    )
    other = Run("Q", "M", "A", 60, 180, 120.0, "all")
    base = Schedule((PLANNED, other))
    for stock, start in ((200.0, 600), (240.0, 30)):
        given = replace(plant, items=(*SMALL.items[:2], Item("R", "raw", stock=stock)))
        env = env_of([Assignment(given, WEIGHTS, base, SLUSH)], record=50)
        env.reset(seed=1)
        env.advance(np.array([[[HOLD, 0, MOVE], [HOLD, 0, 0]]]))
        while not env.is_over:
            env.advance(np.zeros((1, 2, 3), np.int64))
        told = evaluate(given, env.schedule(0), base, WEIGHTS, SLUSH)
        assert told.violations == ()
        runs = {run.id: run for run in env.schedule(0).runs}
        assert (runs["P"].start, runs["Q"].start) == (start, 60)


def test_a_part_of_others_is_not_moved() -> None:
    bom = (BomLine("A", "R", 1.0), BomLine("B", "R", 1.0), BomLine("A", "B", 1.0))
    for choice in (HOLD, 1):
        runs, _ = played(replace(SMALL, bom=bom), PLANNED, choice, MOVE)
        assert runs["P"].start == 600


def test_what_is_planned_is_seen_where_it_can_be_moved() -> None:
    given = [Assignment(SMALL, WEIGHTS, Schedule((PLANNED,)), SLUSH), Assignment(SMALL)]
    env = env_of(given)
    seen, _ = env.reset(seed=1)
    assert env.observation_space.contains(seen)
    assert seen["planned"].tolist() == [
        [[1.0, pytest.approx(600 / 1440), pytest.approx(0.25), 2.0]],
        [[0.0, 0.0, 0.0, 0.0]],
    ]
    assert (env.single_action_space.sample()[..., 2] <= MODES).all()
    assert env.single_action_space.contains(np.full((1, 3), [0, 0, MOVE]))
    plain = env_of(given, moves=False)
    assert "planned" not in plain.reset(seed=1)[0]
    assert not plain.single_action_space.contains(np.full((1, 3), [0, 0, MOVE]))


@pytest.mark.filterwarnings("ignore")
def test_lines_as_agents_may_move_what_is_planned() -> None:
    given = Assignment(SMALL, WEIGHTS, Schedule((PLANNED,)), SLUSH)
    parallel_api_test(LinesEnv(given, scale=10.0, moves=True), num_cycles=30)


def locked(plants: int, seed: int, stock: float) -> list[Assignment]:
    """One- and two-stage plants with a first schedule, half of it and more locked to its lines."""
    fresh = [
        Assignment(
            generate(8, 16, 110, 7, 0.95, seed + row, stages=1 + row % 2, stock=stock), WEIGHTS
        )
        for row in range(plants)
    ]
    first = env_of(fresh, moves=False)
    play(first, seed)
    rng, found = np.random.default_rng(seed), []
    for row, one in enumerate(fresh):
        share = [[0.5, 0.5, 0.0, 0.0], [0.1, 0.6, 0.2, 0.1]][row // 2 % 2]
        runs = first.schedule(row).runs
        drawn = rng.choice(len(LOCKS), len(runs), p=share)
        base = tuple(replace(run, lock=LOCKS[lock]) for run, lock in zip(runs, drawn, strict=True))
        zones = Zones(int(rng.choice([0, 480])), 4000)
        found.append(Assignment(one.plant, WEIGHTS, Schedule(base), zones))
    return found


def moved(assignments: list[Assignment], seed: int, luck: Luck = CERTAIN) -> tuple[int, int]:
    """How many planned runs random choices pulled and pushed, the referee agreeing with all of it."""
    env = env_of(assignments, luck)
    rng = np.random.default_rng(seed)
    seen, _ = env.reset(seed=seed)
    while not env.is_over:
        action = chosen(seen["mask"], rng, eager=float(rng.choice([0.05, 0.15, 3.0])))
        action[..., 2] = rng.choice([0, 1, 2, 2, 2], action.shape[:2])
        env.advance(action)
        seen, _ = env.observed()
    pulled = pushed = 0
    for row, one in enumerate(assignments):
        plant, schedule = env.realised(row)
        base, zones = (one.base, one.zones) if luck is CERTAIN else (None, Zones())
        told = evaluate(plant, schedule, base, one.weights, zones)
        assert told.violations == (), (row, told.violations)
        for name, money in zip(COMPONENTS, env.cost[row], strict=True):
            if name != "instability" or luck is CERTAIN:
                assert money == pytest.approx(getattr(told.cost, name), rel=1e-8, abs=1e-6)
        starts = {run.id: run.start for run in schedule.runs}
        assert one.base is not None
        for run in one.base.runs:
            if run.lock == "line":
                pulled += starts.get(run.id, run.start) < run.start
                pushed += starts.get(run.id, run.start) > run.start
    return pulled, pushed


def test_moving_planned_runs_breaks_no_rule_and_costs_what_the_referee_says() -> None:
    pulled, pushed = moved(locked(10, 1, 0.1), 1)
    assert pulled > 30
    assert pushed > 3


def test_with_luck_moved_runs_are_priced_by_the_same_rules() -> None:
    pulled, _ = moved(locked(6, 2, 0.1), 2, HARSH)
    assert pulled > 10


@pytest.mark.slow
def test_thousands_of_moved_runs_break_no_rule() -> None:
    done = [
        moved(locked(12, 1000 * seed, (0.05, 0.1, 0.3)[seed % 3]), seed) for seed in range(1, 16)
    ]
    assert sum(pulled for pulled, _ in done) > 1000
    assert sum(pushed for _, pushed in done) > 80
