"""Kafka: the jars that a broker and Spark need, a broker of our own on a loopback port, its topics."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from tempfile import mkdtemp

from pipelines.platform.processes import free_port
from pipelines.settings import REPOSITORY

EVENTS_TOPIC = "takt.events"
DEAD_TOPIC = "takt.events.dead"
# A micro-batch reads one task a partition: four keep two cores busy and let four work. The key (line,
# item or order) spreads over fifty lines evenly enough, and keeps what one line says in order.
PARTITIONS = 4
FILES = REPOSITORY / "deploy" / "kafka"
FETCH_SECONDS = 600
START_SECONDS = 60.0
ASK_EVERY = 0.2
HEAP = ("-Xmx384m", "-Xms128m", "-XX:+UseSerialGC")


class KafkaError(RuntimeError):
    """Kafka, or what it needs, cannot be had; the message says what to do."""


def connector_jars(cache: Path) -> list[Path]:
    """The jars that Spark reads Kafka with, fetched by Maven where the cache has them not."""
    return _jars("connector", cache)


def broker_jars(cache: Path) -> list[Path]:
    """The jars of the broker, fetched by Maven where the cache has them not."""
    return _jars("broker", cache)


@dataclass(slots=True)
class Broker:
    """A broker (KRaft, one node) whose data outlives its process.

    Parameters
    ----------
    jars
        Of the broker.
    folder
        Where it keeps its data and its log.
    port
        Its port on the loopback address; it has another for itself.
    """

    jars: list[Path]
    folder: Path
    port: int
    clock: Callable[[], float] = time.monotonic
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        """What TAKT_KAFKA names."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises
        ------
        KafkaError
            Where it ends at once, or does not answer within a minute.
        """
        config = self.folder / "server.properties"
        if not config.exists():
            self._format(config)
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._java(), "kafka.Kafka", str(config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=self.folder,
            )  # fmt: skip
        deadline = self.clock() + START_SECONDS
        while not is_reachable(self.address, seconds=1.0):
            if self.process.poll() is not None or self.clock() > deadline:
                self.kill()
                raise KafkaError(f"the Kafka broker did not start, see {self._log}: {self._said()}")
            time.sleep(ASK_EVERY)

    def kill(self) -> None:
        """End it at once, as a crash would; its data stays."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it orderly."""
        if self.process is None:
            return
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.kill()

    @property
    def _log(self) -> Path:
        return self.folder / "broker.log"

    def _said(self) -> str:
        lines = self._log.read_text("utf-8", "replace").splitlines() if self._log.exists() else []
        return " | ".join(lines[-3:])

    def _java(self) -> list[str]:
        classes = os.pathsep.join(str(jar) for jar in self.jars)
        return ["java", *HEAP, "-cp", classes]

    def _format(self, config: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        template = Template((FILES / "server.properties").read_text("utf-8"))
        text = template.substitute(
            port=self.port, controller=free_port(), data=self.folder / "logs"
        )
        draft = config.with_suffix(".draft")
        draft.write_text(text, "utf-8")
        done = subprocess.run(
            [*self._java(), "kafka.tools.StorageTool", "format", "-t", "VGFrdFRha3RUYWt0VGFrdA",
             "-c", str(draft)],
            cwd=self.folder, capture_output=True, text=True, timeout=START_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            raise KafkaError(f"Kafka's storage cannot be formatted: {done.stdout}{done.stderr}")
        draft.replace(config)


@contextmanager
def running_broker(folder: Path, cache: Path, port: int | None = None) -> Iterator[Broker]:
    """A broker that answers, with Takt's topics; stopped at the end."""
    broker = Broker(broker_jars(cache), folder, port or free_port())
    broker.start()
    try:
        make_topics(broker.address)
        yield broker
    finally:
        broker.stop()


def is_reachable(brokers: str, seconds: float = 3.0) -> bool:
    """Whether a broker answers."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": brokers, "log_level": 0})
    try:
        admin.list_topics(timeout=seconds)
    except KafkaException:
        return False
    return True


def make_topics(
    brokers: str,
    topic: str = EVENTS_TOPIC,
    dead: str = DEAD_TOPIC,
    partitions: int = PARTITIONS,
    replicas: int = 1,
) -> None:
    """Sees to the topic of events, and to that of dead letters, which has one partition.

    Dead letters keep their order so: the last one tells which of them were sent.

    Raises
    ------
    KafkaError
        Where the broker does not answer or refuses.
    """
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    admin = AdminClient({"bootstrap.servers": brokers, "log_level": 0})
    try:
        known = admin.list_topics(timeout=10).topics
        wanted = [
            NewTopic(name, num_partitions=count, replication_factor=replicas)
            for name, count in ((topic, partitions), (dead, 1))
            if name not in known
        ]
        for made in admin.create_topics(wanted).values() if wanted else ():
            made.result()
    except KafkaException as error:
        raise KafkaError(f"Kafka at {brokers}: topics cannot be made: {error}") from error


def _jars(kind: str, cache: Path) -> list[Path]:
    pom = FILES / f"{kind}.pom.xml"
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    folder = cache / f"{kind}-{digest}"
    if not folder.is_dir():
        _fetch(pom, folder)
    return sorted(folder.glob("*.jar"))


def _fetch(pom: Path, folder: Path) -> None:
    """Maven's copy of what the pom names, whole or not at all."""
    if shutil.which("mvn") is None:
        raise KafkaError(
            f"Kafka's jars are fetched by Maven, which is not installed (Debian, Ubuntu: apt-get "
            f"install maven); or put what {pom} names into {folder}"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    done = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(pom), "package", f"-Djars={draft}"],
        capture_output=True, text=True, timeout=FETCH_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode or not any(draft.glob("*.jar")):
        shutil.rmtree(draft, ignore_errors=True)
        raise KafkaError(f"Maven cannot fetch what {pom} names: {done.stdout[-600:]}")
    try:
        draft.rename(folder)
    except OSError:  # another was quicker
        shutil.rmtree(draft, ignore_errors=True)
