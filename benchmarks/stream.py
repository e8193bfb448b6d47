"""The stream: how many events a second from Kafka to committed rows, how late, and what survives.

python -m benchmarks.stream                  throughput beside two ceilings, and delay at 5,000/s
python -m benchmarks.stream --drill 50       what is sent, what is killed, what the database holds
python -m benchmarks.stream --fuzz 1000000   spoiled events: none stops the stream
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from benchmarks.report import arguments, progress, show
from benchmarks.streaming import drill as faults
from benchmarks.streaming.events import random_events
from benchmarks.streaming.rig import Rig, standing
from benchmarks.streaming.spent import Watch
from pipelines.settings import REPOSITORY, utc_now

MOST = 100_000  # messages of a micro-batch, fewer where there are few; the first does not count
RATE = 5_000  # events a second for the delay
WARM_SECONDS, MOST_WARM_SECONDS = 25.0, 120.0  # until the stream has caught up with its own start
LOOK_SECONDS = 2.0


def throughput(rig: Rig, events: int) -> tuple[dict[str, float], Mapping[str, float]]:
    """Events a second of the stream and of the two ceilings, all from the same topic.

    With the processor time in microseconds that each part of the stream took for an event.
    """
    progress(f"sending {events:,} events")
    rig.send(random_events(np.random.default_rng(1), events, utc_now()))
    progress("the stream")
    most = str(min(MOST, events // 10))
    rig.start_stream("--once", "--most", most)
    assert rig.stream is not None
    with Watch(rig, events) as watch:
        assert rig.stream.wait(900) == 0, rig.said()
    commits = rig.ask(
        "SELECT received, extract(epoch FROM committed_at)::float8 FROM event_batches ORDER BY number"
    )
    found = {"stream": _rate(commits)}
    assert rig.ask("SELECT count(*) FROM events")[0][0] == events
    progress("the same Spark job without a sink")
    found["noop sink"] = _rate(_ceiling(rig, "noop", most))
    _empty(rig)
    progress("a plain consumer with COPY")
    found["plain consumer"] = _rate(_ceiling(rig, "plain", most))
    return found, watch.microseconds


def delay(rig: Rig, seconds: float) -> dict[str, float]:
    """Percentiles of seconds from when an event was sent to its commit, at 5,000 a second."""
    there = rig.ask("SELECT count(*) FROM events")[0][0]
    rig.start_stream("--most", str(MOST))
    producer = rig.producer()
    random = np.random.default_rng(3)
    begun = looked = time.monotonic()
    sent, counted_from = 0, None
    while counted_from is None or utc_now() < counted_from + timedelta(seconds=seconds):
        now = time.monotonic()
        due = int((now - begun) * RATE) - sent
        for value in random_events(random, due, utc_now(), timedelta(0)):
            producer.produce("takt.events", value, key=value[13:20])
        sent += due
        producer.poll(0)
        time.sleep(0.01)
        if counted_from is None and now - looked > LOOK_SECONDS:
            looked = now
            behind = there + sent - rig.ask("SELECT count(*) FROM events")[0][0]
            patience = WARM_SECONDS if behind < 2 * RATE else MOST_WARM_SECONDS
            if now - begun > patience:
                counted_from = utc_now()
    producer.flush(60)
    _await(rig, "SELECT count(*) FROM events", there + sent)
    rig.stop_stream()
    rows = rig.ask(
        "SELECT extract(epoch FROM committed_at - at)::float8 FROM events JOIN event_batches "
        "ON number = position >> 24 WHERE at >= %s AND type = 'count'",
        counted_from,
    )
    spent = np.array([row[0] for row in rows])
    return {
        "p50": float(np.percentile(spent, 50)),
        "p99": float(np.percentile(spent, 99)),
        "max": float(spent.max()),
        "events": len(spent),
    }


def _rate(commits: Sequence[Sequence[float]]) -> float:
    """Events a second after the first micro-batch; of all where there is only one."""
    rows = sum(row[0] for row in commits[1:])
    return rows / (commits[-1][1] - commits[0][1]) if len(commits) > 1 else float("nan")


def _ceiling(rig: Rig, which: str, most: str) -> list[list[float]]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.streaming.ceilings", which, most],
        env=rig.environment(), cwd=REPOSITORY, capture_output=True, text=True, timeout=900,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    found: list[list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _empty(rig: Rig) -> None:
    import psycopg

    with psycopg.connect(f"{rig.postgres.address}/takt", autocommit=True) as connection:
        connection.execute(
            "TRUNCATE events, event_ids, event_batches, line_minutes, line_days, line_states, "
            "deliveries, order_changes, event_quarantine"
        )


def _await(rig: Rig, query: str, expected: int, seconds: float = 300.0) -> None:
    deadline = time.monotonic() + seconds
    while (found := rig.ask(query)[0][0]) != expected:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{query}: expected {expected}, found {found}; {rig.said()}")
        time.sleep(0.5)


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--events", type=int, help="messages for the throughput")
    parser.add_argument("--drill", type=int, help="rounds of the fault drill, instead")
    parser.add_argument("--fuzz", type=int, help="spoiled events, instead")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begun = datetime.now(UTC)
    with standing() as rig:
        if options.drill:
            figures: dict[str, Any] = faults.drill(rig, options.drill, options.seed)
        elif options.fuzz:
            figures = faults.fuzz(rig, options.fuzz, options.seed)
        else:
            rates, spent = throughput(
                rig, options.events or (600_000 if options.quick else 2_000_000)
            )
            progress(json.dumps(rates))
            best = max(rates["noop sink"], rates["plain consumer"])
            waits = delay(rig, 10.0 if options.quick else 60.0)
            figures = {
                "events_per_second": rates,
                "share_of_better_ceiling": rates["stream"] / best,
                "processor_us_per_event": spent,
                "delay_seconds": waits,
            }
    figures["minutes"] = (datetime.now(UTC) - begun).total_seconds() / 60
    rows = [(name, json.dumps(value)) for name, value in figures.items()]
    show("stream", ["figure", "value"], rows, figures, options.json)


if __name__ == "__main__":
    main()
