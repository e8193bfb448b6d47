"""The registered models, and how it is told that there is no MLflow or that it does not answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from pipelines.context import Context
from pipelines.platform.tracking import connect
from pipelines.settings import Settings
from tests.service.conftest import QUICK, logged_in, serving


def _models(context: Context, app: FastAPI, uri: str | None) -> dict[str, Any]:
    settings = context.settings
    if uri is not None:
        settings = Settings(
            data=settings.data, database_url=settings.database_url, mlflow_tracking_uri=uri
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.state.HASHER", QUICK)
        with serving(replace(context, settings=settings), app) as client:
            answer = client.get("/api/models", headers=logged_in(client, "viewer"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_without_an_mlflow_there_are_no_models(context: Context, app: FastAPI) -> None:
    found = _models(context, app, None)
    assert found == {"status": "none", "reason": "", "address": None, "models": []}


@pytest.mark.integration
def test_an_mlflow_that_does_not_answer_is_told_with_its_reason(
    context: Context, app: FastAPI, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    found = _models(context, app, f"sqlite:///{tmp_path}/file/mlflow.db")
    assert (found["status"], found["models"]) == ("failed", [])
    assert found["reason"]


@pytest.mark.integration
def test_models_are_listed_with_their_versions(
    context: Context, app: FastAPI, tmp_path: Path
) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = connect(Settings(data=tmp_path, mlflow_tracking_uri=uri)).client
    client.create_registered_model("takt-rates")
    for _ in range(2):
        client.create_model_version("takt-rates", str(tmp_path))
    client.set_registered_model_alias("takt-rates", "champion", "1")
    found = _models(context, app, uri)
    (model,) = found["models"]
    assert (found["status"], model["name"], model["champion"]) == ("ok", "takt-rates", 1)
    assert [version["version"] for version in model["versions"]] == [2, 1]
