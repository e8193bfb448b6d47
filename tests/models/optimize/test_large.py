"""Large-neighbourhood search: never worse, every trial told, and what pays is tried more."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.large.cutout import ELSEWHERE, cut_out
from models.optimize.large.neighbourhoods import CHOOSERS, Area, picture_of
from models.optimize.large.parts import PARTS, Attempt, Part, Position
from models.optimize.large.rounds import Roulette, _position, large
from models.optimize.search.annealing import Search
from models.optimize.worker import Better, Finished, Task, work
from plant import Schedule, Weights, Zones, evaluate
from plant.io import plant_from_document
from tests.models.optimize.tiny import small_plant
from tests.plant.random_plants import random_plant

WEIGHTS = Weights(tardiness=1.3, holding=0.7, idle=2.0, instability=250.0, makespan=0.0)


def some_plant(seed: int):
    if seed % 3 == 0:
        return small_plant(seed)
    if seed % 3 == 1:
        return plant_from_document(random_plant(np.random.default_rng(seed)))
    return generate(6, 14, 24, 5, 0.9, seed, stages=1 + seed % 2)


@pytest.mark.parametrize("seed", range(18))
def test_what_a_cutout_gains_the_whole_plant_gains(seed: int) -> None:
    plant = some_plant(seed)
    rng = np.random.default_rng(seed)
    start = dispatch(plant, RULES["edd"])
    number = len(plant.lines)
    lines = rng.permutation(number)[: max(1, number // 2)].tolist()
    base = Schedule(
        tuple(
            replace(run, lock=str(rng.choice(["none", "none", "line", "start", "all"])))
            for run in start.runs
        )
    )
    zones = Zones(200, 1500) if seed % 2 else Zones()
    part = cut_out(plant, base, lines, base)
    inside = evaluate(part.plant, part.schedule, part.base, WEIGHTS, zones)
    assert not [one for one in inside.violations if one.kind != "lock"]
    hunt = Search(part.plant, part.schedule, WEIGHTS, part.base, zones, seed)
    hunt.calibrate()
    for step in range(4):
        hunt.slice(step / 4, 300)
    whole = part.whole(hunt.schedule())
    verdict = evaluate(plant, whole, base, WEIGHTS, zones)
    assert verdict.feasible, verdict.violations[:2]
    before = evaluate(plant, base, base, WEIGHTS, zones).cost.total
    assert before - verdict.cost.total == pytest.approx(hunt.gain, rel=1e-7, abs=1e-6)
    assert ELSEWHERE not in {run.line for run in whole.runs}
    others = {run for run in base.runs if run.line not in {plant.lines[n].id for n in lines}}
    assert others <= set(whole.runs)


@pytest.mark.parametrize("seed", range(2))
def test_it_is_never_worse_and_tells_of_every_trial(seed: int) -> None:
    plant = generate(5, 14, 24, 5, 0.9, seed, stages=1 + seed % 2)
    start = dispatch(plant, RULES["edd"])
    told = []
    found, trials = large(
        plant, start, 0.7, 1, WEIGHTS, seed=seed, improved=lambda s, t: told.append((s, t))
    )
    verdict = evaluate(plant, found, weights=WEIGHTS)
    before = evaluate(plant, start, weights=WEIGHTS).cost.total
    assert verdict.feasible
    assert verdict.cost.total == pytest.approx(before - sum(one.gain for one in trials))
    assert [trial for _, trial in told] == [one for one in trials if one.better]
    assert told[-1][0] == found
    assert trials
    for one, after in itertools.pairwise(trials):
        assert after.before == pytest.approx(one.before - one.gain)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_every_part_answers_with_a_feasible_schedule_from_a_poor_start(part: Part) -> None:
    plant = generate(5, 14, 24, 5, 0.9, 1, stages=2)
    start = dispatch(plant, RULES["edd"])
    position = _position(plant, start, WEIGHTS, None, Zones(), 1)
    rng = np.random.default_rng(2)
    area = CHOOSERS["lines"](position.picture, rng)
    assert area is not None
    attempt = part.solve(position, area, part.size, 1.0, rng, time.monotonic)
    verdict = evaluate(plant, attempt.schedule, weights=WEIGHTS)
    assert verdict.feasible
    assert attempt.status
    if part.name != "milp":  # what it plans by day may be dearer to the minute
        assert verdict.cost.total < position.money


def test_locks_and_the_frozen_zone_hold() -> None:
    plant = generate(5, 14, 24, 5, 0.9, 7)
    start = dispatch(plant, RULES["edd"])
    locks = np.random.default_rng(1).choice(["none", "line", "start", "all"], len(start.runs))
    base = Schedule(
        tuple(replace(run, lock=str(lock)) for run, lock in zip(start.runs, locks, strict=True))
    )
    zones = Zones(600, 2880)
    found, trials = large(plant, base, 0.7, 1, WEIGHTS, base, zones, seed=3)
    assert evaluate(plant, found, base, WEIGHTS, zones).feasible
    assert sum(one.better for one in trials) > 0


def test_it_goes_on_from_what_others_found_but_only_if_that_is_better() -> None:
    plant = generate(4, 10, 16, 4, 0.9, 2)
    start = dispatch(plant, RULES["edd"])
    good, _ = large(plant, start, 0.5, seed=1)
    given = [start, good, Schedule((replace(good.runs[0], quantity=1e6),))]
    none = Part("none", lambda p, *_: Attempt(p.best, "tried", False), 0.0, 1.0, 1.0, 1.0, 1.0)
    ticks = iter(range(100))
    found, trials = large(
        plant, start, 9.0, others=lambda: given.pop() if given else None,
        clock=lambda: float(next(ticks)), parts=(none,),
    )  # fmt: skip
    assert found == good
    assert not any(one.better for one in trials)


def test_it_stops_when_every_part_has_tried_all_it_can() -> None:
    plant = small_plant(5)
    start = dispatch(plant, RULES["edd"])
    whole = Part(
        "whole", lambda p, *_: Attempt(p.best, "optimal", True, True), 0.0, 1.0, 1.0, 1.0, 1.0
    )
    _, trials = large(plant, start, 60.0, parts=(whole,))
    assert len(trials) == 1
    assert large(replace(plant, capabilities=()), Schedule(), 60.0)[1] == ()


def test_a_schedule_that_breaks_rules_is_not_taken() -> None:
    plant = generate(4, 10, 16, 4, 0.9, 2)
    start = dispatch(plant, RULES["edd"])

    def cheat(position: Position, *_: object) -> Attempt:
        return Attempt(Schedule((replace(start.runs[0], quantity=1e6),)), "cheated", True)

    part = Part("cheat", cheat, 0.0, 1.0, 1.0, 1.0, 1.0)
    found, trials = large(plant, start, 0.3, parts=(part,))
    assert found == start
    assert trials
    assert all(one.gain == 0 for one in trials)


def test_time_goes_where_money_was_found_but_not_all_of_it() -> None:
    roulette = Roulette(np.random.default_rng(0))
    drawn = []
    for _ in range(400):
        name = roulette.draw(["poor", "rich", "slow"])
        drawn.append(name)
        roulette.learn(
            name, {"poor": 0.0, "rich": 5.0, "slow": 20.0}[name], 4.0 if name == "slow" else 1.0
        )
    assert drawn[:3] == ["poor", "rich", "slow"]
    assert (
        drawn.count("rich") > 2 * drawn.count("slow") > 40
    )  # same rate, so a quarter of the draws
    assert 0 < drawn.count("poor") < drawn.count("slow")


@pytest.mark.parametrize("name", CHOOSERS)
def test_every_chooser_names_each_line_once(name: str) -> None:
    plant = generate(6, 20, 40, 5, 1.1, 3, stages=2)
    start = dispatch(plant, RULES["edd"])
    picture = picture_of(plant, start, evaluate(plant, start))
    area = CHOOSERS[name](picture, np.random.default_rng(1))
    assert area is not None
    assert sorted(area.lines) == list(range(6))
    first, last = area.nearest(picture, 3, 5)
    inside = (
        np.isin(picture.line, area.lines[:3]) & (first <= picture.start) & (picture.start < last)
    )
    assert inside.sum() >= 5


def test_choosers_have_nothing_to_say_of_an_empty_schedule() -> None:
    plant = replace(generate(3, 8, 10, 3, 0.9, 1), orders=())
    picture = picture_of(plant, Schedule(), evaluate(plant, Schedule()))
    rng = np.random.default_rng(0)
    assert all(choose(picture, rng) is None for n, choose in CHOOSERS.items() if n != "window")
    assert Area((0, 1), 5).nearest(picture, 2, 3) == (5, 6)


def test_sizes_follow_what_is_solved_in_time() -> None:
    part = next(one for one in PARTS if one.name == "sequence")
    solved, open_ = Attempt(Schedule(), "optimal", True), Attempt(Schedule(), "feasible", False)
    assert part.next_size(10.0, solved, False) > 10.0 > part.next_size(10.0, open_, False)
    assert part.next_size(10.0, open_, True) == 10.0
    assert part.next_size(part.largest, solved, False) == part.largest


@pytest.mark.slow
def test_the_worker_says_which_part_found_what() -> None:
    plant = generate(4, 10, 16, 4, 0.9, 2)
    start = dispatch(plant, RULES["edd"])
    told: list[Better | Finished] = []
    work(Task(plant, start, WEIGHTS, None, Zones(), 1.0, 1, 1), told.append, [])
    better = [one for one in told if isinstance(one, Better)]
    assert {one.part for one in better} <= {part.name for part in PARTS}
    costs = [evaluate(plant, one.schedule, weights=WEIGHTS).cost.total for one in better]
    assert costs == sorted(costs, reverse=True)
    assert isinstance(told[-1], Finished)
    assert told[-1].better == len(better) > 0
