from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from pipelines.storage import open_database, reading, repositories, writing
from pipelines.storage.repositories import Changes, DriftVerdict, NotStoredError, Quarantined
from pipelines.storage.repositories.plants import digest_of
from pipelines.storage.tables import DailyFactRow, OrderRow, PlantRow
from plant import Item
from tests.pipelines.storage.samples import (
    BATCH,
    NOW,
    facts,
    product_plants,
    products,
    small_plant,
)


def load_all(database: Engine, daily: pd.DataFrame) -> Changes:
    with writing(database) as session:
        repositories.add_batch(session, BATCH)
        repositories.sync_products(session, products(), "b1")
        repositories.sync_product_plants(session, product_plants(), "b1")
        return repositories.sync_daily(session, daily, "b1")


def test_facts_come_back_as_they_were_stored(database: Engine) -> None:
    assert load_all(database, facts()) == Changes(inserted=2)
    with reading(database) as session:
        daily = repositories.load_daily(session)
        pd.testing.assert_frame_equal(daily[facts().columns], facts(), check_dtype=False)
        assert repositories.load_products(session).to_dict("list") == products().to_dict("list")
        pairs = repositories.load_product_plants(session)
    assert sorted(pairs["storage"].isna()) == [False, False, True]


def test_the_same_facts_again_change_no_row(database: Engine) -> None:
    load_all(database, facts())
    assert not load_all(database, facts())


def test_only_what_differs_is_written(database: Engine) -> None:
    load_all(database, facts())
    assert load_all(database, facts(units=13.0)) == Changes(updated=1)
    assert load_all(database, facts(units=13.0).iloc[:1]) == Changes(deleted=1)
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(DailyFactRow)) == 1


def test_a_product_may_leave_together_with_its_facts(database: Engine) -> None:
    load_all(database, facts())
    with writing(database) as session:
        repositories.sync_products(session, products().iloc[:1], "b1")
        repositories.sync_product_plants(session, product_plants().iloc[:2], "b1")
        repositories.sync_daily(session, facts().iloc[:1], "b1")
    with reading(database) as session:
        assert repositories.load_products(session)["unique_id"].tolist() == ["A"]


def test_a_product_that_leaves_its_facts_behind_is_refused(database: Engine) -> None:
    load_all(database, facts())
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), writing(database) as session:
        repositories.sync_products(session, products().iloc[:1], "b1")


def test_a_negative_quantity_is_refused_by_the_table_too(database: Engine) -> None:
    with pytest.raises(IntegrityError, match="ck_daily_facts_produced_units"):
        load_all(database, facts(units=-1.0))


def test_quarantined_rows_are_kept_once_with_their_reason(database: Engine) -> None:
    row = Quarantined(
        "daily", "daily.csv", 7, "ordered_units", "is negative", {"ordered_units": "-3"}
    )
    with writing(database) as session:
        repositories.add_batch(session, BATCH)
        assert repositories.add_quarantine(session, [row], "b1") == 1
        assert repositories.add_quarantine(session, [row], "b1") == 0
    with reading(database) as session:
        listed = repositories.list_quarantine(session, "daily").to_dict("records")
        assert repositories.list_quarantine(session, "product").empty
    assert listed == [
        {
            "batch": "b1",
            "table_name": "daily",
            "source_file": "daily.csv",
            "row_number": 7,
            "column_name": "ordered_units",
            "reason": "is negative",
            "original": {"ordered_units": "-3"},
        }
    ]


def test_a_plant_comes_back_equal_in_the_order_of_its_records(database: Engine) -> None:
    with writing(database) as session:
        number = repositories.store_plant(session, "two lines", small_plant(), NOW)
    with reading(database) as session:
        loaded = repositories.load_plant(session, "two lines")
        assert repositories.load_snapshot(session, number) == loaded
    assert loaded == small_plant()
    assert loaded.starts_at.isoformat() == "2023-07-01T00:00:00+06:00"
    assert digest_of(loaded) == digest_of(small_plant())


def test_the_same_plant_again_stores_nothing(database: Engine) -> None:
    with writing(database) as session:
        first = repositories.store_plant(session, "p", small_plant(), NOW)
        assert repositories.store_plant(session, "p", small_plant(), NOW) == first
        second = repositories.store_plant(session, "p", small_plant(orders=()), NOW)
        assert second != first
        assert repositories.store_plant(session, "p", small_plant(), NOW) > second
        assert session.scalar(select(func.count()).select_from(PlantRow)) == 3
        assert session.scalar(select(func.count()).select_from(OrderRow)) == 4


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(stock=st.floats(0, 1e15), cost=st.floats(0, 1e9), minute=st.integers(1, 10_000))
def test_every_number_survives_storing(
    tmp_path_factory: pytest.TempPathFactory, stock: float, cost: float, minute: int
) -> None:
    items = (Item("cola", "red", stock, cost), Item("syrup", "raw"))
    plant = small_plant(items=items, horizon=minute)
    engine = open_database(f"sqlite:///{tmp_path_factory.getbasetemp() / 'numbers.db'}")
    with writing(engine) as session:
        number = repositories.store_plant(session, "p", plant, NOW)
        assert repositories.load_snapshot(session, number) == plant
    engine.dispose()


def test_a_plant_that_is_not_stored_is_named_beside_those_that_are(database: Engine) -> None:
    with writing(database) as session:
        repositories.store_plant(session, "here", small_plant(), NOW)
    with reading(database) as session, pytest.raises(NotStoredError, match=r"'there' .* here"):
        repositories.load_plant(session, "there")


def test_a_forecast_is_replaced_for_its_origin_and_model_only(database: Engine) -> None:
    origin = datetime(2023, 6, 30, 18, tzinfo=UTC)
    frame = pd.DataFrame(
        {
            "unique_id": ["A", "A"],
            "ds": pd.to_datetime(["2023-07-01", "2023-07-02"]),
            "mean": [1.5, 2.5],
            "q10": [0.0, 1.0],
            "q50": [1.0, 2.0],
            "q90": [3.0, 4.0],
        }
    )
    with writing(database) as session:
        assert repositories.sync_forecast(session, frame, origin, "a", NOW) == Changes(inserted=2)
        assert repositories.sync_forecast(session, frame, origin, "b", NOW) == Changes(inserted=2)
        assert not repositories.sync_forecast(session, frame, origin, "a", NOW)
        higher = frame.assign(q90=[3.5, 4.0])
        assert repositories.sync_forecast(session, higher, origin, "a", NOW) == Changes(updated=1)
    with reading(database) as session:
        loaded = repositories.load_forecast(session)
    assert loaded["q90"].tolist() == [3.5, 4.0, 3.0, 4.0]
    assert loaded["model"].tolist() == ["a", "a", "b", "b"]


def test_crossing_quantiles_are_refused(database: Engine) -> None:
    crossed = {"unique_id": ["A"], "ds": pd.to_datetime(["2023-07-01"]), "mean": [1.0]}
    frame = pd.DataFrame(crossed | {"q10": [2.0], "q50": [1.0], "q90": [3.0]})
    with (
        pytest.raises(IntegrityError, match="ck_forecasts_quantiles"),
        writing(database) as session,
    ):
        repositories.sync_forecast(session, frame, NOW, "a", NOW)


def test_drift_verdicts_are_listed_newest_first(database: Engine) -> None:
    old = DriftVerdict(NOW, "inputs", "stable", 0.1, 0.5, {"columns": ["a"]})
    new = DriftVerdict(NOW, "forecast", "drifted", 0.7, 0.6, {}, mlflow_run_id="r")
    with writing(database) as session:
        repositories.add_drift_verdict(session, old)
        repositories.add_drift_verdict(session, new)
    with reading(database) as session:
        assert repositories.list_drift_verdicts(session) == [new, old]
        assert repositories.list_drift_verdicts(session, "inputs") == [old]
