from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Engine, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from pipelines.storage import StorageError, open_database, reading, upgrade, writing
from pipelines.storage.repositories import add_batch, find_batch
from pipelines.storage.tables import Base, BatchRow
from tests.pipelines.storage.samples import BATCH


def test_the_migrations_make_the_tables_that_the_code_declares(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_of_the_migrations_are_those_declared(database: Engine) -> None:
    inspector = inspect(database)
    for table in Base.metadata.sorted_tables:
        found = {check["name"] for check in inspector.get_check_constraints(table.name)}
        declared = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        assert found == declared, table.name


def test_opening_twice_changes_nothing(database: Engine, address: str) -> None:
    with writing(database) as session:
        add_batch(session, BATCH)
    again = open_database(address)
    with reading(again) as session:
        assert find_batch(session, "b1") == BATCH
    again.dispose()


def test_a_transaction_that_fails_leaves_nothing(database: Engine) -> None:
    def fail_after_adding(session: Session) -> None:
        add_batch(session, BATCH)
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"), writing(database) as session:
        fail_after_adding(session)
    with reading(database) as session:
        assert find_batch(session, "b1") is None


def test_instants_come_back_aware_and_equal(database: Engine) -> None:
    with writing(database) as session:
        add_batch(session, BATCH)
    with reading(database) as session:
        loaded = session.get_one(BatchRow, "b1").loaded_at
    assert loaded.tzinfo is UTC
    assert loaded == BATCH.loaded_at


def test_an_instant_without_zone_is_refused(database: Engine) -> None:
    naive = datetime(2023, 7, 1)  # noqa: DTZ001
    with pytest.raises(StatementError, match="needs its time zone"), writing(database) as session:
        session.add(
            BatchRow(digest="x", data_set="d", simulated=False, files={}, rows={}, loaded_at=naive)
        )


def test_a_dangling_reference_is_refused(database: Engine) -> None:
    with pytest.raises(IntegrityError), writing(database) as session:
        session.execute(text("INSERT INTO products VALUES ('A', 'S', 'SO', 'no such batch')"))


def test_sqlite_runs_with_wal_and_foreign_keys(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/deep/er/takt.db")
    with engine.connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "recursive_triggers", "busy_timeout")
        ]
    assert pragmas == ["wal", 1, 1, 30_000]


def test_two_sqlite_writers_take_turns(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/takt.db"
    one, other = open_database(address), open_database(address)
    with writing(one) as session:
        add_batch(session, BATCH)
        with reading(other) as beside:
            assert find_batch(beside, "b1") is None
    with writing(other) as session:
        assert not add_batch(session, BATCH)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("nonsense", "database_url: expected"),
        ("mysql://a/b", "expected sqlite or postgresql, found 'mysql'"),
        ("sqlite:////proc/nowhere/takt.db", "cannot be made"),
        ("postgresql://u:secret@127.0.0.1:1/x", r"u:\*\*\*@127.0.0.1:1/x: cannot be opened"),
    ],
)
def test_an_address_that_leads_nowhere_is_named(address: str, says: str) -> None:
    with pytest.raises(StorageError, match=says):
        open_database(address)


@pytest.mark.integration
def test_upgrading_at_once_from_two_sides_happens_once(new_database: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        engines = list(pool.map(open_database, [new_database] * 3))
    with engines[0].connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    for engine in engines:
        engine.dispose()


@pytest.mark.integration
def test_without_the_right_to_extensions_a_trigger_guards_the_lines(new_database: str) -> None:
    with psycopg.connect(new_database, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS plain")
        connection.execute("CREATE ROLE plain LOGIN")
        connection.execute("CREATE SCHEMA plain AUTHORIZATION plain")
        # btree_gist is a trusted extension: only without CREATE on the database it is refused.
        connection.execute("ALTER ROLE plain SET search_path = plain")
    engine = create_engine(
        new_database.replace("postgresql://takt@", "postgresql+psycopg://plain@")
    )
    upgrade(engine)
    with engine.connect() as connection:
        named = set(
            connection.execute(
                text("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'refuse_booking%'")
            ).scalars()
        )
        excluded = connection.execute(
            text("SELECT count(*) FROM pg_constraint WHERE conname = 'ex_version_runs_line'")
        ).scalar()
    engine.dispose()
    assert named == {"refuse_booking_insert", "refuse_booking_update"}
    assert excluded == 0


def test_a_database_locked_by_another_is_named_and_nothing_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.storage.database.BUSY_TIMEOUT_MS", 50)
    address = f"sqlite:///{tmp_path}/takt.db"
    first, second = open_database(address), open_database(address)
    with writing(first) as session:
        add_batch(session, BATCH)
        with (
            pytest.raises(StorageError, match=r"takt\.db: database is locked; nothing was stored"),
            writing(second) as other,
        ):
            add_batch(other, BATCH)
    with writing(second) as other:
        assert not add_batch(other, BATCH)
    first.dispose()
    second.dispose()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "takt.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(StorageError, match=r"takt\.db: cannot be opened: file is not a database"):
        open_database(f"sqlite:///{tmp_path}/takt.db")
