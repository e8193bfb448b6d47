"""Versions as they are read: pages, content, chains, stocks, comparison, and what is kept."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipelines.storage import writing
from pipelines.storage.repositories.outlooks import (
    OrderRisk,
    StockRisk,
    sync_order_risks,
    sync_stock_risks,
)
from plant import Plant, Schedule, evaluate
from tests.service.conftest import WEIGHTS, ZONES, logged_in

Headers = dict[str, str]


@pytest.fixture(scope="module")
def client(shared_client: TestClient) -> TestClient:
    return shared_client


@pytest.fixture(scope="module")
def viewer(client: TestClient) -> Headers:
    return logged_in(client, "viewer")


@pytest.fixture(scope="module")
def read(client: TestClient, viewer: Headers) -> Callable[[str], Any]:
    def get(path: str) -> Any:
        answer = client.get(f"/api/versions{path}", headers=viewer)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def test_versions_come_newest_first_a_page_at_a_time(read: Callable[[str], Any]) -> None:
    first = read("?limit=1")
    assert [one["version"]["number"] for one in first["versions"]] == [2]
    assert first["next"] == 2
    second = read(f"?limit=1&before={first['next']}")
    assert [one["version"]["number"] for one in second["versions"]] == [1]
    assert second["next"] is None


def test_the_latest_version_is_the_published_one(read: Callable[[str], Any]) -> None:
    latest = read("/latest")
    assert latest["version"]["number"] == 2
    assert latest["version"]["status"] == "published"
    assert read("/1")["version"]["status"] == "superseded"


def test_figures_are_those_of_the_referee(
    read: Callable[[str], Any], plant: Plant, schedule: Schedule
) -> None:
    verdict = evaluate(plant, schedule, weights=WEIGHTS, zones=ZONES)
    figures = read("/1/figures")
    assert datetime.fromisoformat(figures["starts_at"]) == plant.starts_at
    assert figures["cost"]["total"] == pytest.approx(verdict.cost.total)
    assert figures["kpis"]["orders_late"] == verdict.kpis.orders_late
    assert figures["weights"]["tardiness"] == WEIGHTS.tardiness


def test_runs_and_the_plant_are_those_that_were_published(
    read: Callable[[str], Any], plant: Plant, schedule: Schedule
) -> None:
    runs = read("/1/runs")
    assert runs["horizon"] == plant.horizon
    told = {(run["id"], run["line"], run["start"], run["end"]) for run in runs["runs"]}
    assert told == {(run.id, run.line, run.start, run.end) for run in schedule.runs}
    assert [line["id"] for line in read("/1/plant")["lines"]] == [line.id for line in plant.lines]


def test_changeovers_of_runs_and_lines_add_up_to_the_referee_s(
    read: Callable[[str], Any], plant: Plant, schedule: Schedule
) -> None:
    kpis = evaluate(plant, schedule).kpis
    minutes = sum(run["changeover_minutes"] for run in read("/1/runs")["runs"])
    lines = read("/1/lines")
    assert minutes / 60 == pytest.approx(kpis.changeover_hours)
    assert sum(line["changeover_minutes"] for line in lines) == minutes
    assert sum(line["run_minutes"] for line in lines) / 60 == pytest.approx(kpis.run_hours)


def test_orders_are_late_as_the_referee_says(
    read: Callable[[str], Any], plant: Plant, schedule: Schedule
) -> None:
    late = evaluate(plant, schedule).late_orders
    orders = read("/1/orders")["orders"]
    assert {one["id"]: one["late"] for one in orders if one["late"]} == pytest.approx(late)
    assert len(orders) == len(plant.orders)


def test_an_order_s_chain_and_a_run_s_lead_to_each_other(
    read: Callable[[str], Any], plant: Plant, schedule: Schedule
) -> None:
    pegging = evaluate(plant, schedule).pegging
    order, pegs = next(
        (id, pegs)
        for id, pegs in pegging.by_order.items()
        if any(p.supplier == "run" for p in pegs)
    )
    chain = read(f"/1/chain?order={order}")
    assert {peg.supplier_id for peg in pegs if peg.supplier == "run"} <= set(chain["runs"])
    for run in chain["runs"]:
        assert order in read(f"/1/chain?run={run}")["orders"]


def test_a_chain_goes_through_every_stage(
    read: Callable[[str], Any], plant: Plant, schedule: Schedule
) -> None:
    made_of = defaultdict(set)
    for row in plant.bom:
        made_of[row.item].add(row.component)
    item_of = {run.id: run.item for run in schedule.runs}
    deep = 0
    for order in plant.orders:
        items = {item_of[run] for run in read(f"/1/chain?order={order.id}")["runs"]}
        deep = max(deep, len(items))
        assert all(item == order.item or any(item in made_of[i] for i in items) for item in items)
    assert deep >= 2


def test_stocks_follow_the_referee_s_mean_stock(
    read: Callable[[str], Any], plant: Plant, schedule: Schedule
) -> None:
    mean = 0.0
    for item in plant.items:
        found = read(f"/1/stock?item={item.id}")
        levels = [*found["levels"], {"at": plant.horizon, "units": 0.0}]
        assert all(one["units"] >= -1e-6 for one in levels)
        mean += sum(one["units"] * (after["at"] - one["at"]) for one, after in pairwise(levels))
    assert mean / plant.horizon == pytest.approx(evaluate(plant, schedule).kpis.mean_stock)
    assert len(read("/1/stocks")) == len(plant.items)


def test_two_versions_differ_in_the_run_that_was_locked(
    read: Callable[[str], Any], schedule: Schedule
) -> None:
    found = read("/1/compare/2")
    assert [(one["id"], one["changes"]) for one in found["runs"]] == [
        (schedule.runs[0].id, ["lock"])
    ]
    assert found["unchanged"] == len(schedule.runs) - 1
    assert found["cost"]["total"]["change"] == 0


def test_output_by_day_adds_up_to_the_plan_and_nothing_was_counted(
    read: Callable[[str], Any], plant: Plant, schedule: Schedule
) -> None:
    found = read("/1/output")
    assert not found["is_counted"]
    for line in found["lines"]:
        planned = sum(run.quantity for run in schedule.runs if run.line == line["line"])
        assert sum(day["planned"] for day in line["days"]) == pytest.approx(planned)
    assert [line["line"] for line in found["lines"]] == [line.id for line in plant.lines]


def test_what_is_foreseen_of_a_version_stands_beside_it(
    client: TestClient, read: Callable[[str], Any], plant: Plant
) -> None:
    assert read("/1/outlook") == {"orders": [], "stocks": []}
    reason = {"code": "load", "column": "load", "name": "load", "value": 1.0, "share": 0.7}
    said = reason | {"en": "the line is full", "ko": "라인이 가득 참"}
    order, item = plant.orders[0].id, plant.items[0].id
    engine = client.app.state.takt.engine  # type: ignore[attr-defined]
    with writing(engine) as session:
        risk = OrderRisk(order, 0.8, None, 3.0, (said,), "late-risk 1")
        sync_order_risks(session, 2, [risk], plant.starts_at)
        day = StockRisk(item, plant.starts_at.date(), 0.2, 0.3, 4.0, -1.0, 5.0, 9.0)
        sync_stock_risks(session, 2, [day], plant.starts_at)
    found = read("/2/outlook")
    (late,), (stock,) = found["orders"], found["stocks"]
    assert (late["order"], late["chance"]) == (order, 0.8)
    assert late["reasons"] == [{"share": 0.7, "en": "the line is full", "ko": "라인이 가득 참"}]
    assert (stock["item"], stock["chance_by"], stock["q10"]) == (item, 0.3, -1.0)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/99", 404, "not_found"),
        ("/99/runs", 404, "not_found"),
        ("/99/output", 404, "not_found"),
        ("/99/outlook", 404, "not_found"),
        ("/0/runs", 422, "invalid"),
        ("/x/runs", 422, "invalid"),
        ("/1/chain", 422, "invalid"),
        ("/1/chain?order=O1&run=R1", 422, "invalid"),
        ("/1/chain?order=nobody", 404, "not_found"),
        ("/1/chain?run=nobody", 404, "not_found"),
        ("/1/stock?item=nobody", 404, "not_found"),
        ("/1/compare/99", 404, "not_found"),
        ("?limit=0", 422, "invalid"),
    ],
)
def test_what_is_not_there_is_a_problem_with_its_code(
    client: TestClient,
    viewer: Headers,
    path: str,
    status: int,
    code: str,
) -> None:
    answer = client.get(f"/api/versions{path}", headers=viewer)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_who_has_the_answer_is_told_that_nothing_changed(
    client: TestClient, viewer: Headers
) -> None:
    first = client.get("/api/versions/1/runs", headers=viewer)
    again = client.get(
        "/api/versions/1/runs", headers=viewer | {"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/api/versions/1/runs", headers=viewer | {"If-None-Match": '"x"'})
    assert other.status_code == 200
    assert (
        client.get("/api/versions/2/runs", headers=viewer).headers["etag"] != first.headers["etag"]
    )


def test_a_packed_answer_holds_the_same(client: TestClient, viewer: Headers) -> None:
    plain = client.get("/api/versions/1/runs", headers=viewer | {"Accept-Encoding": "identity"})
    with client.stream("GET", "/api/versions/1/runs", headers=viewer) as packed:
        raw = b"".join(packed.iter_raw())
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content


def test_a_version_that_starts_later_is_compared_the_other_way_round(
    client: TestClient, viewer: Headers
) -> None:
    state: Any = client.app.state.takt  # type: ignore[attr-defined]
    kept = state.shelf.version(2)
    moved = replace(kept.stored.plant, starts_at=kept.stored.plant.starts_at.replace(year=2099))
    state.shelf._kept[2] = replace(kept, stored=replace(kept.stored, plant=moved))
    answer = client.get("/api/versions/2/compare/1", headers=viewer)
    state.shelf._kept[2] = kept
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
