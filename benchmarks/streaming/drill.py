"""The fault drill, and the fuzz: what the database must hold after, row by row."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import numpy as np
from sqlalchemy import create_engine

from benchmarks.report import progress
from benchmarks.streaming.events import random_events, spoil, stream_plant
from benchmarks.streaming.rig import Rig
from pipelines.events import (
    Count,
    Event,
    EventError,
    Known,
    Material,
    Now,
    OrderEvent,
    check,
    parse,
)
from pipelines.platform.kafka import DEAD_TOPIC
from pipelines.settings import utc_now
from pipelines.storage import reading
from pipelines.storage.cache import open_latest_state
from pipelines.storage.repositories import live
from pipelines.storage.repositories.event_staging import FIELDS

EVENTS = 4_000  # of a round, before copies
COPIES, SPOILED = 0.2, 0.02
PATIENCE = 240.0  # seconds for the stream to have all
KEPT = (
    "event_id", "type", "version", "at", "source", "line", "item", "run", "delivery", "order_id",
    "status", "reason", "until", "due_at", "quantity", "good", "scrap", "checked", "failed", "weight",
)  # fmt: skip


class Sent:
    """What was sent so far, and what it must have made of the database."""

    def __init__(self) -> None:
        plant = stream_plant()
        self.known = Known(
            frozenset(line.id for line in plant.lines), frozenset(item.id for item in plant.items)
        )
        self.events: dict[Any, Event] = {}
        self.refused: Counter[bytes] = Counter()

    def note(self, value: bytes) -> None:
        try:
            event = parse(value)
            check(event, self.known, utc_now(), retention=timedelta(days=90))
        except EventError:
            self.refused[value] += 1
        else:
            self.events[event.event_id] = event

    def differences(self, rig: Rig, letters: list[bytes]) -> list[str]:
        """Where the database, or the topic of dead letters, is not what was sent."""
        found = [
            *self._events(rig),
            *self._sums(rig),
            *self._latest(rig),
            *_copy(rig),
        ]
        kept = Counter(bytes(row[0]) for row in rig.ask("SELECT original FROM event_quarantine"))
        if kept != self.refused:
            found.append(f"quarantine: {len(kept - self.refused)} too many, "
                         f"{len(self.refused - kept)} missing")  # fmt: skip
        if Counter(letters) != self.refused:
            found.append(f"dead letters: {len(letters)} sent, {self.refused.total()} refused")
        return found

    def _events(self, rig: Rig) -> list[str]:
        rows = rig.ask(f"SELECT {', '.join(KEPT)} FROM events")
        wrong = [row[0] for row in rows if row[0] not in self.events or row != self._row(row[0])]
        if len(rows) == len(self.events) and not wrong:
            return []
        return [f"events: {len(rows)} rows, {len(self.events)} sent, wrong {wrong[:3]}"]

    def _row(self, event_id: Any) -> tuple[Any, ...]:
        said = {FIELDS.get(name, name): value for name, value in self.events[event_id]}
        return tuple(said.get(name) for name in KEPT)

    def _sums(self, rig: Rig) -> list[str]:
        good: Counter[Any] = Counter()
        made: Counter[str] = Counter()
        for event in self.events.values():
            if isinstance(event, Count):
                minute = event.at.astimezone(UTC).replace(second=0, microsecond=0)
                good[event.line, minute, event.item] += event.good  # type: ignore[assignment]
                made[event.item] += event.good  # type: ignore[assignment]
        rows = rig.ask("SELECT line, minute, item, good FROM line_minutes WHERE good > 0")
        stocks = dict(rig.ask("SELECT item, made FROM item_stocks WHERE made > 0"))
        found = [
            ("line_minutes differ", {row[:3]: row[3] for row in rows}, good),
            ("item_stocks differ", stocks, made),
        ]
        return [words for words, stored, expected in found if not _are_sums(stored, expected)]

    def _latest(self, rig: Rig) -> list[str]:
        deliveries: dict[str, Material] = {}
        orders: dict[str, OrderEvent] = {}
        for event in sorted(self.events.values(), key=lambda one: (one.at, one.event_id)):
            if isinstance(event, Material):
                deliveries[event.delivery] = event
            elif isinstance(event, OrderEvent):
                orders[event.order] = event
        received: Counter[str] = Counter()
        for one in deliveries.values():
            if one.status == "arrived":
                received[one.item] += one.quantity  # type: ignore[assignment]
        checks: list[tuple[str, Any, Any]] = [
            ("deliveries", dict(rig.ask("SELECT delivery, event_id FROM deliveries")),
             {key: one.event_id for key, one in deliveries.items()}),
            ("order_changes", dict(rig.ask("SELECT order_id, event_id FROM order_changes")),
             {key: one.event_id for key, one in orders.items()}),
            ("received", dict(rig.ask("SELECT item, received FROM item_stocks WHERE received <> 0")),
             dict(received)),
        ]  # fmt: skip
        return [f"{name} differ" for name, stored, expected in checks if stored != expected]


def _are_sums(stored: Mapping[Any, float], expected: Mapping[Any, float]) -> bool:
    """Whether the sums above 0 are those: to the last bit but for the order of summing.

    Spoiled quantities go from 1e-12 to 1e300, which cannot be summed exactly in any order.
    """
    above = {key: value for key, value in expected.items() if value}
    return stored.keys() == above.keys() and all(
        math.isclose(stored[key], value, rel_tol=1e-12) for key, value in above.items()
    )


def _copy(rig: Rig) -> list[str]:
    """Whether the copy of the latest state in Redis is what the database has."""
    if rig.redis is None:
        return []
    engine = create_engine(rig.settings.database_url.replace("postgresql", "postgresql+psycopg", 1))

    def load() -> Now:
        with reading(engine) as session:
            return live.latest_now(session)

    held, stored = open_latest_state(rig.redis.url, load).read().now, load()
    engine.dispose()

    def plain(now: Now) -> tuple[Any, Any]:
        lines = {key: replace(one, batch=0) for key, one in now.lines.items()}
        return lines, {key: replace(one, batch=0) for key, one in now.stocks.items()}

    return ["the copy in Redis differs"] * (plain(held) != plain(stored))


def drill(rig: Rig, rounds: int, seed: int) -> dict[str, Any]:
    """What was killed how often, and in how many rounds the database was not what was sent."""
    sent = Sent()
    rig.start_stream("--most", "2000")
    killed: Counter[str] = Counter()
    wrong: list[str] = []
    waits: list[float] = []
    for number in range(rounds):
        random = np.random.default_rng([seed, number])
        victims = ("stream", "broker", "postgres", *(("redis",) if rig.redis else ()))
        victim = victims[int(random.integers(len(victims)))]
        killed[victim] += 1
        progress(f"round {number + 1} of {rounds}: kill -9 {victim}; wrong so far: {len(wrong)}")
        values = _round(random)
        for value in set(values):
            sent.note(value)
        for value, copies in Counter(values).items():
            if value in sent.refused and copies > 1:
                sent.refused[value] += copies - 1
        sender = threading.Thread(target=rig.send, args=(iter(values),))
        sender.start()
        time.sleep(float(random.random() * 3))
        _kill(rig, victim, float(random.random() * 2))
        sender.join()
        begun = time.monotonic()
        wrong += [f"round {number}: {text}" for text in _settled(rig, sent)]
        waits.append(time.monotonic() - begun)
    code = rig.stop_stream()
    return {
        "rounds": rounds, "killed": dict(killed), "events": len(sent.events),
        "refused": sent.refused.total(), "wrong": wrong, "exit_code_after_sigterm": code,
        "seconds_to_catch_up_max": max(waits),
    }  # fmt: skip


def fuzz(rig: Rig, count: int, seed: int) -> dict[str, Any]:
    """How many spoiled events were sent, refused and stored, and what of it is wrong."""
    sent = Sent()
    random = np.random.default_rng(seed)
    rig.start_stream()
    done = 0
    while done < count:
        part = min(100_000, count - done)
        values = [spoil(random, one) for one in random_events(random, part, utc_now())]
        for value in values:
            sent.note(value)
        rig.send(iter(values))
        done += part
        progress(f"{done:,} of {count:,} sent")
    wrong = _settled(rig, sent, patience=1_800.0)
    assert rig.stream is not None
    alive = rig.stream.poll() is None
    codes = dict(rig.ask("SELECT code, count(*) FROM event_quarantine GROUP BY code"))
    return {
        "sent": count, "stored": len(sent.events), "refused": sent.refused.total(),
        "codes": codes, "stream_still_runs": alive, "wrong": wrong,
        "exit_code_after_sigterm": rig.stop_stream(),
    }  # fmt: skip


def _round(random: np.random.Generator) -> list[bytes]:
    """Events, a fifth of them twice, some spoiled, in any order."""
    events = list(random_events(random, EVENTS, utc_now()))
    copies = [events[index] for index in random.integers(0, EVENTS, int(EVENTS * COPIES))]
    spare = random_events(random, int(EVENTS * SPOILED), utc_now())
    spoiled = [spoil(random, event) for event in spare]
    values = [*events, *copies, *spoiled]
    return [values[index] for index in random.permutation(len(values))]


def _kill(rig: Rig, victim: str, away: float) -> None:
    """Kill it, leave it dead for so many seconds, start it again."""
    acts: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "stream": (rig.kill_stream, lambda: rig.start_stream("--most", "2000")),
        "broker": (rig.broker.kill, rig.broker.start),
        "postgres": (rig.postgres.kill, rig.postgres.start),
    }
    if rig.redis:
        acts["redis"] = (rig.redis.kill, rig.redis.start)
    kill, start = acts[victim]
    kill()
    time.sleep(away)
    start()


def _settled(rig: Rig, sent: Sent, patience: float = PATIENCE) -> list[str]:
    """What differs once the stream has had time to take all."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if _counts(rig) == (len(sent.events), sent.refused.total(), 0):
            break
        assert rig.stream is not None
        if rig.stream.poll() is not None:
            return [f"the stream ended: {rig.said()}"]
        time.sleep(0.5)
    return sent.differences(rig, _letters(rig))


def _counts(rig: Rig) -> tuple[int, int, int]:
    import psycopg

    try:
        (row,) = rig.ask(
            "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM event_quarantine), "
            "(SELECT count(*) FROM event_quarantine WHERE sent_at IS NULL)"
        )
    except psycopg.OperationalError:
        return (-1, -1, -1)
    return (int(row[0]), int(row[1]), int(row[2]))


def _letters(rig: Rig) -> list[bytes]:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer(
        {"bootstrap.servers": rig.broker.address, "group.id": "drill", "log_level": 0}
    )
    _low, high = consumer.get_watermark_offsets(TopicPartition(DEAD_TOPIC, 0), timeout=30)
    consumer.assign([TopicPartition(DEAD_TOPIC, 0, 0)])
    found: list[bytes] = []
    while len(found) < high:
        found += [
            message.value() or b""
            for message in consumer.consume(min(10_000, high - len(found)), 10)
        ]
    consumer.close()
    return found
