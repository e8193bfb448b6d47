"""The latest state of lines and stocks for those who ask often: in Redis, or in the process.

The database is the truth; this is a copy that may be lost at any time. The stream puts into it what a
commit changed. Whoever reads finds the copy whole or builds it anew from the database. A row never goes
back to an older commit, and the whole copy expires after `max_age`, so that whatever went wrong (Redis
away while a batch was told, a database that was set up anew) is mended by then at the latest.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from pipelines.events import Committed, LineNow, Now, StockNow
from pipelines.metrics import CACHE_READS, CACHE_UP, CACHE_WRITES
from pipelines.storage.cache_redis import InRedis, StoreGoneError

IN_PROCESS_AGE = 1.0  # seconds: another process's commits reach this one through the database
RETRY_AFTER = 1.0  # seconds for which a store that did not answer is left alone

Source = Literal["cache", "rebuilt", "database"]


class Store(Protocol):
    """Where the copy lies. Each method raises StoreGoneError where it cannot be reached."""

    def put(self, now: Now) -> None:
        """Keep the rows that are no older than the ones held."""

    def put_whole(self, now: Now) -> None:
        """Keep them, and hold the copy for whole until it expires."""

    def get(self) -> Now | None:
        """What is held, or None where it is not whole."""

    def forget(self) -> None:
        """Hold nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The latest state, and where it came from: the copy, one built just now, or the database alone."""

    now: Now
    source: Source


class LatestState:
    """The latest state with a store before the database.

    Parameters
    ----------
    store
        Where the copy lies.
    load
        Returns the latest state from the database.
    clock
        Seconds that never go back.
    """

    def __init__(
        self, store: Store, load: Callable[[], Now], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._load, self._clock = store, load, clock
        self._away_until: float | None = None
        self._lock = threading.Lock()

    def apply(self, batch: Committed) -> bool:
        """Whether the store took what a commit changed; what it missed it gets from the database.

        Safe to call again, and with batches out of order.
        """
        taken = self._reached(lambda: self._store.put(batch.now))
        CACHE_WRITES.labels("kept" if taken else "missed").inc()
        return taken

    def read(self) -> Reading:
        """The latest state. Raises StorageError where neither the store nor the database answers."""
        found: list[Now | None] = []
        if self._reached(lambda: found.append(self._store.get())):
            if (held := found[0]) is not None:
                return self._told(held, "cache")
            loaded = self._load()
            kept = self._reached(lambda: self._store.put_whole(loaded))
            return self._told(loaded, "rebuilt" if kept else "database")
        return self._told(self._load(), "database")

    def _told(self, now: Now, source: Source) -> Reading:
        CACHE_READS.labels(source).inc()
        return Reading(now, source)

    def _reached(self, act: Callable[[], None]) -> bool:
        """Whether the store did it; after a silence it first forgets, as nobody knows what it missed."""
        with self._lock:
            away = self._away_until
        if away is not None and self._clock() < away:
            return False
        try:
            if away is not None:
                self._store.forget()
            act()
        except StoreGoneError:
            self._leave_alone(self._clock() + RETRY_AFTER)
            return False
        self._leave_alone(None)
        return True

    def _leave_alone(self, until: float | None) -> None:
        with self._lock:
            self._away_until = until
        CACHE_UP.set(until is None)


class InProcess:
    """The copy in this process's memory."""

    def __init__(
        self, max_age: float = IN_PROCESS_AGE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_age, self._clock = max_age, clock
        self._lock = threading.Lock()
        self._lines: dict[str, LineNow] = {}
        self._stocks: dict[str, StockNow] = {}
        self._expires = float("-inf")

    def put(self, now: Now) -> None:
        """Keep the rows that are no older than the ones held."""
        with self._lock:
            for id, line in now.lines.items():
                if id not in self._lines or self._lines[id].batch <= line.batch:
                    self._lines[id] = line
            for id, stock in now.stocks.items():
                if id not in self._stocks or self._stocks[id].batch <= stock.batch:
                    self._stocks[id] = stock

    def put_whole(self, now: Now) -> None:
        """Keep them, and hold the copy for whole until it expires."""
        self.put(now)
        with self._lock:
            self._expires = self._clock() + self._max_age

    def get(self) -> Now | None:
        """What is held, or None where it is not whole; what has expired is held no longer."""
        with self._lock:
            if self._clock() < self._expires:
                return Now(dict(self._lines), dict(self._stocks))
        self.forget()
        return None

    def forget(self) -> None:
        """Hold nothing."""
        with self._lock:
            self._lines, self._stocks = {}, {}
            self._expires = float("-inf")


def open_latest_state(
    redis_url: str | None, load: Callable[[], Now], clock: Callable[[], float] = time.monotonic
) -> LatestState:
    """The latest state, its copy in Redis where an address is given, in this process otherwise."""
    store: Store = InProcess(clock=clock) if redis_url is None else InRedis(redis_url)
    return LatestState(store, load, clock)
