"""The contract: the kept OpenAPI document, and which role each route asks for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from service.openapi import openapi_text

KEPT = Path(__file__).parents[2] / "docs" / "schema" / "openapi.json"
ROLES = ("viewer", "planner", "admin")

OPEN = {"live", "ready", "metrics", "log_in", "refresh", "get_report"}  # the last by its own ticket
PLANNER = {
    "open_draft", "preview_edit", "edit_draft", "undo_edit", "redo_edit", "review_draft",
    "publish_draft", "carry_draft", "repair_draft", "start_what_if", "start_alternatives", "cancel",
    "draft_from_job", "add_note",
}  # fmt: skip
ADMIN = {"list_users", "add_user", "change_user"}

Headers = dict[str, str]


def test_the_kept_document_is_the_service_s() -> None:
    hint = "run: .venv/bin/python -m service.openapi docs/schema/openapi.json"
    assert KEPT.read_text("utf-8") == openapi_text(), hint


def test_every_operation_has_an_id_of_its_own_a_summary_and_its_problems() -> None:
    paths = json.loads(KEPT.read_text("utf-8"))["paths"]
    operations = [one for path in paths.values() for one in path.values()]
    ids = [one["operationId"] for one in operations]
    assert len(set(ids)) == len(ids)
    assert all(one["summary"] and one["description"] for one in operations)
    for one in operations:
        for status, answer in one["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], one["operationId"]


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = json.loads(KEPT.read_text("utf-8"))
    names = set(document["components"]["schemas"])
    text = KEPT.read_text("utf-8")
    asked = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert asked - names == set()


def _routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in app.routes if isinstance(route, APIRoute)]


def _call(client: TestClient, route: APIRoute, headers: Headers) -> int:
    path = route.path
    for name, value in {
        "number": 99,
        "other": 98,
        "id": "nothing",
        "action": "submit",
        "kpi": "moves",
    }.items():
        path = path.replace(f"{{{name}}}", str(value))
    (method,) = route.methods
    return client.request(method, path, headers=headers, json={}).status_code


def test_every_route_is_closed_to_whoever_may_not_use_it(
    client: TestClient, app: FastAPI, login: Callable[[str], Headers]
) -> None:
    headers = {role: login(role) for role in ROLES}
    routes = _routes(app)
    assert {route.name for route in routes} > OPEN | PLANNER | ADMIN
    for route in routes:
        if route.name in OPEN | {"log_out"}:
            continue
        needed = (
            "admin" if route.name in ADMIN else "planner" if route.name in PLANNER else "viewer"
        )
        assert _call(client, route, {}) == 401, route.name
        for role in ROLES:
            status = _call(client, route, headers[role])
            allowed = ROLES.index(role) >= ROLES.index(needed)
            assert (status not in (401, 403)) == allowed, (route.name, role, status)
            assert status < 500, (route.name, role, status)


def test_every_route_that_is_open_is_meant_to_be(app: FastAPI) -> None:
    def asks(dependant: Any) -> bool:
        return any(one.call.__name__ == "get_claims" or asks(one) for one in dependant.dependencies)

    assert {route.name for route in _routes(app) if not asks(route.dependant)} == OPEN


@pytest.mark.parametrize("path", ["/api/nothing", "/docs", "/redoc", "/openapi.json"])
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
