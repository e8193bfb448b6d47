"""What browsers are told: by socket and by asking, resumed without a gap, closed with the session."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from starlette.websockets import WebSocketDisconnect

from pipelines.storage import writing
from pipelines.storage.repositories.notices import (
    add_notice,
    forget_notices,
    list_notices,
    notice_bounds,
)
from tests.service.conftest import Clock

Headers = dict[str, str]
Tell = Callable[..., None]


@pytest.fixture
def tell(client: TestClient, clock: Clock) -> Tell:
    """Stores a notice on each subject, as another process would."""

    def store(*subjects: str) -> None:
        for subject in subjects:
            with writing(_state(client).engine) as session:
                add_notice(session, "line.changed", subject, {"state": "down"}, clock())

    return store


def _state(client: TestClient) -> Any:
    return client.app.state.takt  # type: ignore[attr-defined]


def _listening(client: TestClient, **headers: str) -> AbstractContextManager[Any]:
    return client.websocket_connect("/api/events/socket", headers=headers)


def _token(who: Headers) -> str:
    return who["Authorization"].removeprefix("Bearer ")


def _place(client: TestClient, who: Headers) -> int:
    return int(client.get("/api/events", headers=who).json()["last"])


def test_a_notice_reaches_every_socket(client: TestClient, viewer: Headers, tell: Tell) -> None:
    with _listening(client) as one, _listening(client) as two:
        for socket in (one, two):
            socket.send_json({"token": _token(viewer)})
            assert socket.receive_json()["type"] == "ready"
        tell("L01")
        for socket in (one, two):
            told = socket.receive_json()
            assert (told["type"], told["kind"], told["subject"]) == (
                "notice",
                "line.changed",
                "L01",
            )
            assert told["data"] == {"state": "down"}


def test_who_was_away_is_told_all_that_was_missed_and_then_what_is_new(
    client: TestClient, viewer: Headers, tell: Tell
) -> None:
    with _listening(client) as socket:
        socket.send_json({"token": _token(viewer)})
        socket.receive_json()
        tell("first")
        seen = socket.receive_json()["id"]
    missed = [f"missed {number}" for number in range(5)]
    tell(*missed)
    with _listening(client) as socket:
        socket.send_json({"token": _token(viewer), "after": seen})
        assert socket.receive_json() == {"type": "ready", "last": seen}
        tell("new")
        found = [socket.receive_json() for _ in range(6)]
    assert [one["subject"] for one in found] == [*missed, "new"]
    assert [one["id"] for one in found] == sorted(one["id"] for one in found)


def test_a_publication_and_an_edit_are_told(
    client: TestClient, viewer: Headers, planner: Headers
) -> None:
    with _listening(client) as socket:
        socket.send_json({"token": _token(viewer)})
        socket.receive_json()
        draft = client.post("/api/drafts", headers=planner, json={}).json()["draft"]["id"]
        path = f"/api/drafts/{draft}"
        for step in ("review/submit", "review/approve", "publish"):
            assert client.post(f"{path}/{step}", headers=planner, json={"revision": 0}).is_success
        kinds = [socket.receive_json()["kind"] for _ in range(5)]
    assert sorted(kinds) == ["draft.status"] * 4 + ["version.published"]


def test_asking_gives_the_same_as_the_socket(
    client: TestClient, viewer: Headers, tell: Tell
) -> None:
    last = _place(client, viewer)
    tell("a", "b", "c")
    first = client.get(f"/api/events?after={last}&limit=2", headers=viewer).json()
    rest = client.get(f"/api/events?after={first['last']}", headers=viewer).json()
    assert [one["subject"] for one in first["notices"] + rest["notices"]] == ["a", "b", "c"]
    nothing = client.get(f"/api/events?after={rest['last']}&wait=0.05", headers=viewer).json()
    assert nothing == {"notices": [], "last": rest["last"], "reset": False}


def test_a_place_that_is_no_longer_kept_or_never_was_starts_anew(
    client: TestClient, viewer: Headers, tell: Tell, clock: Clock
) -> None:
    place = _place(client, viewer)
    tell("a", "b", "c")
    with writing(_state(client).engine) as session:
        forget_notices(session, clock() + timedelta(seconds=1))
    newest = _place(client, viewer)
    for after in (place, newest + 5):
        answer = client.get(f"/api/events?after={after}", headers=viewer).json()
        assert answer == {"notices": [], "last": newest, "reset": True}
    with _listening(client) as socket:
        socket.send_json({"token": _token(viewer), "after": place})
        assert socket.receive_json() == {"type": "reset", "last": newest}


def test_the_newest_notice_stays_so_that_ids_go_on(
    client: TestClient, tell: Tell, clock: Clock
) -> None:
    tell("a", "b")
    with writing(_state(client).engine) as session:
        forget_notices(session, clock() + timedelta(days=1))
        oldest, newest = notice_bounds(session)
        assert oldest == newest
        assert [one.subject for one in list_notices(session, 0, 10)] == ["b"]


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        ("{", 4400),
        ('{"token": "x", "more": 1}', 4400),
        ('{"token": "x"}', 4401),
        ('{"token": "x", "after": -1}', 4400),
    ],
)
def test_who_does_not_greet_properly_is_shut_out(
    client: TestClient, greeting: str, code: int
) -> None:
    with _listening(client) as socket:
        socket.send_text(greeting)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == code


def test_a_page_of_another_address_may_not_listen(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), _listening(client, Origin="https://evil.example"):
        pass
    with _listening(client, Origin="http://testserver"):
        pass


def test_a_socket_closes_when_its_token_runs_out_unless_it_is_given_another(
    client: TestClient, login: Callable[[str], Headers], clock: Clock, tell: Tell
) -> None:
    with _listening(client) as kept, _listening(client) as forgotten:
        for socket in (kept, forgotten):
            socket.send_json({"token": _token(login("viewer"))})
            socket.receive_json()
        clock.turn(minutes=10)
        kept.send_json({"token": _token(login("viewer"))})
        clock.turn(minutes=6)
        tell("later")
        assert kept.receive_json()["subject"] == "later"
        with pytest.raises(WebSocketDisconnect) as closed:
            while True:
                forgotten.receive_json()
    assert closed.value.code == 4401


def test_a_feed_that_failed_once_goes_on(
    client: TestClient, viewer: Headers, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = _state(client).feed
    real, failures = (
        feed.load,
        iter([RuntimeError("a fault"), OperationalError("away", {}, ValueError())]),
    )

    def load(after: int, limit: int) -> Any:
        for failure in failures:
            raise failure
        return real(after, limit)

    with _listening(client) as socket:
        socket.send_json({"token": _token(viewer)})
        socket.receive_json()
        monkeypatch.setattr(feed, "load", load)
        tell("later")
        assert socket.receive_json()["subject"] == "later"
