"""Repairs around a change and what-if jobs: proposed, followed, cancelled, turned into drafts."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from pipelines.jobs import running
from pipelines.jobs.alternatives import MOST_OFFERED
from pipelines.jobs.mending import mend
from pipelines.storage import reading, writing
from pipelines.storage.repositories import jobs
from plant import Plant, Run, Schedule, evaluate
from tests.service.conftest import WEIGHTS, ZONES, Clock

Headers = dict[str, str]


class Here:
    """Work done in this process: what other processes add is tested as integration."""

    def __init__(self) -> None:
        self.handed: list[str] = []

    async def mend(self, task: Any) -> Any:
        return mend(task)

    async def hand_over(self, id: str) -> None:
        self.handed.append(id)


@pytest.fixture
def here(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Here:
    work = Here()
    state: Any = client.app.state.takt  # type: ignore[attr-defined]
    monkeypatch.setattr(type(state.work), "mend", lambda _, task: work.mend(task))
    monkeypatch.setattr(type(state.work), "hand_over", lambda _, id: work.hand_over(id))
    return work


@pytest.fixture
def ask(client: TestClient, planner: Headers, here: Here) -> Callable[..., str]:
    """Asks for a what-if; returns the address of the job."""

    def start(*scenarios: dict[str, Any], seconds: float = 1.0) -> str:
        body = {"version": 1, "scenarios": scenarios, "seconds": seconds, "title": "what if"}
        answer = client.post("/api/jobs/what-if", headers=planner, json=body)
        assert answer.status_code == 202, answer.text
        return f"/api/jobs/{answer.json()['id']}"

    return start


def _run(client: TestClient, clock: Clock, path: str, stopping: Any = lambda: False) -> None:
    engine = client.app.state.takt.engine  # type: ignore[attr-defined]
    running.run_job(engine, clock, path.rpartition("/")[2], stopping)


def test_a_repair_keeps_the_run_where_it_was_put_and_breaks_no_rule(
    client: TestClient, planner: Headers, here: Here, plant: Plant, schedule: Schedule
) -> None:
    draft = client.post("/api/drafts", headers=planner, json={}).json()["draft"]["id"]
    path = f"/api/drafts/{draft}"
    run, start = _displaced(client, planner, path, schedule)
    edit = {"kind": "move", "run": run.id, "line": run.line, "start": start}
    edited = client.post(f"{path}/edits", headers=planner, json={"revision": 0, "edit": edit})
    assert not edited.json()["draft"]["feasible"]
    body = {"run": run.id, "scope": "all", "seconds": 0.2}
    answer = client.post(f"{path}/repair", headers=planner, json=body)
    assert answer.status_code == 200, answer.text
    proposal = answer.json()
    assert client.get(path, headers=planner).json()["draft"]["revision"] == 1
    assert proposal["verdict"]["feasible"], proposal["verdict"]["breaches"]
    done = client.post(
        f"{path}/edits", headers=planner,
        json={"revision": proposal["revision"], "edit": proposal["edit"], "reason": "repair"},
    ).json()  # fmt: skip
    assert done["draft"]["feasible"]
    assert done["verdict"] == proposal["verdict"]
    changed = {
        one["id"]: one for one in client.get(f"{path}/changes", headers=planner).json()["runs"]
    }
    assert (changed[run.id]["after"]["line"], changed[run.id]["after"]["start"]) == (
        run.line,
        start,
    )


def _displaced(
    client: TestClient, planner: Headers, path: str, schedule: Schedule
) -> tuple[Run, int]:
    """A run outside the frozen zone, and a start at which its line would do two things at once."""
    for run in schedule.runs:
        for other in schedule.runs:
            if other.line == run.line and run.start > ZONES.frozen < other.start < run.start:
                edit = {"kind": "move", "run": run.id, "line": run.line, "start": other.start}
                seen = client.post(f"{path}/preview", headers=planner, json={"edit": edit}).json()
                if {one["kind"] for one in seen["breaches"]} == {"overlap"}:
                    return run, other.start
    raise AssertionError("no run of the plant can be put onto another")


def test_a_line_that_is_down_is_planned_around(
    client: TestClient, planner: Headers, ask: Callable[..., str], clock: Clock,
    plant: Plant, schedule: Schedule, here: Here,
) -> None:  # fmt: skip
    line = max(
        (run.line for run in schedule.runs), key=lambda id: sum(r.line == id for r in schedule.runs)
    )
    path = ask({"kind": "line_down", "line": line, "start": 600, "end": 2400})
    assert here.handed == [path.rpartition("/")[2]]
    assert client.get(path, headers=planner).json()["status"] == "queued"
    _run(client, clock, path)
    job = client.get(path, headers=planner).json()
    assert (job["status"], job["progress"]) == ("done", 1.0), job["message"]
    result = job["result"]
    assert result["as_it_is"]["violations"] > 0
    assert result["planned"]["violations"] == 0
    verdict = evaluate(plant, schedule, schedule, WEIGHTS, ZONES)
    assert result["published"]["cost"]["total"] == pytest.approx(verdict.cost.total)
    draft = client.post(f"{path}/draft", headers=planner)
    assert draft.status_code == 201, draft.text
    runs = client.get(
        f"/api/drafts/{draft.json()['draft']['draft']['id']}/changes", headers=planner
    )
    after = [one["after"] for one in runs.json()["runs"] if one["after"]]
    assert not any(run["line"] == line and 600 <= run["start"] < 2400 for run in after)


@pytest.fixture
def alternatives(client: TestClient, planner: Headers, here: Here) -> Callable[[float], str]:
    """Asks for alternatives for so many seconds; returns the address of the job."""

    def start(seconds: float) -> str:
        body = {"version": 1, "seconds": seconds, "title": "others"}
        answer = client.post("/api/jobs/alternatives", headers=planner, json=body)
        assert answer.status_code == 202, answer.text
        return f"/api/jobs/{answer.json()['id']}"

    return start


def test_alternatives_are_found_none_worse_in_everything_and_one_becomes_a_draft(
    client: TestClient, planner: Headers, alternatives: Callable[[float], str], clock: Clock,
    plant: Plant, schedule: Schedule,
) -> None:  # fmt: skip
    path = alternatives(1.0)
    _run(client, clock, path)
    job = client.get(path, headers=planner).json()
    assert (job["kind"], job["status"], job["result"]) == ("alternatives", "done", None)
    front = job["alternatives"]
    verdict = evaluate(plant, schedule, schedule, WEIGHTS, ZONES)
    assert front["published"]["cost"]["total"] == pytest.approx(verdict.cost.total)
    plans = front["plans"]
    assert 2 <= len(plans) <= MOST_OFFERED
    points = [tuple(plan["values"][name] for name in front["objectives"]) for plan in plans]
    for one in points:
        assert not any(
            all(a <= b for a, b in zip(other, one, strict=True)) for other in points if other != one
        )
    for plan in plans:
        assert plan["figures"]["violations"] == 0
        assert sum(plan["values"].values()) == pytest.approx(plan["figures"]["cost"]["total"])
    assert plans[0]["picks"][0] == "cheapest"
    (listed,) = client.get("/api/jobs", headers=planner).json()
    assert listed["alternatives"] is None
    last = len(plans) - 1
    draft = client.post(f"{path}/draft?plan={last}", headers=planner)
    assert draft.status_code == 201, draft.text
    cost = draft.json()["draft"]["cost"]["total"]
    assert cost == pytest.approx(plans[last]["figures"]["cost"]["total"])
    answer = client.post(f"{path}/draft?plan={len(plans)}", headers=planner)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_search_for_alternatives_stops_when_it_is_asked_to(
    client: TestClient, planner: Headers, alternatives: Callable[[float], str], clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(running, "FOLLOW_EVERY", 0.02)
    path = alternatives(300.0)
    begun = time.monotonic()
    _run(client, clock, path, stopping=lambda: time.monotonic() > begun + 0.5)
    assert time.monotonic() < begun + 20
    job = client.get(path, headers=planner).json()
    assert (job["status"], job["alternatives"]) == ("cancelled", None)


def test_a_job_that_is_cancelled_before_it_begins_never_runs(
    client: TestClient, planner: Headers, ask: Callable[..., str], clock: Clock, plant: Plant
) -> None:
    path = ask({"kind": "rush_order", "item": plant.orders[0].item, "quantity": 5, "due": 900})
    assert client.post(f"{path}/cancel", headers=planner).json()["status"] == "cancelled"
    _run(client, clock, path)
    job = client.get(path, headers=planner).json()
    assert (job["status"], job["result"]) == ("cancelled", None)
    answer = client.post(f"{path}/draft", headers=planner)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_running_job_stops_when_it_is_asked_to(
    client: TestClient, planner: Headers, ask: Callable[..., str], clock: Clock, plant: Plant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(running, "FOLLOW_EVERY", 0.02)
    asked_at = []

    def look_ahead(_stored: Any, _asked: Any, improved: Any, stop: Callable[[], bool]) -> Any:
        improved("found something")
        client.post(f"{path}/cancel", headers=planner)
        asked_at.append(time.monotonic())
        while not stop() and time.monotonic() < asked_at[0] + 5:
            time.sleep(0.01)
        assert stop()

    monkeypatch.setattr(running, "look_ahead", look_ahead)
    monkeypatch.setattr(running, "OUTCOME", running.TypeAdapter(Any))
    path = ask({"kind": "more_overtime", "minutes": 60}, seconds=60)
    _run(client, clock, path)
    job = client.get(path, headers=planner).json()
    assert (job["status"], job["cancel_asked"]) == ("cancelled", True)


def test_a_job_that_fails_says_why(
    client: TestClient, planner: Headers, ask: Callable[..., str], clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def look_ahead(*_: Any) -> Any:
        raise RuntimeError("no room")

    monkeypatch.setattr(running, "look_ahead", look_ahead)
    path = ask({"kind": "more_overtime", "minutes": 60})
    with pytest.raises(RuntimeError):
        _run(client, clock, path)
    job = client.get(path, headers=planner).json()
    assert (job["status"], job["message"]) == ("failed", "RuntimeError: no room")


def test_a_job_whose_worker_has_gone_has_failed(
    client: TestClient, planner: Headers, ask: Callable[..., str], clock: Clock
) -> None:
    path = ask({"kind": "more_overtime", "minutes": 60})
    engine = client.app.state.takt.engine  # type: ignore[attr-defined]
    id = path.rpartition("/")[2]
    with writing(engine) as session:
        assert jobs.start_job(session, id, clock()) is not None
        assert jobs.start_job(session, id, clock()) is None
    with writing(engine) as session:
        later = clock() + timedelta(minutes=5)
        assert jobs.end_lost_jobs(session, later - running.SILENT_FOR, later) == [id]
    with reading(engine) as session:
        assert jobs.find_job(session, id).status == "failed"


@pytest.mark.parametrize(
    ("scenario", "field"),
    [
        ({"kind": "line_down", "line": "nobody", "start": 0, "end": 10}, "scenarios.0.line"),
        ({"kind": "line_down", "line": "L01", "start": 10, "end": 10}, "scenarios.0.end"),
        ({"kind": "rush_order", "item": "nobody", "quantity": 1, "due": 0}, "scenarios.0.item"),
        ({"kind": "late_material", "item": "nobody", "minutes": 5}, "scenarios.0.item"),
        ({"kind": "more_overtime", "minutes": 60, "lines": ["x"]}, "scenarios.0.lines"),
        ({"kind": "flood"}, "scenarios.0"),
    ],
)
def test_a_scenario_that_cannot_be_names_its_field(
    client: TestClient, planner: Headers, scenario: dict[str, Any], field: str
) -> None:
    body = {"version": 1, "scenarios": [scenario]}
    answer = client.post("/api/jobs/what-if", headers=planner, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.integration
def test_the_service_s_own_processes_repair_and_run_jobs(
    client: TestClient, planner: Headers, plant: Plant, schedule: Schedule
) -> None:
    draft = client.post("/api/drafts", headers=planner, json={}).json()["draft"]["id"]
    body = {"run": schedule.runs[-1].id, "scope": "line", "seconds": 0.2}
    repaired = client.post(f"/api/drafts/{draft}/repair", headers=planner, json=body)
    assert repaired.status_code == 200, repaired.text
    scenario = {"kind": "more_overtime", "minutes": 120}
    asked = {"version": 1, "scenarios": [scenario], "seconds": 1}
    job = client.post("/api/jobs/what-if", headers=planner, json=asked).json()
    until = time.monotonic() + 120
    while job["status"] in ("queued", "running") and time.monotonic() < until:
        time.sleep(0.2)
        job = client.get(f"/api/jobs/{job['id']}", headers=planner).json()
    assert job["status"] == "done", job["message"]
    assert len(multiprocessing.active_children()) == 2


@pytest.mark.integration
def test_a_process_that_was_killed_is_started_anew_and_does_not_hold_up_the_end(
    client: TestClient, planner: Headers, schedule: Schedule
) -> None:
    draft = client.post("/api/drafts", headers=planner, json={}).json()["draft"]["id"]
    body = {"run": schedule.runs[-1].id, "scope": "line", "seconds": 0.1}
    for _ in range(2):
        repaired = client.post(f"/api/drafts/{draft}/repair", headers=planner, json=body)
        assert repaired.status_code == 200, repaired.text
        (worker,) = multiprocessing.active_children()
        worker.kill()
        worker.join()
    begun = time.monotonic()
    client.app.state.takt.work.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 2
