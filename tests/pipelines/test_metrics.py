"""A committed micro-batch is counted, and what is counted can be fetched."""

from __future__ import annotations

import urllib.request
from datetime import UTC, datetime

from prometheus_client import REGISTRY

from pipelines.metrics import BatchFigures, record_batch, record_lag, serve_metrics
from pipelines.platform.processes import free_port

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_batch_is_counted() -> None:
    names = [
        ("takt_stream_rows_total", {}),
        ("takt_stream_copies_total", {}),
        ("takt_stream_batches_total", {}),
        ("takt_stream_events_total", {"type": "count"}),
        ("takt_stream_quarantined_total", {"reason": "future"}),
        ("takt_stream_batch_seconds_sum", {}),
        ("takt_stream_delay_seconds_sum", {}),
    ]
    before = [value(name, **labels) for name, labels in names]
    record_batch(BatchFigures(AT, 10, 0.5, 2, {"count": 7}, {"future": 1}, 1.5, 42))
    after = [value(name, **labels) for name, labels in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [
        10, 2, 1, 7, 1, 0.5, 1.5
    ]  # fmt: skip
    assert value("takt_stream_lag_events") == 42
    assert value("takt_stream_last_commit_timestamp_seconds") == AT.timestamp()


def test_what_is_not_known_is_not_counted() -> None:
    before = value("takt_stream_delay_seconds_count"), value("takt_stream_lag_events")
    record_batch(BatchFigures(AT, 0, 0.1))
    assert (value("takt_stream_delay_seconds_count"), value("takt_stream_lag_events")) == before


def test_the_lag_is_what_kafka_has_and_was_not_read() -> None:
    record_lag('{"takt.events": {"0": 10, "1": 7}}', '{"takt.events": {"0": 15, "1": 7, "2": 4}}')
    assert value("takt_stream_lag_events") == 9
    record_lag('{"logOffset": 3}', None)
    assert value("takt_stream_lag_events") == 9, "a folder says nothing of a lag"


def test_the_server_shows_them_and_stops() -> None:
    port = free_port()
    server, thread = serve_metrics(port)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    thread.join(5)
    assert not thread.is_alive()
    assert "takt_stream_lag_events" in text
    assert "takt_cache_up 1.0" in text or "takt_cache_up 0.0" in text
