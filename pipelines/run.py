"""The whole loop: Airflow runs the DAG in the foreground, its progress is told, its result read.

RunError
├── BusyError        another run works on the same data
├── NotWritableError nothing can be stored where the settings say
└── StepFailedError  a step failed, or was stopped; what was published before stands
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from pipelines.params import load_params
from pipelines.platform import airflow
from pipelines.platform.processes import Tree, running_tree
from pipelines.progress import Event, Follower, progress_file
from pipelines.run_display import Display, Lines, Terminal
from pipelines.run_result import RunResult, StepTime, read_result
from pipelines.settings import Settings, load_settings, utc_now
from pipelines.steps import STEPS

DAG = "takt_main"
POLL_SECONDS = 0.1
LOGS_KEPT = 20


class RunError(RuntimeError):
    """The loop could not be run to its end; the message says why and what to do."""


class BusyError(RunError):
    """Another run works on the same data."""


class NotWritableError(RunError):
    """Nothing can be stored where the settings say."""


class StepFailedError(RunError):
    """A step failed or was stopped; `step` (None before the first), its message, and the log."""

    def __init__(self, step: str | None, message: str, log: Path) -> None:
        self.step = step
        self.message = message
        self.log = log
        where = f"step {step}" if step else "before the first step"
        super().__init__(f"{where}: {message}\nlog: {log}")


@dataclass(slots=True)
class _Watch:
    """What was heard of the run so far."""

    display: Display
    step: str | None = None
    failure: str | None = None
    began: float = 0.0
    times: tuple[StepTime, ...] = ()

    def hear(self, event: Event) -> None:
        if event.kind == "started":
            self.step, self.began = event.step, event.at.timestamp()
        seconds = event.at.timestamp() - self.began
        self.display.show(event, seconds)
        if event.kind == "finished":
            self.times = (*self.times, StepTime(event.step, seconds))
            self.step = None
        elif event.kind == "failed":
            self.failure = event.text


def run(report: Callable[[str], None] | None = None) -> RunResult:
    """Return what one run of the whole DAG published, and how long each step took.

    Parameters
    ----------
    report
        Takes each line of progress; without it progress is shown on the terminal as it happens.

    Raises
    ------
    StepFailedError
        Where a step fails or is stopped from outside, with its message and the log's place.
    BusyError, NotWritableError, pipelines.settings.SettingsError, pipelines.params.ParamsError
        Where the run cannot begin.
    KeyboardInterrupt
        On Ctrl-C, SIGTERM or SIGHUP, after everything that was started has been stopped.
    """
    settings = load_settings()
    params = load_params(settings.params_file)
    began = time.monotonic()
    display = Terminal(STEPS) if report is None else Lines(report)
    with _alone(settings), _shown(display):
        log = _new_log(settings)
        display.note("making Airflow's database ready")
        try:
            airflow.make_ready(settings, log)
        except airflow.AirflowError as error:
            raise StepFailedError(None, str(error), log) from error
        display.note("starting Airflow")
        times = _run_dag(settings, log, display)
    return read_result(settings, params, times, time.monotonic() - began, log)


def _run_dag(settings: Settings, log: Path, display: Display) -> tuple[StepTime, ...]:
    told = progress_file(settings)
    told.unlink(missing_ok=True)
    follower, watch = Follower(told), _Watch(display)
    command = airflow.command("dags", "test", DAG)
    with running_tree(command, airflow.environment(settings), log) as tree:
        status = _follow(tree, follower, watch)
    if status or watch.failure or len(watch.times) != len(STEPS):
        raise StepFailedError(watch.step, watch.failure or _why(status, log), log)
    return watch.times


def _follow(tree: Tree, follower: Follower, watch: _Watch) -> int:
    status = None
    while status is None:
        status = tree.poll()
        for event in follower.new_events():
            watch.hear(event)
        watch.display.tick()
        if status is None:
            time.sleep(POLL_SECONDS)
    return status


def _why(status: int, log: Path) -> str:
    if status < 0:
        return (
            f"Airflow was stopped by signal {Signals(-status).name}; nothing was half-published, "
            "run again to go on from what the finished steps stored"
        )
    lines = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return f"Airflow ended with status {status}, saying: {lines[-1] if lines else 'nothing'}"


def _new_log(settings: Settings) -> Path:
    folder = settings.data / "logs"
    folder.mkdir(exist_ok=True)
    for old in sorted(folder.glob("run-*.log"))[: 1 - LOGS_KEPT]:
        old.unlink()
    return folder / f"run-{utc_now():%Y%m%dT%H%M%S}.log"


@contextmanager
def _shown(display: Display) -> Iterator[None]:
    display.begin()
    try:
        yield
    finally:
        display.end()


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock: two runs would write over each other's files."""
    path = settings.data / "run.lock"
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        lock = path.open("a+")
    except OSError as error:
        raise NotWritableError(
            f"TAKT_DATA={settings.data}: expected a folder that can be written to, found: "
            f"{error.strerror}; make it writable or name another"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise BusyError(
                f"process {lock.read().strip() or '?'} is running on {settings.data}; wait for it, "
                "or set TAKT_DATA to another folder"
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield
