"""The sink: a micro-batch in one database transaction, then those told who listen.

A retry of a micro-batch, by us or by Spark after a restart, finds it in the ledger and writes nothing;
the listeners are told again, which they take. While the database is away the sink waits for it.

Where the source can be read again from any micro-batch on, one is stored while Spark judges the next.
Spark then takes for done what is not yet: at a start the stream goes back to what the ledger has.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from pipelines.events import Committed, EventError, Known, Listener, check, parse
from pipelines.events.wire import TOLERANCE
from pipelines.metrics import BatchFigures, record_batch
from pipelines.plan_base import PLANT_NAME
from pipelines.storage import StorageError, reading, writing
from pipelines.storage.repositories import event_store, live
from pipelines.storage.repositories.event_staging import line_of
from pipelines.storage.repositories.event_store import Incoming, Place, Refused, Stored
from pipelines.storage.stream_tables import PLACES
from pipelines.streaming.judge import Bounds, judge, lines_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

AWAY = (StorageError, DBAPIError, psycopg.OperationalError, psycopg.InterfaceError)
FIRST_WAIT, LONGEST_WAIT = 0.2, 5.0  # seconds between attempts to reach the database
CAREFUL = 50  # micro-batches after one with copies that are looked through for more
FALSE_COPY = (
    "event_id: expected an id of its own, or the bytes that came with it first; found other bytes"
)


Result = TypeVar("Result")


class StoppedError(Exception):
    """The stream was told to stop while it waited for the database; the batch comes again."""


@dataclass(slots=True)
class Sink:
    """Takes micro-batches of messages into the database.

    Parameters
    ----------
    engine
        The database.
    query_id
        Returns the id of the query that the batches are of.
    clock
        Returns this instant.
    report
        Takes one line for the user.
    retention
        How long events are kept, and how old one may be when it comes.
    listeners
        Told after each commit.
    after
        Called after each commit and those who listen; may be called again for the same one.
    upkeep
        Called before the first micro-batch of a day.
    ahead
        Whether a micro-batch is judged while the one before is stored.
    stop
        Set when the stream is to end.
    """

    engine: Engine
    query_id: Callable[[], str]
    clock: Callable[[], datetime]
    report: Callable[[str], None]
    retention: timedelta
    listeners: Sequence[Listener] = ()
    after: Callable[[], None] = lambda: None
    upkeep: Callable[[], None] = lambda: None
    ahead: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    batches: int = field(default=0, init=False)
    _day: date | None = field(default=None, init=False)
    busy: threading.Lock = field(default_factory=threading.Lock, init=False)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "takt-store"), init=False
    )
    _stored: Future[None] | None = field(default=None, init=False)
    _careful: int = field(default=0, init=False)

    def __call__(self, messages: DataFrame, batch_id: int) -> None:
        """Store the micro-batch; returns when it stands in the database, or `ahead` when the last does."""
        with self.busy:
            begun = time.monotonic()
            known, utc_offset = self._persist(self._known)
            now = self.clock()
            if now.date() != self._day:
                self.finish()
                self._persist(self.upkeep)
                self._day = now.date()
            bounds = Bounds.at(now, known, self.retention, TOLERANCE)
            judged = judge(messages, bounds).toArrow()
            texts = [lines_of(chunk) for chunk in judged.column("text").chunks]
            accepted, refused = self._settle(judged, known, now)
            batch = Incoming(
                query_id=self.query_id(),
                batch_id=batch_id,
                clock=self.clock,
                received=_messages(judged),
                texts=[*texts, *accepted],
                refused=refused,
                fetch=lambda places: _fetch(messages, places),
                utc_offset=utc_offset,
            )
            self.finish()
            self._stored = self._pool.submit(self._keep, batch, judged, begun)
            if not self.ahead:
                self.finish()

    def finish(self) -> None:
        """Nothing, once what is being stored is; what stopped that is raised, once."""
        under_way, self._stored = self._stored, None
        if under_way is not None:
            under_way.result()

    def _keep(self, batch: Incoming, judged: pa.Table, begun: float) -> None:
        stored = self._persist(lambda: self._store(batch))
        self._tell(batch, stored, judged, time.monotonic() - begun)
        self.batches += 1

    def last_batch(self) -> int | None:
        """The number that the query gave the last micro-batch which the database holds."""

        def asked() -> int | None:
            with reading(self.engine) as session:
                return event_store.last_batch(session, self.query_id())

        return self._persist(asked)

    def _known(self) -> tuple[Known, int]:
        with reading(self.engine) as session:
            found = live.known_of(session, PLANT_NAME)
        return found or (Known(frozenset(), frozenset()), 0)

    def _settle(
        self, judged: pa.Table, known: Known, now: datetime
    ) -> tuple[list[bytes], list[Refused]]:
        """The lines of messages that Spark was not sure of and that are events, and those refused."""
        left = judged.filter(pc.is_null(judged.column("text")))
        accepted: list[bytes] = []
        refused: list[Refused] = []
        columns = (left.column(name).to_pylist() for name in
                   ("topic", "partition", "offset", "received", "value"))  # fmt: skip
        for topic, partition, offset, received, value in zip(*columns, strict=True):
            try:
                event = parse(value)
                check(event, known, now, retention=self.retention)
            except EventError as error:
                refused.append(
                    Refused(error.code, error.reason, value, topic, partition, offset, received)
                )
            else:
                accepted.append(line_of(event, crc32(value), topic, partition, offset))
        return accepted, refused

    def _store(self, batch: Incoming) -> Stored | None:
        with writing(self.engine) as session:
            stored = event_store.store_events(session, replace(batch, seems_new=self._careful == 0))
        if stored is not None:
            has_copies = stored.copies or "false_copy" in stored.refused
            self._careful = CAREFUL if has_copies else max(0, self._careful - 1)
        return stored

    def _persist(self, act: Callable[[], Result]) -> Result:
        """What the act returns, tried until the database is there."""
        wait, said = FIRST_WAIT, False
        while True:
            try:
                return act()
            except AWAY as error:
                if not is_away(error):
                    raise
                if not said:
                    self.report(f"the database is away, waiting for it: {_first_line(error)}")
                    said = True
                if self.stop.wait(wait):
                    raise StoppedError from error
                wait = min(2 * wait, LONGEST_WAIT)

    def _tell(
        self, batch: Incoming, stored: Stored | None, judged: pa.Table, seconds: float
    ) -> None:
        if self.listeners:
            committed = self._persist(lambda: self._committed(batch, stored))
            for listener in self.listeners:
                self._persist(partial(listener, committed))
        self._persist(self.after)
        if stored is None:
            return
        now = self.clock()
        oldest = pc.min(judged.column("received")).as_py()
        if oldest is not None and oldest.tzinfo is None:
            oldest = oldest.replace(tzinfo=UTC)
        record_batch(
            BatchFigures(
                committed_at=now,
                rows=batch.received,
                seconds=seconds,
                copies=stored.copies,
                events=stored.stored,
                quarantined=stored.refused,
                slowest_seconds=(now - oldest).total_seconds() if oldest else None,
            )
        )

    def _committed(self, batch: Incoming, stored: Stored | None) -> Committed:
        """What the batch brought; where it was there before, the state of all."""
        with reading(self.engine) as session:
            number, at = event_store.find_batch(session, batch.query_id, batch.batch_id)
            lines = stored.lines if stored else None
            items = stored.items if stored else None
            states = live.last_states(session, number * PLACES, (number + 1) * PLACES)
            return Committed(number, at, live.latest_now(session, lines, items), states)


def is_away(error: BaseException) -> bool:
    """Whether the database does not answer for now, so that the same may succeed later."""
    cause: Any = getattr(error, "orig", None) or error.__cause__ or error
    cause = getattr(cause, "orig", None) or cause
    if isinstance(cause, psycopg.Error):
        return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    words = str(cause)
    return "locked" in words or "busy" in words


def _messages(judged: pa.Table) -> int:
    """How many messages were judged: events by the batch, others each in a row of its own."""
    events = pc.sum(judged.column("events")).as_py() or 0
    return int(events) + int(judged.column("text").null_count)


def _fetch(messages: DataFrame, places: Sequence[Place]) -> list[Refused]:
    """The messages at those places, as refused for being false copies."""
    from pyspark.sql import functions as sql

    spark = messages.sparkSession
    named = spark.createDataFrame(list(places), "topic string, partition int, offset bigint")
    rows = messages.join(sql.broadcast(named), ["topic", "partition", "offset"], "left_semi")
    return [
        Refused("false_copy", FALSE_COPY, bytes(row["value"]), row["topic"], row["partition"],
                row["offset"], row["received"].replace(tzinfo=UTC))
        for row in rows.collect()
    ]  # fmt: skip


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0]
