"""List scheduling by a priority and an assignment from outside, as a policy or a search uses it."""

from __future__ import annotations

import numpy as np
import pytest

from envs.rules import runs_of
from envs.rules.listing import build
from envs.rules.lots import LotArrays, Lotting, lots_of
from envs.rules.shop import jobs_of, shop_of
from envs.rules.urgency import GIVEN, Index
from envs.scenarios import generate
from plant import Plant, Schedule, violations
from plant.arrays import plant_arrays, run_arrays


def built(
    plant: Plant, lots: LotArrays, given: np.ndarray, assigned: np.ndarray | None = None
) -> list[tuple[int, int, int]]:
    """Line, start and lot of the placed runs, which break no rule."""
    arrays = plant_arrays(plant)
    shop = shop_of(arrays)
    index = Index(GIVEN, 1.0, 1.0, 2**40, 1, 0, given)
    kept = run_arrays(arrays, ())[0]
    listed = build(arrays, shop, jobs_of(shop, lots), kept, index, assigned)
    assert violations(plant, Schedule(tuple(runs_of(plant, listed)))) == ()
    return list(zip(listed.line.tolist(), listed.start.tolist(), listed.lot.tolist(), strict=True))


def test_a_single_line_makes_lots_in_the_order_of_the_given_priority() -> None:
    plant = generate(1, 3, 8, 10, 0.4, 2)
    lots = lots_of(plant, Lotting(cover=0))
    for seed in range(5):
        priority = np.random.default_rng(seed).permutation(len(lots.item)).astype(float)
        runs = sorted(built(plant, lots, priority), key=lambda run: run[1])
        assert [lot for _, _, lot in runs] == np.argsort(-priority).tolist()


@pytest.mark.parametrize("seed", range(10))
def test_lots_stay_on_the_lines_they_are_assigned_to(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plant = generate(6, 20, 40, 7, 0.8, seed, stages=1 + seed % 2)
    lots = lots_of(plant)
    able = plant_arrays(plant).capabilities.rate > 0
    assigned = np.array([rng.choice(np.flatnonzero(able[:, item])) for item in lots.item])
    runs = built(plant, lots, rng.random(len(lots.item)), assigned)
    assert runs
    assert all(line == assigned[lot] for line, _, lot in runs)


def test_without_an_assignment_the_lines_share_the_lots() -> None:
    plant = generate(6, 20, 40, 7, 0.8, 1)
    lots = lots_of(plant)
    runs = built(plant, lots, -lots.due.astype(float))
    assert {line for line, _, _ in runs} == set(range(6))
    assert {lot for _, _, lot in runs} == set(range(len(lots.item)))
