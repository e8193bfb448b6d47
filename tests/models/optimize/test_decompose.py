"""Groups of lines: together they are the plant, and what they find fits together."""

from dataclasses import replace

import numpy as np
import pytest

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.groups.division import OWED, divide, joined
from models.optimize.groups.draw import draw_groups, line_components
from models.optimize.groups.rounds import search_by_groups, solve_by_groups
from models.optimize.incumbent import Incumbent
from models.optimize.search.annealing import search
from plant import BomLine, Capability, Item, Plant, Run, Schedule, Weights, Zones, evaluate
from tests.models.optimize.tiny import small_plant, two_line_plant

ADDED_UP = ("production", "changeover", "idle", "tardiness")


def test_lines_that_share_nothing_are_apart_and_chains_bind() -> None:
    plant = two_line_plant()
    assert line_components(plant) == [[0, 1]]
    apart = tuple(one for one in plant.capabilities if (one.line == "A") == (one.item == "I"))
    assert line_components(replace(plant, capabilities=apart)) == [[0], [1]]
    raw = (*plant.items, Item("M", "raw"))
    shared = (BomLine("I", "M", 1.0), BomLine("J", "M", 1.0))
    bound = replace(plant, items=raw, capabilities=apart, bom=shared)
    assert line_components(bound) == [[0, 1]]


@pytest.mark.parametrize("seed", range(6))
def test_every_line_is_in_one_group_of_at_most_the_size(seed: int) -> None:
    plant = generate(17, 40, 80, 4, 0.9, seed, stages=1 + seed % 2)
    runs = dispatch(plant, RULES["edd"]).runs
    groups = draw_groups(plant, runs, 5, np.random.default_rng(seed))
    assert sorted(line for group in groups for line in group) == list(range(17))
    assert max(len(group) for group in groups) <= 5


def test_borders_lie_elsewhere_in_another_draw() -> None:
    plant = generate(17, 40, 80, 4, 0.9, 1)
    runs = dispatch(plant, RULES["edd"]).runs
    rng = np.random.default_rng(0)
    first, second = (draw_groups(plant, runs, 5, rng) for _ in range(2))
    assert sorted(first) != sorted(second)


@pytest.mark.parametrize("seed", range(12))
def test_the_groups_share_all_there_is_and_add_up_to_the_plant(seed: int) -> None:
    plant = generate(8, 24, 50, 5, 1.0, seed, stages=1 + seed % 2)
    schedule = dispatch(plant, RULES["atcs"])
    whole = evaluate(plant, schedule)
    rng = np.random.default_rng(seed)
    parts = divide(plant, schedule, whole, draw_groups(plant, schedule.runs, 3, rng), rng)
    assert {run for part in parts for run in part.schedule.runs} == set(schedule.runs)
    ordered = sum(
        one.quantity for part in parts for one in part.plant.orders if not one.id.startswith(OWED)
    )
    assert ordered == pytest.approx(sum(order.quantity for order in plant.orders))
    for item in plant.raw_items:
        given = sum(one.stock for part in parts for one in part.plant.items if one.id == item)
        assert given <= next(one.stock for one in plant.items if one.id == item) + 1e-6
        come = sum(a.quantity for p in parts for a in p.plant.arrivals if a.item == item)
        assert come <= sum(a.quantity for a in plant.arrivals if a.item == item) + 1e-6
    verdicts = [evaluate(part.plant, part.schedule) for part in parts]
    assert all(verdict.feasible for verdict in verdicts)
    for component in ADDED_UP:
        money = sum(getattr(verdict.cost, component) for verdict in verdicts)
        assert money == pytest.approx(getattr(whole.cost, component), rel=1e-6, abs=1e-3)


@pytest.mark.parametrize("seed", range(12))
def test_what_the_groups_find_fits_together(seed: int) -> None:
    plant = small_plant(seed) if seed % 3 == 0 else generate(8, 24, 50, 5, 1.0, seed, stages=2)
    schedule = dispatch(plant, RULES["atcs"])
    rng = np.random.default_rng(seed)
    groups = draw_groups(plant, schedule.runs, 3 if seed % 3 else 1, rng)
    parts = divide(plant, schedule, evaluate(plant, schedule), groups, rng)
    found = [
        (part, search(part.plant, part.schedule, 0.0, seed=seed, slices=3).schedule)
        for part in parts
    ]
    kept_promises = all(
        not any(order.startswith(OWED) for order in evaluate(part.plant, better).late_orders)
        for part, better in found
    )
    assert kept_promises
    assert evaluate(plant, joined(found, frozenset())).feasible


@pytest.mark.parametrize("stages", [1, 2])
def test_solving_by_groups_is_never_worse_than_its_start(stages: int) -> None:
    plant = generate(9, 30, 60, 5, 0.95, 4, stages=stages)
    start = dispatch(plant, RULES["atcs"])
    told: list[str] = []
    done = solve_by_groups(plant, start, 0.7, 2, seed=1, report=told.append, most_lines=4)
    verdict = evaluate(plant, done.schedule)
    assert verdict.feasible
    assert verdict.cost == done.cost
    assert done.cost.total < evaluate(plant, start).cost.total
    assert [one.groups for one in done.rounds] == [3, 3]
    assert all(one.after <= one.before for one in done.rounds)
    assert len(told) == len(done.trajectory)


def test_locks_hold_and_moves_cost_in_groups_too() -> None:
    plant = generate(9, 30, 60, 5, 0.95, 5)
    start = dispatch(plant, RULES["atcs"])
    locks = [("all", "line", "none", "none")[n % 4] for n in range(len(start.runs))]
    base = Schedule(
        tuple(replace(r, lock=lock) for r, lock in zip(start.runs, locks, strict=True))  # type: ignore[arg-type]
    )
    weights, zones = Weights(instability=30.0), Zones(600, 1440)
    done = solve_by_groups(plant, base, 0.6, 2, weights, base, zones, most_lines=4)
    verdict = evaluate(plant, done.schedule, base, weights, zones)
    assert verdict.feasible
    assert verdict.cost == done.cost


def test_a_start_that_breaks_rules_is_refused() -> None:
    plant = two_line_plant()
    late = Schedule((Run("R", "A", "I", 0, 10, 100.0),))
    with pytest.raises(ValueError, match="expected a feasible schedule"):
        solve_by_groups(plant, late, 0.1)


def test_lines_without_work_or_ability_do_no_harm() -> None:
    plant = two_line_plant()
    idle = replace(plant.lines[0], id="C")
    odd: Plant = replace(
        plant,
        lines=(*plant.lines, idle),
        capabilities=tuple(Capability(line, item, 10.0) for line in "AB" for item in "IJ"),
    )
    done = solve_by_groups(odd, None, 0.2, 2, most_lines=1)
    assert evaluate(odd, done.schedule).feasible


def test_stopping_ends_it_at_once() -> None:
    plant = generate(9, 30, 60, 5, 0.95, 4)
    incumbent = Incumbent(plant, Weights(), None, Zones())
    incumbent.offer(dispatch(plant, RULES["atcs"]), "start")
    assert search_by_groups(incumbent, 60.0, 2, 0, stop=lambda: True) == ()
    assert incumbent.elapsed < 5.0
