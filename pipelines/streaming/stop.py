"""How what runs on is told to end: SIGTERM and Ctrl-C let what is under way finish."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopping_on_signals(report: Callable[[str], None]) -> Iterator[threading.Event]:
    """An event that is set by the first signal; the second ends the program at once."""
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        report(f"stopping after what is under way ({signal.Signals(number).name})")
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
