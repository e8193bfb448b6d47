"""How the service's other processes begin and end. Loads nothing heavy, so that they can end at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection

GRACE_SECONDS = 3.0  # for a job to be stored as stopped
_STOPPING = threading.Event()


def begin_worker(line: Connection) -> None:
    """Make the process one that ends soon after the other end of the line is closed.

    The other end is its parent's, and is closed too when that is killed. (An event shared by processes
    would not do: setting it waits for every process that waits on it, those that were killed included.)
    Ctrl-C is left to the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_after, args=(line,), daemon=True).start()


def is_stopping() -> bool:
    """Whether the process was told to end."""
    return _STOPPING.is_set()


def _end_after(line: Connection) -> None:
    with suppress(EOFError, OSError):
        line.recv_bytes()
    _STOPPING.set()
    time.sleep(GRACE_SECONDS)
    os._exit(1)
