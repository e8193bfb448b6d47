"""Forecasts with their quantiles and history, and drift verdicts, as they were stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from pipelines.storage import writing
from pipelines.storage.repositories import (
    DriftVerdict,
    add_batch,
    add_drift_verdict,
    sync_daily,
    sync_forecast,
    sync_products,
)
from pipelines.storage.repositories.retrainings import Retraining, add_retraining
from tests.pipelines.storage.samples import BATCH, facts, products

Headers = dict[str, str]
OLD, NEW = datetime(2023, 6, 30, tzinfo=UTC), datetime(2023, 7, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _stored(client: TestClient) -> None:
    state: Any = client.app.state.takt  # type: ignore[attr-defined]
    with writing(state.engine) as session:
        add_batch(session, BATCH)
        sync_products(session, products(), BATCH.digest)
        sync_daily(session, facts(), BATCH.digest)
        for origin, factor in ((OLD, 1.0), (NEW, 2.0)):
            for model in ("ensemble", "naive"):
                sync_forecast(session, _frame(factor), origin, model, NEW)
        for day, verdict in ((1, "stable"), (2, "drift")):
            at = datetime(2023, 7, day, tzinfo=UTC)
            add_drift_verdict(
                session, DriftVerdict(at, "inputs", verdict, 0.1 * day, 0.15, {"n": day})
            )


def test_what_drift_decided_is_told_newest_first(client: TestClient, viewer: Headers) -> None:
    state: Any = client.app.state.takt  # type: ignore[attr-defined]
    with writing(state.engine) as session:
        for at, is_due in ((OLD, False), (NEW, True)):
            add_retraining(session, Retraining(at, "demand", is_due, "errors have grown", "d1"))
    found = client.get("/api/retrainings?limit=1", headers=viewer).json()
    assert [(one["model"], one["is_due"], one["done_at"]) for one in found] == [
        ("demand", True, None)
    ]


def _frame(factor: float) -> pd.DataFrame:
    days = pd.date_range("2023-07-01", periods=3)
    figures = {"mean": 5.0, "q10": 1.0, "q50": 4.0, "q90": 9.0}
    return pd.DataFrame(
        {"unique_id": "A", "ds": days} | {name: value * factor for name, value in figures.items()}
    )


def test_the_newest_forecast_is_shown_by_every_model_with_its_history(
    client: TestClient, viewer: Headers
) -> None:
    found = client.get("/api/forecast?item=A", headers=viewer).json()
    assert datetime.fromisoformat(found["origin"]) == NEW
    assert [one["model"] for one in found["days"]] == ["ensemble"] * 3 + ["naive"] * 3
    first = found["days"][0]
    assert (first["day"], first["q10"], first["q50"], first["q90"]) == ("2023-07-01", 2, 8, 18)
    assert [(one["day"], one["produced"]) for one in found["history"]] == [("2023-06-29", 12.5)]


def test_an_older_forecast_is_asked_for_by_its_origin(client: TestClient, viewer: Headers) -> None:
    index = client.get("/api/forecasts", headers=viewer).json()
    assert [datetime.fromisoformat(one) for one in index["origins"]] == [NEW, OLD]
    assert index["items"] == ["A"]
    query = {"item": "A", "origin": index["origins"][1], "days": "0"}
    found = client.get("/api/forecast", params=query, headers=viewer).json()
    assert (found["days"][0]["mean"], found["history"]) == (5.0, [])
    nothing = client.get("/api/forecast", params=query | {"item": "B"}, headers=viewer)
    assert nothing.status_code == 404


def test_drift_verdicts_come_newest_first(client: TestClient, viewer: Headers) -> None:
    found = client.get("/api/drift", headers=viewer).json()
    assert [(one["verdict"], one["statistic"]) for one in found] == [
        ("drift", 0.2),
        ("stable", 0.1),
    ]
    assert client.get("/api/drift?kind=other", headers=viewer).json() == []
    assert len(client.get("/api/drift?limit=1", headers=viewer).json()) == 1
