"""Exceptions over HTTP: those of the referee, what would help, and the notes on them."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from plant import Plant, Schedule, evaluate
from plant.explain import exceptions
from tests.service.conftest import WEIGHTS, ZONES

Headers = dict[str, str]


pytestmark = pytest.mark.filterwarnings("error:Pydantic serializer warnings")


@pytest.fixture
def late(client: TestClient, planner: Headers, schedule: Schedule, plant: Plant) -> str:
    """A draft in which a run that serves orders is gone."""
    draft = client.post("/api/drafts", headers=planner, json={}).json()["draft"]["id"]
    pegs = evaluate(plant, schedule).pegging.pegs
    run = next(p.supplier_id for p in pegs if p.consumer == "order" and p.supplier == "run")
    body = {"revision": 0, "edit": {"kind": "cancel", "run": run}}
    assert client.post(f"/api/drafts/{draft}/edits", headers=planner, json=body).is_success
    return f"/api/drafts/{draft}"


def test_exceptions_are_those_of_the_schedule(
    client: TestClient, viewer: Headers, plant: Plant, schedule: Schedule
) -> None:
    found = client.get("/api/versions/1/exceptions", headers=viewer)
    assert found.status_code == 200, found.text
    expected = exceptions(plant, schedule, weights=WEIGHTS, zones=ZONES)
    assert [one["id"] for one in found.json()] == [one.id for one in expected]


def test_a_late_order_says_why_and_its_fix_can_be_done(
    client: TestClient, planner: Headers, late: str
) -> None:
    found: list[Any] = client.get(f"{late}/exceptions", headers=planner).json()
    order = next(one for one in found if one["kind"] == "late")
    assert order["said"]["en"].startswith(("Order", order["record"]))
    assert order["said"]["ko"]
    edits = [fix["edit"] for one in found for fix in one["fixes"] or () if fix["edit"]]
    if edits:
        body = {"revision": 1, "edit": edits[0], "reason": "as proposed"}
        assert client.post(f"{late}/edits", headers=planner, json=body).is_success


def test_a_draft_s_answer_changes_with_its_revision(
    client: TestClient, planner: Headers, late: str, schedule: Schedule
) -> None:
    before = client.get(f"{late}/runs", headers=planner)
    again = client.get(f"{late}/runs", headers=planner | {"If-None-Match": before.headers["etag"]})
    assert again.status_code == 304
    client.post(f"{late}/undo", headers=planner, json={"revision": 1})
    after = client.get(f"{late}/runs", headers=planner | {"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert len(after.json()["runs"]) == len(schedule.runs) == len(before.json()["runs"]) + 1


def test_who_takes_an_exception_is_seen_by_others(
    client: TestClient, planner: Headers, viewer: Headers
) -> None:
    note = {"plant_name": "four lines", "key": "late:O1", "owner": "planner", "comment": "mine"}
    assert client.post("/api/notes", headers=planner, json=note).status_code == 201
    found = client.get("/api/notes?plant_name=four lines", headers=viewer).json()
    assert found["late:O1"]["owner"] == "planner"
    assert [one["comment"] for one in found["late:O1"]["notes"]] == ["mine"]
    wrong = client.post(
        "/api/notes", headers=planner, json=note | {"snoozed_until": "2026-01-01T00:00"}
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "snoozed_until")


def test_before_any_event_nothing_is_known_of_the_floor(
    client: TestClient, viewer: Headers, plant: Plant
) -> None:
    found = client.get("/api/live", headers=viewer).json()
    assert all(line["state"] is None for line in found["lines"])


def test_no_forecast_and_no_verdict_are_empty_answers(client: TestClient, viewer: Headers) -> None:
    assert client.get("/api/forecasts", headers=viewer).json() == {"origins": [], "items": []}
    assert client.get("/api/drift", headers=viewer).json() == []
    missing = client.get("/api/forecast?item=cola", headers=viewer)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
