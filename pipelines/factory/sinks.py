"""Where the simulated factory's messages go: a Kafka topic, or files in the landing folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from confluent_kafka import KafkaException, Producer

from pipelines.factory.events import Message
from pipelines.platform.kafka import EVENTS_TOPIC, make_topics
from plant.io.atomic import write_whole

PATIENCE = 30.0  # seconds to deliver what was sent


class NotDeliveredError(RuntimeError):
    """Messages did not get to Kafka; the text says how many and why."""


class Sink(Protocol):
    """Takes messages; what was sent is there for its readers after `flush`."""

    def send(self, message: Message) -> None:
        """Take a message."""

    def flush(self) -> None:
        """Return when all that was sent is there; NotDeliveredError or OSError where it cannot be."""


class FolderSink:
    """Files of JSON lines, each there whole or not at all, their names in the order of writing.

    Readers leave names that begin with a dot alone, which a file's is until it is whole.
    """

    def __init__(self, folder: Path, began: datetime) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._stem = folder, f"factory-{began:%Y%m%dT%H%M%S%f}"
        self._lines: list[bytes] = []
        self._number = 0

    def send(self, message: Message) -> None:
        """Take a message."""
        self._lines.append(message.data)

    def flush(self) -> None:
        """Write what was sent as one file."""
        if not self._lines:
            return
        name = f"{self._stem}-{self._number:08d}.jsonl"
        write_whole(self._folder / name, b"\n".join(self._lines) + b"\n")
        self._lines.clear()
        self._number += 1


class KafkaSink:
    """A topic, made where it is not there.

    The producer is idempotent, so that its own retries write nothing twice nor in another order.
    """

    def __init__(self, brokers: str, topic: str = EVENTS_TOPIC) -> None:
        make_topics(brokers, topic)
        self._producer = Producer(
            {
                "bootstrap.servers": brokers,
                "enable.idempotence": True,
                "linger.ms": 20,
                "compression.type": "lz4",
                "message.timeout.ms": int(PATIENCE * 1000),
            }
        )
        self._topic = topic
        self._failed: list[str] = []

    def send(self, message: Message) -> None:
        """Take a message; waits where Kafka is slower than the factory."""
        while True:
            try:
                self._producer.produce(
                    self._topic, message.data, message.key, on_delivery=self._told
                )
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                raise NotDeliveredError(f"Kafka topic {self._topic}: {error}") from error
            else:
                break
        self._producer.poll(0)

    def flush(self) -> None:
        """Return when Kafka has confirmed all that was sent."""
        left = self._producer.flush(PATIENCE)
        if left or self._failed:
            why = self._failed[0] if self._failed else f"no answer within {PATIENCE:g} s"
            raise NotDeliveredError(
                f"Kafka topic {self._topic}: {left + len(self._failed)} messages were not "
                f"delivered: {why}; see to the brokers and play the same seed again"
            )

    def _told(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._failed.append(str(error))
