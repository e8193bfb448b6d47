"""The reaction as a process: it begins, says where its metrics are, and stops when it is asked to."""

from __future__ import annotations

import time
from collections.abc import Callable

from pipelines.context import Context
from pipelines.metrics import serving_metrics
from pipelines.react import USUAL_PACE, Pace, Reactor, follow
from pipelines.storage import open_database
from pipelines.stream_stop import stopping_on_signals


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
    engine = open_database(context.settings.database_url)
    try:
        with serving_metrics(port), stopping_on_signals(context.report) as stop:
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
