"""What runs in the service's other processes, and what each loads before anybody waits for it."""

from __future__ import annotations

from models.optimize.solve import prepare
from pipelines.jobs.mending import Task, mend
from pipelines.jobs.running import run_job
from pipelines.settings import utc_now
from pipelines.storage import open_database
from plant import Weights, Zones
from plant.examples import three_lines
from plant.explain import exceptions
from plant.legal_lines import legal_lines
from plant.verdict import judge
from service.worker_life import is_stopping


def run_here(address: str, id: str) -> None:
    """Run a job of the database at an address."""
    engine = open_database(address)
    try:
        run_job(engine, utc_now, id, is_stopping)
    finally:
        engine.dispose()


def load_compiled() -> None:
    """Load the compiled code that judges edits and explains, by doing so in a small plant."""
    plant, schedule = three_lines.plant(), three_lines.schedule()
    judge(plant, schedule, schedule)
    legal_lines(plant, schedule, _first_run())
    exceptions(plant, schedule)


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
