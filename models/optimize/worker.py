"""Large neighbourhoods in a process of their own: whatever happens there, the incumbent is elsewhere.

`main` reads a task and then better schedules from its standard input, and writes what it finds to its
standard output, all pickled by and for this module.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

from plant import Plant, Schedule, Weights, Zones

CLOSING = 5.0  # seconds that a process may take to end after its last word
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Task:
    """What the worker is to do: search large neighbourhoods from a start for so many seconds."""

    plant: Plant
    start: Schedule
    weights: Weights
    base: Schedule | None
    zones: Zones
    seconds: float
    workers: int
    seed: int


@dataclass(frozen=True, slots=True)
class Better:
    """A schedule that a neighbourhood led to, and the part that solved it."""

    schedule: Schedule
    part: str


@dataclass(frozen=True, slots=True)
class Finished:
    """How many neighbourhoods were solved, and how many of them led to something better."""

    neighbourhoods: int
    better: int


class Worker:
    """A running worker process; `heard` is called from a thread of ours with all that it says."""

    def __init__(self, task: Task, heard: Callable[[Better | Finished], None]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        self.heard = heard
        self.finished = False
        self.error = ""
        self.failure: str | None = None
        self._to_tell: SimpleQueue[Task | Schedule | None] = SimpleQueue()
        self._to_tell.put(task)
        threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._listen, self._hear_errors, self._talk)
        ]
        self._listener, self._complaints, self._talker = threads
        for thread in threads:
            thread.start()

    def tell(self, schedule: Schedule) -> None:
        """Let the worker go on from a better schedule; it need not be listening yet."""
        self._to_tell.put(schedule)

    def stop(self, patience: float = 0.0) -> str:
        """End the process, after some seconds of patience; why it ended before it was done, or ""."""
        if self.failure is None:
            self.failure = self._stop(patience)
        return self.failure

    def _stop(self, patience: float) -> str:
        self._listener.join(max(patience, 0.0))
        ended = None
        if not self._listener.is_alive():
            with suppress(subprocess.TimeoutExpired):
                ended = self.process.wait(CLOSING)
        self.process.kill()
        self.process.wait()
        self._to_tell.put(None)
        for thread in (self._listener, self._complaints, self._talker):
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(BrokenPipeError):
                stream.close() if stream else None
        if self.finished or ended is None:
            return ""
        lines = self.error.strip().splitlines()
        return f"exit code {ended}" + (f": {lines[-1]}" if lines else "")

    def _talk(self) -> None:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended: `stop` says why
            while (message := self._to_tell.get()) is not None:
                pickle.dump(message, self.process.stdin)
                self.process.stdin.flush()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for message in _messages(self.process.stdout):
            self.finished = self.finished or isinstance(message, Finished)
            self.heard(message)

    def _hear_errors(self) -> None:
        assert self.process.stderr is not None
        self.error = self.process.stderr.read().decode("utf-8", "replace")


def _messages(stream: IO[bytes]) -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(stream)  # noqa: S301 - both ends of the pipe are this module
        except (EOFError, pickle.UnpicklingError):
            return


def work(task: Task, say: Callable[[Better | Finished], None], news: list[Schedule]) -> None:
    """Do the task; `news` is where better schedules of others turn up."""
    from models.optimize.large.rounds import large

    _, done = large(
        task.plant,
        task.start,
        task.seconds,
        task.workers,
        task.weights,
        task.base,
        task.zones,
        task.seed,
        improved=lambda schedule, trial: say(Better(schedule, trial.part)),
        others=lambda: news.pop() if news else None,
    )
    say(Finished(len(done), sum(one.better for one in done)))


def main() -> None:
    """Read a task, do it, say what comes of it."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # solvers print; the pipe is for messages
    incoming = _messages(sys.stdin.buffer)
    task = next(incoming)
    news: list[Schedule] = []

    def listen() -> None:
        while (schedule := next(incoming, None)) is not None:
            news.append(schedule)

    def say(message: Better | Finished) -> None:
        pickle.dump(message, out)
        out.flush()

    threading.Thread(target=listen, daemon=True).start()
    status = 1
    try:
        work(task, say, news)
        status = 0
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)  # the listener holds the standard input, which an orderly end would wait for
