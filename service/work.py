"""Work that is not done in the service's own process: repairs at once, jobs in the background.

Repairs run in a process of their own, kept warm, as a planner waits for them. Jobs run in another, or
on Celery's workers where a Redis is set.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from typing import Protocol, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from pipelines.context import Context
from pipelines.jobs.mending import Mended, Task, mend
from pipelines.jobs.running import SILENT_FOR
from pipelines.storage import StorageError, reading, writing
from pipelines.storage.repositories import jobs
from service.feed import pause
from service.worker_life import begin_worker
from service.workers import run_here, warm_up

LOOK_EVERY = 10.0  # seconds
QUEUE_PATIENCE = timedelta(seconds=30)  # a job that is still queued then is handed over again

R = TypeVar("R")


class Queue(Protocol):
    """Who runs jobs."""

    again_after: timedelta
    """When a job that was handed over, and is still queued, is handed over again."""

    async def hand_over(self, id: str) -> None:
        """Have a queued job run."""

    def close(self) -> None:
        """Stop; what runs is asked to end."""


class PoolQueue:
    """Jobs in one process of our own, one after the other."""

    again_after = timedelta.max

    def __init__(self, address: str) -> None:
        self._address = address
        self._pool = _Pool()

    async def hand_over(self, id: str) -> None:
        """Have a queued job run."""
        self._pool.submit(run_here, self._address, id).add_done_callback(_log_failure)

    def close(self) -> None:
        """Stop; what runs is asked to end."""
        self._pool.close()


class CeleryQueue:
    """Jobs on Celery's workers, wherever they run."""

    again_after = timedelta(minutes=10)  # Redis may have lost what it was told

    def __init__(self, redis_url: str) -> None:
        from service.celery_app import make_celery

        self._app = make_celery(redis_url)

    async def hand_over(self, id: str) -> None:
        """Have a queued job run. OSError where Redis does not answer."""
        await run_in_threadpool(self._send, id)

    def close(self) -> None:
        """Leave the workers to themselves."""
        self._app.close()

    def _send(self, id: str) -> None:
        self._app.send_task("takt.run_job", (id,), retry=False)


class Work:
    """Who repairs and who runs jobs. Only the event loop's thread may use it."""

    def __init__(self, context: Context, engine: Engine) -> None:
        settings = context.settings
        self._engine, self._clock = engine, context.clock
        self._handed: dict[str, datetime] = {}
        self._repairs = _Pool()
        self._queue: Queue = (
            PoolQueue(settings.database_url)
            if settings.redis_url is None
            else CeleryQueue(settings.redis_url)
        )

    async def mend(self, task: Task) -> Mended:
        """The mended schedule, worked out in a process that is kept for it."""
        return await asyncio.wrap_future(self._repairs.submit(mend, task))

    async def hand_over(self, id: str) -> None:
        """Have a queued job run; where Redis does not answer it stays queued, and is tried again."""
        try:
            await self._queue.hand_over(id)
        except OSError as error:
            structlog.get_logger("service").warning("job waits", job=id, reason=str(error))
        else:
            self._handed[id] = self._clock()

    async def run(self, stopping: asyncio.Event, *, is_warm: bool) -> None:
        """Look after jobs until it is to stop: what nobody took is handed over, what was lost has failed."""
        if is_warm:
            self._repairs.submit(warm_up).add_done_callback(_log_failure)
        before = self._clock()
        while not stopping.is_set():
            try:
                for id in await run_in_threadpool(self._look, before):
                    await self.hand_over(id)
            except (SQLAlchemyError, StorageError, OSError) as error:
                structlog.get_logger("service").warning("jobs wait", reason=str(error))
            except Exception:  # a fault of ours; other jobs are to be looked after all the same
                structlog.get_logger("service").exception("jobs failed")
            before = self._clock() - QUEUE_PATIENCE
            await pause(stopping, LOOK_EVERY)

    def close(self) -> None:
        """Stop both; what runs is asked to end."""
        self._repairs.close()
        self._queue.close()

    def _look(self, before: datetime) -> list[str]:
        """The jobs that nobody has taken; those that were lost have failed from now on."""
        now = self._clock()
        with writing(self._engine) as session:
            jobs.end_lost_jobs(session, now - SILENT_FOR, now)
        with reading(self._engine) as session:
            waiting = jobs.list_jobs(session, 100, "queued")
        self._handed = {job.id: at for job in waiting if (at := self._handed.get(job.id))}
        return [job.id for job in waiting if job.created_at <= before and self._is_due(job.id, now)]

    def _is_due(self, id: str, now: datetime) -> bool:
        handed = self._handed.get(id)
        return handed is None or now - handed > self._queue.again_after


class _Pool:
    """A process that is started when it is first needed, and anew where it was killed."""

    def __init__(self) -> None:
        self._spawn = multiprocessing.get_context("spawn")
        self._line: Connection | None = None
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, work: Callable[..., R], *arguments: object) -> Future[R]:
        """What comes of the work."""
        try:
            return self._started().submit(work, *arguments)
        except BrokenProcessPool:
            self.close()
            return self._started().submit(work, *arguments)

    def close(self) -> None:
        """Stop; what runs is asked to end."""
        if self._line is not None:
            self._line.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._line = self._pool = None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            theirs, self._line = self._spawn.Pipe(duplex=False)
            self._pool = ProcessPoolExecutor(
                1, mp_context=self._spawn, initializer=begin_worker, initargs=(theirs,)
            )
        return self._pool


def _log_failure(done: Future[None]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        structlog.get_logger("service").error("job failed", exc_info=error)
