"""A draft that is published leaves its run in MLflow, or none where it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.context import Context
from pipelines.drafts import Desk, DraftStatusError, apply_edit, approve, open_draft, submit
from pipelines.drafts.tracked import Release, publish_tracked, release
from pipelines.params import load_params
from pipelines.platform.tracking import connect
from pipelines.publish import VERSION_TAG
from pipelines.settings import Settings
from pipelines.storage import open_database, reading
from pipelines.storage.repositories import load_version
from plant.edits import Add
from plant.examples.three_lines import THURSDAY, at
from tests.pipelines.drafts.conftest import publish_example, ticking


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The example, published."""
    desk = Desk(open_database(Settings(data=tmp_path).database_url), ticking())
    publish_example(desk.engine)
    yield desk
    desk.engine.dispose()


def _approved(desk: Desk) -> int:
    id = open_draft(desk, author="kim", title="more jam").meta.id
    more = Add("PACK-1", "JAM", at(THURSDAY, 8), 100)
    apply_edit(desk, id, more, author="kim", revision=0)
    submit(desk, id, author="kim", revision=1)
    approve(desk, id, author="lee", revision=1)
    return id


def _context(settings: Settings, desk: Desk) -> Context:
    return Context(settings, load_params(settings.params_file), desk.clock, lambda _: None)


def test_without_an_mlflow_a_draft_is_published_alone(desk: Desk, tmp_path: Path) -> None:
    context = _context(Settings(data=tmp_path), desk)
    assert release(context, desk, _approved(desk), author="lee", revision=1) == Release(2, "none")


def test_a_planner_publishes_though_mlflow_does_not_answer(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    address = f"sqlite:///{tmp_path}/file/mlflow.db"  # no folder, so that nothing can be made there
    context = _context(Settings(data=tmp_path, mlflow_tracking_uri=address), desk)
    id = _approved(desk)
    found = release(context, desk, id, author="lee", revision=1)
    assert (found.version, found.mlflow) == (2, "failed")
    assert found.reason
    with pytest.raises(DraftStatusError):
        release(context, desk, id, author="lee", revision=1)


@pytest.mark.integration
def test_where_an_mlflow_is_configured_a_publication_is_kept_there(
    desk: Desk, tmp_path: Path
) -> None:
    address = f"sqlite:///{tmp_path / 'mlflow.db'}"
    settings = Settings(data=tmp_path, mlflow_tracking_uri=address)
    found = release(_context(settings, desk), desk, _approved(desk), author="lee", revision=1)
    assert found == Release(2, "kept")
    with reading(desk.engine) as session:
        run = load_version(session, 2).meta.mlflow_run_id or ""
    assert connect(settings).client.get_run(run).data.tags[VERSION_TAG] == "2"


@pytest.mark.integration
def test_a_draft_is_published_with_its_run_in_mlflow(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    clock = ticking()
    context = Context(settings, load_params(settings.params_file), clock, lambda _: None)
    desk = Desk(open_database(settings.database_url), clock)
    publish_example(desk.engine)
    tracking = connect(settings)
    id = open_draft(desk, author="kim", title="more jam").meta.id
    more = Add("PACK-1", "JAM", at(THURSDAY, 8), 100)
    apply_edit(desk, id, more, author="kim", revision=0)
    submit(desk, id, author="kim", revision=1)
    with pytest.raises(DraftStatusError):
        publish_tracked(context, tracking, desk, id, author="lee", revision=1)
    assert tracking.client.search_runs([tracking.experiment_id]) == []
    approve(desk, id, author="lee", revision=1)
    number = publish_tracked(context, tracking, desk, id, author="lee", revision=1)
    (run,) = tracking.client.search_runs([tracking.experiment_id])
    with reading(desk.engine) as session:
        stored = load_version(session, number)
    assert stored.meta.mlflow_run_id == run.info.run_id
    assert run.data.tags[VERSION_TAG] == str(number)
    assert run.data.metrics["cost.total"] == stored.meta.total_cost
    desk.engine.dispose()
