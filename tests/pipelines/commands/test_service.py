"""Users from the command line, and a service that starts, answers and stops."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import run
from pipelines.platform.processes import free_port
from pipelines.settings import REPOSITORY


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TAKT_DATA", str(tmp_path))
    for name in ("TAKT_DATABASE_URL", "TAKT_REDIS_URL", "TAKT_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def password(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text("a long enough password\n")
    return str(file)


def test_the_first_admin_is_made_listed_and_kept(
    password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["users", "add", "Ana", "--role", "admin", "--password-file", password]) == 0
    assert run(["users", "add", "bo", "--password-file", password]) == 0
    capsys.readouterr()
    assert run(["users", "list", "--json"]) == 0
    found: list[Any] = json.loads(capsys.readouterr().out)
    assert [(user["name"], user["role"]) for user in found] == [("ana", "admin"), ("bo", "viewer")]
    assert "password" not in found[0]
    assert run(["users", "change", "ana", "--role", "viewer"]) == 2
    assert "last admin" in capsys.readouterr().err
    assert run(["users", "change", "bo", "--shut-out"]) == 0
    assert run(["users", "list", "--json"]) == 0
    assert [one["is_active"] for one in json.loads(capsys.readouterr().out)] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["users", "add", "x"], "name: expected"),
        (["users", "add", "ana", "--role", "king"], "--role: expected viewer, planner, admin"),
        (["users", "change", "nobody", "--role", "viewer"], "user nobody: not there"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: list[str], said: str, password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--password-file", password]) == 2
    assert said in capsys.readouterr().err


def test_a_worker_needs_a_redis(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["worker"]) == 2
    assert "TAKT_REDIS_URL" in capsys.readouterr().err


@pytest.mark.integration
def test_the_service_starts_answers_and_stops_without_leaving_processes(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "serve", "--port", str(port)],
        cwd=REPOSITORY, env=os.environ | {"TAKT_DATA": str(tmp_path)}, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert _status(port, "/health/ready", process) == 200
        assert _status(port, "/api/versions/latest", process) == 401
        assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
        time.sleep(1.0)  # the process for repairs is on its way
        children = _children(process.pid)
        assert children
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    lines = [json.loads(line) for line in said.decode().splitlines() if line.startswith("{")]
    assert any(line.get("route") == "/api/versions/latest" for line in lines)
    until = time.monotonic() + 20
    while any(map(_is_running, children)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(_is_running, children))


def _status(port: int, path: str, process: subprocess.Popen[bytes]) -> int:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the service did not answer within a minute")


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
