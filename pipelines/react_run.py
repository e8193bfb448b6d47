"""The reaction as a process: it begins, says where its metrics are, and stops when it is asked to."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from pipelines.context import Context
from pipelines.metrics import serve_metrics
from pipelines.react import USUAL_PACE, Pace, Reactor, follow
from pipelines.storage import open_database


def run_reaction(
    context: Context,
    seconds: float | None = None,
    metrics_port: int | None = None,
    pace: Pace = USUAL_PACE,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """How many versions were recommended until it was over: after so many seconds, or at a signal.

    A signal waits for the answer that is being made.

    Raises
    ------
    OSError
        Where the port of the metrics is taken.
    pipelines.storage.StorageError
        Where the database cannot be opened.
    """
    port = metrics_port or context.settings.metrics_port
    server = serve_metrics(port)[0] if port else None
    engine = open_database(context.settings.database_url)
    try:
        with _asked_to_stop() as stop:
            began = clock()
            reactor = Reactor(context, engine, pace, clock=clock)
            reactor.warm_up()
            context.report(f"reaction: follows events after position {reactor.position}")
            return follow(
                context,
                reactor,
                lambda: stop.is_set() or (seconds is not None and clock() - began >= seconds),
                pace,
            )
    finally:
        engine.dispose()
        if server is not None:
            server.shutdown()
            server.server_close()


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set while inside."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {one: signal.signal(one, ask) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
