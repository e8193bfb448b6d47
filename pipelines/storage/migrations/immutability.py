"""The triggers that keep published versions, and the plants they plan, as they were.

Frozen with migration 0003: a later change of the rules is a later migration's own text.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

CONTENT = ("version_runs", "version_pegging", "version_kpis")
MASTER = (
    "lines",
    "shifts",
    "items",
    "capabilities",
    "changeovers",
    "bom_lines",
    "arrivals",
    "orders",
)
VERSION_FIXED = (
    "number",
    "plant_name",
    "plant_id",
    "schedule_digest",
    "method",
    "author",
    "note",
    "total_cost",
    "bound",
    "weights",
    "zones",
    "base",
    "mlflow_run_id",
    "created_at",
)
SAYS = "published versions are immutable"
BOOKED = "a line is booked twice in one version"
STEPS = "a version goes from draft to published to superseded"
SNAPSHOT = "plant snapshots are immutable: store a new one"


def protect(connection: Connection) -> None:
    """Creates the triggers and, on PostgreSQL, the exclusion constraint against double booking."""
    if connection.dialect.name == "sqlite":
        for statement in _sqlite():
            connection.exec_driver_sql(statement)
        return
    for statement in _postgresql():
        connection.exec_driver_sql(statement)
    _exclude_double_booking(connection)


# The pieces put into these texts are names of this module, never input.
def _is_final(version: str) -> str:
    return f"EXISTS (SELECT 1 FROM versions WHERE number = {version} AND status <> 'draft')"  # noqa: S608


def _planned(plant: str) -> str:
    return f"EXISTS (SELECT 1 FROM versions WHERE plant_id = {plant} AND status <> 'draft')"  # noqa: S608


def _overlaps(but: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM version_runs AS other WHERE other.version = NEW.version "  # noqa: S608
        "AND other.line = NEW.line AND other.start_minute < NEW.end_minute "
        f"AND other.end_minute > NEW.start_minute{but})"
    )


def _rules(same: str) -> Iterator[tuple[str, str, str, str]]:
    """Table, event, condition and message of each refusal; `same` compares two values, NULL too."""
    for table in CONTENT:
        yield table, "INSERT", _is_final("NEW.version"), SAYS
        yield table, "UPDATE", f"{_is_final('OLD.version')} OR {_is_final('NEW.version')}", SAYS
        yield table, "DELETE", _is_final("OLD.version"), SAYS
    changed = " OR ".join(f"NOT ({_alike(column, same)})" for column in VERSION_FIXED)
    yield "versions", "INSERT", "NEW.status <> 'draft'", STEPS
    yield "versions", "UPDATE", f"OLD.status <> 'draft' AND ({changed})", SAYS
    yield "versions", "DELETE", "OLD.status <> 'draft'", SAYS
    yield (
        "versions",
        "UPDATE",
        (
            "OLD.status <> NEW.status AND NOT (OLD.status = 'draft' AND NEW.status = 'published') "
            "AND NOT (OLD.status = 'published' AND NEW.status = 'superseded')"
        ),
        STEPS,
    )
    for instant in ("published_at", "superseded_at"):
        moved = f"OLD.{instant} IS NOT NULL AND NOT ({_alike(instant, same)})"
        yield "versions", "UPDATE", moved, SAYS
    yield "plants", "UPDATE", "TRUE", SNAPSHOT
    for table in MASTER:
        yield table, "INSERT", _planned("NEW.plant_id"), SNAPSHOT
        yield table, "UPDATE", "TRUE", SNAPSHOT
        yield table, "DELETE", _planned("OLD.plant_id"), SNAPSHOT


def _alike(column: str, same: str) -> str:
    return same.format(old=f"OLD.{column}", new=f"NEW.{column}")


def _sqlite() -> Iterator[str]:
    rules = [
        *_rules("{old} IS {new}"),
        ("versions", "INSERT", "EXISTS (SELECT 1 FROM versions WHERE number = NEW.number)", SAYS),
        ("version_runs", "INSERT", _overlaps(""), BOOKED),
        ("version_runs", "UPDATE", _overlaps(" AND other.id <> OLD.id"), BOOKED),
    ]
    for number, (table, event, condition, message) in enumerate(rules):
        yield (
            f"CREATE TRIGGER refuse_{table}_{event.lower()}_{number} BEFORE {event} ON {table} "
            f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def _postgresql() -> Iterator[str]:
    yield (
        "CREATE FUNCTION takt_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation'; END $$"
    )
    for table in (*CONTENT, "versions"):
        yield (
            f"CREATE TRIGGER refuse_{table}_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION takt_refuse('{SAYS}')"
        )
    # A trigger's WHEN may hold no subquery, hence one function for each rule.
    for number, (table, event, condition, message) in enumerate(
        _rules("{old} IS NOT DISTINCT FROM {new}")
    ):
        yield _refusal(f"{table}_{event.lower()}_{number}", table, event, condition, message)


def _refusal(name: str, table: str, event: str, condition: str, message: str) -> str:
    kept = "OLD" if event == "DELETE" else "NEW"
    return (
        f"CREATE FUNCTION refuse_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {condition} THEN RAISE EXCEPTION '{message}' "
        f"USING ERRCODE = 'restrict_violation'; END IF; RETURN {kept}; END $$; "
        f"CREATE TRIGGER refuse_{name} BEFORE {event} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_{name}()"
    )


def _exclude_double_booking(connection: Connection) -> None:
    """An exclusion constraint; a trigger where the extension that it needs cannot be had.

    The trigger sees what its own transaction wrote, which is all of a version: publishing is one
    transaction, and afterwards nothing is added.
    """
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS btree_gist")
    except DBAPIError:
        for event, but in (("INSERT", ""), ("UPDATE", " AND other.id <> OLD.id")):
            connection.exec_driver_sql(
                _refusal(f"booking_{event.lower()}", "version_runs", event, _overlaps(but), BOOKED)
            )
        return
    connection.exec_driver_sql(
        "ALTER TABLE version_runs ADD CONSTRAINT ex_version_runs_line EXCLUDE USING gist "
        "(version WITH =, line WITH =, int4range(start_minute, end_minute) WITH &&)"
    )
