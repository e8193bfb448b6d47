"""Jobs run: taken by one worker, followed while they go on, stopped when asked, ended with a result.

The database holds what was asked and what came of it, so that it makes no difference who runs a job:
a process of the service or a Celery worker. A job that is handed over twice is run once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import Engine

from pipelines.jobs.alternatives import Alternatives, FindAlternatives, find_alternatives
from pipelines.jobs.what_if import Outcome, WhatIf, look_ahead
from pipelines.scenarios import changed_plant
from pipelines.settings import new_token
from pipelines.storage import reading, writing
from pipelines.storage.repositories import jobs, load_version
from pipelines.storage.repositories.jobs import Job
from pipelines.views.shelf import Shelf
from plant.edits import Edit
from plant.io.edits import edit_from_document

FOLLOW_EVERY = 0.5  # seconds
SILENT_FOR = timedelta(seconds=60)  # after that a running job's worker is taken for dead
OUTCOME = TypeAdapter(Outcome)
ALTERNATIVES = TypeAdapter(Alternatives)

Clock = Callable[[], datetime]


class JobNotDoneError(RuntimeError):
    """A job has no result, because it goes on, failed or was cancelled."""


class NoSuchPlanError(LookupError):
    """A job did not find the plan that is asked for."""


def ask_what_if(
    engine: Engine, clock: Clock, shelf: Shelf, asked: WhatIf, title: str, author: str
) -> Job:
    """The new job, queued. Raises NotStoredError, ScenarioError where it could not be done."""
    changed_plant(shelf.version(asked.version).stored.plant, asked.scenarios)
    return _ask(engine, clock, "what_if", asked, title, author)


def ask_alternatives(
    engine: Engine, clock: Clock, shelf: Shelf, asked: FindAlternatives, title: str, author: str
) -> Job:
    """The new job, queued. NotStoredError where there is no such version."""
    shelf.version(asked.version)
    return _ask(engine, clock, "alternatives", asked, title, author)


def cancel_job(engine: Engine, clock: Clock, id: str) -> Job:
    """The job, asked to stop; NotStoredError where there is none."""
    with writing(engine) as session:
        return jobs.ask_cancel(session, id, clock())


def edit_of(job: Job, plan: int = 0) -> Edit:
    """The edit that makes a job's plan of its version's; of alternatives the one in that place.

    Raises
    ------
    JobNotDoneError
        Where there is none (yet).
    NoSuchPlanError
        Where the job found fewer plans.
    """
    if job.status != "done" or job.result is None:
        raise JobNotDoneError(f"job {job.id}: expected it to be done, found it {job.status}")
    plans = job.result["plans"] if job.kind == "alternatives" else [job.result]
    if plan >= len(plans):
        raise NoSuchPlanError(f"job {job.id}: plan {plan} is not one of the {len(plans)} found")
    return edit_from_document(plans[plan]["edit"])


def run_job(engine: Engine, clock: Clock, id: str, stopping: Callable[[], bool]) -> None:
    """Run a queued job to its end; nothing happens where another has taken it.

    Parameters
    ----------
    stopping
        Whether the worker itself is to stop.
    """
    with writing(engine) as session:
        job = jobs.start_job(session, id, clock())
    if job is None:
        return
    try:
        with _followed(engine, clock, job, stopping) as progress:
            result = _result(engine, job, progress)
    except Exception as error:
        _end(engine, clock, id, "failed", f"{type(error).__name__}: {error}")
        raise
    if progress.is_stopped():
        why = "cancelled" if not stopping() else "stopped with the service"
        _end(engine, clock, id, "cancelled", why)
    else:
        _end(engine, clock, id, "done", "done", result)


@dataclass
class _Progress:
    """How a job goes on, told by its work and read by who follows it."""

    seconds: float
    message: str = "started"
    stop: threading.Event = field(default_factory=threading.Event)

    def tell(self, message: str) -> None:
        self.message = message

    def is_stopped(self) -> bool:
        return self.stop.is_set()


def _ask(
    engine: Engine,
    clock: Clock,
    kind: Literal["what_if", "alternatives"],
    asked: WhatIf | FindAlternatives,
    title: str,
    author: str,
) -> Job:
    request = asked.model_dump(mode="json")
    with writing(engine) as session:
        return jobs.add_job(session, new_token(12), kind, title, request, author, clock())


def _result(engine: Engine, job: Job, progress: _Progress) -> dict[str, Any]:
    request = TypeAdapter(dict[str, Any]).dump_json(dict(job.request))
    with reading(engine) as session:
        stored = load_version(session, int(job.request["version"]))
    ways = (progress.tell, progress.is_stopped)
    found: dict[str, Any]
    if job.kind == "alternatives":
        plans = find_alternatives(stored, FindAlternatives.model_validate_json(request), *ways)
        found = ALTERNATIVES.dump_python(plans, mode="json")
    else:
        outcome = look_ahead(stored, WhatIf.model_validate_json(request), *ways)
        found = OUTCOME.dump_python(outcome, mode="json")
    return found


@contextmanager
def _followed(
    engine: Engine, clock: Clock, job: Job, stopping: Callable[[], bool]
) -> Iterator[_Progress]:
    """The job's progress, stored a few times a second until the work is done."""
    progress = _Progress(float(job.request.get("seconds", 1.0)))
    over = threading.Event()
    began = clock()

    def follow() -> None:
        while not over.wait(FOLLOW_EVERY):
            now = clock()
            share = min((now - began).total_seconds() / progress.seconds, 0.99)
            with writing(engine) as session:
                goes_on = jobs.follow_job(session, job.id, share, progress.message, now)
            if not goes_on or stopping():
                progress.stop.set()
                return

    thread = threading.Thread(target=follow, name=f"follow {job.id}", daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        over.set()
        thread.join()


def _end(
    engine: Engine,
    clock: Clock,
    id: str,
    status: Literal["done", "failed", "cancelled"],
    message: str,
    result: dict[str, Any] | None = None,
) -> None:
    with writing(engine) as session:
        jobs.end_job(session, id, status, message, clock(), result)
