"""A process of its own for a part: whatever happens there, the incumbent is elsewhere.

The child's module calls `serve` with its work. It reads a task and then news from its standard input and
writes what it finds to its standard output, all pickled by and for the same code.
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
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

CLOSING = 5.0  # seconds that a process may take to end after its last word
ROOT = Path(__file__).resolve().parents[2]


class LastWord:
    """What a child says last, when it has done its task."""

    __slots__ = ()


class Child:
    """A running process of a module's `main`; `heard` is called from a thread of ours with all it says.

    Parameters
    ----------
    before
        A statement that the process begins with.
    """

    def __init__(
        self, module: str, task: object, heard: Callable[[Any], None], before: str = "pass"
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{before}; from {module} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        self.heard = heard
        self.finished = False
        self.error = ""
        self.failure: str | None = None
        self._to_tell: SimpleQueue[object | None] = SimpleQueue()
        self._to_tell.put(task)
        threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._listen, self._hear_errors, self._talk)
        ]
        self._listener, self._complaints, self._talker = threads
        for thread in threads:
            thread.start()

    def tell(self, news: object) -> None:
        """Let the child know what was found elsewhere; it need not be listening yet."""
        self._to_tell.put(news)

    def stop(self, patience: float = 0.0) -> str:
        """End the process, after some seconds of patience; why it ended before it was done, or ""."""
        if self.failure is None:
            self.failure = self._stop(patience)
        return self.failure

    def _stop(self, patience: float) -> str:
        self._listener.join(max(patience, 0.0))
        ended = self.process.poll()
        if ended is None and not self._listener.is_alive():
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
            self.finished = self.finished or isinstance(message, LastWord)
            self.heard(message)

    def _hear_errors(self) -> None:
        assert self.process.stderr is not None
        self.error = self.process.stderr.read().decode("utf-8", "replace")


def serve(work: Callable[[Any, Callable[[Any], None], list[Any]], None]) -> None:
    """Read a task, do the work, say what comes of it; the list is where news turns up."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # solvers print; the pipe is for messages
    incoming = _messages(sys.stdin.buffer)
    task = next(incoming)
    news: list[Any] = []

    def listen() -> None:
        while (one := next(incoming, None)) is not None:
            news.append(one)

    def say(message: object) -> None:
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


def _messages(stream: IO[bytes]) -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(stream)  # noqa: S301 - both ends of the pipe are our own code
        except (EOFError, pickle.UnpicklingError):
            return
