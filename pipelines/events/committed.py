"""What the stream tells those who listen once a micro-batch stands in the database.

The stream calls each listener after its commit, never before. A listener may be told the same again,
or be told of batches out of order, and must come to the same state; one that fails must be able to
find in the database what it missed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from pipelines.events.records import Event, State


@dataclass(frozen=True, slots=True)
class LineNow:
    """What a line does now, as the database has it after commit number `batch`.

    state, item, since, until, reason: of its latest state event; None where it has said nothing yet.
    good, scrap: units counted on `day`, the plant's local day of its latest count. last_at: when its
    latest event happened.
    """

    line: str
    batch: int
    state: State | None = None
    item: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: str = ""
    day: date | None = None
    good: float = 0.0
    scrap: float = 0.0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StockNow:
    """Units of an item in stock, as the database has it after commit number `batch`."""

    item: str
    batch: int
    quantity: float
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """The latest state of lines and stocks, by id."""

    lines: Mapping[str, LineNow] = field(default_factory=dict)
    stocks: Mapping[str, StockNow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Noted:
    """An event, and its position in the order in which the database took events.

    A later commit has higher positions, so that whoever keeps the last one it has seen misses none.
    """

    position: int
    event: Event


@dataclass(frozen=True, slots=True)
class Committed:
    """A micro-batch that stands in the database.

    number: grows with every commit, also past a new checkpoint. now: the rows of lines and stocks that
    it changed, whole (not what was added to them). events: of each line the last state that it told in
    it; whoever needs them all asks the database (`noted_since`).
    """

    number: int
    at: datetime
    now: Now = Now()
    events: tuple[Noted, ...] = ()


Listener = Callable[[Committed], None]
