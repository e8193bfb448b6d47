from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.params import SnapshotParams
from pipelines.snapshot import SnapshotError, consume, take_snapshot, to_lots
from plant import Item, Order, Plant

DAY = 1440
PARAMS = SnapshotParams(consume_back_days=2, consume_ahead_days=1, bucket_days=1, weight=0.5)


def _plant(*orders: Order, days: int = 4, hour: int = 0) -> Plant:
    items = (Item("A", "f", shortage_cost=3.0), Item("B", "f", shortage_cost=7.0))
    starts = datetime(2023, 7, 1, hour, tzinfo=UTC)
    return Plant("BDT", starts, days * DAY, (), items, orders=orders)


def _forecast(**means: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"unique_id": product, "ds": day, "mean": mean}
            for product, values in means.items()
            for day, mean in zip(
                pd.date_range("2023-07-01", periods=len(values)), values, strict=True
            )
        ]
    )


def test_an_order_takes_its_own_day_then_days_before_then_days_after() -> None:
    forecast = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    assert consume(forecast, [(2, 25.0)], PARAMS).tolist() == [10, 20, 5, 40, 50]
    assert consume(forecast, [(2, 45.0)], PARAMS).tolist() == [10, 5, 0, 40, 50]
    assert consume(forecast, [(2, 55.0)], PARAMS).tolist() == [5, 0, 0, 40, 50]
    assert consume(forecast, [(2, 80.0)], PARAMS).tolist() == [0, 0, 0, 20, 50]
    assert consume(forecast, [(2, 500.0)], PARAMS).tolist() == [0, 0, 0, 0, 50]
    assert forecast.tolist() == [10, 20, 30, 40, 50]


def test_fractions_of_a_unit_are_carried_into_the_next_bucket() -> None:
    lots, carried = to_lots(np.array([0.4, 0.4, 0.4, 1.5]), 1)
    assert lots == {2: 1.0, 3: 1.0}
    assert carried == pytest.approx(0.7)
    assert to_lots(np.array([1.0, 2.0, 3.0]), 2) == ({1: 3.0, 2: 3.0}, 0.0)


def test_what_remains_becomes_forecast_orders_due_when_their_day_ends() -> None:
    firm = Order("F-1", "A", 15.0, 2 * DAY, 8.0)
    snapshot = take_snapshot(_plant(firm), _forecast(A=[10, 10, 10, 0], B=[0, 2, 0, 0]), PARAMS)
    assert snapshot.plant.orders == (
        firm,
        Order("FC-A-2023-07-01", "A", 5.0, DAY, 4.0, "forecast"),
        Order("FC-B-2023-07-02", "B", 2.0, 2 * DAY, 3.5, "forecast"),
        Order("FC-A-2023-07-03", "A", 10.0, 3 * DAY, 4.0, "forecast"),
    )
    account = snapshot.demand[0]
    assert (account.firm, account.forecast, account.consumed, account.remaining) == (15, 30, 15, 15)
    assert (account.ordered, account.carried) == (15, 0)


def test_overdue_orders_and_those_after_the_horizon_take_nothing() -> None:
    orders = (Order("F-1", "A", 5.0, 0), Order("F-2", "A", 5.0, -30), Order("F-3", "A", 5.0, 9999))
    snapshot = take_snapshot(_plant(*orders), _forecast(A=[10, 10, 10, 10]), PARAMS)
    assert snapshot.demand[0].consumed == 0
    assert snapshot.demand[0].firm == 15


def test_a_horizon_that_starts_within_a_day_ends_days_at_midnight() -> None:
    snapshot = take_snapshot(_plant(days=1, hour=18), _forecast(A=[5, 7, 9, 9]), PARAMS)
    assert [(order.due, order.quantity) for order in snapshot.plant.orders] == [(360, 5), (1440, 7)]


@given(
    st.lists(st.floats(0, 1000), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(-2 * DAY, 16 * DAY), st.floats(0.01, 3000)), max_size=8),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(1, 4),
)
def test_no_demand_is_lost_or_counted_twice(
    means: list[float], firm: list[tuple[int, float]], back: int, ahead: int, bucket: int
) -> None:
    params = SnapshotParams(
        consume_back_days=back, consume_ahead_days=ahead, bucket_days=bucket, weight=0.5
    )
    orders = [Order(f"F-{n}", "A", size, due) for n, (due, size) in enumerate(firm)]
    snapshot = take_snapshot(_plant(*orders, days=len(means)), _forecast(A=means), params)
    (account,) = snapshot.demand
    made = [order for order in snapshot.plant.orders if order.source == "forecast"]
    assert account.consumed + account.remaining == pytest.approx(sum(means))
    assert account.ordered + account.carried == pytest.approx(account.remaining, abs=1e-4)
    assert sum(order.quantity for order in made) == account.ordered
    assert -1e-9 <= account.consumed <= account.firm + 1e-6
    assert 0 <= account.carried < 1
    assert account.remaining >= 0
    assert all(order.quantity == int(order.quantity) > 0 for order in made)
    assert all(0 < order.due <= len(means) * DAY for order in made)


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=10),
    st.lists(st.tuples(st.integers(0, 9), st.floats(0.01, 200)), max_size=6),
)
def test_an_order_left_open_found_nothing_in_its_window(
    means: list[float], firm: list[tuple[int, float]]
) -> None:
    forecast = np.array(means)
    remaining = consume(forecast, firm, PARAMS)
    assert (remaining >= 0).all()
    assert (remaining <= forecast).all()
    taken = float((forecast - remaining).sum())
    if taken < sum(quantity for _, quantity in firm) - 1e-6:
        windows = [range(max(day - 2, 0), min(day + 2, len(means))) for day, _ in firm]
        assert any(not remaining[list(window)].any() for window in windows)


@pytest.mark.parametrize(
    ("forecast", "message"),
    [
        (_forecast(X=[1.0] * 4), "found 1 others: X"),
        (_forecast(A=[1.0, -2.0]), r"at least 0, found -2\.0 for A on 2023-07-02"),
        (_forecast(A=[float("nan")]), "found nan for A"),
        (pd.concat([_forecast(A=[1.0] * 4)] * 2), "A on 2023-07-01 twice"),
        (_forecast(A=[1.0] * 3), r"2023-07-01 to 2023-07-04, found none for 2023-07-04.*horizon"),
    ],
)
def test_a_forecast_that_does_not_fit_is_refused(forecast: pd.DataFrame, message: str) -> None:
    with pytest.raises(SnapshotError, match=message):
        take_snapshot(_plant(), forecast, PARAMS)


def test_a_master_with_forecast_orders_is_refused() -> None:
    ready = Order("FC-1", "A", 1.0, DAY, 1.0, "forecast")
    with pytest.raises(SnapshotError, match="found 1 forecast ones, first FC-1"):
        take_snapshot(_plant(ready), _forecast(A=[1.0]), PARAMS)
