"""The parts that run HiGHS, in processes of their own: they may overrun their time, or end, alone.

`main` reads a task and then better plans from its standard input, and writes what it finds to its
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
from typing import IO, Any, Literal

from models.optimize.lot_sizing.record import LotSizing, Problem, Units

ROOT = Path(__file__).resolve().parents[3]
RELAXING = 0.3  # of the time at most
Part = Literal["whole", "neighbourhoods"]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a process is to do, for how many seconds from its start on; start is None where there is none."""

    problem: Problem
    part: Part
    start: Units | None
    seconds: float
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A plan, to be judged where the incumbent is."""

    units: Units


@dataclass(frozen=True, slots=True)
class Bounded:
    """No plan costs less."""

    bound: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The task is done; note says what kept it from that, or ""."""

    note: str


Message = Found | Bounded | Finished


class Process:
    """A running part; heard is called from a thread of ours with all that it says."""

    def __init__(self, task: Task, heard: Callable[[Message], None]) -> None:
        self.part = task.part
        self.heard = heard
        self.process = subprocess.Popen(
            # Pyomo before SciPy: where it finds SciPy loaded, it loads all of it, for a second.
            [sys.executable, "-c", f"import pyomo.environ; from {__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        self.finished = False
        self.error = ""
        self._telling = threading.Lock()
        self.tell(task)
        self.threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._listen, self._complaints)
        ]
        for thread in self.threads:
            thread.start()

    def tell(self, message: Task | Units) -> None:
        """Give the task, or a plan found elsewhere."""
        assert self.process.stdin is not None
        # It has ended, `stop` says why; or it was stopped while another part found something.
        with self._telling, suppress(BrokenPipeError, ValueError):
            pickle.dump(message, self.process.stdin)
            self.process.stdin.flush()

    def stop(self) -> str:
        """End the process; why it had ended by itself before it was done, or ""."""
        ended = self.process.poll()
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with suppress(BrokenPipeError):
                stream.close() if stream else None
        if self.finished or ended is None:
            return ""
        lines = self.error.strip().splitlines()
        return f"{self.part}: exit code {ended}" + (f": {lines[-1]}" if lines else "")

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for message in _messages(self.process.stdout):
            self.finished = self.finished or isinstance(message, Finished)
            self.heard(message)

    def _complaints(self) -> None:
        assert self.process.stderr is not None
        self.error = self.process.stderr.read().decode("utf-8", "replace")


def _messages(stream: IO[bytes]) -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(stream)  # noqa: S301 - both ends of the pipe are this module
        except (EOFError, pickle.UnpicklingError):
            return


def work(task: Task, say: Callable[[Message], None], news: list[Units]) -> None:
    """Do the task; `news` is where plans of others turn up."""
    from models.optimize.lot_sizing import whole
    from models.optimize.lot_sizing.capacitated import relax
    from models.optimize.lot_sizing.neighbourhoods import improve

    def found(units: Units) -> None:
        say(Found(units))

    def bounded(bound: float) -> None:
        say(Bounded(bound))

    def latest() -> Units | None:
        units = news.pop() if news else None
        news.clear()
        return units

    problem = task.problem
    if not isinstance(problem, LotSizing):
        assert task.start is not None
        say(
            Finished(
                whole.solve_discrete(problem, task.start, task.seconds, task.seed, found, bounded)
            )
        )
        return
    relaxed = relax(problem, task.seconds * RELAXING)
    if relaxed is None:
        say(Finished("the relaxation has no solution: no plan can meet the demand in the minutes"))
        return
    bounded(relaxed.value)
    if task.start is not None and not news:
        news.append(task.start)
    if task.part == "whole":
        whole.solve_capacitated(problem, relaxed, task.seconds, task.seed, found, bounded, latest)
    else:
        improve(problem, relaxed, task.seconds, task.seed, found, latest)
    say(Finished(""))


def main() -> None:
    """Read a task, do it, say what comes of it."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # solvers print; the pipe is for messages
    incoming = _messages(sys.stdin.buffer)
    task = next(incoming)
    news: list[Units] = []

    def listen() -> None:
        while (units := next(incoming, None)) is not None:
            news.append(units)

    def say(message: Message) -> None:
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
