"""Events as the stream commits them, without a stream: one call is one micro-batch."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine

from pipelines.events import Event, LineState, Material, OrderEvent, to_bytes
from pipelines.storage import writing
from pipelines.storage.repositories.event_staging import line_of
from pipelines.storage.repositories.event_store import Incoming, store_events

BATCHES = itertools.count(1)
AT = datetime(2026, 2, 1, tzinfo=UTC)


def commit(engine: Engine, events: Sequence[Event]) -> None:
    """Store the events as one micro-batch."""
    number = next(BATCHES)
    texts = [
        line_of(event, zlib.crc32(to_bytes(event)), "test", 0, number * 10_000 + place)
        for place, event in enumerate(events)
    ]
    batch = Incoming(
        query_id="test", batch_id=number, clock=lambda: AT, received=len(texts), texts=texts,
        refused=(), fetch=lambda _places: (),
    )  # fmt: skip
    with writing(engine) as session:
        store_events(session, batch)


def _head(starts_at: datetime, minute: float) -> dict[str, Any]:
    return {
        "event_id": uuid4(), "at": starts_at + timedelta(minutes=minute), "source": "test"
    }  # fmt: skip


def line_state(
    starts_at: datetime, minute: float, line: str, state: Any, until: float | None = None
) -> LineState:
    ends = None if until is None else starts_at + timedelta(minutes=until)
    return LineState(**_head(starts_at, minute), line=line, state=state, until=ends)


def material(
    starts_at: datetime,
    minute: float,
    delivery: str,
    item: str,
    status: Any,
    quantity: float,
    due: float | None = None,
) -> Material:
    due_at = None if due is None else starts_at + timedelta(minutes=due)
    return Material(
        **_head(starts_at, minute), delivery=delivery, item=item, status=status,
        quantity=quantity, due_at=due_at,
    )  # fmt: skip


def order(
    starts_at: datetime,
    minute: float,
    id: str,
    item: str,
    quantity: float,
    due: float,
    change: Any = "placed",
    weight: float = 10.0,
) -> OrderEvent:
    return OrderEvent(
        **_head(starts_at, minute), order=id, item=item, change=change, quantity=quantity,
        due_at=starts_at + timedelta(minutes=due), weight=weight,
    )  # fmt: skip
