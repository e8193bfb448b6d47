"""What bounds the stream: the same Spark job that stores nothing, and a plain consumer with COPY.

Run by benchmarks.stream, each in a process of its own: `python -m benchmarks.streaming.ceilings noop 100000`.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4
from zlib import crc32

from pipelines.events import Known
from pipelines.events.wire import TOLERANCE
from pipelines.plan_base import PLANT_NAME
from pipelines.platform.kafka import EVENTS_TOPIC, connector_jars
from pipelines.platform.spark import JVM_OF_STREAMS, spark_session
from pipelines.settings import load_settings, utc_now
from pipelines.storage import open_database, reading, writing
from pipelines.storage.repositories import live
from pipelines.storage.repositories.event_staging import COLUMNS, FIELDS, NULL
from pipelines.storage.repositories.event_store import Incoming, store_events
from pipelines.stream import SPARK
from pipelines.streaming.judge import Bounds, judge
from pipelines.streaming.source import Source


def known() -> Known:
    engine = open_database(load_settings().database_url)
    with reading(engine) as session:
        found = live.known_of(session, PLANT_NAME)
    engine.dispose()
    assert found is not None
    return found[0]


def noop(most: int) -> list[tuple[int, float]]:
    """Messages of each micro-batch and the instant of its end, with a sink that takes nothing."""
    settings = load_settings()
    ends: list[tuple[int, float]] = []
    source = Source(settings.kafka, settings.landing, most=most)
    options = SPARK | {"spark.jars": ",".join(map(str, connector_jars(settings.jars)))}
    plant = known()

    def take(messages: Any, _batch_id: int) -> None:
        bounds = Bounds.at(utc_now(), plant, timedelta(days=90), TOLERANCE)
        judge(messages, bounds).write.format("noop").mode("overwrite").save()

    with spark_session(settings, options, JVM_OF_STREAMS) as spark:
        query = (
            source.read(spark).writeStream.foreachBatch(take)
            .option("checkpointLocation", str(settings.data / "noop"))
            .trigger(availableNow=True).start()
        )  # fmt: skip
        query.awaitTermination()
        for progress in query.recentProgress:
            duration = progress.durationMs.get("triggerExecution", 0) / 1000
            ends.append((progress.numInputRows, duration))
    clock = 0.0
    return [(rows, clock := clock + seconds) for rows, seconds in ends]


def plain(most: int) -> list[tuple[int, float]]:
    """The same of a consumer that parses in Python and stores by the same statements."""
    from confluent_kafka import Consumer

    settings = load_settings()
    engine = open_database(settings.database_url)
    consumer = Consumer(
        {"bootstrap.servers": settings.kafka, "group.id": str(uuid4()), "log_level": 0,
         "auto.offset.reset": "earliest", "enable.auto.commit": False}
    )  # fmt: skip
    consumer.subscribe([EVENTS_TOPIC])
    ends: list[tuple[int, float]] = []
    query_id = str(uuid4())
    for number in count():
        lines: list[bytes] = []
        while len(lines) < most:
            messages = consumer.consume(min(10_000, most - len(lines)), timeout=5)
            if not messages:
                break
            lines += [_line(message) for message in messages]
        if not lines:
            break
        batch = Incoming(
            query_id, number, utc_now, len(lines), [b"".join(lines)], (), lambda _places: (),
            seems_new=True,
        )  # fmt: skip
        with writing(engine) as session:
            store_events(session, batch)
        consumer.commit(asynchronous=False)
        ends.append((len(lines), time.monotonic()))
    consumer.close()
    return ends


def _line(message: Any) -> bytes:
    data = message.value()
    document = json.loads(data)
    said = {FIELDS.get(name, name): value for name, value in document.items()}
    said |= {"crc": crc32(data), "topic": message.topic(), "topic_partition": message.partition(),
             "topic_offset": message.offset()}  # fmt: skip
    found = (said.get(name) for name in COLUMNS)
    return ("\t".join(NULL if value is None else str(value) for value in found) + "\n").encode()


if __name__ == "__main__":
    print(json.dumps({"noop": noop, "plain": plain}[sys.argv[1]](int(sys.argv[2]))))
