"""Process trees: started so that all of a tree, its orphans included, can be stopped together."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# What listens to SIGTERM is gone by then; Airflow does not, while a task runs.
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Tree:
    """A running command with all that it started."""

    process: subprocess.Popen[bytes]
    _others: frozenset[psutil.Process]

    def poll(self) -> int | None:
        """Return the command's exit status, or None while it runs; negative is a signal."""
        return self.process.poll()

    def members(self) -> list[psutil.Process]:
        """Return what of the tree still runs, orphans included."""
        return [
            child
            for child in psutil.Process().children(recursive=True)
            if child not in self._others and child.is_running() and not _is_zombie(child)
        ]


@contextmanager
def running_tree(
    command: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[Tree]:
    """Yield the running command, output to `log`; at the end, nothing of its tree is left.

    The command has a session of its own, so that a Ctrl-C reaches only the caller, who then
    stops the tree. Should the caller be killed outright, so is the command (on Linux).
    """
    with _adopting_orphans(), _terminations_raise(), log.open("ab") as output:
        others = frozenset(psutil.Process().children(recursive=True))
        process = subprocess.Popen(
            list(command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent if sys.platform == "linux" else None,
        )
        tree = Tree(process, others)
        try:
            yield tree
        finally:
            with _undisturbed():
                stop(tree)


def free_port() -> int:
    """A loopback port that nobody listens on; take it soon."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def stop(tree: Tree) -> None:
    """End what is left of the tree: asked first, killed when it does not listen in time."""
    # Killed twice over: what ends may leave children that were started meanwhile.
    for ask in ("terminate", "kill", "kill"):
        left = tree.members()
        for member in left:
            _signal(member, ask)
        with suppress(subprocess.TimeoutExpired):
            tree.process.wait(PATIENCE_SECONDS)
        others = [member for member in left if member.pid != tree.process.pid]
        psutil.wait_procs(others, timeout=PATIENCE_SECONDS)


def _signal(member: psutil.Process, ask: str) -> None:
    try:
        getattr(member, ask)()
    except psutil.NoSuchProcess:
        return  # it ended by itself, which is what was wanted


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextmanager
def _adopting_orphans() -> Iterator[None]:
    """While inside, processes whose parent ends become ours, and so stay in sight."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        _prctl(PR_SET_CHILD_SUBREAPER, 0)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """While inside, signals that end a program wait: a second Ctrl-C must not leave half a tree."""
    ending = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _terminations_raise() -> Iterator[None]:
    """While inside, SIGTERM and SIGHUP end the block as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def die_with_parent() -> None:
    """Have this process killed when the thread that started it ends (on Linux)."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    if _LIBC is not None:
        _LIBC.prctl(option, value, 0, 0, 0)


# Loaded once, here: the forked child must not load anything.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
