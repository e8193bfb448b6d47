"""Alternatives: feasible, priced by the referee, none better than another in everything, locks held."""

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest

import models.optimize.pareto.alternatives as evolution
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.pareto.alternatives import nsga2_alone, pareto
from models.optimize.pareto.evolution import Problem
from models.optimize.pareto.front import Archive, Box, Front, box_around, picks_of
from models.optimize.pareto.genome import child, mutated, with_lines_of
from models.optimize.search.annealing import search
from plant import Plant, Run, Schedule, Weights, Zones, evaluate
from tests.models.optimize.tiny import small_plant

WEIGHTS = Weights(tardiness=1.3, holding=0.7, idle=2.0, instability=20.0)
GENERATIONS = 2


@pytest.fixture(autouse=True)
def short_lives(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "slow" not in request.keywords:
        monkeypatch.setattr(evolution, "SLICES", 1)
        monkeypatch.setattr(evolution, "INCUMBENT_SLICES", 4)


def plant_of(seed: int) -> Plant:
    return generate(4, 9, 14, 3, (0.7, 0.9, 1.1)[seed % 3], seed, stages=1 + seed % 2)


def is_sound(front: Front, plant: Plant, base: Schedule | None, zones: Zones) -> None:
    for plan in front.plans:
        verdict = evaluate(plant, plan.schedule, base, WEIGHTS, zones)
        assert verdict.feasible, verdict.violations[:2]
        assert (verdict.cost, verdict.kpis) == (plan.cost, plan.kpis)
        assert sum(plan.values) == pytest.approx(plan.cost.total, rel=1e-9, abs=1e-9)
        assert front.box is not None and front.box.holds(plan.values)
    for one, other in permutations(front.plans, 2):
        assert any(a < b for a, b in zip(one.values, other.values, strict=True))
        assert set(one.schedule.runs) != set(other.schedule.runs)


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_of_a_front_is_better_than_another_in_everything(seed: int) -> None:
    plant = plant_of(seed)
    start = dispatch(plant, RULES["atcs"])
    front = pareto(plant, start, weights=WEIGHTS, seed=seed, generations=GENERATIONS)
    is_sound(front, plant, None, Zones())
    assert len(front.plans) >= 10
    assert front.hypervolume > 1.0
    totals = [plan.cost.total for plan in front.plans]
    assert totals == sorted(totals)
    assert totals[0] <= evaluate(plant, start, weights=WEIGHTS).cost.total


def test_the_plans_with_names_are_the_best_at_what_the_name_says() -> None:
    front = pareto(plant_of(1), weights=WEIGHTS, generations=GENERATIONS)
    named = {name: front.plans[place] for name, place in front.picks.items()}
    assert named["cheapest"].cost.total == min(plan.cost.total for plan in front.plans)
    assert named["on_time"].cost.tardiness == min(plan.cost.tardiness for plan in front.plans)
    assert named["leanest"].cost.holding == min(plan.cost.holding for plan in front.plans)
    assert named["calmest"].kpis.changeovers == min(p.kpis.changeovers for p in front.plans)


def test_the_same_seed_gives_the_same_front_on_any_number_of_threads() -> None:
    def found(workers: int, seed: int) -> list[Schedule]:
        # the incumbent is searched once a thread, so that it is given here
        front = pareto(plant_of(2), workers=workers, seed=seed, generations=1, start=start)
        return [plan.schedule for plan in front.plans]

    start = search(plant_of(2), Schedule(), 0, slices=8).schedule
    assert found(2, 5) == found(2, 5)
    assert found(2, 5) != found(2, 6)


@pytest.mark.parametrize("seed", range(3))
def test_locks_hold_in_every_plan_and_the_calmest_moves_least(seed: int) -> None:
    plant, zones = plant_of(seed), Zones(frozen=300, slush=2500)
    ruled = dispatch(plant, RULES["atcs"])
    published = search(plant, ruled, 0, seed=seed, slices=20).schedule
    locks = np.random.default_rng(seed).choice(
        ["none", "line", "start", "all"], len(published.runs), p=[0.7, 0.1, 0.1, 0.1]
    )
    base = Schedule(
        tuple(replace(run, lock=str(lock)) for run, lock in zip(published.runs, locks, strict=True))
    )
    front = pareto(plant, None, 20.0, 2, WEIGHTS, base, zones, seed, generations=GENERATIONS)
    is_sound(front, plant, base, zones)
    assert front.objectives[-1] == "calm"
    assert len(front.plans) >= 5
    calmest = front.plans[front.picks["calmest"]]
    assert calmest.kpis.moves == min(plan.kpis.moves for plan in front.plans)
    assert len({plan.kpis.moves for plan in front.plans}) > 1


def test_a_start_that_breaks_rules_is_repaired_first() -> None:
    plant = plant_of(0)
    start = search(plant, Schedule(), 0, slices=3).schedule
    broken = Schedule(tuple(replace(run, end=run.start + 1) for run in start.runs))
    assert not evaluate(plant, broken).feasible
    front = pareto(plant, broken, weights=WEIGHTS, generations=1)
    is_sound(front, plant, None, Zones())
    assert front.plans


def test_locked_runs_that_break_rules_leave_no_plans_but_say_which() -> None:
    plant = plant_of(0)
    able = plant.capabilities[0]
    shift = next(line for line in plant.lines if line.id == able.line).shifts[0].start
    runs = tuple(Run(f"R{n}", able.line, able.item, shift, shift + 60, 1e6, "all") for n in (1, 2))
    front = pareto(plant, base=Schedule(runs), generations=1)
    assert front.plans == () and front.picks == {} and front.hypervolume == 0.0
    assert any("R1" in note for note in front.notes)


def test_a_plant_with_nothing_to_do_has_one_plan() -> None:
    plant = plant_of(0)
    for bare in (
        replace(plant, orders=()),
        replace(plant, lines=(), capabilities=(), changeovers=()),
        replace(plant, capabilities=()),
    ):
        front = pareto(bare, seconds=1.0, weights=WEIGHTS, generations=1)
        is_sound(front, bare, None, Zones())
        assert front.plans


def test_the_time_given_is_kept() -> None:
    ticks = iter(range(10**9))
    front = pareto(plant_of(0), seconds=60.0, workers=1, clock=lambda: float(next(ticks)))
    assert front.plans
    assert next(ticks) < 100


@pytest.mark.parametrize("block", range(4))
def test_children_and_mutants_of_any_plans_are_feasible(block: int) -> None:
    placed = 0
    for seed in range(block * 15, block * 15 + 15):
        plant, rng = small_plant(seed), np.random.default_rng(seed)
        one, other = (
            search(plant, Schedule(), 0, seed=seed + n, slices=1).schedule for n in range(2)
        )
        for schedule in (child(plant, one, other, (), rng), mutated(plant, one, (), rng)):
            verdict = evaluate(plant, schedule)
            assert verdict.feasible, verdict.violations[:2]
            placed += len(schedule.runs)
    assert placed > 30


def test_a_child_by_lines_makes_as_much_of_each_item_to_half_a_lot() -> None:
    def run(name: str, line: str, item: str, quantity: float) -> Run:
        return Run(name, line, item, 0, 10, quantity)

    mine = [run("1", "A", "I", 10), run("2", "A", "J", 6), run("3", "B", "K", 4)]
    theirs = [run("4", "A", "K", 4), run("5", "A", "I", 10), run("6", "B", "J", 6)]
    made = {(one.id, one.item) for one in with_lines_of(mine, theirs, {"A"})}
    assert made in ({("5", "I"), ("2", "J"), ("4", "K")}, {("5", "I"), ("2", "J"), ("3", "K")})


def test_the_hypervolume_is_that_of_the_union_of_boxes() -> None:
    """Against inclusion and exclusion, which is exact."""
    rng = np.random.default_rng(3)
    box = Box((10.0, 20.0, 5.0, 8.0), (2.0, 4.0, 1.0, 0.5))
    for _ in range(20):
        points = [tuple((box.reference - rng.random(4) * 5).tolist()) for _ in range(6)]
        volume = 0.0
        for size in range(1, 7):
            for some in combinations(points, size):
                sides = (np.array(box.reference) - np.max(some, axis=0)) / np.array(box.room)
                volume += (-1.0) ** (size + 1) * float(np.prod(sides))
        assert box.hypervolume(points) == pytest.approx(volume, rel=1e-9)
        outside = (10.0, 0.0, 0.0, 0.0)
        assert box.hypervolume([*points, outside]) == box.hypervolume(points)
    assert box.hypervolume([]) == 0.0


def test_the_incumbent_alone_has_a_hypervolume_of_one() -> None:
    plant = plant_of(1)
    plan = Problem(plant, WEIGHTS, None, Zones()).judge(dispatch(plant, RULES["edd"]), "rule")
    assert plan is not None
    box = box_around(plan, ["tardiness", "production", "inventory", "efficiency"])
    assert box.hypervolume([plan.values]) == pytest.approx(1.0)


def test_an_archive_that_is_thinned_keeps_the_plans_with_names() -> None:
    front = pareto(plant_of(3), weights=WEIGHTS, generations=GENERATIONS)
    assert front.box is not None
    small = Archive(front.box, 6)
    for plan in front.plans:
        small.offer(plan)
    thin = small.front(dict.fromkeys(front.objectives, ()), 0)
    assert len(thin.plans) == 6
    for name, place in picks_of(front.plans).items():
        assert thin.plans[thin.picks[name]].values == front.plans[place].values
    assert thin.hypervolume <= front.hypervolume


def test_nsga2_alone_starts_from_the_rules_and_ends_no_dearer() -> None:
    plant = plant_of(1)
    cheapest_rule = min(
        evaluate(plant, dispatch(plant, rule), weights=WEIGHTS).cost.total
        for rule in RULES.values()
    )
    front = nsga2_alone(plant, weights=WEIGHTS, generations=5)
    is_sound(front, plant, None, Zones())
    assert front.plans[0].cost.total <= cheapest_rule
    assert front.tried == len(RULES) + 5 * 64


@pytest.mark.slow
def test_a_plant_of_fifty_lines_has_twenty_alternatives_in_twenty_seconds() -> None:
    plant = generate(50, 200, 600, 14, 0.9, 1)
    front = pareto(plant, seconds=20.0)
    is_sound_at = [evaluate(plant, plan.schedule) for plan in front.plans]
    assert all(verdict.feasible for verdict in is_sound_at)
    assert len(front.plans) >= 20
    assert len(set(front.picks.values())) >= 3
