"""From lots to minutes: always feasible, around what stays, with the parts that there are."""

from dataclasses import replace

import numpy as np
import pytest

from envs.rules import RULES, dispatch
from models.optimize.search.disaggregate import Lot, lots_of_runs, realise, start_from
from plant import Arrival, Run, Schedule, evaluate
from tests.models.optimize.test_bounds import some_lots
from tests.models.optimize.tiny import chain_plant, small_plant, two_line_plant


@pytest.mark.parametrize("block", range(5))
def test_whatever_the_lots_the_schedule_is_feasible(block: int) -> None:
    placed = 0
    for seed in range(block * 40, block * 40 + 40):
        plant, rng = small_plant(seed), np.random.default_rng(seed)
        first = realise(plant, some_lots(plant, rng))
        stays = first.runs[:2] if evaluate(plant, Schedule(first.runs[:2])).feasible else ()
        again = realise(plant, some_lots(plant, rng), stays)
        for schedule in (first, again):
            verdict = evaluate(plant, schedule)
            assert verdict.feasible, verdict.violations[:2]
            placed += len(schedule.runs)
        assert set(stays) <= set(again.runs)
    assert placed > 100


def test_lots_follow_each_other_with_their_changeovers() -> None:
    lots = {"A": [Lot("I", 40.0), Lot("J", 30.0, id="mine"), Lot("I", 10.0, release=900)]}
    schedule = realise(two_line_plant(), lots)
    assert [(run.item, run.start, run.end) for run in schedule.runs] == [
        ("I", 0, 240),
        ("J", 300, 480),
        ("I", 900, 960),
    ]
    assert schedule.runs[1].id == "mine"


def test_a_lot_waits_for_its_parts_and_is_left_out_where_they_never_come() -> None:
    plant = replace(chain_plant(parts=10.0), arrivals=(Arrival("X", 700, 50.0),))
    schedule = realise(plant, {"A": [Lot("I", 30.0), Lot("I", 5.0)]})
    assert [(run.start, run.quantity) for run in schedule.runs] == [(700, 30.0)]


def test_lots_go_around_a_run_that_stays() -> None:
    stays = Run("S", "A", "I", 100, 160, 10.0)
    schedule = realise(two_line_plant(), {"A": [Lot("I", 20.0), Lot("I", 15.0)]}, [stays])
    assert stays in schedule.runs
    assert sorted((run.start, run.end) for run in schedule.runs) == [
        (100, 160),
        (160, 280),
        (280, 370),
    ]


@pytest.mark.parametrize("seed", range(10))
def test_a_schedule_taken_apart_and_put_together_is_the_same(seed: int) -> None:
    plant = small_plant(seed)
    schedule = realise(plant, some_lots(plant, np.random.default_rng(seed)))
    again = realise(plant, lots_of_runs(schedule.runs))
    assert sorted(again.runs, key=lambda run: run.id) == sorted(
        schedule.runs, key=lambda run: run.id
    )


def test_what_is_left_of_a_plan_is_gone_on_with_where_it_is_cheaper_than_atcs() -> None:
    told = set()
    for seed in range(20):
        plant = small_plant(seed)
        atcs = dispatch(plant, RULES["atcs"])
        left = realise(plant, some_lots(plant, np.random.default_rng(seed)))
        start, is_kept = start_from(plant, left)
        cost, of_atcs, of_left = (evaluate(plant, one).cost.total for one in (start, atcs, left))
        assert cost == pytest.approx(min(of_atcs, of_left))
        assert is_kept == (start != atcs)
        assert start_from(plant, Schedule(())) == (atcs, False)
        told.add(is_kept)
    assert told == {True, False}
