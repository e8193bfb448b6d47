"""The processor time that each part of the stream took, whatever else the machine was busy with."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from benchmarks.streaming.rig import Rig
from pipelines.platform.spark_workers import DAEMON

LOOK_SECONDS = 0.2
FIRST, LAST = 3, 0.85  # commits, and the share of the events, between which is measured


@dataclass
class Watch:
    """Looks at the stream's processes while a `with` lasts.

    events: messages that the topic holds. microseconds: processor time an event of each part, between
    the third commit, when the JVM has warmed up, and 85 % of the events, before the last ones trickle in.
    """

    rig: Rig
    events: int
    microseconds: Mapping[str, float] = field(default_factory=dict)

    def __enter__(self) -> Watch:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        begun: tuple[int, Counter[str]] | None = None
        while not self._stop.wait(LOOK_SECONDS):
            commits, taken = self.rig.ask(
                "SELECT count(*), coalesce(sum(received), 0)::bigint FROM event_batches"
            )[0]
            if commits < FIRST:
                continue
            spent = self._spent()
            if begun is None:
                begun = taken, spent
            elif taken > begun[0]:
                since = {name: spent[name] - begun[1][name] for name in spent}
                self.microseconds = {
                    name: 1e6 * seconds / (taken - begun[0]) for name, seconds in since.items()
                }
            if taken > LAST * self.events:
                return

    def _spent(self) -> Counter[str]:
        """Seconds of each part so far."""
        broker = self.rig.broker.process
        assert self.rig.stream is not None and broker is not None
        found: Counter[str] = Counter()
        for part, root in (
            ("stream", self.rig.stream.pid),
            ("broker", broker.pid),
            ("PostgreSQL", self.rig.postgres.pid),
        ):
            for process in _tree(root):
                with suppress(psutil.NoSuchProcess):  # it ended while we looked
                    times = process.cpu_times()
                    found[_name(part, process)] += times.user + times.system
        return found


def _tree(root: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _name(part: str, process: psutil.Process) -> str:
    """What a process is called; the stream starts Spark, and that its workers."""
    if part != "stream":
        return part
    if process.name() == "java":
        return "Spark's JVM"
    return "Python workers" if DAEMON in " ".join(process.cmdline()) else part
