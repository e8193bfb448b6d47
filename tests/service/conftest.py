"""A service over a database with two published versions, and someone logged in with each role."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from pipelines.accounts import Accounts
from pipelines.context import Context
from pipelines.params import load_params
from pipelines.settings import REPOSITORY, Settings
from pipelines.storage import open_database, writing
from pipelines.storage.repositories import Publication, publish_version
from plant import Plant, Schedule, Weights, Zones, evaluate
from service.app import create_app
from tests.pipelines.conftest import (  # noqa: F401
    NUMBERS,
    create_database,
    migrated_sqlite,
    postgresql,
)

PASSWORD = "correct horse"
ROLES = ("viewer", "planner", "admin")
WEIGHTS, ZONES = Weights(tardiness=2.0), Zones(frozen=60, slush=600)
QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@dataclass
class Clock:
    """A clock that tests turn."""

    now: datetime = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session")
def plant() -> Plant:
    return generate(lines=4, items=8, orders=24, days=4, load=0.7, seed=3, stages=2)


@pytest.fixture(scope="session")
def schedule(plant: Plant) -> Schedule:
    return dispatch(plant, RULES["atcs"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def filled(plant: Plant, schedule: Schedule) -> Callable[[str], None]:
    """Fills an empty database: two versions, the second locking a run, and a user of each role."""

    def fill(address: str) -> None:
        engine = open_database(address)
        with writing(engine) as session:
            publish_version(session, publication(plant, schedule), Clock().now)
            locked = replace(schedule.runs[0], lock="line")
            second = publication(plant, Schedule((locked, *schedule.runs[1:])), base=1)
            publish_version(session, second, Clock().now)
        for role in ROLES:
            Accounts(engine, Clock(), timedelta(days=1), QUICK).add(role, PASSWORD, role)
        engine.dispose()

    return fill


@pytest.fixture(scope="session")
def filled_sqlite(
    migrated_sqlite: Path,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
    filled: Callable[[str], None],
) -> Path:
    file = tmp_path_factory.mktemp("filled") / "takt.db"
    shutil.copy(migrated_sqlite, file)
    filled(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def filled_postgresql(postgresql: str, filled: Callable[[str], None]) -> str:  # noqa: F811
    filled(create_database(postgresql, "filled", "template1"))
    return postgresql


BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]


@pytest.fixture(params=BOTH)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that nobody else has, filled already."""
    return _copy(request, tmp_path)


def _copy(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("filled_sqlite"), folder / "takt.db")
        return f"sqlite:///{folder / 'takt.db'}"
    return create_database(
        request.getfixturevalue("filled_postgresql"), f"service_{next(NUMBERS)}", "filled"
    )


@pytest.fixture(scope="module", params=BOTH)
def shared_client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, app: FastAPI
) -> Iterator[TestClient]:
    """A service for tests that only read, the same for a whole module."""
    folder = tmp_path_factory.mktemp("shared")
    settings = Settings(data=folder, database_url=_copy(request, folder))
    params = load_params(REPOSITORY / "params.yaml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.state.HASHER", QUICK)
        with serving(Context(settings, params, Clock(), lambda _line: None), app) as client:
            yield client


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    """Logs as short lines that nobody prints; capture_logs sees them all the same."""
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.testing.CapturingLoggerFactory(),
    )


@pytest.fixture
def context(address: str, tmp_path: Path, clock: Clock) -> Context:
    settings = Settings(data=tmp_path, database_url=address)
    return Context(settings, load_params(REPOSITORY / "params.yaml"), clock, lambda _line: None)


def publication(plant: Plant, schedule: Schedule, base: int | None = None) -> Publication:
    return Publication(
        plant=plant,
        schedule=schedule,
        evaluation=evaluate(plant, schedule, weights=WEIGHTS, zones=ZONES),
        method="rule",
        plant_name="four lines",
        weights=WEIGHTS,
        zones=ZONES,
        base=base,
        author="tester",
    )


@contextmanager
def serving(context: Context, app: FastAPI | None = None) -> Iterator[TestClient]:
    """The service over a context; an app made already is given that context."""
    app = app or create_app(context, is_warm=False)
    app.state.context = context
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    settings = Settings(data=tmp_path_factory.mktemp("app"))
    params = load_params(REPOSITORY / "params.yaml")
    return create_app(Context(settings, params, Clock(), lambda _line: None), is_warm=False)


@pytest.fixture
def client(context: Context, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service; passwords that it hashes take little work, as what that takes is the library's."""
    monkeypatch.setattr("service.state.HASHER", QUICK)
    with serving(context, app) as client:
        yield client


@pytest.fixture
def login(client: TestClient) -> Callable[[str], dict[str, str]]:
    """The headers of someone who has just logged in."""

    def headers(name: str) -> dict[str, str]:
        return logged_in(client, name)

    return headers


def logged_in(client: TestClient, name: str) -> dict[str, str]:
    """The headers of a user who has just logged in."""
    form = {"username": name, "password": PASSWORD}
    answer = client.post("/api/auth/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
def viewer(login: Callable[[str], dict[str, str]]) -> dict[str, str]:
    return login("viewer")


@pytest.fixture
def planner(login: Callable[[str], dict[str, str]]) -> dict[str, str]:
    return login("planner")


@pytest.fixture
def admin(login: Callable[[str], dict[str, str]]) -> dict[str, str]:
    return login("admin")
