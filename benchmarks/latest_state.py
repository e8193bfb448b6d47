"""What reading and writing the latest state of 50 lines and 200 stocks takes, by where the copy lies.

`python -m benchmarks.latest_state`: a database with half an hour of counts, a Redis of our own on a loopback
port. Beside it the database alone, which is what an outage of Redis costs, and a plain HGETALL of the same
bytes, which is the floor. `--quick` asks ten times instead of a hundred.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import redis
from sqlalchemy import Engine

from benchmarks.report import arguments, milliseconds, show
from envs.scenarios import generate
from pipelines.events import Committed, Count, LineState, Now, to_bytes
from pipelines.platform.redis import find_server, running_redis
from pipelines.storage import open_database, reading, writing
from pipelines.storage.cache import InProcess, LatestState, Store
from pipelines.storage.cache_redis import KEY, InRedis
from pipelines.storage.repositories import live
from pipelines.storage.repositories.event_staging import line_of
from pipelines.storage.repositories.event_store import Incoming, store_events
from plant import Plant

AT = datetime(2026, 2, 1, tzinfo=UTC)
MINUTES = 30
CHANGED = 10  # lines that a micro-batch changes


def fill(engine: Engine, plant: Plant) -> None:
    """Half an hour of counts and a state of each line."""
    rng = np.random.default_rng(1)
    items = {one.line: one.item for one in plant.capabilities}
    events: list[Count | LineState] = []
    for line, item in items.items():
        head = {"source": "benchmark", "line": line, "item": item}
        ids = (UUID(bytes=rng.bytes(16), version=4) for _ in range(MINUTES + 1))
        events.append(LineState(event_id=next(ids), at=plant.starts_at, state="running", **head))
        for minute, id in enumerate(ids):
            at = plant.starts_at + timedelta(minutes=minute)
            events.append(Count(event_id=id, at=at, good=3.0, scrap=0.0, **head))
    texts = [
        line_of(one, zlib.crc32(to_bytes(one)), "benchmark", 0, place)
        for place, one in enumerate(events)
    ]
    batch = Incoming(
        query_id="benchmark", batch_id=1, clock=lambda: AT, received=len(texts), texts=texts,
        refused=(), fetch=lambda _places: (),
    )  # fmt: skip
    with writing(engine) as session:
        live.open_stocks(session, plant)
        store_events(session, batch)


def measure(store: Store, load: Callable[[], Now], times: int) -> tuple[float, float]:
    """Median milliseconds of a read of all, and of telling a micro-batch that changed some."""
    latest = LatestState(store, load)
    now = latest.read().now
    lines = dict(list(now.lines.items())[:CHANGED])
    batch = Committed(2, AT, Now(lines, dict(list(now.stocks.items())[:CHANGED])))
    read = milliseconds(latest.read, times)["median"]
    return read, milliseconds(lambda: latest.apply(batch), times)["median"]


def main() -> None:
    """Measure, show a row per place, and the figures."""
    options = arguments(__doc__ or "").parse_args()
    times = 10 if options.quick else 100
    program = find_server()
    if program is None:
        raise SystemExit("redis-server is not installed (apt: redis-server)")
    plant = generate(50, 200, 600, 14, 0.9, 1)
    with tempfile.TemporaryDirectory(prefix="takt-latest-") as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'takt.db'}")
        fill(engine, plant)

        def load() -> Now:
            with reading(engine) as session:
                return live.latest_now(session)

        database = milliseconds(load, times)["median"]
        process = measure(InProcess(max_age=600.0), load, times)
        with running_redis(program, Path(folder)) as server:
            shared = measure(InRedis(server.url, max_age=600.0), load, times)
            with redis.Redis.from_url(server.url) as client:
                plain = milliseconds(lambda: client.hgetall(KEY), times)["median"]
        engine.dispose()
    rows = [
        ("in process", *process), ("Redis", *shared), ("plain HGETALL", plain, ""),
        ("the database alone (SQLite)", database, ""),
    ]  # fmt: skip
    figures = {
        "process_read_ms": process[0], "redis_read_ms": shared[0], "redis_apply_ms": shared[1],
        "redis_plain_ms": plain, "database_read_ms": database,
    }  # fmt: skip
    show(
        "Latest state of 50 lines and 200 stocks", ("copy", "read ms", "told ms"), rows, figures,
        options.json,
    )  # fmt: skip


if __name__ == "__main__":
    main()
