from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest

from pipelines.platform.model_files import artefact_digest, pickled_files
from pipelines.platform.tracking import (
    DIGEST_TAG,
    DigestError,
    ModelVersion,
    Served,
    TrackedRun,
    Tracking,
    UnreachableError,
    connect,
)
from pipelines.settings import Settings

CODE = """
import json, pathlib
import mlflow


class Doubler(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        folder = pathlib.Path(context.artifacts["model"])
        self.factor = json.loads((folder / "model.json").read_text())["factor"]

    def predict(self, context, model_input, params=None):
        return model_input.assign(value=model_input["value"] * self.factor * params["times"])


mlflow.models.set_model(Doubler())
"""


def test_a_digest_depends_on_names_and_contents(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("a", "b", "c"))
    for folder, name, text in ((first, "x", "1"), (second, "x", "1"), (third, "y", "1")):
        folder.mkdir()
        (folder / name).write_text(text)
    assert artefact_digest(first) == artefact_digest(second) != artefact_digest(third)
    (second / "x").write_text("2")
    assert artefact_digest(first) != artefact_digest(second)


def test_pickles_are_told_by_name_by_their_first_bytes_and_inside_archives(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_text("x")
    (tmp_path / "innocent.bin").write_bytes(pickle.dumps([1]))
    with zipfile.ZipFile(tmp_path / "net.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    with zipfile.ZipFile(tmp_path / "table.npz", "w") as archive:
        archive.writestr("values.npy", b"")
    (tmp_path / "model.json").write_text("{}")
    assert pickled_files(tmp_path) == ("a.pkl", "innocent.bin", "net.pt")


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    return connect(Settings(data=tmp_path_factory.mktemp("tracking")))


def _register(tracking: Tracking, run: TrackedRun, folder: Path) -> ModelVersion:
    import pandas as pd

    model = folder / "weights"
    model.mkdir()
    (model / "model.json").write_text('{"factor": 2.0}')
    code = folder / "doubler.py"
    code.write_text(CODE)
    frame = pd.DataFrame({"value": [1.0]})
    served = Served(code, frame, frame * 2, {"times": 3.0}, ["mlflow"])
    return tracking.register(run, "doubler", model, served, {"data": "d-1"})


@pytest.mark.integration
def test_a_registered_model_is_loaded_by_alias_and_answers(
    tracking: Tracking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow
    import pandas as pd

    assert tracking.find("nobody", "champion") is None
    with tracking.run("train") as run:
        run.log_params({"rounds": 3})
        run.log_metrics({"wape/all": 0.25})
        run.log_text("{}", "note.json")
        version = _register(tracking, run, tmp_path)
    assert tracking.find("doubler", "champion") is None
    tracking.set_alias(version, "champion")
    champion = tracking.find("doubler", "champion")
    assert champion == version
    assert champion.run_id == run.id
    assert champion.tags["data"] == "d-1"
    assert (tracking.load(champion) / "model.json").read_text() == '{"factor": 2.0}'
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking.uri)
    answer = mlflow.pyfunc.load_model("models:/doubler@champion").predict(
        pd.DataFrame({"value": [5.0]})
    )
    assert answer["value"].tolist() == [30.0]
    logged = tracking.client.get_run(run.id)
    assert logged.info.status == "FINISHED"
    assert logged.data.metrics == {"wape/all": 0.25}


@pytest.mark.integration
def test_an_artefact_that_was_changed_is_refused(tracking: Tracking, tmp_path: Path) -> None:
    with tracking.run("train") as run:
        version = _register(tracking, run, tmp_path)
    path = tracking.load(version) / "model.json"
    path.write_text('{"factor": 200.0}')
    with pytest.raises(DigestError, match=r"doubler version \d+: expected .* found .*not loaded"):
        tracking.load(version)
    path.write_text('{"factor": 2.0}')
    assert tracking.load(version) == path.parent


@pytest.mark.integration
def test_an_artefact_whose_digest_was_not_recorded_is_refused(
    tracking: Tracking, tmp_path: Path
) -> None:
    with tracking.run("train") as run:
        version = _register(tracking, run, tmp_path)
    tracking.client.delete_model_version_tag("doubler", str(version.version), DIGEST_TAG)
    tracking.set_alias(version, "challenger")
    found = tracking.find("doubler", "challenger")
    assert found is not None
    with pytest.raises(DigestError, match="expected a recorded digest"):
        tracking.load(found)


@pytest.mark.integration
def test_mlflows_global_address_is_left_as_it_was(tracking: Tracking, tmp_path: Path) -> None:
    import os

    import mlflow

    before = mlflow.get_tracking_uri(), os.environ.get("MLFLOW_TRACKING_URI")
    with tracking.run("train") as run:
        tracking.load(_register(tracking, run, tmp_path))
    assert (mlflow.get_tracking_uri(), os.environ.get("MLFLOW_TRACKING_URI")) == before
    assert before[0] != tracking.uri


@pytest.mark.integration
def test_a_run_whose_block_raises_is_marked_failed(tracking: Tracking) -> None:
    with pytest.raises(ZeroDivisionError), tracking.run("breaks") as run:
        raise ZeroDivisionError
    assert tracking.client.get_run(run.id).info.status == "FAILED"


@pytest.mark.integration
def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("this is not a database" * 100)
    with pytest.raises(UnreachableError, match=r"mlflow\.db: .*MLFLOW_TRACKING_URI"):
        connect(Settings(data=tmp_path))
