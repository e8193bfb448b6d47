"""What the stream's benchmark runs on: a PostgreSQL, a Kafka broker and the stream itself, each a
process that can be killed and started again with what it had on disk."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.streaming.events import stream_plant
from pipelines.plan_base import PLANT_NAME
from pipelines.platform.kafka import EVENTS_TOPIC, Broker, broker_jars, make_topics
from pipelines.platform.processes import free_port
from pipelines.settings import REPOSITORY, Settings, utc_now
from pipelines.storage import open_database, writing
from pipelines.storage.repositories import live, store_plant


@dataclass
class Postgres:
    """A cluster that survives being killed: it writes through to the disk."""

    folder: Path
    port: int = field(default_factory=free_port)

    def make(self) -> None:
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.user: list[str] = []
        if os.geteuid() == 0:
            pwd.getpwnam("postgres")
            shutil.chown(self.folder, "postgres")
            self.user = ["runuser", "-u", "postgres", "--"]
        self._call("initdb", "-D", str(self.data), "-U", "takt", "-A", "trust", "-E", "UTF8")
        self.start()
        with psycopg.connect(f"{self.address}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE takt")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def address(self) -> str:
        return f"postgresql://takt@127.0.0.1:{self.port}"

    def start(self) -> None:
        options = (
            f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 "
            "-c shared_buffers=512MB -c max_wal_size=4GB"
        )
        for attempt in range(30):
            try:
                self._call(
                    "pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-l",
                    str(self.folder / "log"), "-o", options, "start",
                )  # fmt: skip
            except RuntimeError:  # what was killed may not be gone yet
                if attempt == 29:
                    raise
                time.sleep(0.5)
            else:
                return

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        with suppress(RuntimeError):
            self._call("pg_ctl", "-D", str(self.data), "-m", "immediate", "stop")

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self.user, str(self.bin / program), *arguments], cwd=self.folder, text=True,
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            timeout=120, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")


@dataclass
class Redis:
    """A server that keeps nothing: killed, it comes back empty."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--dir", str(self.folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class Rig:
    """All of it, in one folder."""

    folder: Path
    postgres: Postgres
    broker: Broker
    redis: Redis | None
    stream: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        return Settings(
            data=self.folder / "takt",
            database_url=f"{self.postgres.address}/takt",
            kafka=self.broker.address,
        )

    def environment(self) -> dict[str, str]:
        settings = self.settings
        found = os.environ | {
            "TAKT_DATA": str(settings.data),
            "TAKT_DATABASE_URL": settings.database_url,
            "TAKT_KAFKA": self.broker.address,
        }
        return found | ({"TAKT_REDIS_URL": self.redis.url} if self.redis else {})

    def start_stream(self, *arguments: str) -> None:
        with (self.folder / "stream.log").open("ab") as log:
            self.stream = subprocess.Popen(
                [sys.executable, "-m", "pipelines.cli", "stream", "run", *arguments],
                env=self.environment(), cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill_stream(self) -> None:
        """End it and the JVM it started, at once."""
        if self.stream is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.stream.pid, signal.SIGKILL)
            self.stream.wait()

    def stop_stream(self) -> int | None:
        if self.stream is None:
            return None
        self.stream.terminate()
        try:
            return self.stream.wait(60)
        except subprocess.TimeoutExpired:
            self.kill_stream()
            return None

    def said(self) -> str:
        return (self.folder / "stream.log").read_text("utf-8", "replace")[-2_000:]

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(f"{self.postgres.address}/takt") as connection:
            return connection.execute(query, values).fetchall()

    def producer(self) -> Any:
        from confluent_kafka import Producer

        return Producer(
            {"bootstrap.servers": self.broker.address, "linger.ms": 10, "log_level": 0,
             "enable.idempotence": True, "queue.buffering.max.messages": 2_000_000,
             "queue.buffering.max.kbytes": 2_000_000, "message.timeout.ms": 300_000,
             "reconnect.backoff.max.ms": 500}
        )  # fmt: skip

    def send(self, values: Iterator[bytes], topic: str = EVENTS_TOPIC) -> int:
        """How many messages Kafka took."""
        producer = self.producer()
        sent = 0
        for value in values:
            producer.produce(topic, value, key=str(hash(value) % 50))
            sent += 1
            if sent % 1_000 == 0:
                producer.poll(0)
        assert producer.flush(120) == 0
        return sent


@contextmanager
def standing() -> Iterator[Rig]:
    """A rig with an empty database that knows the plant, and empty topics; nothing is left behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="takt-stream-"))
    folder.chmod(0o755)
    (folder / "pg").mkdir()
    postgres = Postgres(folder / "pg")
    broker = Broker(broker_jars(Settings().jars), folder / "kafka", free_port())
    redis = Redis(folder) if shutil.which("redis-server") else None
    rig = Rig(folder, postgres, broker, redis)
    try:
        if redis:
            redis.start()
        postgres.make()
        broker.start()
        make_topics(broker.address)
        engine = open_database(rig.settings.database_url)
        with writing(engine) as session:
            store_plant(session, PLANT_NAME, stream_plant(), utc_now())
            live.open_stocks(session, stream_plant())
        engine.dispose()
        yield rig
    finally:
        rig.kill_stream()
        broker.kill()
        if redis:
            redis.kill()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
