"""The service as `takt serve` starts it over a filled database, and browsers that look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from envs.rules import RULES, dispatch
from envs.scenarios import generate
from pipelines.accounts import Accounts
from pipelines.settings import REPOSITORY
from pipelines.storage import open_database, writing
from pipelines.storage.repositories import Publication, publish_version
from plant import Weights, Zones, evaluate
from service.dashboard import STATIC

PASSWORD = "correct horse"
WEIGHTS, ZONES = Weights(tardiness=2.0), Zones(frozen=60, slush=600)
QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None
)

LogIn = Callable[..., Page]


def fill(data: Path) -> None:
    """Publish a plan with late orders, and add a user of each role."""
    plant = generate(lines=6, items=12, orders=60, days=6, load=0.95, seed=5, stages=2)
    schedule = dispatch(plant, RULES["atcs"])
    engine = open_database(f"sqlite:///{data / 'takt.db'}")
    found = evaluate(plant, schedule, weights=WEIGHTS, zones=ZONES)
    publication = Publication(
        plant=plant,
        schedule=schedule,
        evaluation=found,
        method="rule",
        plant_name="six lines",
        weights=WEIGHTS,
        zones=ZONES,
        author="tester",
    )
    with writing(engine) as session:
        publish_version(session, publication, datetime.now(UTC))
    engine.dispose()
    add_users(data)


def add_users(data: Path) -> None:
    """Add a user of each role."""
    engine = open_database(f"sqlite:///{data / 'takt.db'}")
    accounts = Accounts(engine, lambda: datetime.now(UTC), timedelta(days=1), QUICK)
    for role in ("viewer", "planner", "admin"):
        accounts.add(role, PASSWORD, role)
    engine.dispose()


class Served:
    """`takt serve` over a filled database, which can be stopped and started again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = os.environ | {"TAKT_DATA": str(self.data)}
        for name in ("TAKT_DATABASE_URL", "TAKT_REDIS_URL", "TAKT_KAFKA"):
            environment.pop(name, None)
        with (self.data / "log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", "serve", "--port", str(self.port)],
                cwd=REPOSITORY,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        _wait(self.address, self.process, self.data / "log")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(15)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The service, running."""
    if not (STATIC / "index.html").is_file():
        pytest.skip("no built dashboard: `make dashboard` builds it")
    data = tmp_path_factory.mktemp("served")
    fill(data)
    service = Served(data)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def address(served: Served) -> str:
    """Where the service answers."""
    return served.address


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/health/ready", timeout=2)
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"takt serve did not answer: {log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium here: `apt-get install chromium` has this tested")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS, headless=True)
        yield chromium
        chromium.close()


@pytest.fixture
def log_in(browser: Browser, address: str) -> Iterator[LogIn]:
    """Opens a browser of its own with someone logged in; faults of its pages fail the test."""
    contexts, faults = [], []

    def enter(
        name: str,
        language: str = "en",
        theme: str = "light",
        path: str = "/schedule",
        zone: str = "UTC",
    ) -> Page:
        context = browser.new_context(
            viewport={"width": 1366, "height": 768},
            color_scheme=theme,  # type: ignore[arg-type]
            locale="ko-KR" if language == "ko" else "en-GB",
            timezone_id=zone,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}{path}")
        page.fill("input[name=name]", name)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_selector("nav")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert faults == []
