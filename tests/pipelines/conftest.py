"""Every test that takes `database` runs on SQLite, PostgreSQL, and TimescaleDB where it can be had."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from pipelines.storage import open_database
from tests.pipelines.storage.cluster import find_server, has_timescaledb, running_cluster

NUMBERS = itertools.count(1)
KINDS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.integration),
    *([pytest.param("timescaledb", marks=pytest.mark.integration)] * has_timescaledb()),
]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    server = find_server()
    if server is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: CI must run these tests (apt: postgresql)")
        pytest.skip("PostgreSQL is not installed (apt: postgresql)")
    with running_cluster(server) as address:
        yield address


@pytest.fixture(scope="session")
def timescaledb() -> Iterator[str]:
    server = find_server()
    if server is None or not has_timescaledb():
        pytest.skip("PostgreSQL's extension TimescaleDB is not installed (docs/stream.md)")
    with running_cluster(server, with_timescaledb=True) as address:
        yield address


@pytest.fixture
def new_database(postgresql: str) -> str:
    """The address of an empty PostgreSQL database."""
    return create_database(postgresql, f"takt_{next(NUMBERS)}", "template1")


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    open_database(create_database(postgresql, "migrated", "template1")).dispose()
    return postgresql


@pytest.fixture(scope="session")
def migrated_timescaledb(timescaledb: str) -> str:
    open_database(create_database(timescaledb, "migrated", "template1")).dispose()
    return timescaledb


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "takt.db"
    open_database(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the tables in it: a copy, migrating one for each test would take minutes."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "takt.db")
        return f"sqlite:///{tmp_path / 'takt.db'}"
    cluster = request.getfixturevalue(f"migrated_{request.param}")
    return create_database(cluster, f"takt_{next(NUMBERS)}", "migrated")


def create_database(cluster: str, name: str, template: str) -> str:
    """The address of a new database of the cluster, a copy of the template."""
    with psycopg.connect(f"{cluster}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return f"{cluster}/{name}"


@pytest.fixture
def database(address: str) -> Iterator[Engine]:
    engine = open_database(address)
    yield engine
    engine.dispose()
