"""Schemathesis over the whole OpenAPI document: nothing it thinks of makes the service fail.

A real server on loopback, so that what HTTP itself allows is tried too.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pipelines.context import Context
from pipelines.params import load_params
from pipelines.platform.processes import free_port
from pipelines.settings import REPOSITORY, Settings
from service.app import create_app
from service.work import Work
from tests.service.conftest import NUMBERS, PASSWORD, QUICK, Clock, create_database

pytestmark = [pytest.mark.integration, pytest.mark.slow]

DOCUMENT = json.loads((REPOSITORY / "docs" / "schema" / "openapi.json").read_text("utf-8"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
SKIPPED = {"log_out", "change_password"}  # they would end the session that asks for the others
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    status_code_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The service on a filled database; repairs and jobs are taken, but nobody does them."""
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("filled_sqlite"), folder / "takt.db")
        address = f"sqlite:///{folder / 'takt.db'}"
    else:
        cluster = request.getfixturevalue("filled_postgresql")
        address = create_database(cluster, f"fuzzed_{next(NUMBERS)}", "filled")
    context = Context(
        Settings(data=folder, database_url=address),
        load_params(REPOSITORY / "params.yaml"),
        Clock(),
        lambda _line: None,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.state.HASHER", QUICK)
        patch.setattr(Work, "mend", _refused)
        patch.setattr(Work, "hand_over", _taken)
        yield from _running(context)


async def _refused(_work: Work, _task: Any) -> Any:
    from concurrent.futures.process import BrokenProcessPool

    raise BrokenProcessPool("nobody repairs here")


async def _taken(_work: Work, _id: str) -> None:
    return None


def _running(context: Context) -> Iterator[str]:
    port = free_port()
    config = uvicorn.Config(
        create_app(context, is_warm=False), port=port, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def asked(server: str) -> Callable[[Any], requests.Response]:
    """Asks as an admin."""
    form = {"username": "admin", "password": PASSWORD}
    answer = requests.post(f"{server}/api/auth/token", data=form, timeout=10)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    opened = requests.post(f"{server}/api/drafts", headers=headers, json={"version": 1}, timeout=10)
    assert opened.status_code == 201, opened.text

    def ask(case: Any) -> Any:
        return case.call(base_url=server, headers=headers, timeout=30)

    return ask


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.definition.raw["operationId"])
def test_nothing_makes_the_service_fail(
    operation: Any, mode: GenerationMode, asked: Callable[[Any], Any]
) -> None:
    id = operation.definition.raw["operationId"]
    if id in SKIPPED:
        pytest.skip("would end the session that asks")
    if mode is GenerationMode.NEGATIVE and not _takes_anything(operation):
        pytest.skip("takes nothing that could be wrong")

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=20, deadline=None, phases=[Phase.generate], derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def tried(case: Any) -> None:
        answer = asked(case)
        if answer.status_code == 503 and id == "repair_draft":
            return  # nobody repairs here
        case.validate_response(answer, checks=CHECKS)

    tried()


def _takes_anything(operation: Any) -> bool:
    raw = operation.definition.raw
    return bool(raw.get("parameters") or raw.get("requestBody"))
