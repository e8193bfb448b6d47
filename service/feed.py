"""The feed: what browsers are told, as it happens and from where they left off.

The database is the truth. One task asks it a few times a second for what is new, whoever wrote it, and
keeps the last notices in memory; each browser has a place of its own in them. One that is slow holds up
nobody, one that was away reads what it missed from the database.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pydantic import TypeAdapter
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from pipelines.storage import StorageError, reading, writing
from pipelines.storage.repositories.notices import (
    Notice,
    forget_notices,
    list_notices,
    notice_bounds,
)

ASK_EVERY = 0.2  # seconds
PAGE = 500
MOST_RECENT = 2_000
KEPT_FOR = timedelta(days=7)
TIDY_EVERY = timedelta(hours=1)
SHAPE = TypeAdapter(Notice)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice and the text that is sent of it."""

    id: int
    at: datetime
    text: str
    is_live: bool = True


class Feed:
    """The notices of a database. But for `load`, only the event loop's thread may use it."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._recent: deque[Told] = deque(maxlen=MOST_RECENT)
        self._since = 0  # from this id on, `_recent` holds every notice
        self._news = asyncio.Condition()
        self.last = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Ask for news until it is to stop; a database that does not answer is asked again."""
        tidied = await self._begin(stopping)
        while not stopping.is_set():
            try:
                found = await run_in_threadpool(self.load, self.last, PAGE)
                if found:
                    await self._add([told(notice) for notice in found])
                if self._clock() - tidied > TIDY_EVERY:
                    tidied = await self._tidy()
            except (SQLAlchemyError, StorageError) as error:
                structlog.get_logger("service").warning("feed waits", reason=str(error))
            except Exception:  # a fault of ours; browsers are to hear of what comes after it
                structlog.get_logger("service").exception("feed failed")
            await pause(stopping, ASK_EVERY)

    async def bounds(self) -> tuple[int, int]:
        """The ids of the oldest notice that is kept and of the newest that was seen."""
        oldest, newest = await run_in_threadpool(self._bounds)
        return oldest, max(newest, self.last)

    async def after(self, place: int, patience: float | None = None) -> list[Told]:
        """The notices after a place, waited for where there are none; none once patience is over."""
        if place >= self.last:
            try:
                async with asyncio.timeout(patience), self._news:
                    await self._news.wait_for(lambda: place < self.last)
            except TimeoutError:
                return []
        if place >= self._since:
            return [one for one in self._recent if one.id > place]
        missed = await run_in_threadpool(self.load, place, PAGE)
        return [told(notice, is_live=False) for notice in missed]

    def load(self, after: int, limit: int) -> list[Notice]:
        """The notices after an id, from the database."""
        with reading(self._engine) as session:
            return list_notices(session, after, limit)

    async def _begin(self, stopping: asyncio.Event) -> datetime:
        while not stopping.is_set():
            try:
                await self._tidy()
                _, self.last = await run_in_threadpool(self._bounds)
            except (SQLAlchemyError, StorageError):
                await pause(stopping, ASK_EVERY)
            else:
                self._since = self.last
                break
        return self._clock()

    async def _add(self, found: list[Told]) -> None:
        async with self._news:
            if len(self._recent) + len(found) > MOST_RECENT:
                dropped = len(self._recent) + len(found) - MOST_RECENT
                self._since = [*self._recent, *found][dropped - 1].id
            self._recent.extend(found)
            self.last = found[-1].id
            self._news.notify_all()

    async def _tidy(self) -> datetime:
        now = self._clock()
        await run_in_threadpool(self._forget, now - KEPT_FOR)
        return now

    def _bounds(self) -> tuple[int, int]:
        with reading(self._engine) as session:
            return notice_bounds(session)

    def _forget(self, before: datetime) -> None:
        with writing(self._engine) as session:
            forget_notices(session, before)


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Wait, but not when all is to stop.

    Tasks that read the database are not cancelled: the thread that reads would go on alone.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()


def told(notice: Notice, *, is_live: bool = True) -> Told:
    """The notice as it is sent."""
    text = '{"type":"notice",' + SHAPE.dump_json(notice).decode()[1:]
    return Told(notice.id, notice.at, text, is_live)
