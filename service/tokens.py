"""Access tokens: signed, short-lived, naming a session; and who holds a session just now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

import jwt
from starlette.concurrency import run_in_threadpool

from pipelines.storage.repositories.users import User

ALGORITHM, ISSUER = "HS256", "takt"
PAGE = "takt.page"  # the audience of tickets: none of them is an access token
TICKET_LIFETIME = timedelta(seconds=60)
KNOWN = timedelta(seconds=5)  # how long a session that has ended is still let in, at most
MOST_KNOWN = 10_000


class TokenError(PermissionError):
    """A token that opens nothing; `expired` where it once did."""

    def __init__(self, message: str, expired: bool = False) -> None:
        self.expired = expired
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: whose session it is for, and until when."""

    session: str
    expires_at: datetime


class Tokens:
    """Signs tokens and reads them. Only the event loop's thread may `read`.

    Parameters
    ----------
    secret
        The key; whoever has it can log in as anybody.
    lifetime
        How long a token opens.
    """

    def __init__(self, secret: str, lifetime: timedelta, clock: Callable[[], datetime]) -> None:
        self.secret, self.lifetime, self._clock = secret, lifetime, clock
        self._read: dict[str, Claims] = {}  # by token, once its signature was found to be ours

    def make(self, session: str) -> str:
        """The access token of a session."""
        now = self._clock()
        claims = {"iss": ISSUER, "sid": session, "iat": now, "exp": now + self.lifetime}
        return jwt.encode(claims, self.secret, ALGORITHM)

    def read(self, token: str) -> Claims:
        """What the token says. TokenError where it was not made with this key, or has run out."""
        found = self._read.get(token)
        if found is None:
            found = self._verified(token)
            if len(self._read) >= MOST_KNOWN:
                self._read.clear()
            self._read[token] = found
        if found.expires_at <= self._clock():
            self._read.pop(token, None)
            raise TokenError("the access token has run out; renew it", expired=True)
        return found

    def _verified(self, token: str) -> Claims:
        session, until = _signed(token, self.secret, "sid", self._clock().tzinfo, "access token")
        return Claims(session, until)


class Tickets:
    """Signs addresses that open one page for a minute: what a frame shows cannot send a token."""

    def __init__(self, secret: str, clock: Callable[[], datetime]) -> None:
        self._secret, self._clock = secret, clock

    def make(self, page: str) -> str:
        """The ticket for a page."""
        now = self._clock()
        claims = {"iss": ISSUER, "aud": PAGE, "sub": page, "iat": now, "exp": now + TICKET_LIFETIME}
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, ticket: str) -> str:
        """The page that the ticket opens. TokenError where it was not made here, or has run out."""
        page, until = _signed(ticket, self._secret, "sub", self._clock().tzinfo, "ticket", PAGE)
        if until <= self._clock():
            raise TokenError("the ticket has run out; ask for another", expired=True)
        return page


def _signed(
    text: str, secret: str, named: str, zone: tzinfo | None, kind: str, audience: str | None = None
) -> tuple[str, datetime]:
    """What the named claim of a token of ours says, and until when; the caller's clock judges that."""
    options: Any = {
        "require": ["exp", "iss", named], "verify_exp": False, "verify_iat": False
    }  # fmt: skip
    try:
        claims = jwt.decode(
            text, secret, [ALGORITHM], issuer=ISSUER, audience=audience, options=options
        )
        until = datetime.fromtimestamp(claims["exp"], zone)
    except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError) as error:
        raise TokenError(f"the {kind} is not one of this service") from error
    return str(claims[named]), until


class Holders:
    """Who holds a session, asked of the database once in a few seconds at most.

    Parameters
    ----------
    load
        Returns the active user whose live session it is, or None.
    """

    def __init__(self, load: Callable[[str], User | None], clock: Callable[[], datetime]) -> None:
        self._load, self._clock = load, clock
        self._known: dict[str, tuple[User, datetime]] = {}

    async def holder(self, session: str) -> User | None:
        """The user, or None where the session has ended. Only the event loop's thread may call it."""
        now = self._clock()
        known = self._known.get(session)
        if known is not None and now < known[1]:
            return known[0]
        user = await run_in_threadpool(self._load, session)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        if user is None:
            self._known.pop(session, None)
        else:
            self._known[session] = (user, now + KNOWN)
        return user

    def forget(self) -> None:
        """Ask again from now on."""
        self._known.clear()
