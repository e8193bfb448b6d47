"""The reaction as a process: it begins, says where its metrics are, and stops when it is asked to."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from pipelines.context import Context
from pipelines.metrics import serving_metrics
from pipelines.reaction.pace import USUAL_PACE, Pace
from pipelines.reaction.reactor import Reaction, Reactor
from pipelines.storage import StorageError, open_database
from pipelines.streaming.stop import stopping_on_signals


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


def follow(
    context: Context,
    reactor: Reactor,
    is_over: Callable[[], bool],
    pace: Pace = USUAL_PACE,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """How many recommended versions were made until it was over.

    A database that does not answer is waited for, and said so once.
    """
    made, is_away = 0, False
    while not is_over():
        try:
            reaction = reactor.step()
        except (StorageError, DBAPIError) as error:
            if not is_away:
                context.report(f"reaction: waits for the database: {error}")
            is_away = True
            sleep(1.0)
            continue
        is_away = False
        if reaction is None:
            sleep(pace.poll)
            continue
        made += reaction.version is not None
        context.report(_told(reaction))
    return made


def _told(reaction: Reaction) -> str:
    first = reaction.triggers[0].told
    more = f" and {len(reaction.triggers) - 1} more" if len(reaction.triggers) > 1 else ""
    answer = {
        "recommended": f"version {reaction.version} recommended",
        "holds": "the published plan holds",
        "no plan": "no plan is published for this time",
    }[reaction.outcome]
    return f"reaction: {first}{more}: {answer} after {reaction.seconds:.2f} s"
