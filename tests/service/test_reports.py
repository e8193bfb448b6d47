"""The drift report in a frame: opened by a ticket that runs out, and able to do nothing but show itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.service.conftest import Clock

Headers = dict[str, str]


@pytest.fixture
def opened(client: TestClient, viewer: Headers, tmp_path: Path) -> str:
    (tmp_path / "drift").mkdir()
    (tmp_path / "drift" / "report.html").write_text("<!doctype html><p>no drift</p>")
    answer = client.post("/api/reports/drift", headers=viewer)
    assert answer.status_code == 201, answer.text
    assert answer.json()["expires_in"] == 60
    return str(answer.json()["address"])


def test_the_report_opens_without_a_token_and_reaches_nothing(
    client: TestClient, opened: str
) -> None:
    answer = client.get(opened)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><p>no drift</p>")
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none';")
    assert "connect-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["cache-control"] == "no-store"


def test_a_ticket_opens_for_a_minute(client: TestClient, opened: str, clock: Clock) -> None:
    clock.turn(seconds=59)
    assert client.get(opened).status_code == 200
    clock.turn(seconds=1)
    answer = client.get(opened)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


def test_nothing_else_opens_it_and_it_opens_nothing_else(
    client: TestClient, opened: str, viewer: Headers
) -> None:
    token = viewer["Authorization"].removeprefix("Bearer ")
    assert client.get(f"/api/reports/{token}").status_code == 401
    assert client.get("/api/reports/guessed").status_code == 401
    ticket = opened.rpartition("/")[2]
    answer = client.get("/api/auth/me", headers={"Authorization": f"Bearer {ticket}"})
    assert answer.status_code == 401
    forged = f"{ticket[:-4]}{'A' * 4}"
    assert client.get(f"/api/reports/{forged}").status_code == 401


def test_without_a_report_there_is_no_ticket(client: TestClient, viewer: Headers) -> None:
    answer = client.post("/api/reports/drift", headers=viewer)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
