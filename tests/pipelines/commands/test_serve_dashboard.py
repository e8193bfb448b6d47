"""What `takt run --serve` ends with: the dashboard, and how a newcomer logs in."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.accounts import Accounts
from pipelines.commands import service, steps
from pipelines.settings import Settings, utc_now
from pipelines.storage import open_database


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ports that were served, over an empty data folder."""
    monkeypatch.setenv("TAKT_DATA", str(tmp_path))
    monkeypatch.delenv("TAKT_DATABASE_URL", raising=False)
    ports: list[int] = []
    monkeypatch.setattr(service, "serve", lambda port: ports.append(port))
    monkeypatch.setattr(service, "is_listening", lambda _port: False)
    return ports


def test_whoever_comes_first_is_told_how_to_log_in(
    served: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    service.serve_dashboard(8765)
    told = capsys.readouterr().err
    assert "http://127.0.0.1:8765" in told
    assert "users add NAME --role admin" in told
    assert served == [8765]


def test_who_may_log_in_is_named(
    served: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = open_database(Settings(data=tmp_path).database_url)
    Accounts(engine, utc_now, timedelta(days=1)).add("ana", "correct horse", "admin")
    engine.dispose()
    service.serve_dashboard(8765)
    told = capsys.readouterr().err
    assert "log in as ana" in told
    assert "users add" not in told


def test_a_port_that_is_taken_is_no_failure_of_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(service, "serve", lambda port: pytest.fail(f"served on {port}"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        service.serve_dashboard(port)
    assert f"port {port} is taken" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "ports"), [([], []), (["--serve", "--port", "8765"], [8765])])
def test_a_run_serves_only_when_it_is_asked_to(
    monkeypatch: pytest.MonkeyPatch, words: list[str], ports: list[int]
) -> None:
    from pipelines import cli

    served: list[int] = []
    monkeypatch.setattr("pipelines.run.run", lambda _report: {"version": 1})
    monkeypatch.setattr(steps, "serve_dashboard", served.append)
    assert cli.run(["run", "--json", *words]) == 0
    assert served == ports
