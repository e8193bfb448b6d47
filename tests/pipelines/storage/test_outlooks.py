from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from pipelines.storage import reading, writing
from pipelines.storage.repositories import publish_version
from pipelines.storage.repositories.outlooks import (
    OrderRisk,
    StockRisk,
    load_order_risks,
    load_stock_risks,
    sync_order_risks,
    sync_stock_risks,
)
from tests.pipelines.storage.samples import NOW, publication

REASON = {
    "code": "number",
    "column": "queue_days",
    "value": 3.5,
    "share": 0.4,
    "en": "a",
    "ko": "가",
}
ORDERS = (
    OrderRisk("o1", 0.2, 0.1, 3.0, (REASON,), "takt-late-risk/1"),
    OrderRisk("o2", 0.9, None, None, (), "replay"),
)
STOCKS = (StockRisk("a", date(2026, 1, 5), 0.25, 0.5, 3.0, -1.0, 4.0, 9.0),)


def test_risks_come_back_as_stored_the_likeliest_first(database: Engine) -> None:
    with writing(database) as session:
        number = publish_version(session, publication(), NOW)
        assert sync_order_risks(session, number, ORDERS, NOW).inserted == 2
        sync_stock_risks(session, number, STOCKS, NOW)
    with reading(database) as session:
        assert load_order_risks(session, number) == [ORDERS[1], ORDERS[0]]
        assert load_stock_risks(session, number) == list(STOCKS)
        assert load_order_risks(session, number + 1) == []


def test_the_same_risks_change_nothing_and_others_take_their_place(database: Engine) -> None:
    with writing(database) as session:
        number = publish_version(session, publication(), NOW)
        sync_order_risks(session, number, ORDERS, NOW)
        assert not sync_order_risks(session, number, ORDERS, NOW)
        changed = (replace(ORDERS[0], chance=0.3),)
        found = sync_order_risks(session, number, changed, NOW)
        assert (found.updated, found.deleted) == (1, 1)
        assert load_order_risks(session, number) == list(changed)


def test_risks_are_of_a_version_that_is_there(database: Engine) -> None:
    with pytest.raises(IntegrityError), writing(database) as session:
        sync_order_risks(session, 99, ORDERS, NOW)
