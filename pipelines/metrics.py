"""What the stream, the cache, the reaction and the factory say of themselves, for Prometheus.

Names follow Prometheus: seconds and events, `_total` for what only grows. The rules in
deploy/prometheus and the panels in deploy/grafana ask for these names and no others; a test compares.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import Counter, Gauge, Histogram, start_http_server

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
AGES = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)

STREAM_EVENTS = Counter(
    "takt_stream_events", "Events that a commit wrote, by type; copies are not counted.", ["type"]
)
STREAM_ROWS = Counter("takt_stream_rows", "Messages read from the source, copies included.")
STREAM_COPIES = Counter("takt_stream_copies", "Messages that were there before.")
STREAM_QUARANTINED = Counter(
    "takt_stream_quarantined", "Messages that were refused, by reason.", ["reason"]
)
STREAM_BATCHES = Counter("takt_stream_batches", "Micro-batches committed.")
STREAM_BATCH_SECONDS = Histogram(
    "takt_stream_batch_seconds", "From a micro-batch's start to its commit.", buckets=SECONDS
)
STREAM_DELAY_SECONDS = Histogram(
    "takt_stream_delay_seconds",
    "From when an event was sent to the commit of its row; the slowest of each micro-batch.",
    buckets=AGES,
)
STREAM_LAG = Gauge("takt_stream_lag_events", "Messages in the source that are not yet committed.")
STREAM_LAST_COMMIT = Gauge(
    "takt_stream_last_commit_timestamp_seconds", "When the last micro-batch was committed."
)
CACHE_UP = Gauge("takt_cache_up", "1 where the store of the latest state answered last, else 0.")
CACHE_READS = Counter(
    "takt_cache_reads", "Reads of the latest state, by where it came from.", ["source"]
)
CACHE_WRITES = Counter(
    "takt_cache_writes", "Commits told to the store of the latest state.", ["outcome"]
)
REACT_TRIGGERS = Counter(
    "takt_react_triggers", "Events that the plan has to answer, by what they are.", ["kind"]
)
REACT_REPLANS = Counter(
    "takt_react_replans", "Recommended versions that the reaction made, by outcome.", ["outcome"]
)
REACT_DELAY_SECONDS = Histogram(
    "takt_react_delay_seconds",
    "From when an event was seen to the recommended version that answers it.",
    buckets=SECONDS,
)
REACT_REPAIR_SECONDS = Histogram(
    "takt_react_repair_seconds", "What the repair of the plan took.", buckets=SECONDS
)
REACT_WAITING = Gauge("takt_react_waiting", "Triggers that no recommended version answers yet.")
FACTORY_SENT = Counter(
    "takt_factory_sent", "Messages that the simulated factory sent, by kind.", ["kind"]
)

CACHE_UP.set(1)


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """What one micro-batch was like.

    rows: messages read; copies: of them such as were there before; events: written ones by type;
    quarantined: refused ones by reason; seconds: to its commit; slowest_seconds: from when its oldest
    message was sent, None where nothing says so; lag: messages still waiting, None where unknown.
    """

    committed_at: datetime
    rows: int
    seconds: float
    copies: int = 0
    events: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    slowest_seconds: float | None = None
    lag: int | None = None


def record_batch(figures: BatchFigures) -> None:
    """Count a committed micro-batch."""
    STREAM_BATCHES.inc()
    STREAM_ROWS.inc(figures.rows)
    STREAM_COPIES.inc(figures.copies)
    STREAM_BATCH_SECONDS.observe(figures.seconds)
    STREAM_LAST_COMMIT.set(figures.committed_at.timestamp())
    for type_, count in figures.events.items():
        STREAM_EVENTS.labels(type_).inc(count)
    for reason, count in figures.quarantined.items():
        STREAM_QUARANTINED.labels(reason).inc(count)
    if figures.slowest_seconds is not None:
        STREAM_DELAY_SECONDS.observe(max(figures.slowest_seconds, 0.0))
    if figures.lag is not None:
        STREAM_LAG.set(figures.lag)


def record_lag(read_to: str | None, there_to: str | None) -> None:
    """Set the lag from Kafka's offsets as Spark tells them: {"topic": {"partition": offset}}.

    What says nothing of partitions (the landing folder) says nothing of a lag.
    """
    there, read = _offsets(there_to), _offsets(read_to)
    if there:
        STREAM_LAG.set(sum(max(offset - read.get(at, 0), 0) for at, offset in there.items()))


def _offsets(text: str | None) -> dict[tuple[str, str], int]:
    document = json.loads(text) if text and text != "None" else None  # as PySpark says null
    if not isinstance(document, dict):
        return {}
    return {
        (topic, partition): int(offset)
        for topic, partitions in document.items()
        if isinstance(partitions, dict)
        for partition, offset in partitions.items()
    }


@contextmanager
def serving_metrics(port: int | None, address: str = "127.0.0.1") -> Iterator[None]:
    """While inside, they are shown at a port where one is given; OSError where it is taken."""
    if port is None:
        yield
        return
    server, thread = serve_metrics(port, address)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def serve_metrics(port: int, address: str = "127.0.0.1") -> tuple[WSGIServer, Thread]:
    """The server that shows them at /metrics, and its thread; OSError where the port is taken."""
    return start_http_server(port, address)
