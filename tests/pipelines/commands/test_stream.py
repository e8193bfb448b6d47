from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.cli import run
from pipelines.commands.errors import BAD_INPUT, FAILED
from pipelines.events import event_schemas
from pipelines.streaming.checkpoint import open_checkpoint


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAKT_DATA", str(tmp_path))
    monkeypatch.delenv("TAKT_KAFKA", raising=False)
    monkeypatch.delenv("TAKT_DATABASE_URL", raising=False)
    return tmp_path


def test_schema_writes_one_file_a_contract(tmp_path: Path) -> None:
    assert run(["stream", "schema", str(tmp_path / "schemas")]) == 0
    written = {
        path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
        for path in (tmp_path / "schemas").iterdir()
    }
    assert written == event_schemas()


def test_status_of_a_plant_that_nothing_happened_in_is_empty(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["stream", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"commits": [], "quarantine": {}, "lines": []}


def test_run_without_a_plant_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stream", "run", "--once"]) == FAILED
    assert "takt stream run --plant plant.json" in capsys.readouterr().err


def test_a_checkpoint_of_another_source_is_bad_input(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_checkpoint(data / "stream" / "checkpoint", "topic takt.events")
    assert run(["stream", "run", "--once"]) == BAD_INPUT
    said = capsys.readouterr().err
    assert "expected 'landing folder" in said
    assert "--fresh" in said
