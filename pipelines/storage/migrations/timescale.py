"""What TimescaleDB adds where it is loaded: hypertables, compression, hourly sums kept up to date.

Frozen with migration 0006. Where the extension is absent, is not loaded, or may not be created, nothing
is done and the tables are native range partitions.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

# Asked first: without its library among shared_preload_libraries, creating the extension ends the
# connection. The library alone has this setting.
IS_LOADED = "SELECT current_setting('timescaledb.disable_load', true) IS NOT NULL"
IS_AVAILABLE = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')"
# No default indexes: they would be B-trees on the time alone, which the chunks tell already. Ordered by
# position, compressed events keep its range by the thousand, which is what followers ask for.
STATEMENTS = (
    (
        "SELECT create_hypertable('events', 'at', chunk_time_interval => INTERVAL '1 day', "
        "create_default_indexes => false)"
    ),
    (
        "ALTER TABLE events SET (timescaledb.compress, timescaledb.compress_segmentby = 'type, line', "
        "timescaledb.compress_orderby = 'position, at')"
    ),
    "SELECT add_compression_policy('events', INTERVAL '7 days')",
    (
        "SELECT create_hypertable('line_minutes', 'minute', chunk_time_interval => INTERVAL '1 day', "
        "create_default_indexes => false)"
    ),
    # Not only what is materialised: the hours since the last refresh are summed when they are read.
    (
        "CREATE MATERIALIZED VIEW line_hours WITH (timescaledb.continuous, "
        "timescaledb.materialized_only = false) AS SELECT line, item, "
        "time_bucket(INTERVAL '1 hour', minute) AS hour, sum(events) AS events, sum(good) AS good, "
        "sum(scrap) AS scrap, sum(checked) AS checked, sum(failed) AS failed FROM line_minutes "
        "GROUP BY line, item, time_bucket(INTERVAL '1 hour', minute) WITH NO DATA"
    ),
    # From the beginning on: a refresh does only what changed, and a late event may be months old.
    (
        "SELECT add_continuous_aggregate_policy('line_hours', start_offset => NULL, "
        "end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '15 minutes')"
    ),
)


def prepare(connection: Connection) -> bool:
    """Whether the extension is there to be used."""
    if connection.dialect.name != "postgresql":
        return False
    if not all(connection.scalar(text(query)) for query in (IS_LOADED, IS_AVAILABLE)):
        return False
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except DBAPIError:  # not ours to create
        return False
    return True


def extend(connection: Connection) -> None:
    """Turns the tables into hypertables; retention stays with the stream, which knows how long."""
    for statement in STATEMENTS:
        connection.exec_driver_sql(statement)
