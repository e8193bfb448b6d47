from __future__ import annotations

import numpy as np
import pytest

from models.demand.history.histories import Histories
from models.demand.members.catalogue import members_for
from models.demand.members.levels import half_lives, level_forecast
from models.demand.task import Task

WEEK = np.array([2.0, 1, 1, 1, 1, 1, 0])
TASK = Task(14, (7,), "mean")


def _daily(rows: np.ndarray) -> Histories:
    count, days = rows.shape
    lasts = np.full(count, np.datetime64("2024-03-31", "ns"))
    offsets = np.arange(count + 1) * days
    return Histories(tuple(f"S{n}" for n in range(count)), rows.ravel(), offsets, lasts, "D")


def test_series_of_one_shape_are_forecast_at_their_own_levels() -> None:
    levels = np.array([3.0, 10, 40])
    found = level_forecast(_daily(levels[:, None] * np.tile(WEEK, 20)), TASK, 14)
    assert np.allclose(found, levels[:, None] * np.tile(WEEK, 2))


def test_a_shape_that_few_values_make_is_taken_from_all() -> None:
    generator = np.random.default_rng(3)
    rows = generator.poisson(2 * np.tile(WEEK, 12), (60, 84)).astype(float)
    shape = level_forecast(_daily(rows), TASK, 28)[:, :7]
    own = rows.reshape(60, 12, 7).mean(axis=1)
    known = WEEK / WEEK.mean()
    errors = [np.abs(one / one.mean(axis=1, keepdims=True) - known).mean() for one in (shape, own)]
    assert errors[0] < 0.5 * errors[1]


def test_a_series_whose_shape_is_another_keeps_it() -> None:
    rows = 20 * np.tile(WEEK, (30, 20))
    rows[:15] = 20 * np.tile(WEEK[::-1], 20)
    found = level_forecast(_daily(rows), TASK, 14)
    assert np.allclose(found[0, :7], 20 * WEEK[::-1], atol=0.5)


def test_one_bulk_order_moves_the_level_by_its_share_of_all_demand() -> None:
    rows = np.tile(10.0 + WEEK, (4, 30))
    rows[0, -1] += 500
    found = level_forecast(_daily(rows), TASK, 14)
    assert found[0].mean() == pytest.approx(rows[0].mean(), rel=0.03)
    assert np.allclose(found[1], np.tile(10 + WEEK, 2), atol=0.1)


def test_a_new_level_is_followed_by_half_within_the_half_life() -> None:
    rows = np.full((1, 200), 10.0)
    rows[0, -14:] = 20
    found = level_forecast(_daily(rows), Task(5, (1,), "mean"), 14)
    assert found[0] == pytest.approx(15.0, rel=0.05)


def test_a_series_below_zero_has_no_such_level_and_one_of_zeros_is_zero() -> None:
    rows = np.tile(WEEK, (3, 10))
    rows[0, 3], rows[1] = -1, 0
    found = level_forecast(_daily(rows), TASK, 14)
    assert np.isnan(found[0]).all()
    assert not found[1].any()


def test_half_lives_go_by_the_season() -> None:
    assert half_lives(7) == (14, 28)
    assert half_lives(1) == (4, 8)
    assert half_lives(12) == (4, 8, 12)


def test_demand_with_zeros_is_offered_levels() -> None:
    rows = np.random.default_rng(1).poisson(0.8, (5, 140)).astype(float)
    names = [member.name for member in members_for(_daily(rows), TASK)]
    assert {"level:14", "level:28"} <= set(names)
