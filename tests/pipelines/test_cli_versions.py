"""The commands on published versions: versions, show, export and diff."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.cli import run
from pipelines.commands.documents import in_minutes_of
from pipelines.commands.errors import CommandError
from plant import Schedule, Weights, Zones, evaluate
from plant.examples import three_lines
from plant.io import load_schedule

AT = datetime(2026, 1, 4, 12, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A database that holds the three-line schedule, and then the same without its last run."""
    from pipelines.storage import open_database, writing
    from pipelines.storage.repositories.versions import Publication, publish_version

    url = f"sqlite:///{tmp_path_factory.mktemp('data') / 'takt.db'}"
    plant, first = three_lines.plant(), three_lines.schedule()
    engine = open_database(url)
    zones, base = Zones(0, plant.horizon), None
    for schedule in (first, Schedule(first.runs[:-1])):
        publication = Publication(
            plant=plant,
            schedule=schedule,
            evaluation=evaluate(
                plant, schedule, first if base else None, Weights(tardiness=2), zones
            ),
            method="by hand",
            plant_name="jam",
            weights=Weights(tardiness=2),
            zones=zones,
            base=base,
        )
        with writing(engine) as session:
            base = publish_version(session, publication, AT)
    engine.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAKT_DATABASE_URL", url)
        yield


def takt(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_versions_are_listed_newest_first(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = takt(capsys, "versions")
    assert code == 0
    assert [(one["number"], one["status"]) for one in found] == [
        (2, "published"),
        (1, "superseded"),
    ]


def test_a_version_is_shown_with_the_referees_figures(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = takt(capsys, "versions", "1")
    verdict = evaluate(three_lines.plant(), three_lines.schedule(), weights=Weights(tardiness=2))
    assert (code, found["runs"]) == (0, 7)
    assert found["cost"]["total"] == pytest.approx(verdict.cost.total)
    assert found["kpis"]["on_time_in_full"] == pytest.approx(verdict.kpis.on_time_in_full)
    assert run(["versions", "1"]) == 0


def test_a_version_can_be_exported_and_drawn(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert takt(capsys, "export", "--version", "1", "-o", str(tmp_path / "s.json"))[0] == 0
    exported = sorted(load_schedule(tmp_path / "s.json").runs, key=lambda one: one.id)
    assert exported == sorted(three_lines.schedule().runs, key=lambda one: one.id)
    page = tmp_path / "page.html"
    assert takt(capsys, "show", "--version", "latest", "--html", str(page))[0] == 0
    assert "version 2" in page.read_text(encoding="utf-8")


def test_evaluate_agrees_with_what_was_published(capsys: pytest.CaptureFixture[str]) -> None:
    for number in ("1", "2"):
        _, published = takt(capsys, "versions", number)
        code, judged = takt(capsys, "evaluate", "--version", number)
        assert (code, judged["cost"]) == (0, published["cost"])
    assert judged["cost"]["instability"] == 1.0  # R-7 is gone from the slush zone


def test_versions_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = takt(capsys, "diff", "--versions", "1", "latest")
    assert code == 1
    assert [(one["id"], one["changes"]) for one in found["runs"]] == [("R-7", ["removed"])]
    assert takt(capsys, "diff", "--versions", "1", "1")[0] == 0


def test_files_and_versions_together_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = takt(capsys, "diff", "plant.json", "--versions", "1", "2")
    assert (code, found["error"]["message"]) == (
        2,
        "expected either files or --versions, found both",
    )


def test_a_schedule_is_told_in_the_minutes_of_a_later_plant() -> None:
    plant = three_lines.plant()
    later = replace(plant, starts_at=plant.starts_at + timedelta(days=1))
    stored = SimpleNamespace(plant=plant, schedule=three_lines.schedule())
    found = {run.id: run.start for run in in_minutes_of(stored, later).runs}  # type: ignore[arg-type]
    assert found == {"R-4": 480, "R-5": 780, "R-6": 1800, "R-7": 1920}
    with pytest.raises(CommandError, match="the older of two versions first"):
        in_minutes_of(SimpleNamespace(plant=later, schedule=stored.schedule), plant)  # type: ignore[arg-type]
