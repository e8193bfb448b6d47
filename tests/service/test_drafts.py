"""Drafts over HTTP: edits with their verdicts, undo, two planners at once, review and publication."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from plant import Plant, Run, Schedule, evaluate
from plant.edits import Resize, SetLock, apply
from tests.service.conftest import WEIGHTS, ZONES

Headers = dict[str, str]


@pytest.fixture
def draft(client: TestClient, planner: Headers) -> str:
    answer = client.post("/api/drafts", headers=planner, json={"version": 1, "title": "later"})
    assert answer.status_code == 201, answer.text
    return f"/api/drafts/{answer.json()['draft']['id']}"


def _edit(client: TestClient, who: Headers, draft: str, revision: int, edit: dict[str, Any]) -> Any:
    return client.post(
        f"{draft}/edits",
        headers=who,
        json={"revision": revision, "edit": edit, "reason": "why not"},
    )


def test_an_edit_is_priced_as_the_referee_does(
    client: TestClient, planner: Headers, draft: str, plant: Plant, schedule: Schedule
) -> None:
    run = schedule.runs[0]
    edit = {"kind": "resize", "run": run.id, "quantity": run.quantity * 2}
    answer = _edit(client, planner, draft, 0, edit)
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    done = apply(plant, schedule, Resize(run.id, run.quantity * 2)).schedule
    verdict = evaluate(plant, done, schedule, WEIGHTS, ZONES)
    assert changed["verdict"]["cost"]["total"]["after"] == pytest.approx(verdict.cost.total)
    assert len(changed["verdict"]["breaches"]) == len(verdict.violations)
    assert changed["draft"]["draft"]["revision"] == 1
    assert changed["entry"]["author"] == "planner"
    assert changed["entry"]["reason"] == "why not"


def test_a_preview_says_the_same_and_stores_nothing(
    client: TestClient, planner: Headers, draft: str, schedule: Schedule
) -> None:
    run = schedule.runs[0]
    edit = {"kind": "resize", "run": run.id, "quantity": run.quantity * 2}
    seen = client.post(f"{draft}/preview", headers=planner, json={"edit": edit})
    assert client.get(draft, headers=planner).json()["draft"]["revision"] == 0
    assert seen.json() == _edit(client, planner, draft, 0, edit).json()["verdict"]


def test_undo_and_redo_go_back_and_forth(
    client: TestClient, planner: Headers, draft: str, schedule: Schedule
) -> None:
    before = client.get(draft, headers=planner).json()
    edited = _edit(client, planner, draft, 0, {"kind": "cancel", "run": schedule.runs[0].id}).json()
    undone = client.post(f"{draft}/undo", headers=planner, json={"revision": 1}).json()
    assert undone["draft"]["cost"] == before["cost"]
    assert (undone["draft"]["undoable"], undone["draft"]["redoable"]) == (0, 1)
    redone = client.post(f"{draft}/redo", headers=planner, json={"revision": 2}).json()
    assert redone["draft"]["cost"] == edited["draft"]["cost"]
    history = client.get(f"{draft}/history", headers=planner).json()
    assert [one["kind"] for one in history] == ["edit", "undo", "redo"]
    nothing = client.post(f"{draft}/redo", headers=planner, json={"revision": 3})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "conflict")


def test_of_two_planners_the_second_is_told_what_the_first_did(
    client: TestClient, planner: Headers, admin: Headers, draft: str, schedule: Schedule
) -> None:
    first, second = schedule.runs[:2]
    _edit(client, admin, draft, 0, {"kind": "lock", "run": first.id, "lock": "line"})
    answer = _edit(client, planner, draft, 0, {"kind": "cancel", "run": second.id})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["revision"]) == (409, "stale", 1)
    assert [(one["author"], one["edit"]["run"]) for one in problem["changes"]] == [
        ("admin", first.id)
    ]
    assert _edit(client, planner, draft, 1, {"kind": "cancel", "run": second.id}).status_code == 200


def test_a_draft_is_reviewed_and_published(
    client: TestClient, planner: Headers, draft: str, plant: Plant, schedule: Schedule
) -> None:
    opened = client.post("/api/drafts", headers=planner, json={}).json()["draft"]
    path, body = f"/api/drafts/{opened['id']}", {"revision": 1}
    assert opened["version"] == 2
    run = schedule.runs[-1]
    assert apply(plant, schedule, SetLock(run.id, "all"))
    _edit(client, planner, path, 0, {"kind": "lock", "run": run.id, "lock": "all"})
    early = client.post(f"{path}/publish", headers=planner, json=body)
    assert early.status_code == 409
    for step in ("submit", "approve"):
        assert client.post(f"{path}/review/{step}", headers=planner, json=body).status_code == 200
    published = client.post(f"{path}/publish", headers=planner, json=body)
    assert published.json() == {"version": 3, "mlflow": "none", "reason": ""}
    latest = client.get("/api/versions/latest", headers=planner).json()["version"]
    assert (latest["number"], latest["author"], latest["base"]) == (3, "planner", 2)
    assert [one["action"] for one in client.get(f"{path}/reviews", headers=planner).json()] == [
        "submit", "approve", "publish",
    ]  # fmt: skip


def test_a_draft_of_a_version_that_is_superseded_is_not_published(
    client: TestClient, planner: Headers, draft: str
) -> None:
    for step in ("submit", "approve"):
        client.post(f"{draft}/review/{step}", headers=planner, json={"revision": 0})
    answer = client.post(f"{draft}/publish", headers=planner, json={"revision": 0})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "version 2" in answer.json()["detail"]


def test_places_for_a_run_are_those_that_can_make_it(
    client: TestClient, planner: Headers, draft: str, plant: Plant, schedule: Schedule
) -> None:
    run = schedule.runs[0]
    places = client.get(f"{draft}/places?run={run.id}", headers=planner).json()
    able = {one.line for one in plant.capabilities if one.item == run.item}
    assert {place["line"] for place in places} == able
    assert next(place for place in places if place["line"] == run.line)["is_legal"]


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"kind": "move", "run": "nobody", "line": "L01", "start": 0}, "run"),
        ({"kind": "fly"}, "edit"),
        ({"kind": "move", "run": "R1", "line": "L01", "start": -1}, "edit.start"),
        ({"kind": "resize", "run": "R1", "quantity": 0}, "edit.quantity"),
        ({"kind": "cancel"}, "edit.run"),
        ({"kind": "group", "edits": [{"kind": "cancel"}]}, "edit.edits.0.run"),
    ],
)
def test_a_wrong_edit_names_its_field(
    client: TestClient, planner: Headers, draft: str, edit: dict[str, Any], field: str
) -> None:
    answer = _edit(client, planner, draft, 0, edit)
    assert answer.status_code == 422
    assert field in {one["field"] for one in answer.json()["errors"]}


def test_what_a_draft_changes_is_shown(
    client: TestClient, planner: Headers, draft: str, schedule: Schedule
) -> None:
    run = schedule.runs[0]
    _edit(client, planner, draft, 0, {"kind": "lock", "run": run.id, "lock": "start"})
    changes = client.get(f"{draft}/changes", headers=planner).json()
    assert [(one["id"], one["changes"]) for one in changes["runs"]] == [(run.id, ["lock"])]
    assert [one["title"] for one in client.get("/api/drafts", headers=planner).json()] == ["later"]


def test_a_draft_is_carried_over_to_the_version_published_since(
    client: TestClient, planner: Headers, draft: str, schedule: Schedule
) -> None:
    first, second = schedule.runs[0], schedule.runs[-1]
    _edit(client, planner, draft, 0, {"kind": "lock", "run": second.id, "lock": "start"})
    _edit(client, planner, draft, 1, {"kind": "cancel", "run": first.id})
    client.post(f"{draft}/undo", headers=planner, json={"revision": 2})
    answer = client.post(f"{draft}/carry", headers=planner)
    assert answer.status_code == 201, answer.text
    carried = answer.json()
    new = carried["draft"]["draft"]
    assert (new["version"], new["title"], new["revision"]) == (2, "later", 1)
    assert carried["left"] == []
    (kept,) = client.get(f"/api/drafts/{new['id']}/history", headers=planner).json()
    assert (kept["edit"]["run"], kept["reason"]) == (second.id, "why not")
    assert client.get(draft, headers=planner).json()["draft"]["status"] == "open"


def test_an_edit_that_cannot_be_carried_over_is_named_with_its_reason(
    client: TestClient, planner: Headers, admin: Headers, draft: str, schedule: Schedule
) -> None:
    def is_spared(run: Run) -> bool:
        edit = {"kind": "cancel", "run": run.id}
        seen = client.post(f"{draft}/preview", headers=planner, json={"edit": edit})
        return bool(seen.json()["feasible"])

    run = next(run for run in schedule.runs[1:] if is_spared(run))
    _edit(client, planner, draft, 0, {"kind": "lock", "run": run.id, "lock": "all"})
    other = client.post("/api/drafts", headers=admin, json={}).json()["draft"]["id"]
    path = f"/api/drafts/{other}"
    gone = _edit(client, admin, path, 0, {"kind": "cancel", "run": run.id})
    assert gone.json()["draft"]["feasible"]
    for step in ("review/submit", "review/approve", "publish"):
        assert client.post(f"{path}/{step}", headers=admin, json={"revision": 1}).status_code == 200
    carried = client.post(f"{draft}/carry", headers=planner).json()
    assert carried["draft"]["draft"]["version"] == 3
    (left,) = carried["left"]
    assert left["entry"]["edit"]["run"] == run.id
    assert run.id in left["why"]


@pytest.mark.parametrize("kind", ["version", "draft"])
def test_the_fixes_of_an_exception_are_told_for_versions_and_drafts(
    client: TestClient, planner: Headers, draft: str, kind: str
) -> None:
    path = "/api/versions/1" if kind == "version" else draft
    found = client.get(f"{path}/exceptions", headers=planner).json()
    for one in found:
        answer = client.get(f"{path}/fixes", headers=planner, params={"exception": one["id"]})
        assert answer.status_code == 200, answer.text
        if one["fixes"] is not None:
            assert answer.json() == one["fixes"]
