from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.demand.history.histories import Histories
from models.demand.history.table import TableRules, read_table
from models.demand.members.catalogue import member_of, members_for
from models.demand.members.explained import without_known
from models.demand.task import Task

TASK = Task(14, (7,), "mean")
DAYS = 210


def _promoted(lift: float, noise: float = 0.05) -> tuple[Histories, np.ndarray]:
    """Twelve shops whose sales are lifted on days of promotion, and what the next fortnight sells."""
    generator = np.random.default_rng(7)
    frames, came = [], []
    days = pd.date_range("2024-01-01", periods=DAYS + 14)
    week = np.array([8.0, 9, 10, 12, 6, 4, 14])[days.dayofweek]
    for shop in range(12):
        promo = (generator.random(len(days)) < 0.15).astype(float)
        sold = 10 * (shop + 1) * week * np.exp(lift * promo + generator.normal(0, noise, len(days)))
        value = np.where(np.arange(len(days)) < DAYS, sold, np.nan)
        frames.append(pd.DataFrame({"series": shop, "time": days, "value": value, "promo": promo}))
        came.append(sold[DAYS:])
    histories, _ = read_table(pd.concat(frames), TableRules(known=("promo",)))
    order = np.argsort([str(shop) for shop in range(12)])
    return histories, np.array(came)[order]


@pytest.mark.parametrize("name", ["theta:7:log", "level:14", "seasonal_mean:7"])
def test_a_member_foresees_promotions_by_what_past_ones_did(name: str) -> None:
    histories, came = _promoted(0.6)
    plain, knowing = (member_of(name + flag).forecast(histories, TASK) for flag in ("", ":known"))
    assert np.abs(knowing - came).sum() < 0.6 * np.abs(plain - came).sum()


def test_a_column_that_explains_nothing_changes_nothing() -> None:
    histories, _ = _promoted(0.0, noise=0.3)
    without, ahead = without_known(histories, TASK, is_log=False)
    assert np.array_equal(without.values, histories.values)
    assert not ahead.any()


def test_a_table_without_such_columns_is_left_as_it_is() -> None:
    histories, _ = _promoted(0.6)
    bare = Histories(
        histories.names, histories.values, histories.offsets, histories.lasts, histories.frequency
    )
    assert without_known(bare, TASK, is_log=True)[0] is bare


def test_the_steps_after_the_horizon_are_not_read() -> None:
    histories, _ = _promoted(0.6)
    kept = np.ones(len(histories), dtype=bool)
    known = histories.known
    assert known is not None
    cut = histories.cut(28, kept)
    before = member_of("theta:7:log:known").forecast(cut, TASK)
    for start, count in zip(known.starts, known.counts, strict=True):
        known.values[start + count - 14 : start + count] = 1e6
    assert np.array_equal(member_of("theta:7:log:known").forecast(cut, TASK), before)


def test_all_but_the_boosted_and_the_naive_use_what_is_known_ahead() -> None:
    histories, _ = _promoted(0.6)
    for member in members_for(histories, TASK):
        reads = member.kind in ("trees", "xgboost", "seasonal_naive")
        assert ("known" in member.flags) != reads
