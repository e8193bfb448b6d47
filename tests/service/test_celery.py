"""With a Redis, jobs run on a worker of their own: `takt worker`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipelines.context import Context
from pipelines.platform.redis import find_server, running_redis
from pipelines.settings import REPOSITORY, utc_now
from tests.service.conftest import PASSWORD, serving

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    program = find_server()
    if program is None:
        pytest.skip("Redis is not installed (apt: redis-server)")
    with running_redis(program, tmp_path) as server:
        yield server.url


@pytest.fixture
def worker(context: Context, redis_url: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = {
        "TAKT_REDIS_URL": redis_url,
        "TAKT_DATA": str(tmp_path),
        "TAKT_DATABASE_URL": context.settings.database_url,
    }
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "worker"],
            env=os.environ | settings, cwd=REPOSITORY, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            finally:
                process.kill()


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_scenario_is_looked_into_by_a_worker(
    context: Context, redis_url: str, worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    settings = context.settings.model_copy(update={"redis_url": redis_url})
    with serving(replace(context, settings=settings, clock=utc_now)) as client:
        planner = _logged_in(client)
        asked = {
            "version": 1,
            "scenarios": [{"kind": "more_overtime", "minutes": 120}],
            "seconds": 1,
        }
        job: Any = client.post("/api/jobs/what-if", headers=planner, json=asked).json()
        until = time.monotonic() + 120
        while job["status"] in ("queued", "running") and time.monotonic() < until:
            assert worker.poll() is None, (tmp_path / "worker.log").read_text()
            time.sleep(0.3)
            job = client.get(f"/api/jobs/{job['id']}", headers=planner).json()
        assert job["status"] == "done", (job["message"], (tmp_path / "worker.log").read_text())
        assert client.get("/health/ready").json()["answering"] == ["database", "redis"]


def _logged_in(client: TestClient) -> dict[str, str]:
    form = {"username": "planner", "password": PASSWORD}
    token = client.post("/api/auth/token", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}
