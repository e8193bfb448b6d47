"""What goes wrong on the way from a factory to its readers, seeded: for drills.

Copies come again, messages overtake each other, some come late, and some are not events at all. What is
true stays true: without the corrupt ones, each event comes at least once.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from pipelines.factory.events import Message
from plant import Problem, RecordError

OVERTAKEN = 3.0  # minutes by which a shuffled message is held back, at most
LATE = (15.0, 120.0)  # the same of a late one, least and most

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Trouble:
    """Shares of the messages that come twice, are overtaken or come late; corrupt ones come on top."""

    duplicates: float = 0.0
    shuffled: float = 0.0
    late: float = 0.0
    corrupt: float = 0.0

    def __post_init__(self) -> None:
        problems = [
            Problem("trouble", one.name, "a share from 0 to 1", getattr(self, one.name))
            for one in fields(self)
            if not 0 <= getattr(self, one.name) <= 1
        ]
        if problems:
            raise RecordError(problems)

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


def disturb(messages: Iterator[Message], trouble: Trouble, rng: Rng) -> Iterator[Message]:
    """The messages in the order in which they come after all; their minutes say when."""
    waiting: list[tuple[float, int, Message]] = []
    number = 0

    def hold(message: Message, minutes: float) -> None:
        nonlocal number
        number += 1
        at = message.minute + minutes
        heapq.heappush(waiting, (at, number, replace(message, minute=at)))

    for message in messages:
        while waiting and waiting[0][0] < message.minute:
            yield heapq.heappop(waiting)[2]
        hold(message, _delay(trouble, rng))
        if rng.random() < trouble.duplicates:
            hold(replace(message, kind="copy"), _delay(trouble, rng) + rng.uniform(0, OVERTAKEN))
        if rng.random() < trouble.corrupt:
            hold(replace(message, data=corrupted(message.data, rng), kind="corrupt"), 0.0)
    while waiting:
        yield heapq.heappop(waiting)[2]


def _delay(trouble: Trouble, rng: Rng) -> float:
    shuffled, late = rng.random() < trouble.shuffled, rng.random() < trouble.late
    if late:
        return float(rng.uniform(*LATE))
    return float(rng.uniform(0, OVERTAKEN)) if shuffled else 0.0


def corrupted(data: bytes, rng: Rng) -> bytes:
    """The bytes made into what no reader may take, and on one line."""
    kind = CORRUPTIONS[int(rng.integers(len(CORRUPTIONS)))]
    return kind(data, rng).replace(b"\n", b" ").replace(b"\r", b" ")


def _cut(data: bytes, rng: Rng) -> bytes:
    return data[: int(rng.integers(1, len(data)))]


def _noise(data: bytes, rng: Rng) -> bytes:
    return b"\xff" + rng.bytes(len(data))


def _changed(change: Callable[[dict[str, object], Rng], None]) -> Callable[[bytes, Rng], bytes]:
    def corrupt(data: bytes, rng: Rng) -> bytes:
        document = json.loads(data)
        change(document, rng)
        return json.dumps(document).encode()

    return corrupt


def _without_a_key(document: dict[str, object], rng: Rng) -> None:
    needed = sorted(set(document) & {"event_id", "at", "type", "version", "source", "item", "line"})
    needed = [key for key in needed if document[key] is not None] or ["event_id"]
    if document["type"] == "line_state":
        needed = [key for key in needed if key != "item"]
    del document[needed[int(rng.integers(len(needed)))]]


def _negative(document: dict[str, object], rng: Rng) -> None:
    for key in ("good", "quantity", "checked"):
        if key in document:
            document[key] = -float(rng.integers(1, 100))
            return
    document["state"] = "on fire"


def _unknown_version(document: dict[str, object], rng: Rng) -> None:
    document["version"] = int(rng.integers(2, 10))


def _unknown_type(document: dict[str, object], _rng: Rng) -> None:
    document["type"] = "gossip"


def _unknown_key(document: dict[str, object], _rng: Rng) -> None:
    document["mood"] = "good"


def _unknown_name(document: dict[str, object], rng: Rng) -> None:
    document["line" if "line" in document else "item"] = f"nowhere-{rng.integers(1000)}"


def _future(document: dict[str, object], rng: Rng) -> None:
    document["at"] = f"{rng.integers(2200, 2900)}-01-01T00:00:00Z"


CORRUPTIONS = (
    _cut,
    _noise,
    *map(
        _changed,
        (
            _without_a_key, _negative, _unknown_version, _unknown_type, _unknown_key, _unknown_name,
            _future,
        ),
    ),
)  # fmt: skip
