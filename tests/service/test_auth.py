"""Logins, tokens and their limits; users; what is never logged."""

from __future__ import annotations

import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import structlog
from fastapi.testclient import TestClient

from pipelines.accounts import TRIES, AccountError, Accounts, LoginRefusedError
from pipelines.context import Context
from pipelines.settings import Settings, SettingsError, load_secret
from service.logs import hide_secrets
from tests.service.conftest import PASSWORD, QUICK, Clock, serving

Headers = dict[str, str]


def _log_in(client: TestClient, name: str = "viewer", password: str = PASSWORD) -> Any:
    return client.post("/api/auth/token", data={"username": name, "password": password})


def _me(client: TestClient, token: str) -> Any:
    return client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})


def _refresh(client: TestClient, token: str) -> Any:
    return client.post("/api/auth/refresh", json={"refresh_token": token})


def test_a_login_opens_the_service_until_its_token_runs_out(
    client: TestClient, clock: Clock
) -> None:
    pair = _log_in(client, " Viewer ").json()
    assert (pair["user"], pair["role"], pair["expires_in"]) == ("viewer", "viewer", 900)
    assert _me(client, pair["access_token"]).json()["name"] == "viewer"
    clock.turn(seconds=901)
    answer = _me(client, pair["access_token"])
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    assert "invalid_token" in answer.headers["www-authenticate"]
    renewed = _refresh(client, pair["refresh_token"]).json()
    assert _me(client, renewed["access_token"]).status_code == 200


def test_a_refresh_token_that_comes_twice_ends_its_session(
    client: TestClient, clock: Clock
) -> None:
    pair = _log_in(client).json()
    second = _refresh(client, pair["refresh_token"]).json()
    stolen = _refresh(client, pair["refresh_token"])
    assert (stolen.status_code, stolen.json()["code"]) == (401, "login_refused")
    assert _refresh(client, second["refresh_token"]).status_code == 401
    clock.turn(seconds=6)
    assert _me(client, second["access_token"]).json()["code"] == "not_authenticated"


def test_a_session_runs_out(client: TestClient, clock: Clock) -> None:
    pair = _log_in(client).json()
    clock.turn(days=8)
    assert _refresh(client, pair["refresh_token"]).status_code == 401


def test_after_logging_out_neither_token_opens_anything(client: TestClient) -> None:
    pair = _log_in(client).json()
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    assert client.post("/api/auth/logout", headers=headers).status_code == 204
    assert _me(client, pair["access_token"]).status_code == 401
    assert _refresh(client, pair["refresh_token"]).status_code == 401


@pytest.mark.parametrize("name", ["viewer", "nobody"])
def test_after_too_many_refused_logins_the_right_password_waits_too(
    client: TestClient, clock: Clock, name: str
) -> None:
    refused = [_log_in(client, name, "wrong").status_code for _ in range(TRIES)]
    assert refused == [401] * TRIES
    limited = _log_in(client, name)
    assert (limited.status_code, limited.json()["code"]) == (429, "too_many_logins")
    clock.turn(seconds=int(limited.headers["retry-after"]) + 1)
    assert _log_in(client, name).status_code == (200 if name == "viewer" else 401)


def test_tries_at_the_same_moment_cannot_all_slip_in(client: TestClient) -> None:
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: _log_in(client, "viewer", "wrong").status_code, range(20)))
    assert found.count(401) == TRIES
    assert found.count(429) == 20 - TRIES


def test_a_refusal_says_the_same_of_a_wrong_name_and_a_wrong_password(client: TestClient) -> None:
    wrong_name, wrong_password = (
        _log_in(client, "nobody").json(),
        _log_in(client, password="x").json(),
    )
    wrong_name.pop("request_id"), wrong_password.pop("request_id")
    assert wrong_name == wrong_password


def test_tokens_that_were_not_made_here_open_nothing(client: TestClient, clock: Clock) -> None:
    state: Any = client.app.state.takt  # type: ignore[attr-defined]
    real = _log_in(client).json()["access_token"]
    claims = jwt.decode(real, options={"verify_signature": False})
    head, body, sign = real.split(".")
    forged = [
        jwt.encode(claims, "another key of thirty-two letters", "HS256"),
        jwt.encode(claims, None, "none"),
        jwt.encode({**claims, "iss": "other"}, state.tokens.secret, "HS256"),
        jwt.encode({k: v for k, v in claims.items() if k != "exp"}, state.tokens.secret, "HS256"),
        jwt.encode({**claims, "sid": "unknown"}, state.tokens.secret, "HS256"),
        jwt.encode({**claims, "exp": 10**30}, state.tokens.secret, "HS256"),
        f"{head}.{body}.{sign[::-1]}",
        f"{head}.{body}.",
        "x",
        "",
    ]
    for token in forged:
        answer = _me(client, token)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), token


def test_a_user_who_is_shut_out_is_out_at_once(client: TestClient, admin: Headers) -> None:
    pair = _log_in(client).json()
    id = _me(client, pair["access_token"]).json()["id"]
    changed = client.patch(f"/api/users/{id}", headers=admin, json={"is_active": False})
    assert changed.json()["is_active"] is False
    assert _me(client, pair["access_token"]).status_code == 401
    assert _refresh(client, pair["refresh_token"]).status_code == 401
    assert _log_in(client).status_code == 401


def test_another_role_holds_from_the_next_login_on(client: TestClient, admin: Headers) -> None:
    id = next(
        u["id"] for u in client.get("/api/users", headers=admin).json() if u["name"] == "viewer"
    )
    client.patch(f"/api/users/{id}", headers=admin, json={"role": "planner"})
    assert _log_in(client).json()["role"] == "planner"


def test_the_last_admin_stays(client: TestClient, admin: Headers) -> None:
    id = client.get("/api/auth/me", headers=admin).json()["id"]
    for change in ({"role": "viewer"}, {"is_active": False}):
        answer = client.patch(f"/api/users/{id}", headers=admin, json=change)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "role")
    assert client.get("/api/auth/me", headers=admin).status_code == 200
    assert client.patch("/api/users/999", headers=admin, json={}).status_code == 404


def test_a_password_is_changed_by_who_knows_it(client: TestClient, viewer: Headers) -> None:
    wrong = {"old_password": "wrong", "password": "another horse"}
    refused = client.put("/api/auth/password", headers=viewer, json=wrong)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "old_password")
    right = wrong | {"old_password": PASSWORD}
    assert client.put("/api/auth/password", headers=viewer, json=right).status_code == 204
    assert client.get("/api/auth/me", headers=viewer).status_code == 401
    assert _log_in(client).status_code == 401
    assert _log_in(client, password="another horse").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "password": "long enough it is", "role": "viewer"}, "name"),
        ({"name": "viewer", "password": "long enough it is", "role": "viewer"}, "name"),
        ({"name": "new", "password": "short", "role": "viewer"}, "password"),
        ({"name": "new", "password": "aaaaaaaaaaaa", "role": "viewer"}, "password"),
        ({"name": "newcomer", "password": "newcomer 1234", "role": "viewer"}, "password"),
        ({"name": "new", "password": "long enough it is", "role": "king"}, "role"),
        ({"name": "new", "password": "long enough it is"}, "role"),
        ({"name": "new", "password": "long enough it is", "role": "viewer", "x": 1}, "x"),
    ],
)
def test_a_wrong_user_names_its_field_and_repeats_no_password(
    client: TestClient, admin: Headers, body: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/users", headers=admin, json=body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert body["password"] not in answer.text


def test_names_are_taken_whatever_their_case(client: TestClient) -> None:
    accounts: Accounts = client.app.state.takt.accounts  # type: ignore[attr-defined]
    with pytest.raises(AccountError, match="taken"):
        accounts.add("VIEWER", "long enough it is", "viewer")
    with pytest.raises(LoginRefusedError):
        accounts.log_in("viewer", "x" * 100_000, "here")


def test_a_body_that_is_too_large_is_refused(client: TestClient, admin: Headers) -> None:
    said = client.post("/api/users", headers=admin, content=b" " * 3_000_000)
    sent = client.post("/api/users", headers=admin, content=(b" " * 100_000 for _ in range(30)))
    for answer in (said, sent):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_other_pages_may_not_call_unless_they_are_allowed(
    context: Context, client: TestClient
) -> None:
    asked = {"Origin": "https://other.example", "Access-Control-Request-Method": "GET"}
    closed = client.options("/api/auth/me", headers=asked)
    assert "access-control-allow-origin" not in closed.headers
    settings = context.settings.model_copy(update={"allowed_origins": ("https://other.example",)})
    opened = Context(settings, context.params, context.clock, context.report)
    with serving(opened) as other:
        answer = other.options("/api/auth/me", headers=asked)
        assert answer.headers["access-control-allow-origin"] == "https://other.example"
        stranger = other.options("/api/auth/me", headers=asked | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for path in ("/health/live", "/api/auth/me", "/nothing"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert len(headers["x-request-id"]) == 32


def test_a_fault_is_a_problem_without_its_details(
    client: TestClient, viewer: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("service.routes.versions.versions.page_of_versions", broken)
    answer = client.get("/api/versions", headers=viewer)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_nothing_secret_is_logged(client: TestClient) -> None:
    with structlog.testing.capture_logs() as logs:
        pair = _log_in(client).json()
        _me(client, pair["access_token"])
        _refresh(client, pair["refresh_token"])
    told = repr(logs)
    assert len(logs) == 3
    for secret in (PASSWORD, pair["access_token"], pair["refresh_token"]):
        assert secret not in told


def test_secrets_in_texts_and_names_are_hidden() -> None:
    logger = logging.getLogger("x")
    event = hide_secrets(
        logger,
        "info",
        {
            "event": "postgresql://takt:hush@host/db Bearer abc.def eyJa.eyJb.c_c",
            "password": "hush",
            "more": {"access_token": "abc", "plain": ["Bearer hush"]},
        },
    )
    assert event == {
        "event": "postgresql://takt:***@host/db Bearer *** ***",
        "password": "***",
        "more": {"access_token": "***", "plain": ["Bearer ***"]},
    }


def test_health_and_figures_are_open(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/health/ready").json() == {"answering": ["database"], "missing": []}
    client.get("/api/versions/1")
    assert 'route="/api/versions/{number}"' in client.get("/metrics").text


def test_without_its_redis_the_service_is_not_ready(client: TestClient, context: Context) -> None:
    settings = context.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    other = Context(settings, context.params, context.clock, context.report)
    with serving(other) as waiting:
        answer = waiting.get("/health/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "redis" in answer.json()["detail"]


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    key = load_secret(settings)
    assert load_secret(settings) == key
    assert stat.S_IMODE(settings.secret_file.stat().st_mode) == 0o600
    settings.secret_file.chmod(0o644)
    with pytest.raises(SettingsError, match="others can read it"):
        load_secret(settings)
    settings.secret_file.write_text("short")
    settings.secret_file.chmod(0o600)
    with pytest.raises(SettingsError, match="expected a key"):
        load_secret(settings)


def test_accounts_hash_with_argon2() -> None:
    assert QUICK.hash("x").startswith("$argon2id$")
    default = Accounts.__dataclass_fields__["hasher"].default
    assert default.hash("x").startswith("$argon2id$")
    assert default.current_hasher._hasher.memory_cost >= 19_456
    assert timedelta(minutes=Settings().token_minutes) <= timedelta(hours=1)


def test_a_key_given_by_the_environment_is_a_strong_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TAKT_SECRET_KEY", "0123456789abcdef" * 3)
    assert load_secret(Settings(data=tmp_path)) == "0123456789abcdef" * 3
    assert not (tmp_path / "secret_key").exists()
    assert "0123456789" not in repr(Settings(data=tmp_path))
