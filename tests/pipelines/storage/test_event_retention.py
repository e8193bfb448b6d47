"""Events older than the retention go, with their ids and sums; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, text

from pipelines.storage import reading, writing
from pipelines.storage.repositories import live
from pipelines.storage.repositories.event_retention import (
    PARTITIONS,
    forget_before,
    make_partitions_ahead,
)
from pipelines.storage.repositories.event_store import is_partitioned
from pipelines.storage.stream_tables import EVENTS, EventIdRow
from tests.pipelines.storage.test_event_store import NOW, count, store


def test_what_is_older_than_the_retention_is_forgotten_whole(database: Engine) -> None:
    old = NOW - timedelta(days=5)
    store(database, [count(1, at=old), count(2, at=old), count(3)])
    with writing(database) as session:
        assert forget_before(session, NOW - timedelta(days=3)) == 2
    with reading(database) as session:
        assert session.scalar(select(func.count(EventIdRow.event_id))) == 1
        assert session.scalars(select(EVENTS.c.at)).all() == [NOW]
        minutes = live.line_minutes(session, old - timedelta(days=1), NOW + timedelta(days=1))
    assert [minute.minute.date() for minute in minutes] == [NOW.date()]


def test_an_id_is_kept_for_as_long_as_its_event_could_come_again(database: Engine) -> None:
    store(database, [count(1, at=NOW - timedelta(hours=1))])
    with writing(database) as session:
        forget_before(session, NOW)
    again = store(database, [count(1, at=NOW - timedelta(hours=1))], 1)
    assert again is not None
    assert again.copies == 1


@pytest.mark.integration
def test_partitions_are_days_made_ahead_and_taken_as_needed(database: Engine) -> None:
    with database.connect() as connection:
        if database.dialect.name != "postgresql" or not is_partitioned(connection):
            pytest.skip("SQLite has no partitions, and TimescaleDB makes its own")
    with writing(database) as session:
        make_partitions_ahead(session, NOW)
        make_partitions_ahead(session, NOW)
    store(database, [count(1, at=NOW - timedelta(days=40))])
    with reading(database) as session:
        names = set(session.scalars(text(PARTITIONS)))
    days = ("20230522", "20230701", "20230702", "20230703")
    assert names == {f"{table}_{day}" for table in ("events", "line_minutes") for day in days}
