"""The factory step: what it sends, when, where, and what a drill's trouble does to it."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from envs.factory import Factory
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from pipelines.context import Context
from pipelines.events import EventError, Known, LineState, check, parse
from pipelines.factory.events import Message, event_ids, messages
from pipelines.factory.play import Play, PlayError, play_factory
from pipelines.factory.sinks import FolderSink
from pipelines.factory.trouble import Trouble, corrupted, disturb
from pipelines.params import load_params
from pipelines.plan_base import PLANT_NAME
from pipelines.platform.kafka import EVENTS_TOPIC, PARTITIONS, Broker, broker_jars
from pipelines.platform.kafka import KafkaError as KafkaStartError
from pipelines.platform.processes import free_port
from pipelines.settings import REPOSITORY, Settings
from pipelines.storage import open_database, writing
from pipelines.storage.repositories import Publication, publish_version
from plant import Plant, RecordError, Schedule, Weights, Zones, evaluate

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PLANT = generate(6, 16, 40, 3, 0.9, 7)
SCHEDULE = dispatch(PLANT, RULES["edd"])
KNOWN = Known(
    frozenset(line.id for line in PLANT.lines), frozenset(item.id for item in PLANT.items)
)


class Kept:
    """A sink that keeps what it gets, and when."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        self.messages: list[Message] = []
        self.at: list[float] = []
        self.clock, self.flushed = clock, 0

    def send(self, message: Message) -> None:
        self.messages.append(message)
        self.at.append(self.clock())

    def flush(self) -> None:
        self.flushed = len(self.messages)


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them; making one for each test takes a second."""
    file = tmp_path_factory.mktemp("migrated") / "takt.db"
    open_database(f"sqlite:///{file}").dispose()
    return file


@pytest.fixture
def context(tmp_path: Path, empty: Path) -> Context:
    shutil.copy(empty, tmp_path / "takt.db")
    settings = Settings(data=tmp_path)
    return Context(
        settings, load_params(REPOSITORY / "params.yaml"), lambda: NOW, lambda _line: None
    )


def publish(context: Context, plant: Plant, schedule: Schedule) -> int:
    engine = open_database(context.settings.database_url)
    publication = Publication(
        plant=plant, schedule=schedule, evaluation=evaluate(plant, schedule), method="rule",
        plant_name=PLANT_NAME, weights=Weights(), zones=Zones(),
    )  # fmt: skip
    with writing(engine) as session:
        number = publish_version(session, publication, NOW)
    engine.dispose()
    return number


def told(minutes: int = 600, seed: int = 1) -> Iterator[Message]:
    return messages(Factory(PLANT, SCHEDULE, seed).play(minutes), PLANT.starts_at, event_ids(seed))


def test_every_message_is_an_event_that_readers_take() -> None:
    sent = list(told(2 * 1440))
    for message in sent:
        event = parse(message.data)
        check(event, KNOWN, NOW)
        assert message.kind == event.type
        assert PLANT.starts_at <= event.at < PLANT.starts_at + timedelta(days=2)
    assert {"count", "line_state", "material", "order"} <= {message.kind for message in sent}
    assert len({json.loads(message.data)["event_id"] for message in sent}) == len(sent)


def test_the_same_seed_sends_the_same_bytes() -> None:
    assert list(told(300)) == list(told(300))
    assert list(told(300)) != list(told(300, seed=2))


def test_without_trouble_nothing_is_changed() -> None:
    calm = list(disturb(told(300), Trouble(), np.random.default_rng(1)))
    assert [one.data for one in calm] == [one.data for one in told(300)]


def test_trouble_loses_no_event_and_adds_only_copies_and_corrupt_ones() -> None:
    trouble = Trouble(duplicates=0.2, shuffled=0.3, late=0.05, corrupt=0.1)
    sent = list(disturb(told(600), trouble, np.random.default_rng(3)))
    true = [one.data for one in told(600)]
    kinds = Counter(one.kind for one in sent)
    good = [one.data for one in sent if one.kind not in ("copy", "corrupt")]
    assert sorted(good) == sorted(true)
    assert good != true
    assert {one.data for one in sent if one.kind == "copy"} <= set(true)
    assert 0.15 < kinds["copy"] / len(true) < 0.25
    assert 0.07 < kinds["corrupt"] / len(true) < 0.13
    minutes = [one.minute for one in sent]
    assert minutes == sorted(minutes)
    assert sent == list(disturb(told(600), trouble, np.random.default_rng(3)))


def test_no_corrupt_message_passes_the_readers_checks() -> None:
    rng = np.random.default_rng(4)
    codes: Counter[str] = Counter()
    for message in list(told(900))[::2]:
        data = corrupted(message.data, rng)
        assert b"\n" not in data
        with pytest.raises(EventError) as error:
            check(parse(data), KNOWN, NOW)
        codes[error.value.code] += 1
    assert set(codes) == {
        "malformed", "unknown_type", "unknown_version", "wrong_value", "unknown_reference", "future"
    }  # fmt: skip


def test_shares_that_cannot_be_are_named() -> None:
    with pytest.raises(RecordError, match=r"duplicates: expected a share from 0 to 1, found 1\.5"):
        Trouble(duplicates=1.5)


def test_messages_are_sent_when_their_minute_has_come(context: Context) -> None:
    publish(context, PLANT, SCHEDULE)
    clock = Clock()
    sink = Kept(clock)
    play = Play(hours=10.0, speed=120.0, start=0)
    played = play_factory(context, play, sink, clock, clock.sleep)
    assert played.version == 1
    assert sum(played.messages.values()) == len(sink.messages) == sink.flushed > 100
    for message, at in zip(sink.messages, sink.at, strict=True):
        assert at == pytest.approx(message.minute * 60 / 120, abs=1e-6)


def test_without_a_published_version_a_dispatched_plan_is_played(context: Context) -> None:
    sink = Kept()
    played = play_factory(context, Play(hours=1.0, speed=0.0), sink)
    lines = {
        e.line for e in map(parse, (m.data for m in sink.messages)) if isinstance(e, LineState)
    }
    assert played.version is None
    assert len(lines) == 50
    assert sink.messages[0].minute >= 360, "no line is manned before"


def test_a_dispatched_plan_is_moved_by_whole_weeks_and_published_where_that_is_asked(
    context: Context,
) -> None:
    play = Play(hours=1.0, speed=0.0, publish=True)
    played = play_factory(context, play, Kept())
    again = play_factory(context, play, Kept())
    assert (played.version, again.version) == (1, 1)
    assert played.starts_at.weekday() == 5, "the shipped plant begins on a Saturday"
    assert timedelta(0) <= NOW - played.ends_at < timedelta(weeks=1)


def test_a_plan_older_than_readers_keep_is_said_to_be(context: Context) -> None:
    said: list[str] = []
    publish(context, replace(PLANT, starts_at=NOW - timedelta(days=400)), SCHEDULE)
    play_factory(replace(context, report=said.append), Play(hours=1.0, speed=0.0), Kept())
    assert any("stream with --retention-days 430" in line for line in said)


def test_a_newly_published_version_is_followed(context: Context) -> None:
    publish(context, PLANT, SCHEDULE)
    clock = Clock()

    class Publishing(Kept):
        def flush(self) -> None:
            super().flush()
            if clock() > 60 and not done:
                renamed = (replace(run, id=f"N{run.id}") for run in SCHEDULE.runs)
                done.append(publish(context, PLANT, Schedule(tuple(renamed))))

    done: list[int] = []
    sink = Publishing(clock)
    played = play_factory(context, Play(hours=20.0, speed=120.0), sink, clock, clock.sleep)
    assert played.version == done[0] == 2
    runs = [json.loads(m.data)["run"] for m in sink.messages if m.kind == "count"]
    assert runs[0].startswith("R")
    assert runs[-1].startswith("NR")


def test_a_play_into_the_future_is_refused(context: Context) -> None:
    publish(context, replace(PLANT, starts_at=NOW - timedelta(hours=1)), SCHEDULE)
    with pytest.raises(PlayError, match="readers refuse events of the future"):
        play_factory(context, Play(hours=8.0, speed=60.0), Kept())
    with pytest.raises(PlayError, match="minute 90 of the plan is 2026-03-01T00:30"):
        play_factory(context, Play(hours=1.0, speed=1.0, start=90), Kept())


def test_what_reaches_past_the_horizon_is_refused(context: Context) -> None:
    publish(context, PLANT, SCHEDULE)
    with pytest.raises(PlayError, match="hours: expected at most 72"):
        play_factory(context, Play(hours=73.0, start=0), Kept())


def test_files_are_whole_json_lines_in_the_order_of_their_names(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path / "landing", NOW)
    sent = list(told(300))
    for number, message in enumerate(sent):
        sink.send(message)
        if number % 10 == 9:
            sink.flush()
    sink.flush()
    sink.flush()
    files = sorted((tmp_path / "landing").iterdir())
    assert len(files) == -(-len(sent) // 10)
    lines = [line for file in files for line in file.read_bytes().splitlines()]
    assert lines == [message.data for message in sent]


def test_what_was_sent_before_an_interruption_is_there(context: Context) -> None:
    publish(context, PLANT, SCHEDULE)
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock() > 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play_factory(context, Play(hours=20.0), None, clock, sleep)
    files = sorted(context.settings.landing.glob("*.jsonl"))
    assert files
    for file in files:
        for line in file.read_bytes().splitlines():
            parse(line)


@pytest.mark.integration
def test_kafka_gets_every_message_once_and_in_order_for_each_key(
    context: Context, tmp_path: Path
) -> None:
    from confluent_kafka import Consumer, KafkaError

    try:
        jars = broker_jars(context.settings.jars)
    except KafkaStartError as error:
        if os.environ.get("CI"):
            pytest.fail(f"CI must run this test: {error}")
        pytest.skip(str(error))
    broker = Broker(jars, tmp_path, free_port())
    broker.start()
    try:
        settings = context.settings.model_copy(update={"kafka": broker.address})
        publish(context, PLANT, SCHEDULE)
        play = Play(hours=6.0, speed=0.0)
        played = play_factory(replace(context, settings=settings), play)
        consumer = Consumer(
            {
                "bootstrap.servers": broker.address, "group.id": "test",
                "auto.offset.reset": "earliest", "enable.partition.eof": True,
            }
        )  # fmt: skip
        consumer.subscribe([EVENTS_TOPIC])
        found: list[tuple[str, bytes]] = []
        ended: set[int] = set()
        while len(ended) < PARTITIONS:
            message = consumer.poll(30)
            assert message is not None, "no answer within 30 s"
            error = message.error()
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                ended.add(message.partition())
            else:
                found.append((message.key().decode(), message.value()))
        consumer.close()
    finally:
        broker.stop()
    sink = Kept()
    play_factory(context, play, sink)
    sent = [(message.key, message.data) for message in sink.messages]
    assert len(found) == len(sent) == sum(played.messages.values())
    for key in {key for key, _ in sent}:
        assert [data for k, data in found if k == key] == [data for k, data in sent if k == key]


@pytest.mark.integration
def test_kafka_that_does_not_answer_is_said(context: Context) -> None:
    settings = context.settings.model_copy(update={"kafka": f"127.0.0.1:{free_port()}"})
    publish(context, PLANT, SCHEDULE)
    with pytest.raises(KafkaStartError, match=f"Kafka at {settings.kafka}"):
        play_factory(replace(context, settings=settings), Play(hours=1.0, speed=0.0))
