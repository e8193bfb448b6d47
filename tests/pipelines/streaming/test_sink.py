"""The sink's parts that need no Spark: the text that Arrow holds, what counts as away, the outbox."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from pipelines.storage import StorageError, open_database
from pipelines.storage.repositories.event_store import Incoming, Stored
from pipelines.streaming.judge import lines_of
from pipelines.streaming.sink import CAREFUL, Sink, StoppedError, is_away


def joined(rows: pa.ChunkedArray) -> bytes:
    return b"".join(bytes(lines_of(chunk)) for chunk in rows.chunks)


def test_the_text_of_rows_is_taken_whole_from_any_slice_and_past_nulls() -> None:
    whole = pa.chunked_array([["a\n", None, "bc\n"], [], ["d\u00e9\n"], [None]], pa.string())
    assert joined(whole) == "a\nbc\nd\u00e9\n".encode()
    assert joined(whole.slice(1, 2)) == b"bc\n"
    assert joined(whole.slice(3)) == "d\u00e9\n".encode()
    assert joined(pa.chunked_array([], pa.string())) == b""


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (psycopg.OperationalError("server closed the connection"), True),
        (psycopg.errors.AdminShutdown("terminating"), True),
        (psycopg.errors.CheckViolation("good >= 0"), False),
        (OperationalError("x", None, psycopg.OperationalError("refused")), True),
        (IntegrityError("x", None, psycopg.errors.UniqueViolation("twice")), False),
        (StorageError("database is locked; nothing was stored"), True),
        (StorageError("no such table: events"), False),
    ],
)
def test_a_database_that_is_away_is_told_from_one_that_refuses(
    error: Exception, away: bool
) -> None:
    assert is_away(error) is away


def sink(tmp_path: Path, said: list[str]) -> Sink:
    return Sink(
        engine=open_database(f"sqlite:///{tmp_path}/takt.db"),
        query_id=lambda: "q",
        clock=lambda: datetime(2026, 1, 5, tzinfo=UTC),
        report=said.append,
        retention=timedelta(days=1),
    )


def failing(times: int, error: Exception) -> Callable[[], int]:
    left = [times]

    def act() -> int:
        if left[0]:
            left[0] -= 1
            raise error
        return 7

    return act


def test_the_sink_waits_for_the_database_and_says_so_once(tmp_path: Path) -> None:
    said: list[str] = []
    assert sink(tmp_path, said)._persist(failing(2, psycopg.OperationalError("gone\nfar"))) == 7
    assert said == ["the database is away, waiting for it: gone"]


def test_what_the_database_refuses_is_raised_at_once(tmp_path: Path) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        sink(tmp_path, [])._persist(failing(1, psycopg.errors.CheckViolation("no")))


def test_a_sink_that_is_told_to_stop_waits_no_longer(tmp_path: Path) -> None:
    stopped = sink(tmp_path, [])
    threading.Timer(0.05, stopped.stop.set).start()
    with pytest.raises(StoppedError):
        stopped._persist(failing(100, psycopg.OperationalError("gone")))


def test_what_stops_a_micro_batch_that_is_stored_aside_is_raised_once(tmp_path: Path) -> None:
    aside = sink(tmp_path, [])
    fail = failing(1, ValueError("no"))
    aside._stored = aside._pool.submit(lambda: print(fail()))
    with pytest.raises(ValueError, match="no"):
        aside.finish()
    aside.finish()


def test_after_copies_ids_are_looked_up_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, copies = Stored(1, {"count": 2}, 0, {}, frozenset(), frozenset()), 3
    told = iter([new, replace(new, copies=copies), *[new] * CAREFUL, new, None, new])
    asked: list[bool] = []

    def store(_session: object, batch: Incoming) -> Stored | None:
        asked.append(batch.seems_new)
        return next(told)

    monkeypatch.setattr("pipelines.streaming.sink.event_store.store_events", store)
    one = sink(tmp_path, [])
    batch = Incoming("q", 0, one.clock, 2, (), (), lambda _places: ())
    for _ in range(CAREFUL + 5):
        one._store(batch)
    assert asked == [True, True, *[False] * CAREFUL, True, True, True]
