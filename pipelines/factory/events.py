"""The simulated factory's happenings as events: minutes become instants, each gets its id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from envs.factory.records import Counted, Delivery, Happening, Inspected, Ordered, Stands
from pipelines.events import (
    Count,
    Event,
    LineState,
    Material,
    OrderEvent,
    Quality,
    key_of,
    to_bytes,
)

SOURCE = "takt-factory"


@dataclass(frozen=True, slots=True)
class Message:
    """What goes over the wire, and the minute of the play at which it goes.

    kind: the event's type; "copy" of one sent before; "corrupt" for what no reader should take.
    """

    minute: float
    key: str
    data: bytes
    kind: str


def event_ids(seed: int) -> Callable[[], UUID]:
    """A source of event ids, the same ones for the same seed."""
    rng = np.random.default_rng([seed, 0])
    return lambda: UUID(bytes=rng.bytes(16), version=4)


def messages(
    happenings: Iterator[Happening], starts_at: datetime, new_id: Callable[[], UUID]
) -> Iterator[Message]:
    """The messages that tell of the happenings of a plan that starts at an instant."""
    for one in happenings:
        event = to_event(one, starts_at, new_id())
        yield Message(one.minute, key_of(event), to_bytes(event), event.type)


def to_event(one: Happening, starts_at: datetime, id: UUID) -> Event:
    """The event that tells of a happening."""

    def instant(minute: float) -> datetime:
        return starts_at + timedelta(seconds=round(minute * 60, 3))

    head: dict[str, Any] = {"event_id": id, "at": instant(one.minute), "source": SOURCE}
    match one:
        case Counted():
            return Count(
                **head, line=one.line, item=one.item, run=one.run, good=one.good, scrap=one.scrap
            )
        case Stands():
            until = None if one.until is None else instant(one.until)
            return LineState(
                **head,
                line=one.line,
                state=one.state,
                item=one.item,
                reason=one.reason,
                until=until,
            )
        case Inspected():
            return Quality(
                **head, line=one.line, item=one.item, run=one.run, checked=one.checked,
                failed=one.failed,
            )  # fmt: skip
        case Delivery():
            due = None if one.due is None else instant(one.due)
            return Material(
                **head, delivery=one.delivery, item=one.item, status=one.status,
                quantity=one.quantity, due_at=due,
            )  # fmt: skip
        case Ordered():
            return OrderEvent(
                **head, order=one.order, item=one.item, change=one.change, quantity=one.quantity,
                due_at=instant(one.due), weight=one.weight,
            )  # fmt: skip
