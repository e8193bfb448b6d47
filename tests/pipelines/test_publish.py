"""A version is published whole or not at all, and once published it stays."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import publish as step
from pipelines.context import Context
from pipelines.params import load_params
from pipelines.publication import PublishError
from pipelines.settings import REPOSITORY, Settings
from plant import evaluate
from plant.io import load_plant, load_schedule

pytestmark = pytest.mark.integration

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXAMPLES = REPOSITORY / "plant" / "examples"
PUBLISH_AND_DIE = """
import os, signal, sys
from pipelines import publish
from pipelines.context import load_context
kept = publish._store
def die(*given):
    if sys.argv[1] == "after":
        kept(*given)
    os.kill(os.getpid(), signal.SIGKILL)
publish._store = die
publish.publish(load_context())
"""


def _context(data: Path, now: Callable[[], datetime] = lambda: NOW) -> Context:
    told: list[str] = []
    settings = Settings(data=data)
    return Context(settings, load_params(settings.params_file), now, told.append)


@pytest.fixture
def context(tmp_path: Path, made_databases: Path) -> Context:
    shutil.copytree(made_databases, tmp_path, dirs_exist_ok=True)
    found = _context(tmp_path)
    shutil.copy(EXAMPLES / "three_lines.json", found.settings.plant_file)
    shutil.copy(EXAMPLES / "three_lines_schedule.json", found.settings.schedule_file)
    found.settings.metrics.mkdir()
    figures = {"method": "refined", "bound": 12.5, "gap": 0.25, "kpis": {"more": 1}}
    (found.settings.metrics / "plan.json").write_text(json.dumps(figures))
    return found


@pytest.fixture(scope="module")
def made_databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty MLflow database: making one takes seconds."""
    from pipelines.platform.tracking import connect

    folder = tmp_path_factory.mktemp("made")
    connect(Settings(data=folder))
    return folder


def _tracked(context: Context) -> list[Any]:
    from pipelines.platform.tracking import connect

    tracking = connect(context.settings)
    return list(tracking.client.search_runs([tracking.experiment_id]))


def _versions(context: Context) -> list[Any]:
    from pipelines.storage import open_database, reading, repositories

    engine = open_database(context.settings.database_url)
    with reading(engine) as session:
        found = repositories.list_versions(session)
    engine.dispose()
    return found


def test_a_published_version_is_what_was_planned_in_database_mlflow_and_file(
    context: Context,
) -> None:
    from pipelines.platform.tracking import connect
    from pipelines.storage import open_database, reading, repositories

    result = step.publish(context)
    plant = load_plant(context.settings.plant_file)
    schedule = load_schedule(context.settings.schedule_file)
    judged = evaluate(plant, schedule)
    engine = open_database(context.settings.database_url)
    with reading(engine) as session:
        stored = repositories.load_version(session, 1)
    engine.dispose()
    assert (stored.plant, stored.schedule) == (plant, schedule)
    assert stored.cost == asdict(judged.cost)
    assert stored.kpis == asdict(judged.kpis)
    assert stored.pegging == judged.pegging.pegs
    assert (stored.meta.status, stored.meta.bound) == ("published", 12.5)
    assert stored.meta.mlflow_run_id == result.mlflow_run_id

    client = connect(context.settings).client
    run = client.get_run(result.mlflow_run_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags["takt.version"] == "1"
    assert run.data.metrics["cost.total"] == pytest.approx(judged.cost.total)
    names = {file.path for file in client.list_artifacts(result.mlflow_run_id)}
    assert names == {"plant.json", "schedule.json", "kpis.json", "pegging.csv", "schedule.html"}
    kept = client.download_artifacts(result.mlflow_run_id, "schedule.json")
    assert load_schedule(kept) == schedule

    assert json.loads(context.settings.published_file.read_text()) == asdict(result)
    assert result.total_cost == judged.cost.total
    assert Path(result.gantt_file).read_text().count("version 1")


def test_each_publication_is_a_new_version_and_supersedes_the_one_before(context: Context) -> None:
    assert [step.publish(context).version for _ in range(2)] == [1, 2]
    assert [(one.number, one.status) for one in _versions(context)] == [
        (2, "published"),
        (1, "superseded"),
    ]
    assert len(_tracked(context)) == 2


def test_a_plan_that_follows_a_version_is_judged_against_it_however_many_came_since(
    context: Context,
) -> None:
    step.publish(context)
    metrics = context.settings.metrics / "plan.json"
    metrics.write_text(json.dumps({"method": "refined", "base": 1}))
    path = context.settings.schedule_file
    document = json.loads(path.read_text())
    zones = context.params.zones
    moved = next(
        run
        for run in reversed(document["runs"])
        if zones.frozen_minutes <= run["start"] < zones.frozen_minutes + zones.slush_minutes
    )
    moved["id"] = "another"
    path.write_text(json.dumps(document))
    for number in (2, 3):
        result = step.publish(context)
        assert (result.version, result.base) == (number, 1)
        assert result.kpis["moves"] == 1
        assert result.cost["instability"] == context.params.weights.instability
    assert [one.base for one in _versions(context)] == [1, 1, None]


def test_a_schedule_that_breaks_a_rule_is_refused_by_name_and_leaves_nothing(
    context: Context,
) -> None:
    from pipelines.storage.repositories import NotFeasibleError

    path = context.settings.schedule_file
    document = json.loads(path.read_text())
    document["runs"][0]["quantity"] *= 10
    path.write_text(json.dumps(document))
    with pytest.raises(NotFeasibleError, match=document["runs"][0]["id"]):
        step.publish(context)
    assert _versions(context) == []
    assert _tracked(context) == []
    assert not context.settings.published_file.exists()


def test_an_error_while_storing_leaves_neither_version_nor_run(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.storage.repositories import versions

    def fail(*_given: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(versions, "_store_content", fail)
        with pytest.raises(OSError, match="disk full"):
            step.publish(context)
    assert _versions(context) == []
    assert _tracked(context) == []
    assert step.publish(context).version == 1


def test_an_error_while_logging_leaves_neither_version_nor_run(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(step, "_pegging_csv", fail)
    with pytest.raises(OSError, match="disk full"):
        step.publish(context)
    assert _versions(context) == []
    assert _tracked(context) == []


def _killed(context: Context, moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH_AND_DIE, moment],
        env={**os.environ, "TAKT_DATA": str(context.settings.data)},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_killed_before_the_database_no_version_is_there_and_the_run_goes_in_time(
    context: Context,
) -> None:
    _killed(context, "before")
    assert _versions(context) == []
    (left,) = _tracked(context)
    assert left.data.tags["takt.state"] == "pending"
    assert "takt.version" not in left.data.tags
    began = datetime.fromtimestamp(left.info.start_time / 1000, UTC)
    soon = _context(context.settings.data, lambda: began + timedelta(minutes=1))
    assert step.publish(soon).version == 1
    assert len(_tracked(context)) == 2, "another publication may still be at work on it"
    later = _context(context.settings.data, lambda: began + step.ABANDONED)
    assert step.publish(later).version == 2
    assert left.info.run_id not in {run.info.run_id for run in _tracked(context)}
    assert len(_tracked(context)) == 2


def test_killed_after_the_database_the_version_stands_and_its_run_is_marked_later(
    context: Context,
) -> None:
    _killed(context, "after")
    (version,) = _versions(context)
    assert version.status == "published"
    assert step.publish(context).version == 2
    runs = {run.info.run_id: run for run in _tracked(context)}
    marked = runs[version.mlflow_run_id]
    assert marked.data.tags["takt.version"] == "1"
    assert marked.data.tags["takt.state"] == "published"
    assert marked.info.status == "FINISHED"
    assert len(runs) == 2


@pytest.mark.parametrize("name", ["plant.json", "schedule.json", "metrics/plan.json"])
def test_a_missing_file_is_named_with_the_steps_that_make_it(context: Context, name: str) -> None:
    (context.settings.data / name).unlink()
    with pytest.raises(PublishError, match=rf"{name}: not there; run the steps"):
        step.publish(context)


def test_a_password_is_not_written_down() -> None:
    assert step._hidden("postgresql://takt:s3cret@db:5432/mlflow") == (
        "postgresql://takt:***@db:5432/mlflow"
    )
