from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.output.demand_draws import Spread, consumed, drawn_demand
from pipelines.output.draws import day_shares, from_quantiles, normal_draws
from pipelines.output.kernel import Demand
from pipelines.params import SnapshotParams
from pipelines.snapshot import consume, take_snapshot
from plant import Item, Order, Plant

DAY = 1440
PARAMS = SnapshotParams(consume_back_days=2, consume_ahead_days=1, bucket_days=2, weight=0.5)
ALIKE = Spread(common=0.5, persistence=0.3)


def _forecast(spread: float) -> pd.DataFrame:
    days = pd.date_range("2023-07-01", periods=4)
    rows = [
        {"unique_id": item, "ds": day, "mean": mean}
        for item, mean in (("A", 20.0), ("B", 0.4))
        for day in days
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(
        q10=frame["mean"] * (1 - spread), q50=frame["mean"], q90=frame["mean"] * (1 + spread)
    )


def _snapshot() -> Plant:
    items = (Item("A", "f"), Item("B", "f"))
    firm = (Order("o1", "A", 35.0, DAY + 60, 2.0), Order("o2", "A", 5.0, -10, 2.0))
    master = Plant("BDT", datetime(2023, 7, 1, tzinfo=UTC), 4 * DAY, (), items, orders=firm)
    return take_snapshot(master, _forecast(0.0), PARAMS).plant


def _of(demand: Demand, ids: tuple[str, ...], id: str) -> np.ndarray:
    return demand.quantity[:, ids.index(id)]


@given(
    st.lists(st.floats(0, 50), min_size=1, max_size=9),
    st.lists(st.tuples(st.integers(0, 8), st.floats(0, 80)), max_size=6),
)
def test_all_scenarios_are_consumed_as_the_snapshot_is(
    forecast: list[float], firm: list[tuple[int, float]]
) -> None:
    firm = [(day, units) for day, units in firm if day < len(forecast)]
    rows = np.array([forecast, forecast[::-1]])
    found = consumed(rows, firm, PARAMS)
    for row, own in zip(rows, found, strict=True):
        assert own == pytest.approx(consume(row, firm, PARAMS))


def test_where_every_quantile_is_the_mean_the_orders_are_the_snapshots() -> None:
    plant = _snapshot()
    asked = drawn_demand(plant, _forecast(0.0), PARAMS, ALIKE, 5, seed=1)
    for order in plant.orders:
        assert _of(asked.demand, asked.ids, order.id) == pytest.approx([order.quantity] * 5)
    assert asked.ids.count("") == 1  # B has less than a unit in its first two days
    unnamed = [place for place, id in enumerate(asked.ids) if id == ""]
    assert asked.demand.quantity[:, unnamed] == pytest.approx(0.0)


def test_firm_orders_stay_and_forecast_ones_vary_around_theirs() -> None:
    plant = _snapshot()
    asked = drawn_demand(plant, _forecast(0.5), PARAMS, ALIKE, 4000, seed=1)
    assert (_of(asked.demand, asked.ids, "o1") == 35.0).all()
    assert (_of(asked.demand, asked.ids, "o2") == 5.0).all()
    (late,) = (one for one in plant.orders if one.item == "A" and one.due == 4 * DAY)
    drawn = _of(asked.demand, asked.ids, late.id)
    assert drawn.std() > 5
    assert drawn.mean() == pytest.approx(late.quantity, rel=0.1)
    assert (drawn >= 0).all()


def test_draws_belong_to_their_name_and_are_like_the_day_before() -> None:
    assert (normal_draws(1, "a", (3,)) == normal_draws(1, "a", (3,))).all()
    assert (normal_draws(1, "a", (3,)) != normal_draws(1, "b", (3,))).all()
    drawn = day_shares(1, "a", 20_000, 3, 0.6)
    assert drawn.std(axis=0) == pytest.approx([1, 1, 1], abs=0.03)
    correlation = np.atleast_2d(np.corrcoef(drawn.T))
    assert correlation[0] == pytest.approx([1, 0.6, 0.36], abs=0.03)


def test_draws_from_quantiles_have_those_quantiles() -> None:
    z = normal_draws(1, "z", (50_000,))
    found = from_quantiles(z, np.array(10.0), np.array(20.0), np.array(50.0))
    assert np.quantile(found, (0.1, 0.5, 0.9)) == pytest.approx([10, 20, 50], rel=0.03)
    assert found.min() >= 0
    nothing = from_quantiles(z, np.array(0.0), np.array(0.0), np.array(0.0))
    assert (nothing == 0).all()
