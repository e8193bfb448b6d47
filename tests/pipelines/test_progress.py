"""A run's progress: appended by steps, followed by the terminal."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import steps
from pipelines.context import Context
from pipelines.progress import Event, Follower, append, progress_file
from pipelines.settings import load_settings

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_each_event_is_read_once_and_as_it_was_told(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "progress.jsonl"
    follower = Follower(path)
    assert follower.new_events() == []
    told = [Event(AT, "plan", "line", 'gap "3 %"\nbound 비용'), Event(AT, "plan", "finished")]
    append(path, told[0])
    assert follower.new_events() == told[:1]
    append(path, told[1])
    assert follower.new_events() == told[1:]
    assert follower.new_events() == []


def test_a_line_still_being_written_waits(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    append(path, Event(AT, "plan", "started"))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    follower = Follower(path)
    assert len(follower.new_events()) == 1
    path.write_bytes(whole + whole)
    assert len(follower.new_events()) == 1


def test_a_file_begun_anew_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    for _ in range(3):
        append(path, Event(AT, "plan", "line", "of the run before"))
    follower = Follower(path)
    follower.new_events()
    path.unlink()
    append(path, Event(AT, "ingest", "started"))
    assert [event.step for event in follower.new_events()] == ["ingest"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Follower:
    monkeypatch.setenv("TAKT_DATA", str(tmp_path))
    return Follower(progress_file(load_settings()))


def test_a_performed_step_tells_its_start_lines_and_end(
    monkeypatch: pytest.MonkeyPatch, told: Follower
) -> None:
    def step(context: Context) -> None:
        context.report("41 products")

    monkeypatch.setattr(steps, "find_step", lambda name: step)
    steps.perform("ingest")
    events = told.new_events()
    assert [(event.step, event.kind) for event in events] == [
        ("ingest", "started"),
        ("ingest", "line"),
        ("ingest", "finished"),
    ]
    assert events[1].text == "41 products"


def test_a_failing_step_tells_its_message_and_raises(
    monkeypatch: pytest.MonkeyPatch, told: Follower
) -> None:
    def step(context: Context) -> None:
        raise ValueError("daily.csv, row 7, column ds: expected a day, found 'x'")

    monkeypatch.setattr(steps, "find_step", lambda name: step)
    with pytest.raises(ValueError, match="row 7"):
        steps.perform("ingest")
    last = told.new_events()[-1]
    assert last.kind == "failed"
    assert last.text == "ValueError: daily.csv, row 7, column ds: expected a day, found 'x'"


def test_a_step_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"expected one of ingest, forecast.*found 'pack'"):
        steps.find_step("pack")
