"""Progress: what the steps of a run report, as lines in a file that the terminal follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from pipelines.settings import Settings

Kind = Literal["started", "line", "finished", "failed"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a step told: when, which step, what kind of news, and the text of it."""

    at: datetime
    step: str
    kind: Kind
    text: str = ""


EVENT = TypeAdapter(Event)


def progress_file(settings: Settings) -> Path:
    """Return where the steps of the run in progress append their events."""
    return settings.data / "airflow" / "progress.jsonl"


def append(path: Path, event: Event) -> None:
    """Add an event to the file, as one line in one write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as stream:
        stream.write(EVENT.dump_json(event) + b"\n")


class Follower:
    """Reads a progress file as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def new_events(self) -> list[Event]:
        """Return the events appended since the last call; a line still being written waits."""
        if not self._path.exists():
            return []
        if self._path.stat().st_size < self._offset:
            self._offset = 0  # another run began the file anew
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            whole, newline, _rest = stream.read().rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        return [EVENT.validate_json(line) for line in whole.splitlines()]
