"""Browsers told of what lines do, as soon as the events of it stand in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from pipelines.events import Committed, LineNow, LineState
from pipelines.storage import writing
from pipelines.storage.repositories.notices import add_notice

Clock = Callable[[], datetime]


def tell_lines(engine: Engine, clock: Clock) -> Callable[[Committed], None]:
    """A listener of the stream: one notice for each line whose state a commit changed.

    A batch that is told again is told to browsers again; they show the same.
    """

    def listen(batch: Committed) -> None:
        last = {
            one.event.line: one.event for one in batch.events if isinstance(one.event, LineState)
        }
        if not last:
            return
        with writing(engine) as session:
            for line in sorted(last):
                data = _data(batch.now.lines.get(line), last[line])
                add_notice(session, "line.changed", line, data, clock())

    return listen


def _data(now: LineNow | None, last: LineState) -> dict[str, object]:
    """What the line does now; by the batch's own event where the batch does not hold its row."""
    return {
        "state": now.state if now else last.state,
        "item": now.item if now else last.item,
        "reason": now.reason if now else last.reason,
        "since": ((now.since if now else None) or last.at).isoformat(),
    }
