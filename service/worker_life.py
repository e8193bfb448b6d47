"""How the service's other processes begin and end. Loads nothing heavy, so that they can end at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from multiprocessing.synchronize import Event

from pipelines.platform.processes import die_with_parent

GRACE_SECONDS = 3.0  # for a job to be stored as stopped
_STOPPING: list[Event] = []


def begin_worker(stopping: Event) -> None:
    """Make the process one that ends with its parent, or soon after it is told to.

    Ctrl-C is left to the parent.
    """
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _STOPPING.append(stopping)
    threading.Thread(target=_end_soon_after, args=(stopping,), daemon=True).start()


def is_stopping() -> bool:
    """Whether the process was told to end."""
    return any(event.is_set() for event in _STOPPING)


def _end_soon_after(stopping: Event) -> None:
    stopping.wait()
    time.sleep(GRACE_SECONDS)
    os._exit(1)
