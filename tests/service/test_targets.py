"""Targets of figures: each user's own, whichever browser."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

Headers = dict[str, str]


def test_a_target_is_the_user_s_own_and_can_be_changed_and_forgotten(
    client: TestClient, viewer: Headers, planner: Headers
) -> None:
    def put(kpi: str, value: float | None) -> object:
        answer = client.put(f"/api/targets/{kpi}", headers=viewer, json={"value": value})
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert put("on_time_in_full", 0.9) == {"on_time_in_full": 0.9}
    put("changeovers", 40)
    assert put("on_time_in_full", 0.97) == {"on_time_in_full": 0.97, "changeovers": 40.0}
    assert client.get("/api/targets", headers=planner).json() == {}
    assert put("changeovers", None) == {"on_time_in_full": 0.97}
    assert client.get("/api/targets", headers=viewer).json() == {"on_time_in_full": 0.97}


@pytest.mark.parametrize(
    ("path", "body"), [("happiness", {"value": 1}), ("moves", {"value": "x"}), ("moves", {})]
)
def test_a_wrong_target_is_refused(
    client: TestClient, viewer: Headers, path: str, body: dict[str, object]
) -> None:
    answer = client.put(f"/api/targets/{path}", headers=viewer, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
