"""What a run hears, refuses and shows."""

from __future__ import annotations

import fcntl
import io
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from pipelines import run as module
from pipelines.progress import Event, Kind
from pipelines.run import BusyError, NotWritableError, StepFailedError
from pipelines.run_display import Lines, Terminal
from pipelines.run_result import RunResult, StepTime, figures_of, show_result
from pipelines.settings import REPOSITORY, Settings
from plant import evaluate
from plant.io import load_plant, load_schedule

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXAMPLES = REPOSITORY / "plant" / "examples"


def _event(step: str, kind: Kind, after: float, text: str = "") -> Event:
    return Event(AT + timedelta(seconds=after), step, kind, text)


def test_a_run_knows_the_step_it_is_in_and_how_long_the_others_took() -> None:
    told: list[str] = []
    watch = module._Watch(Lines(told.append))
    for event in (
        _event("ingest", "started", 0),
        _event("ingest", "line", 1, "41 products"),
        _event("ingest", "finished", 2.5),
        _event("forecast", "started", 3),
        _event("forecast", "failed", 4, "no history"),
    ):
        watch.hear(event)
    assert watch.times == (StepTime("ingest", 2.5),)
    assert (watch.step, watch.failure) == ("forecast", "no history")
    assert told == [
        "ingest: started, 0.0 s",
        "ingest: 41 products",
        "ingest: finished, 2.5 s",
        "forecast: started, 0.0 s",
        "forecast: failed, 1.0 s",
    ]


def test_progress_shown_on_a_terminal_is_plain_where_there_is_none() -> None:
    out = io.StringIO()
    terminal = Terminal(("ingest", "plan"), Console(file=out, width=80))
    terminal.begin()
    terminal.show(_event("plan", "started", 0), 0.0)
    terminal.show(_event("plan", "line", 1, "gap 3 % [best]"), 1.0)
    terminal.tick()
    terminal.show(_event("plan", "finished", 2), 2.0)
    terminal.end()
    assert [line.split() for line in out.getvalue().splitlines()] == [
        ["2/2", "plan"],
        ["gap", "3", "%", "[best]"],
        ["✔", "2/2", "plan", "2.0", "s"],
    ]


def test_a_second_run_on_the_same_data_is_refused_naming_the_first(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with (
        module._alone(settings),
        pytest.raises(BusyError, match=f"process {os.getpid()} is running on {tmp_path}"),
        module._alone(settings),
    ):
        pass
    with module._alone(settings):
        pass


def test_a_lock_left_by_a_killed_run_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / "run.lock").write_text("12345\n")
    with module._alone(Settings(data=tmp_path)), (tmp_path / "run.lock").open() as lock:
        assert lock.read() == f"{os.getpid()}\n"
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(data=tmp_path).model_copy(update={"data": tmp_path / "file" / "data"})
    with (
        pytest.raises(NotWritableError, match=r"TAKT_DATA=.*expected a folder that can be written"),
        module._alone(settings),
    ):
        pass


def test_only_the_newest_logs_are_kept(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for day in range(1, 31):
        (tmp_path / "logs" / f"run-202601{day:02}T000000.log").touch()
    new = module._new_log(Settings(data=tmp_path))
    new.touch()
    names = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert len(names) == module.LOGS_KEPT
    assert names[-1] == new.name
    assert names[0] == "run-20260112T000000.log"


def test_a_run_stopped_from_outside_says_by_what(tmp_path: Path) -> None:
    assert "signal SIGKILL" in module._why(-9, tmp_path / "log")
    (tmp_path / "log").write_text("first\nDagRun failed\n\n")
    assert module._why(1, tmp_path / "log").endswith("saying: DagRun failed")


def test_a_failure_names_step_message_and_log(tmp_path: Path) -> None:
    error = StepFailedError("plan", "line L07: no shift", tmp_path / "run.log")
    assert str(error) == f"step plan: line L07: no shift\nlog: {tmp_path}/run.log"


@pytest.fixture
def result() -> RunResult:
    plant = load_plant(EXAMPLES / "three_lines.json")
    schedule = load_schedule(EXAMPLES / "three_lines_schedule.json")
    planned = figures_of(evaluate(plant, schedule))
    rule = replace(planned, total=planned.total * 2, on_time_in_full=0.25)
    steps = (StepTime("ingest", 12.0), StepTime("plan", 61.4))
    places = {"database": "sqlite:///takt.db, version 3"}
    return RunResult(3, "EUR", planned, rule, None, 0.125, "ok", steps, 99.0, places)


def test_the_table_holds_the_plan_against_the_rule(result: RunResult) -> None:
    out = io.StringIO()
    show_result(result, Console(file=out, width=100))
    text = out.getvalue()
    rows = {
        cells[0].strip(): [cell.strip() for cell in cells[1:]]
        for line in text.splitlines()
        if len(cells := line.strip("│┃").split("│")) > 1
    }
    planned = result.planned
    assert rows["cost (EUR)"] == [f"{planned.total:,.0f}", f"{planned.total * 2:,.0f}", "-50.0%"]
    assert rows["on time in full"][1] == "25.0%"
    assert rows["changeover hours"][0] == f"{planned.changeover_hours:,.1f}"
    assert rows["lower bound"][0] == "not known"
    assert rows["gap to the bound"][0] == "12.5%"
    assert "ingest 12 s · plan 61 s · in all 99 s" in text
    assert "sqlite:///takt.db, version 3" in text
