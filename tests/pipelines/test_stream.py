"""The stream end to end: files into SQLite, Kafka into PostgreSQL, killed and started again."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psutil
import psycopg
import pytest
from sqlalchemy import Engine, func, select

from pipelines.commands.errors import FAILED
from pipelines.context import Context
from pipelines.events import Committed, Count, LineState, to_bytes
from pipelines.params import load_params
from pipelines.plan_base import PLANT_NAME
from pipelines.platform.kafka import (
    DEAD_TOPIC,
    EVENTS_TOPIC,
    Broker,
    KafkaError,
    broker_jars,
    make_topics,
)
from pipelines.platform.processes import free_port
from pipelines.settings import REPOSITORY, Settings
from pipelines.storage import open_database, reading, writing
from pipelines.storage.repositories import live, store_plant
from pipelines.storage.stream_tables import EVENTS, EventBatchRow, EventQuarantineRow
from pipelines.stream import StreamError, StreamOptions, explained, stream
from pipelines.streaming.checkpoint import CheckpointError, open_checkpoint
from pipelines.streaming.dead_letters import DeadLetters, last_letter
from pipelines.streaming.replay import Replayed, replay
from tests.pipelines.storage.cluster import find_server, has_timescaledb, running_cluster
from tests.pipelines.storage.samples import small_plant

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)


def event(number: int, line: str = "L1", at: datetime = NOW) -> bytes:
    said = uuid5(UUID(int=3), str(number))
    return to_bytes(
        Count(event_id=said, at=at, source="test", line=line, item="cola", good=1.0, scrap=0.0)
    )


def context_of(settings: Settings, said: list[str] | None = None) -> Context:
    report = (said if said is not None else []).append
    return Context(settings, load_params(settings.params_file), lambda: NOW, report)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    settings = Settings(data=tmp_path / "data")
    prepare(settings)
    settings.landing.mkdir(parents=True)
    return context_of(settings)


def prepare(settings: Settings) -> None:
    engine = open_database(settings.database_url)
    with writing(engine) as session:
        store_plant(session, PLANT_NAME, small_plant(), NOW)
    engine.dispose()


def database(context: Context) -> Engine:
    return open_database(context.settings.database_url)


def land(context: Context, name: str, *values: bytes) -> None:
    draft = context.settings.landing / f".{name}"
    draft.write_bytes(b"\n".join(values))
    draft.rename(context.settings.landing / name)


def number_of(engine: Engine, column: Any) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count(column))) or 0


ONCE = StreamOptions(once=True)


def test_files_are_stored_once_and_what_is_refused_is_kept(context: Context) -> None:
    told: list[Committed] = []
    down = LineState(event_id=UUID(int=9), at=NOW, source='said "so"', line="L2", state="down")
    land(context, "a.jsonl", event(1), b"{", b"", event(2), to_bytes(down), event(3, "L9"))
    assert stream(context, ONCE, lambda _engine: [told.append]).batches == 1
    land(context, "b.jsonl", event(2), event(4), b"\xff")
    assert stream(context, ONCE, lambda _engine: [told.append]).batches == 1
    engine = database(context)
    with reading(engine) as session:
        kept = session.scalars(select(EventQuarantineRow).order_by(EventQuarantineRow.id)).all()
        now = live.latest_now(session)
    assert number_of(engine, EVENTS.c.event_id) == 4
    assert [(row.code, row.original, row.topic, row.topic_offset) for row in kept] == [
        ("malformed", b"{", "a.jsonl", 2),
        ("unknown_reference", event(3, "L9"), "a.jsonl", 6),
        ("malformed", b"\xff", "b.jsonl", 3),
    ]
    assert now.lines["L1"].good == 3.0
    assert [one.number for one in told] == [1, 2]
    assert [noted.event for noted in told[0].events] == [down]
    assert told[0].now.lines["L2"].state == "down"
    assert told[1].now.stocks["cola"].quantity == 5.0 + 3.0


def test_a_new_checkpoint_stores_nothing_twice(context: Context) -> None:
    land(context, "a.jsonl", *(event(number) for number in range(50)), b"{")
    stream(context, ONCE)
    stream(context, StreamOptions(once=True, fresh=True))
    engine = database(context)
    assert number_of(engine, EVENTS.c.event_id) == 50
    assert number_of(engine, EventQuarantineRow.id) == 1
    assert number_of(engine, EventBatchRow.number) == 2


def test_replay_stores_what_is_an_event_since_the_plant_has_its_line(context: Context) -> None:
    land(context, "a.jsonl", event(1, "L3"), b"{")
    stream(context, ONCE)
    assert replay(context).stored == 0
    plant = small_plant()
    lines = (*plant.lines, plant.lines[1].__class__("L3", 1.0, 0.0, 0.0, (), None, 0))
    engine = database(context)
    with writing(engine) as session:
        store_plant(session, PLANT_NAME, small_plant(lines=lines), NOW)
    assert replay(context, dry_run=True).stored == 1
    assert number_of(engine, EVENTS.c.event_id) == 0
    assert (replay(context).stored, replay(context).stored) == (1, 0)
    assert number_of(engine, EVENTS.c.event_id) == 1


def test_replay_tells_a_false_copy_and_keeps_it(context: Context) -> None:
    land(context, "a.jsonl", event(1, "L3"), event(1))
    stream(context, ONCE)
    plant = small_plant()
    lines = (*plant.lines, plant.lines[1].__class__("L3", 1.0, 0.0, 0.0, (), None, 0))
    engine = database(context)
    with writing(engine) as session:
        store_plant(session, PLANT_NAME, small_plant(lines=lines), NOW)
    assert replay(context) == Replayed(1, 0, 0, 1)
    assert replay(context) == Replayed(0, 0, 0, 0)
    with reading(engine) as session:
        (kept,) = session.scalars(select(EventQuarantineRow))
    assert (kept.code, kept.original, kept.replayed_at) == ("false_copy", event(1, "L3"), None)


def test_without_a_plant_the_stream_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="takt stream run --plant"):
        stream(context_of(Settings(data=tmp_path)), ONCE)


def test_a_checkpoint_of_another_source_or_format_is_refused(tmp_path: Path) -> None:
    open_checkpoint(tmp_path / "c", "topic a")
    assert open_checkpoint(tmp_path / "c", "topic a") == tmp_path / "c"
    with pytest.raises(CheckpointError, match=r"expected 'topic b', found 'topic a'.*--fresh"):
        open_checkpoint(tmp_path / "c", "topic b")
    (tmp_path / "c" / "takt.json").write_text('{"format": 0, "source": "topic a"}')
    with pytest.raises(CheckpointError, match=r"format: expected 1, found 0"):
        open_checkpoint(tmp_path / "c", "topic a")


def test_lost_messages_are_explained() -> None:
    error = RuntimeError("[KAFKA_DATA_LOSS.X] Some data may have been lost because ...")
    assert "--fresh" in explained(error, "c")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    try:
        jars = broker_jars(Settings().jars)
    except KafkaError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    made = Broker(jars, tmp_path_factory.mktemp("kafka"), free_port())
    made.start()
    yield made
    made.stop()


@pytest.fixture(params=["postgresql", *["timescaledb"] * has_timescaledb()])
def new_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of a cluster of its own, whose death would touch no other test."""
    server = find_server()
    if server is None:
        pytest.skip("PostgreSQL is not installed (apt: postgresql)")
    with running_cluster(server, with_timescaledb=request.param == "timescaledb") as address:
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE takt")
        yield f"{address}/takt"


@pytest.fixture
def topics(broker: Broker) -> Iterator[Broker]:
    from confluent_kafka.admin import AdminClient

    make_topics(broker.address)
    yield broker
    admin = AdminClient({"bootstrap.servers": broker.address})
    for done in admin.delete_topics([EVENTS_TOPIC, DEAD_TOPIC]).values():
        done.result()
    time.sleep(0.5)


def send(broker: Broker, *values: bytes) -> None:
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": broker.address})
    for number, value in enumerate(values):
        producer.produce(EVENTS_TOPIC, value, key=str(number % 7))
    assert producer.flush(30) == 0


def start(settings: Settings, *arguments: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "TAKT_DATA": str(settings.data),
        "TAKT_DATABASE_URL": settings.database_url,
    }
    environment.pop("TAKT_KAFKA", None)
    if settings.kafka is not None:
        environment["TAKT_KAFKA"] = settings.kafka
    command = [sys.executable, "-m", "pipelines.cli", "stream", "run", *arguments]
    with (settings.data / "log").open("ab") as log:
        return subprocess.Popen(
            command, env=environment, cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, start_new_session=True,
        )  # fmt: skip


def until(done: Any, seconds: float = 150.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.3)


def signal_all(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)


def kill_spark(process: subprocess.Popen[bytes]) -> None:
    for child in psutil.Process(process.pid).children(recursive=True):
        if child.name() == "java":
            child.kill()


@pytest.mark.parametrize(
    ("end", "code", "says"),
    [
        (signal_all, 0, "2 micro-batches stored|1 micro-batches stored"),
        (kill_spark, FAILED, "Spark's JVM has ended"),
    ],
)
def test_spark_that_ends_before_the_stream_costs_nothing(
    context: Context, end: Callable[[subprocess.Popen[bytes]], None], code: int, says: str
) -> None:
    at = datetime.now(UTC) - timedelta(minutes=1)
    land(context, "a.jsonl", event(1, at=at))
    process = start(context.settings)
    engine = database(context)
    until(lambda: number_of(engine, EVENTS.c.event_id) == 1)
    land(context, "b.jsonl", event(2, at=at))
    end(process)
    found = process.wait(60)
    assert (found, bool(re.search(says, said := (context.settings.data / "log").read_text()))) == (
        code,
        True,
    ), said
    stream(replace(context, clock=lambda: datetime.now(UTC)), ONCE)
    assert number_of(engine, EVENTS.c.event_id) == 2


@pytest.mark.slow
def test_kafka_to_postgresql_survives_a_kill_of_the_stream_and_of_the_broker(
    tmp_path: Path, new_database: str, topics: Broker
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    settings = Settings(data=data, database_url=new_database, kafka=topics.address)
    prepare(settings)
    engine = open_database(new_database)
    at = datetime.now(UTC) - timedelta(minutes=1)
    values = [event(number, at=at) for number in range(4_000)]
    send(topics, *values[:2_000], *values[:300], b"{bad", b"\x00")
    process = start(settings, "--most", "500")
    until(lambda: number_of(engine, EventBatchRow.number) >= 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    topics.kill()
    process = start(settings, "--most", "500")
    topics.start()
    send(topics, *values[1_500:])
    until(lambda: number_of(engine, EVENTS.c.event_id) == 4_000)
    until(lambda: number_of(engine, EventQuarantineRow.sent_at) == 2)
    process.terminate()
    assert process.wait(60) == 0, (data / "log").read_text()
    with reading(engine) as session:
        (minute,) = live.line_minutes(session, at - timedelta(hours=1), at + timedelta(hours=1))
        assert minute.good == 4_000.0
        rows = session.scalars(select(EventQuarantineRow).order_by(EventQuarantineRow.id)).all()
    assert sorted(row.original for row in rows) == [b"\x00", b"{bad"]
    assert last_letter(topics.address) == (rows[-1].id, rows[-1].digest)
    letters = DeadLetters(engine, topics.address, lambda: NOW, print)
    with writing(engine) as session:  # as if it had been killed after sending, before the mark
        session.get_one(EventQuarantineRow, rows[-1].id).sent_at = None
    letters()
    assert number_of(engine, EventQuarantineRow.sent_at) == 2
    assert high(topics) == 2
    engine.dispose()


def test_a_database_that_was_set_back_gets_from_kafka_what_it_lacks(
    tmp_path: Path, topics: Broker
) -> None:
    settings = Settings(data=tmp_path / "data", kafka=topics.address)
    prepare(settings)
    database_file, kept = settings.data / "takt.db", tmp_path / "kept.db"
    at = datetime.now(UTC) - timedelta(minutes=1)
    values = [event(number, at=at) for number in range(900)]

    def read_all() -> int:
        process = start(settings, "--once", "--most", "100")
        assert process.wait(150) == 0, (settings.data / "log").read_text()
        engine = open_database(settings.database_url)
        stored = number_of(engine, EVENTS.c.event_id)
        engine.dispose()
        return stored

    send(topics, *values[:300])
    assert read_all() == 300
    with sqlite3.connect(database_file) as now, sqlite3.connect(kept) as copy:
        now.backup(copy)
    send(topics, *values[300:])
    assert read_all() == 900
    with sqlite3.connect(kept) as copy, sqlite3.connect(database_file) as now:
        copy.backup(now)
    assert read_all() == 900
    said = (settings.data / "log").read_text()
    assert re.search("the database lacks the last [67] micro-batches", said), said


def high(broker: Broker) -> int:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "count"})
    found: int = consumer.get_watermark_offsets(TopicPartition(DEAD_TOPIC, 0), timeout=10)[1]
    consumer.close()
    return found
