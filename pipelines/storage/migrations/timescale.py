"""What TimescaleDB adds where it is installed: hypertables, compression, retention, hourly sums.

Frozen with migration 0006. Where the extension is absent, or may not be created, nothing is done and
the tables are native range partitions.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

STATEMENTS = (
    "SELECT create_hypertable('events', 'at', chunk_time_interval => INTERVAL '1 day')",
    (
        "ALTER TABLE events SET (timescaledb.compress, timescaledb.compress_segmentby = 'type, line', "
        "timescaledb.compress_orderby = 'at')"
    ),
    "SELECT add_compression_policy('events', INTERVAL '7 days')",
    "SELECT create_hypertable('line_minutes', 'minute', chunk_time_interval => INTERVAL '7 days')",
    (
        "CREATE MATERIALIZED VIEW line_hours WITH (timescaledb.continuous) AS SELECT line, item, "
        "time_bucket(INTERVAL '1 hour', minute) AS hour, sum(events) AS events, sum(good) AS good, "
        "sum(scrap) AS scrap, sum(checked) AS checked, sum(failed) AS failed FROM line_minutes "
        "GROUP BY line, item, time_bucket(INTERVAL '1 hour', minute) WITH NO DATA"
    ),
    (
        "SELECT add_continuous_aggregate_policy('line_hours', start_offset => INTERVAL '3 days', "
        "end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '15 minutes')"
    ),
)


def prepare(connection: Connection) -> bool:
    """Whether the extension is there to be used."""
    if connection.dialect.name != "postgresql":
        return False
    found = text("SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb'")
    if connection.scalar(found) is None:
        return False
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except DBAPIError:  # not preloaded, or not ours to create
        return False
    return True


def extend(connection: Connection) -> None:
    """Turns the tables into hypertables; retention stays with the stream, which knows how long."""
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
