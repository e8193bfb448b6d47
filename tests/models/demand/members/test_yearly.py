from __future__ import annotations

import numpy as np
import pytest

from models.demand.history.histories import Histories
from models.demand.members.catalogue import member_of, members_for
from models.demand.members.yearly import COUNTED, yearly_move
from models.demand.task import Task

TASK = Task(14, (7,), "mean")
DAYS = 660


def _daily(rows: np.ndarray) -> Histories:
    count, days = rows.shape
    lasts = np.full(count, np.datetime64("2024-03-31", "ns"))
    names = tuple(f"S{number}" for number in range(count))
    return Histories(names, rows.ravel(), np.arange(count + 1) * days, lasts, "D")


def _peaked(days: int, again: bool) -> np.ndarray:
    """Sales that swing by a third over the year, and again in the second one or not."""
    step = np.arange(days)
    swing = np.sin(2 * np.pi * (step - DAYS) / 364)
    swing[364:] *= again
    mean = 20 * np.exp(0.33 * swing)
    return np.random.default_rng(4).poisson(mean, (12, days)).astype(float)


def test_a_peak_that_came_a_year_ago_is_foreseen_in_part() -> None:
    move = yearly_move(_daily(_peaked(DAYS, again=True)), TASK)
    came = np.log(_peaked(DAYS + 364, again=True)[:, DAYS - 364 :][:, :14].mean() / 20)
    assert move.shape == (14,)
    assert 1.03 < move[-1] < 1.35
    assert np.log(move).mean() < COUNTED * (came + 0.35)


def test_a_year_that_did_not_come_again_says_nothing() -> None:
    assert yearly_move(_daily(_peaked(DAYS, again=False)), TASK) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    "histories",
    [
        _daily(_peaked(DAYS, again=True)[:3]),
        _daily(_peaked(400, again=True)),
        _daily(_peaked(DAYS, again=True) - 30),
    ],
    ids=["three series", "hardly a year", "below zero"],
)
def test_where_no_year_tells_nothing_moves(histories: Histories) -> None:
    assert (yearly_move(histories, TASK) == 1).all()


def test_a_yearly_member_is_the_plain_one_moved() -> None:
    histories = _daily(_peaked(DAYS, again=True))
    plain, moved = (member_of(f"level:14{flag}") for flag in ("", ":yearly"))
    move = yearly_move(histories, TASK)
    assert np.allclose(moved.forecast(histories, TASK), plain.forecast(histories, TASK) * move)
    assert not moved.one_by_one


def test_yearly_members_are_offered_from_a_year_of_demand_on() -> None:
    rows = np.random.default_rng(1).poisson(0.8, (5, 420)).astype(float)
    assert "level:14:yearly" in [one.name for one in members_for(_daily(rows), TASK)]
    assert "level:14" in [one.name for one in members_for(_daily(rows[:, :300]), TASK)]
