"""`takt factory` and `takt react`: what they print, and how they end."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from pipelines.cli import run
from pipelines.events import Known, check, parse
from pipelines.settings import utc_now
from pipelines.storage import open_database, reading
from pipelines.storage.repositories import latest_published, load_version


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TAKT_DATA", str(tmp_path / "data"))
    for name in ("TAKT_DATABASE_URL", "TAKT_KAFKA", "TAKT_PARAMS_FILE", "TAKT_METRICS_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'takt.db'}"


def test_the_factory_publishes_its_plan_and_tells_events_of_now_into_the_landing_folder(
    tmp_path: Path, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["factory", "--publish", "--speed", "0", "--hours", "1", "--json"]) == 0
    said = capsys.readouterr()
    played = json.loads(said.out)
    assert "simulated factory: 50 lines follow version 1, 1 h as fast as it goes" in said.err
    engine = open_database(database)
    with reading(engine) as session:
        meta = latest_published(session)
        assert meta is not None
        plant = load_version(session, meta.number).plant
    engine.dispose()
    known = Known(
        frozenset(one.id for one in plant.lines), frozenset(one.id for one in plant.items)
    )
    files = sorted((tmp_path / "data" / "landing").glob("*.jsonl"))
    events = [parse(line) for file in files for line in file.read_bytes().splitlines()]
    assert len(events) == sum(played["messages"].values()) > 500
    for event in events:
        check(event, known, utc_now())


def test_a_play_that_cannot_be_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["factory", "--hours", "-1"]) == 2
    assert capsys.readouterr().err == "error: hours: expected a number above 0, found -1.0\n"
    assert run(["factory", "--corrupt", "2"]) == 2
    assert "corrupt: expected a share from 0 to 1" in capsys.readouterr().err


def test_the_reaction_ends_when_its_time_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["react", "--seconds", "0.2", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"recommended": 0}
    assert "follows events after position 0" in said.err


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["react", "--seconds", "0.2", "--metrics-port", str(port)]) == 2
    assert "Address already in use" in capsys.readouterr().err
