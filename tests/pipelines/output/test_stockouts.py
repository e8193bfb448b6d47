from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pipelines.output.demand_draws import planned_demand
from pipelines.output.foreseen import foresee_stockouts
from pipelines.output.replay import Belief, certain, drawn_luck
from pipelines.output.stockouts import foresee
from pipelines.params import SnapshotParams
from plant import Order
from tests.pipelines.output.test_replay import SCHEDULE, _small

PARAMS = SnapshotParams(consume_back_days=2, consume_ahead_days=1, bucket_days=2, weight=0.5)


def test_the_chance_is_the_share_of_scenarios_that_run_out() -> None:
    plant = _small((Order("o", "a", 100.0, 600),), stock=1000.0)
    luck = certain(plant, SCHEDULE, 4)
    luck.speed[:, 0] = [1.0, 1.0, 1.0, 0.2]  # the last ends on the second day only
    found = foresee(plant, SCHEDULE, planned_demand(plant, 4), luck)
    a = [one for one in found.days if one.item == "a"]
    assert [one.chance for one in a] == [0.25, 0.25]
    assert [one.chance_by for one in a] == [0.25, 0.25]
    assert a[0].missing == pytest.approx(25.0)
    assert (a[1].missing, a[1].q50) == (0.0, 20.0)
    assert found.first_days(0.2) == {"a": date(2026, 1, 5)}
    assert found.first_days(0.3) == {}
    (order,) = found.orders
    assert (order.order, order.chance, order.late_units) == ("o", 0.25, 25.0)


def test_the_same_work_has_the_same_luck_in_another_plan() -> None:
    plant = _small(stock=1000.0)
    beliefs = {
        ("L", "a"): Belief((0.6, 0.9, 1.1), (0.4, 0.5, 0.6)),
        ("L", "b"): Belief((0.5, 1, 1.2)),
    }
    one = drawn_luck(plant, SCHEDULE, beliefs, 0.3, 50, seed=7)
    later = replace(SCHEDULE, runs=(replace(SCHEDULE.runs[0], start=500, end=620),))
    other = drawn_luck(plant, later, beliefs, 0.3, 50, seed=7)
    assert (one.speed[:, 0] == other.speed[:, 0]).all()
    assert (one.takes[:, 0] == other.takes[:, 0]).all()
    assert np.quantile(one.takes[:, 0], 0.5) == pytest.approx(2.0, rel=0.1)
    assert (one.takes[:, 1] == 1.0).all()  # no belief about b's yield: the planned one


def test_slower_lines_make_orders_later() -> None:
    plant = _small((Order("o", "b", 60.0, 700),), stock=1000.0)
    slow = {("L", "a"): Belief((0.4, 0.6, 0.8)), ("L", "b"): Belief((0.9, 1.0, 1.1))}
    fast = {("L", "a"): Belief((1.0, 1.1, 1.2)), ("L", "b"): Belief((1.0, 1.1, 1.2))}
    chances = [
        foresee_stockouts(plant, SCHEDULE, None, PARAMS, 1, beliefs, 200).orders[0].chance
        for beliefs in (slow, fast)
    ]
    assert chances[0] > 0.8
    assert chances[1] < 0.1
