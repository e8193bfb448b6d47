"""What is read out of a daily history."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from envs.fmcg.measured import match_first_in_first_out, measure_products


def a_history(**flows: list[float]) -> pd.DataFrame:
    """Days of one product from 2023-01-01 on, 2 kg a unit."""
    days = len(next(iter(flows.values())))
    columns = {f"{name}_units": flows.get(name, [0.0] * days) for name in ("produced", "ordered")}
    columns["delivered_units"] = flows.get("delivered", [0.0] * days)
    frame = pd.DataFrame(
        {"ds": pd.date_range("2023-01-01", periods=days), "unique_id": "P"} | columns
    )
    return frame.assign(ordered_tonnes=frame["ordered_units"] * 0.002)


def test_deliveries_serve_the_oldest_order_first() -> None:
    leads, open_orders = match_first_in_first_out(
        np.array([10.0, 5.0, 0.0, 8.0]), np.array([0.0, 4.0, 9.0, 0.0])
    )
    assert leads == [(1, 4.0), (2, 6.0), (1, 3.0)]
    assert open_orders == [(2, 2.0), (0, 8.0)]


def test_deliveries_beyond_what_was_ordered_belong_to_orders_before_the_history() -> None:
    leads, open_orders = match_first_in_first_out(
        np.array([0.0, 5.0, 5.0]), np.array([7.0, 5.0, 0.0])
    )
    assert leads == [(0, 5.0)]
    assert open_orders == [(0, 5.0)]


def test_what_is_delivered_and_open_is_what_was_ordered() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        ordered, delivered = rng.integers(0, 20, (2, 30)).astype(float)
        leads, open_orders = match_first_in_first_out(ordered, delivered)
        before = max(0.0, float((np.cumsum(delivered) - np.cumsum(ordered)).max()))
        assert sum(u for _, u in leads) == pytest.approx(delivered.sum() - before)
        assert sum(u for _, u in open_orders) == pytest.approx(
            ordered.sum() + before - delivered.sum()
        )


def test_the_figures_of_a_product() -> None:
    (found,) = measure_products(
        a_history(produced=[0, 10, 0, 20, 30], ordered=[6, 6, 6, 6, 12], delivered=[0, 9, 0, 9, 9]),
        demand_days=2,
        peak_quantile=0.5,
        lead_quantile=0.8,
    )
    assert found.demand == 9.0
    assert found.peak == 20.0
    assert found.stock == 33.0
    assert found.kg == pytest.approx(2.0)
    # 6 in one day, 3 at once, 3 in two, 6 in one, 6 in one, 3 in one
    assert found.lead_days == 1
    assert found.open_orders == ((0, 9.0),)


def test_the_stock_is_never_negative_however_it_began() -> None:
    (found,) = measure_products(
        a_history(produced=[0, 4, 4], ordered=[6, 0, 0], delivered=[6, 0, 5]), 3, 0.9, 0.8
    )
    assert found.stock == 3.0


def test_days_and_products_without_anything_count_as_nothing() -> None:
    history = a_history(ordered=[4, 0, 0, 8])
    (found,) = measure_products(history.iloc[[0, 3]], 4, 0.9, 0.8)
    assert found.demand == 3.0
    assert (found.peak, found.lead_days) == (0.0, 0)
    assert found.open_orders == ((3, 4.0), (0, 8.0))
