"""Dead letters: what was refused, sent on to a topic of its own, each once and in order.

The quarantine is the outbox: a row is marked once Kafka has it. A process that ends between the two
leaves rows unmarked that Kafka has; as the topic has one partition and rows go in the order of their
ids, its last message tells which. It is asked before the first row is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select, update

from pipelines.platform.kafka import DEAD_TOPIC
from pipelines.storage import reading, writing
from pipelines.storage.stream_tables import EventQuarantineRow

AT_ONCE = 5_000
FLUSH_SECONDS = 10.0
ID, DIGEST = "takt-quarantine", "takt-digest"


@dataclass(slots=True)
class DeadLetters:
    """Sends what the quarantine holds and Kafka has not."""

    engine: Engine
    brokers: str
    clock: Callable[[], datetime]
    report: Callable[[str], None]
    topic: str = DEAD_TOPIC
    _producer: Any = field(default=None, init=False)
    _is_certain: bool = field(default=False, init=False)

    def __call__(self) -> None:
        """Send them; what Kafka does not take now stays for the next time."""
        if not self._is_certain and not self._make_certain():
            return
        while rows := self._unsent():
            if self._producer is None:
                self._producer = self._new_producer()
            failed: list[str] = []

            def note(error: Any, _message: Any, failed: list[str] = failed) -> None:
                if error is not None:
                    failed.append(str(error))

            for row in rows:
                self._producer.produce(
                    self.topic, partition=0, on_delivery=note, value=row.original,
                    key=f"{row.topic}/{row.topic_partition}/{row.topic_offset}".encode(),
                    headers=[(ID, str(row.id).encode()), (DIGEST, row.digest.encode()),
                             ("code", row.code.encode()), ("reason", row.reason.encode())],
                )  # fmt: skip
            if self._producer.flush(FLUSH_SECONDS) or failed:
                self.report(f"dead letters wait for Kafka: {failed[0] if failed else 'no answer'}")
                self._producer.purge()
                self._producer, self._is_certain = None, False
                return
            self._mark([row.id for row in rows])

    def _unsent(self) -> list[EventQuarantineRow]:
        query = select(EventQuarantineRow).where(EventQuarantineRow.sent_at.is_(None))
        with reading(self.engine) as session:
            rows = session.scalars(query.order_by(EventQuarantineRow.id).limit(AT_ONCE)).all()
            session.expunge_all()
            return list(rows)

    def _mark(self, ids: Sequence[int]) -> None:
        with writing(self.engine) as session:
            session.execute(
                update(EventQuarantineRow)
                .where(EventQuarantineRow.id.between(ids[0], ids[-1]))
                .where(EventQuarantineRow.sent_at.is_(None))
                .values(sent_at=self.clock())
            )

    def _make_certain(self) -> bool:
        """Whether Kafka could be asked; rows that it proves to have are marked."""
        if not self._unsent():
            self._is_certain = True
            return True
        from confluent_kafka import KafkaException

        try:
            last = last_letter(self.brokers, self.topic)
        except KafkaException as error:
            self.report(f"dead letters wait for Kafka: {error}")
            return False
        if last is not None:
            number, digest = last
            with reading(self.engine) as session:
                row = session.get(EventQuarantineRow, number)
                ours = row is not None and row.digest == digest
            if ours:
                self._mark([0, number])
        self._is_certain = True
        return True

    def _new_producer(self) -> Any:
        from confluent_kafka import Producer

        return Producer(
            {"bootstrap.servers": self.brokers, "enable.idempotence": True, "linger.ms": 5,
             "message.timeout.ms": int(FLUSH_SECONDS * 1000), "log_level": 0}
        )  # fmt: skip


def last_letter(brokers: str, topic: str = DEAD_TOPIC) -> tuple[int, str] | None:
    """The quarantine's id and digest of the topic's last message; None where it has none."""
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    consumer = Consumer(
        {"bootstrap.servers": brokers, "group.id": "takt-dead-letters", "log_level": 0,
         "enable.auto.commit": False}
    )  # fmt: skip
    try:
        _low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
        if high == 0:
            return None
        consumer.assign([TopicPartition(topic, 0, high - 1)])
        message = consumer.poll(10)
        if message is None or message.error():
            raise KafkaException(message.error() if message else "no answer")
        headers: dict[str, Any] = dict(message.headers() or ())
        return int(headers[ID]), headers[DIGEST].decode()
    finally:
        consumer.close()
