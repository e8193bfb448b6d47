"""Notices become visible in the order of their ids, whoever writes them at the same time."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from pipelines.events import Committed, LineState, Noted
from pipelines.line_notices import tell_lines
from pipelines.storage import reading, writing
from pipelines.storage.repositories.notices import add_notice, list_notices

NOW = datetime(2026, 1, 5, tzinfo=UTC)
WRITERS, EACH = 4, 12


def test_a_reader_who_goes_on_from_the_last_id_misses_nothing(database: Engine) -> None:
    over = threading.Event()
    seen: list[int] = []

    def follow() -> None:
        while True:
            is_last = over.is_set()
            with reading(database) as session:
                seen.extend(one.id for one in list_notices(session, seen[-1] if seen else 0, 5))
                more = list_notices(session, seen[-1] if seen else 0, 1)
            if is_last and not more:
                return

    def write(number: int) -> None:
        for count in range(EACH):
            with writing(database) as session:
                add_notice(session, "job.changed", f"{number}/{count}", {}, NOW)
                time.sleep(0.002 * (number % 3))  # the slow ones have their ids early

    reader = threading.Thread(target=follow)
    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    reader.join()
    with reading(database) as session:
        stored = [one.id for one in list_notices(session, 0, 1000)]
    assert len(stored) == WRITERS * EACH
    assert seen == stored


def test_what_is_undone_is_not_told(database: Engine) -> None:
    def fail() -> None:
        with writing(database) as session:
            add_notice(session, "job.changed", "1", {}, NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with reading(database) as session:
        assert list_notices(session, 0, 10) == []


def test_of_a_commit_each_line_that_changed_is_told_once(database: Engine) -> None:
    def event(line: str, minute: int, state: str) -> Noted:
        document = {
            "event_id": f"00000000-0000-0000-0000-{minute:012d}",
            "at": NOW.replace(minute=minute).isoformat(),
            "source": "test",
            "type": "line_state",
            "version": 1,
            "line": line,
            "state": state,
        }
        return Noted(minute, LineState.model_validate(document, strict=False))

    batch = Committed(
        1, NOW, events=(event("L1", 1, "down"), event("L1", 2, "running"), event("L2", 3, "idle"))
    )
    tell_lines(database, lambda: NOW)(batch)
    tell_lines(database, lambda: NOW)(Committed(2, NOW))
    with reading(database) as session:
        told = [(one.subject, one.data["state"]) for one in list_notices(session, 0, 10)]
    assert told == [("L1", "running"), ("L2", "idle")]
