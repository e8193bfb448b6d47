from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from envs.fmcg.measured import match_first_in_first_out
from envs.history import simulate_history
from models.late_risk import check_cases
from pipelines.output.lateness.ages import SCHEMA, _flows, _state, order_cases, served_days
from pipelines.output.lateness.orders import fit_late_risk, open_cases, score_late_risk
from plant import Item, Order, Plant


def _daily(ordered: list[float], delivered: list[float], produced: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ds": pd.date_range("2024-01-01", periods=len(ordered)),
            "unique_id": "A",
            "ordered_units": ordered,
            "delivered_units": delivered,
            "produced_units": produced,
            "ordered_tonnes": 0.01,
        }
    )


def test_orders_are_served_first_in_first_out() -> None:
    served = served_days(np.array([5.0, 3.0, 0.0, 4.0, 0.0]), np.array([2.0, 3.0, 3.0, 0.0, 1.0]))
    assert served[:3].tolist() == [1.0, 2.0, 2.0]
    assert np.isnan(served[3])


def test_served_days_agree_with_the_matching_that_plants_are_built_with() -> None:
    daily = simulate_history(np.random.default_rng(3)).daily
    for _, rows in list(daily.groupby("unique_id"))[:8]:
        ordered, delivered = (
            rows[f"{flow}_units"].to_numpy(float) for flow in ("ordered", "delivered")
        )
        _, still_open = match_first_in_first_out(ordered, delivered)
        days = len(ordered) - 1 - np.array([age for age, _ in still_open], dtype=int)
        placed = np.flatnonzero(ordered > 0)
        assert set(placed[np.isnan(served_days(ordered, delivered)[placed])]) == set(days)


def test_a_look_knows_nothing_of_the_days_after_it() -> None:
    rng = np.random.default_rng(1)
    ordered, made = (rng.integers(5, 20, 60).astype(float) for _ in range(2))
    delivered = np.minimum(np.minimum(ordered, made), 10.0)
    other, more = delivered.copy(), made.copy()
    other[40:], more[40:] = 0.0, 99.0
    placed, looked = np.arange(10, 35), np.arange(15, 40)
    columns = ("ordered_units", "delivered_units", "produced_units")
    one, two = (
        _state(
            _flows(_daily(list(ordered), list(sent), list(output))[list(columns)]), placed, looked
        )
        for sent, output in ((delivered, made), (other, more))
    )
    pd.testing.assert_frame_equal(one, two)
    assert one["queue_days"].std() > 0


def test_nothing_is_asked_about_after_its_promise() -> None:
    daily = simulate_history(np.random.default_rng(3)).daily
    cases = check_cases(order_cases(daily, 0.8, seed=1), SCHEMA, True)
    assert (cases["asked"] <= cases["due"]).all()
    assert (cases["days_left"] >= 1).all()
    assert 0.05 < cases["late"].mean() < 0.9


def _plant(history: pd.DataFrame) -> Plant:
    asked = history.groupby("unique_id")["ordered_units"].sum().sort_values()
    items = tuple(Item(str(name), "f", stock=50.0) for name in asked.index[-3:])
    orders = tuple(
        Order(f"{item.id}-{number}", item.id, 20.0 * abs(number), number * 1440, 1.0)
        for item in items
        for number in (-1, 1, 3)
    )
    starts = datetime(2023, 7, 1, tzinfo=UTC)
    return Plant("BDT", starts, 7 * 1440, (), items, orders=orders[1:3] + orders[4:])


def test_open_orders_queue_behind_those_that_are_due_before() -> None:
    daily = simulate_history(np.random.default_rng(3)).daily
    plant = _plant(daily)
    firm = [one for one in plant.orders if one.due > 0]
    cases = open_cases(plant, firm, daily).set_index(pd.Index([one.id for one in firm]))
    first, second = firm[0].id, firm[1].id
    assert cases.loc[second, "queue_days"] == pytest.approx(4 * cases.loc[first, "queue_days"])
    assert cases.loc[first, "days_left"] == 2.0


@pytest.mark.slow
def test_orders_of_a_plan_are_scored_with_reasons_in_two_languages() -> None:
    daily = simulate_history(np.random.default_rng(3)).daily
    found = fit_late_risk(daily, 0.8, seed=1, rounds=40)
    assert found.scores.auc > 0.6
    assert found.scores.brier < found.scores.constant
    risks = score_late_risk(found.model, "takt-late-risk/1", _plant(daily), daily)
    assert len(risks) == 6  # what is overdue is not asked about
    for one in risks:
        assert 0 < one.chance < 1
        assert one.model == "takt-late-risk/1"
        assert one.replayed is None
        assert {"code", "en", "ko", "share"} <= set(one.reasons[0])
