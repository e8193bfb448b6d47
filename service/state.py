"""What a running service holds, put together in one place when it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from pipelines.accounts import ARGON2, Accounts
from pipelines.context import Context
from pipelines.drafts import Desk
from pipelines.events import Now
from pipelines.settings import Settings, load_secret
from pipelines.storage import open_database, reading
from pipelines.storage.cache import LatestState, open_latest_state
from pipelines.storage.repositories.live import latest_now
from pipelines.views.shelf import Shelf
from service.feed import Feed
from service.replies import Replies
from service.tokens import Holders, Tickets, Tokens
from service.work import Work

HASHER = ARGON2
MOST_SOCKETS = 2_000


class Sockets:
    """How many sockets are open."""

    def __init__(self, most: int = MOST_SOCKETS) -> None:
        self._most, self._open = most, 0

    def full(self) -> bool:
        """Whether no more are taken."""
        return self._open >= self._most

    @contextmanager
    def one(self) -> Iterator[None]:
        """Counts one for as long as it is open."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1


@dataclass(frozen=True, slots=True)
class State:
    """The database and what is built on it; handlers get it as `StateDep`."""

    context: Context
    engine: Engine
    accounts: Accounts
    tokens: Tokens
    tickets: Tickets
    holders: Holders
    replies: Replies
    shelf: Shelf
    desk: Desk
    feed: Feed
    sockets: Sockets
    work: Work
    latest: LatestState

    @property
    def settings(self) -> Settings:
        """Where things are."""
        return self.context.settings

    @property
    def clock(self) -> Callable[[], datetime]:
        """Returns this instant."""
        return self.context.clock

    async def end_session(self, id: str) -> None:
        """End a session, here and in the database."""
        await run_in_threadpool(self.accounts.log_out, id)
        self.holders.forget()


def open_state(context: Context) -> State:
    """The state of a service over the context's database. Raises StorageError, SettingsError."""
    settings = context.settings
    engine = open_database(settings.database_url)
    accounts = Accounts(engine, context.clock, timedelta(days=settings.session_days), HASHER)
    lifetime = timedelta(minutes=settings.token_minutes)
    secret = load_secret(settings)
    return State(
        context=context,
        engine=engine,
        accounts=accounts,
        tokens=Tokens(secret, lifetime, context.clock),
        tickets=Tickets(secret, context.clock),
        holders=Holders(accounts.holder, context.clock),
        replies=Replies(),
        shelf=Shelf(engine),
        desk=Desk(engine, context.clock),
        feed=Feed(engine, context.clock),
        sockets=Sockets(),
        work=Work(context, engine),
        latest=open_latest_state(settings.redis_url, lambda: _load_now(engine)),
    )


def _load_now(engine: Engine) -> Now:
    with reading(engine) as session:
        return latest_now(session)
