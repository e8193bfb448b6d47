"""A draft that is published leaves its run in MLflow, or none where it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.context import Context
from pipelines.drafts import Desk, DraftStatusError, apply_edit, approve, open_draft, submit
from pipelines.drafts.tracked import publish_tracked
from pipelines.params import load_params
from pipelines.platform.tracking import connect
from pipelines.publish import VERSION_TAG
from pipelines.settings import Settings
from pipelines.storage import open_database, reading
from pipelines.storage.repositories import load_version
from plant.edits import Add
from plant.examples.three_lines import THURSDAY, at
from tests.pipelines.drafts.conftest import publish_example, ticking


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
