"""After a disruption or an edit: feasible at once, locked stays, few others move, reasons in words."""

from dataclasses import replace

import numpy as np
import pytest

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.repair.mend import Follows, Repaired, repair
from models.optimize.repair.standing import what_stands
from plant import Capability, Order, Plant, Run, Schedule, Weights, Zones, evaluate
from tests.models.optimize.tiny import small_plant, two_line_plant

WEIGHTS = Weights(instability=50.0)


def disturbed(plant: Plant, rng: np.random.Generator) -> Plant:
    """One or two things that happen to any plant."""
    for kind in rng.choice(6, int(rng.integers(1, 3)), replace=False).tolist():
        n = int(rng.integers(len(plant.lines)))
        line = plant.lines[n]
        if kind == 0:
            other = replace(line, available_from=int(rng.integers(plant.horizon)))
        elif kind == 1:
            dark = int(rng.integers(len(line.shifts))) if line.shifts else 0
            other = replace(line, shifts=line.shifts[:dark] + line.shifts[dark + 1 :])
        else:
            other = line
        plant = replace(plant, lines=(*plant.lines[:n], other, *plant.lines[n + 1 :]))
        if kind == 2:
            items = (replace(item, stock=item.stock * rng.random()) for item in plant.items)
            plant = replace(plant, items=tuple(items))
        if kind == 3:
            slow = (replace(one, rate=one.rate * 0.7) for one in plant.capabilities)
            plant = replace(plant, capabilities=tuple(slow))
        if kind == 4 and plant.orders:
            like = plant.orders[int(rng.integers(len(plant.orders)))]
            rush = Order("rush", like.item, like.quantity, plant.horizon // 3, 50.0)
            plant = replace(plant, orders=(*plant.orders, rush))
        if kind == 5 and plant.arrivals:
            late = (replace(one, at=one.at + 900) for one in plant.arrivals)
            plant = replace(plant, arrivals=tuple(late))
    return plant


def locked(base: Schedule, rng: np.random.Generator) -> Schedule:
    """Some of the runs bear locks."""
    locks = rng.choice(["none", "none", "none", "line", "start", "all"], len(base.runs))
    return Schedule(
        tuple(replace(run, lock=str(lock)) for run, lock in zip(base.runs, locks, strict=True))
    )


def still_held(base: Schedule, done: Repaired, zones: Zones) -> Schedule:
    """The base without the runs that the repair says it had to give up."""
    gone = {run.id for run in base.runs if any(f"run {run.id} " in w for w in done.given_up)}
    return Schedule(tuple(run for run in base.runs if run.id not in gone))


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_the_repair_is_feasible_and_holds_what_can_be_held(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plant = (
        small_plant(seed)
        if seed % 2
        else generate(4, 10, 20, 4, 0.9, seed, stages=1 + seed // 2 % 2)
    )
    zones = Zones(int(rng.choice([0, 500])), 1440)
    base = locked(dispatch(plant, RULES["atcs"]), rng)
    now = disturbed(plant, rng)
    heard: list[Schedule] = []
    done = repair(
        now, base, 0.05, weights=WEIGHTS, zones=zones, seed=seed,
        improved=lambda schedule, _: heard.append(schedule),
    )  # fmt: skip
    verdict = evaluate(now, done.schedule, still_held(base, done, zones), WEIGHTS, zones)
    assert verdict.feasible, verdict.violations[:2]
    assert verdict.cost == done.cost
    assert (done.status == "infeasible") == bool(done.given_up)
    patched = what_stands(now, base, zones).moved_share(heard[0])
    assert done.moved_share <= max(0.15, patched)
    assert done.cost.total <= done.first_cost
    assert len(done.runs) >= len({run.id for run in base.runs} ^ {r.id for r in done.schedule.runs})


def test_a_schedule_that_still_holds_keeps_its_runs() -> None:
    plant = two_line_plant()
    base = Schedule(
        (
            Run("R1", "A", "I", 0, 600, 100.0),
            Run("R2", "B", "J", 0, 480, 80.0),
        )
    )
    done = repair(plant, base, 0.05, weights=Weights(instability=1e6))
    assert {(r.id, r.line, r.start) for r in base.runs} <= {
        (r.id, r.line, r.start) for r in done.schedule.runs
    }
    assert done.moved_share == 0.0


def test_the_runs_of_a_line_that_went_down_are_made_elsewhere() -> None:
    plant = two_line_plant()
    base = Schedule((Run("R1", "A", "I", 0, 600, 100.0), Run("R2", "B", "J", 0, 480, 80.0)))
    dark = replace(plant.lines[0], shifts=())
    now = replace(plant, lines=(dark, plant.lines[1]))
    done = repair(now, base, 0.05)
    assert all(run.line == "B" for run in done.schedule.runs)
    without = Schedule((base.runs[1],))
    assert done.cost.total < evaluate(now, without).cost.total
    (gone,) = (one for one in done.runs if one.before and one.before.id == "R1")
    assert gone.what in ("moved", "dropped")
    assert "R1" in gone.why
    assert "A" in gone.why


def test_a_rush_order_is_served_by_a_run_that_was_not_there() -> None:
    plant = two_line_plant()
    base = Schedule((Run("R1", "A", "I", 0, 600, 100.0), Run("R2", "B", "J", 0, 480, 80.0)))
    now = replace(plant, orders=(*plant.orders, Order("RUSH", "J", 20.0, 1300, 100.0)))
    done = repair(now, base, 0.1)
    assert "RUSH" not in evaluate(now, done.schedule).late_orders
    assert any(one.what in ("added", "resized") for one in done.runs)


def test_a_lock_that_cannot_hold_is_given_up_in_words_and_the_rest_is_repaired() -> None:
    plant = two_line_plant()
    base = Schedule(
        (Run("R1", "A", "I", 0, 600, 100.0, "all"), Run("R2", "B", "J", 0, 480, 80.0, "all"))
    )
    now = replace(plant, lines=(replace(plant.lines[0], available_from=300), plant.lines[1]))
    done = repair(now, base, 0.05)
    assert done.status == "infeasible"
    (told,) = done.given_up
    assert "run R1 on A" in told
    assert "300" in told
    assert base.runs[1] in done.schedule.runs
    assert evaluate(now, done.schedule).feasible


def test_an_item_that_no_line_makes_any_more_is_dropped_with_its_reason() -> None:
    plant = two_line_plant()
    base = Schedule((Run("R1", "A", "I", 0, 600, 100.0), Run("R2", "B", "J", 0, 480, 80.0)))
    only_j = tuple(Capability(line, "J", 10.0) for line in "AB")
    done = repair(replace(plant, capabilities=only_j), base, 0.05)
    (gone,) = (one for one in done.runs if one.what == "dropped")
    assert "cannot make I" in gone.why


@pytest.mark.parametrize("seed", range(4))
def test_lines_out_of_scope_stay_as_they_are(seed: int) -> None:
    plant = generate(5, 12, 25, 5, 0.9, seed)
    base = dispatch(plant, RULES["atcs"])
    inside = {line.id for line in plant.lines[:2]}
    like = plant.orders[0]
    now = replace(plant, orders=(*plant.orders, replace(like, id="rush", due=1000, weight=99.0)))
    done = repair(now, base, 0.1, scope=inside)
    outside = {run for run in base.runs if run.line not in inside}
    assert outside == {run for run in done.schedule.runs if run.line not in inside}


@pytest.mark.parametrize("seed", range(4))
def test_of_an_edited_run_only_what_follows_it_moves(seed: int) -> None:
    plant = generate(4, 10, 20, 5, 0.9, seed, stages=2)
    base = dispatch(plant, RULES["atcs"])
    run = sorted(base.runs, key=lambda run: run.start)[len(base.runs) // 2]
    later = replace(run, end=run.end + 30, quantity=run.quantity, lock="start")
    edited = Schedule(tuple(later if one.id == run.id else one for one in base.runs))
    done = repair(plant, edited, 0.1, scope=Follows(run.id))
    before = {one for one in edited.runs if one.start < run.start and one.line == run.line}
    assert before <= set(done.schedule.runs)
    assert evaluate(plant, done.schedule, edited).feasible


def test_a_scope_that_names_nothing_of_the_plant_is_refused() -> None:
    plant = two_line_plant()
    with pytest.raises(ValueError, match="ids of lines, found Z"):
        repair(plant, Schedule(), 0.05, scope={"Z"})
    with pytest.raises(ValueError, match="the id of a run of the schedule, found R9"):
        repair(plant, Schedule(), 0.05, scope=Follows("R9"))


def test_the_share_of_runs_that_move_has_a_limit() -> None:
    plant = generate(4, 10, 30, 5, 1.1, 5)
    poor = dispatch(plant, RULES["fifo"])
    calm = repair(plant, poor, 0.3, most_moved=0.05)
    free = repair(plant, poor, 0.3, most_moved=1.0)
    assert calm.moved_share <= 0.05
    assert max(calm.cost.total, free.cost.total) <= evaluate(plant, poor).cost.total


def test_better_schedules_are_told_of_from_the_first_on() -> None:
    plant = generate(3, 8, 14, 4, 0.9, 2)
    base = dispatch(plant, RULES["edd"])
    heard: list[float] = []
    done = repair(plant, base, 0.3, workers=2, improved=lambda _, cost: heard.append(cost.total))
    assert heard == sorted(heard, reverse=True)
    assert heard[0] == done.first_cost
    assert heard[-1] == done.cost.total
