"""What TimescaleDB adds: chunks, compressed events that still take late ones, hours kept up to date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection

from pipelines.events import LineState
from pipelines.storage import open_database, reading, writing
from pipelines.storage.repositories import live
from pipelines.storage.repositories.event_retention import forget_before
from tests.pipelines.conftest import NUMBERS, create_database
from tests.pipelines.storage.cluster import find_server, has_timescaledb, running_cluster
from tests.pipelines.storage.test_event_store import NOW, count, said, store

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not has_timescaledb(), reason="TimescaleDB is not installed (docs/stream.md)"
    ),
]
LONG_AGO = NOW - timedelta(days=30)


@pytest.fixture
def extended(migrated_timescaledb: str) -> Iterator[Engine]:
    engine = open_database(
        create_database(migrated_timescaledb, f"extended_{next(NUMBERS)}", "migrated")
    )
    yield engine
    engine.dispose()


def run(engine: Engine, statement: str) -> Connection:
    """A connection that ran a statement which may stand in no transaction."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.execute(text(statement))
    return connection


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with reading(engine) as session:
        return [tuple(row) for row in session.execute(text(query))]


HOURS = "SELECT line, item, hour, events, good, scrap FROM line_hours ORDER BY 1, 2, 3"
SUMMED = (
    "SELECT line, item, date_trunc('hour', minute, 'UTC'), sum(events), sum(good), sum(scrap) "
    "FROM line_minutes GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)


def test_events_and_minutes_lie_in_chunks_of_a_day_and_jobs_tend_them(extended: Engine) -> None:
    chunked = rows(
        extended,
        "SELECT hypertable_name, column_name, time_interval FROM timescaledb_information.dimensions "
        "WHERE hypertable_schema = 'public' ORDER BY 1",
    )
    jobs = rows(
        extended,
        "SELECT proc_name, hypertable_name FROM timescaledb_information.jobs "
        "WHERE hypertable_name IS NOT NULL ORDER BY 1",
    )
    assert chunked == [
        ("events", "at", timedelta(days=1)), ("line_minutes", "minute", timedelta(days=1)),
    ]  # fmt: skip
    assert [name for name, _table in jobs] == [
        "policy_compression", "policy_refresh_continuous_aggregate",
    ]  # fmt: skip
    assert jobs[0][1] == "events"


def test_a_week_old_chunk_is_compressed_and_still_takes_late_events_and_copies(
    extended: Engine,
) -> None:
    down = LineState(**said(900, LONG_AGO), line="L2", state="down")
    store(extended, [count(1, at=LONG_AGO), count(2, at=LONG_AGO), down, count(3)])
    (job,) = rows(
        extended,
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'",
    )
    run(extended, f"CALL run_job({job[0]})").close()
    compressed = rows(
        extended,
        "SELECT is_compressed FROM timescaledb_information.chunks "
        "WHERE hypertable_name = 'events' ORDER BY range_start",
    )
    assert compressed == [(True,), (True,)]  # of long ago both: tests live in 2023
    up = LineState(**said(901, LONG_AGO + timedelta(hours=1)), line="L2", state="running")
    again = store(extended, [count(1, at=LONG_AGO), count(4, at=LONG_AGO), up], 1)
    assert again is not None
    assert (again.stored, again.copies) == ({"count": 1, "line_state": 1}, 1)
    with reading(extended) as session:
        noted = live.noted_since(session, 0)
        minutes = live.line_minutes(session, LONG_AGO - timedelta(hours=1), LONG_AGO)
    assert [one.event for one in noted] == [down, up]
    assert [(one.events, one.good) for one in minutes] == [(3, 15.0)]
    assert rows(extended, "SELECT count(*) FROM events") == [(6,)]


def test_hours_are_the_sums_of_minutes_before_and_after_a_refresh(extended: Engine) -> None:
    store(extended, [count(n, at=NOW - timedelta(minutes=17 * n)) for n in range(200)])
    assert rows(extended, HOURS) == rows(extended, SUMMED)
    (job,) = rows(
        extended,
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy_refresh%'",
    )
    refresh = f"CALL run_job({job[0]})"
    run(extended, refresh).close()
    assert rows(extended, HOURS) == rows(extended, SUMMED)
    store(extended, [count(1000, at=LONG_AGO), count(1001, at=NOW - timedelta(hours=9))], 1)
    run(extended, refresh).close()
    assert len(rows(extended, HOURS)) == len({(n * 17 - 30) // 60 for n in range(200)}) + 1
    assert rows(extended, HOURS) == rows(extended, SUMMED)


def test_what_is_forgotten_goes_by_chunks_compressed_ones_too_and_from_the_hours(
    extended: Engine,
) -> None:
    store(extended, [count(1, at=LONG_AGO), count(2)])
    run(extended, "SELECT compress_chunk(chunk) FROM show_chunks('events') AS chunk").close()
    run(extended, "CALL refresh_continuous_aggregate('line_hours', NULL, NULL)").close()
    with writing(extended) as session:
        assert forget_before(session, NOW - timedelta(days=20)) == 1
    run(extended, "CALL refresh_continuous_aggregate('line_hours', NULL, NULL)").close()
    assert rows(extended, "SELECT count(*) FROM events") == [(1,)]
    assert rows(extended, HOURS) == rows(extended, SUMMED)
    assert len(rows(extended, HOURS)) == 1


def test_where_the_library_is_not_loaded_the_tables_are_native_partitions() -> None:
    server = find_server()
    assert server is not None
    with running_cluster(server) as address:
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE takt")
            available = connection.execute(
                "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'"
            ).fetchone()
        engine = open_database(f"{address}/takt")
        native = rows(engine, "SELECT count(*) FROM pg_partitioned_table")
        hours = rows(engine, HOURS)
        engine.dispose()
    assert available == (1,)
    assert native == [(2,)]
    assert hours == []
