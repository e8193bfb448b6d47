"""The built files as the service answers with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.dashboard import add_dashboard


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "index-abc.js").write_text("1;" * 1000)
    app = FastAPI()
    add_dashboard(app, tmp_path)
    return TestClient(app, raise_server_exceptions=False)


def test_the_page_is_asked_for_anew_each_time(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.text == "<!doctype html>"
    assert answer.headers["cache-control"] == "no-cache"


def test_the_address_of_a_page_answers_with_the_page(client: TestClient) -> None:
    assert client.get("/schedule", headers={"Accept": "text/html"}).text == "<!doctype html>"


def test_programs_are_not_given_the_page_where_there_is_nothing(client: TestClient) -> None:
    assert client.get("/schedule", headers={"Accept": "application/json"}).status_code >= 400
    assert client.get("/api/nothing", headers={"Accept": "text/html"}).status_code == 404


def test_hashed_files_are_kept_for_good_and_packed(client: TestClient) -> None:
    answer = client.get("/assets/index-abc.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"


def test_a_missing_file_is_not_kept(client: TestClient) -> None:
    answer = client.get("/assets/gone.js")
    assert answer.status_code == 404
    assert "cache-control" not in answer.headers


def test_without_built_files_nothing_is_served(tmp_path: Path) -> None:
    app = FastAPI()
    add_dashboard(app, tmp_path)
    assert TestClient(app).get("/").status_code == 404
