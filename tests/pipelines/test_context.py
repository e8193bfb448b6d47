"""The context that steps are given."""

from pathlib import Path

import pytest

from pipelines.context import load_context
from pipelines.params import ParamsError


def test_a_context_carries_settings_parameters_clock_and_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TAKT_DATA", str(tmp_path))
    lines: list[str] = []
    context = load_context(lines.append)
    context.report("ingest: 41 products")
    assert context.settings.data == tmp_path
    assert context.params.zones.frozen_minutes >= 0
    assert context.clock() <= context.clock()
    assert lines == ["ingest: 41 products"]


def test_a_context_reads_the_parameters_file_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("seed: 1\n")
    monkeypatch.setenv("TAKT_PARAMS_FILE", str(path))
    with pytest.raises(ParamsError, match=r"mine\.yaml: recipe: missing"):
        load_context()
