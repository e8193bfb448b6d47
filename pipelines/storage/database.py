"""The way into the database: SQLite by default, PostgreSQL where the address names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 30_000
UPGRADE_LOCK = 7_265_011  # any number that only Takt's upgrades take


class StorageError(RuntimeError):
    """The database cannot be opened or says no; the message says which one and why."""


def open_database(address: str) -> Engine:
    """An engine on the database at `address`, its tables brought up to date.

    Raises
    ------
    StorageError
        Where the address is no database address or nothing answers there.
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise StorageError(
            f"database_url: expected e.g. sqlite:///data/takt.db, found {address!r}"
        ) from error
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    try:
        upgrade(engine)
    except DatabaseError as error:
        raise StorageError(f"{_named(engine)}: cannot be opened: {error.orig}") from error
    return engine


def upgrade(engine: Engine) -> None:
    """Brings the tables to the newest migration; nothing happens where they are there already."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
    with _for_writing(engine).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session whose work is one transaction: committed at the end, undone on an error.

    Raises
    ------
    StorageError
        Where the database is locked by another for too long, is full, or has gone.
    """
    try:
        with Session(_for_writing(engine)) as session, session.begin():
            yield session
    except OperationalError as error:
        raise StorageError(
            f"{_named(engine)}: {error.orig}; nothing was stored, see who uses it and run again"
        ) from error


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session to load with; what it would change is not kept."""
    with Session(engine) as session:
        yield session


def _named(engine: Engine) -> str:
    return f"database {engine.url.render_as_string(hide_password=True)}"


def _for_writing(engine: Engine) -> Engine:
    return engine.execution_options(takt_writes=True)


def _postgresql(url: URL) -> Engine:
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise StorageError(f"database_url: expected sqlite or postgresql, found {url.drivername!r}")
    return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)


def _sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"database {url}: folder {folder} cannot be made: {error.strerror}"
            ) from error
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver opens no transaction of its own
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA recursive_triggers = ON")  # else INSERT OR REPLACE deletes unseen
        cursor.close()

    @event.listens_for(engine, "begin")
    def open_transaction(connection: Connection) -> None:
        # A reader that turns writer fails at once where another wrote meanwhile, whatever the busy
        # timeout says; a writer therefore takes its lock at the start.
        writes = connection.get_execution_options().get("takt_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
