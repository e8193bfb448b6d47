"""What runs in the service's other processes."""

from __future__ import annotations

import signal
from multiprocessing.synchronize import Event

from models.optimize.solve import prepare
from pipelines.jobs.mending import Task, mend
from pipelines.jobs.running import run_job
from pipelines.platform.processes import die_with_parent
from pipelines.settings import utc_now
from pipelines.storage import open_database
from plant import Weights, Zones
from plant.examples import three_lines

_STOPPING: list[Event] = []


def begin_worker(stopping: Event) -> None:
    """Make the process one that ends with its parent, and leaves Ctrl-C to it."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _STOPPING.append(stopping)


def run_here(address: str, id: str) -> None:
    """Run a job of the database at an address."""
    engine = open_database(address)
    try:
        run_job(engine, utc_now, id, lambda: any(event.is_set() for event in _STOPPING))
    finally:
        engine.dispose()


def warm_up() -> None:
    """Load the compiled code, so that nobody's first repair waits for it."""
    prepare()
    mend(
        Task(
            three_lines.plant(),
            three_lines.schedule(),
            _first_run(),
            "all",
            0.1,
            Weights(),
            Zones(),
        )
    )


def _first_run() -> str:
    return three_lines.schedule().runs[0].id
