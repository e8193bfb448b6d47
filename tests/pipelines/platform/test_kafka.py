"""The broker of our own: its jars, its topics, and what it keeps when it is killed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipelines.platform import kafka
from pipelines.platform.kafka import DEAD_TOPIC, EVENTS_TOPIC, PARTITIONS, KafkaError
from pipelines.settings import Settings

pytestmark = pytest.mark.integration


@pytest.fixture
def jars() -> list[Path]:
    try:
        return kafka.broker_jars(Settings().jars)
    except KafkaError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def test_a_broker_keeps_its_topics_when_it_is_killed(tmp_path: Path, jars: list[Path]) -> None:
    from confluent_kafka.admin import AdminClient

    assert len(jars) > 20
    with kafka.running_broker(tmp_path, Settings().jars) as broker:
        broker.kill()
        assert not kafka.is_reachable(broker.address, seconds=0.5)
        broker.start()
        kafka.make_topics(broker.address)
        found = AdminClient({"bootstrap.servers": broker.address}).list_topics(timeout=10).topics
        partitions = {name: len(found[name].partitions) for name in (EVENTS_TOPIC, DEAD_TOPIC)}
        assert partitions == {EVENTS_TOPIC: PARTITIONS, DEAD_TOPIC: 1}
        address = broker.address
    assert not kafka.is_reachable(address, seconds=0.5)


def test_without_maven_one_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(KafkaError, match="apt-get install maven"):
        kafka.connector_jars(tmp_path)


def test_topics_of_a_broker_that_is_away_say_so() -> None:
    with pytest.raises(KafkaError, match=r"127\.0\.0\.1:9: topics cannot be made"):
        kafka.make_topics("127.0.0.1:9")
