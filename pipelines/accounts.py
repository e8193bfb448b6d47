"""Accounts: who may log in, how a login is checked and limited, and how it is renewed.

A login is a session. Its access token is signed and short-lived; its refresh token is used once
and gives both anew. A refresh token that comes a second time has been stolen, from one side or the
other, so that the session ends.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine

from pipelines.settings import new_token
from pipelines.storage import reading, writing
from pipelines.storage.repositories import users
from pipelines.storage.repositories.users import ROLES, Role, User, UserSession

NAME = re.compile(r"[^\W_][\w.@-]{1,63}")
LEAST_PASSWORD, MOST_PASSWORD = 10, 256
WINDOW = timedelta(minutes=15)
# Refused logins in a window, from where on none is tried: with a name from one address, with a name
# from anywhere (so that nobody can lock another out by five wrong tries), from one address.
TRIES, TRIES_BY_NAME, TRIES_BY_ADDRESS = 5, 25, 50
ARGON2 = PasswordHash((Argon2Hasher(),))


class AccountError(ValueError):
    """An account cannot be made or changed so; `field` is what is wrong, the message says why."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class LoginRefusedError(PermissionError):
    """Name and password, or the refresh token, are not those of an active user."""


class TooManyLoginsError(PermissionError):
    """Too many logins were refused; `wait` is how long none is tried."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"too many logins were refused; try again in {wait.seconds // 60 + 1} min")


@dataclass(frozen=True, slots=True)
class Login:
    """A user who has logged in, the session, and the token that renews it."""

    user: User
    session: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of a database.

    Parameters
    ----------
    session_length
        How long a login can be renewed.
    hasher
        Makes and checks the hashes of passwords.
    """

    engine: Engine
    clock: Callable[[], datetime]
    session_length: timedelta
    hasher: PasswordHash = ARGON2

    def add(self, name: str, password: str, role: Role) -> User:
        """The new user. AccountError where the name is taken or not one, or the password is weak."""
        wanted = _checked_name(name)
        _check_password(password, wanted)
        hashed = self.hasher.hash(password)
        with writing(self.engine) as session:
            if users.find_user(session, wanted) is not None:
                raise AccountError("name", f"name: {wanted} is taken already")
            return users.add_user(session, wanted, hashed, role, self.clock())

    def change(
        self,
        id: int,
        role: Role | None = None,
        is_active: bool | None = None,
        password: str | None = None,
    ) -> User | None:
        """The changed user, or None where there is none; what is not given stays.

        Whoever is shut out or gets another password or role is logged out everywhere. AccountError
        where no admin would be left.
        """
        with reading(self.engine) as session:
            known = users.load_user(session, id)
        if known is None:
            return None
        if password is not None:
            _check_password(password, known.name)
        hashed = None if password is None else self.hasher.hash(password)
        with writing(self.engine) as session:
            changed = users.change_user(session, id, role, is_active, hashed)
            if users.count_admins(session) == 0:
                raise AccountError(
                    "role", f"role: {known.name} is the last admin; name another first"
                )
            users.end_user_sessions(session, self.clock(), user_id=id)
            return changed

    def list(self) -> list[User]:
        """All users by name."""
        with reading(self.engine) as session:
            return users.list_users(session)

    def holder(self, session_id: str) -> User | None:
        """The user whose session it is, or None where it has ended or the user is shut out."""
        with reading(self.engine) as session:
            user = users.load_session_user(session, session_id, self.clock())
        return user if user and user.is_active else None

    def check_password(self, user: User, password: str, address: str) -> None:
        """Nothing where it is the user's password; LoginRefusedError or TooManyLoginsError otherwise."""
        self._checked(user.name, password, address)

    def log_in(self, name: str, password: str, address: str) -> Login:
        """A new session of the user with that name and password.

        Raises
        ------
        LoginRefusedError
            Where there is no such active user or the password is another; which of them is not told.
        TooManyLoginsError
            Where the name or the address has been refused too often of late.
        """
        user = self._checked(_plain(name), password, address)
        now = self.clock()
        login, stored = self._new_session(user, now)
        with writing(self.engine) as session:
            users.forget_user_sessions(session, before=now)
            users.add_user_session(session, stored, now)
        return login

    def renew(self, refresh_token: str) -> Login:
        """The session with new tokens. LoginRefusedError where the token renews nothing (any more)."""
        id, _, secret = refresh_token.partition(".")
        now = self.clock()
        with writing(self.engine) as session:
            known = users.find_user_session(session, id)
            user = users.load_user(session, known.user_id) if known else None
            if known is None or user is None or known.ended_at or known.expires_at <= now:
                login = None
            elif not user.is_active or not hmac.compare_digest(
                known.refresh_digest, _digest(secret)
            ):
                users.end_user_sessions(session, now, id=id)
                login = None
            else:
                fresh = new_token()
                users.renew_user_session(session, id, _digest(fresh))
                login = Login(user, id, f"{id}.{fresh}")
        if login is None:
            raise LoginRefusedError("refresh_token: not valid any more; log in again")
        return login

    def log_out(self, session_id: str) -> None:
        """End a session; its access token goes on until it runs out."""
        with writing(self.engine) as session:
            users.end_user_sessions(session, self.clock(), id=session_id)

    def _checked(self, name: str, password: str, address: str) -> User:
        self._count_try(name[:64], address)
        with reading(self.engine) as session:
            found = users.find_user(session, name)
        hashed = found[1] if found else _hash_of_nothing(self.hasher)
        matches = len(password) <= MOST_PASSWORD and self.hasher.verify(password, hashed)
        if found is None or not matches or not found[0].is_active:
            raise LoginRefusedError("name and password are not those of an active user")
        with writing(self.engine) as session:
            users.forget_login_failures(session, name=name, address=address)
            users.forget_login_failures(session, before=self.clock() - WINDOW)
        return found[0]

    def _count_try(self, name: str, address: str) -> None:
        """Count a login as refused before it is checked: tries at the same moment cannot all slip in."""
        now = self.clock()
        with writing(self.engine) as session:
            users.hold_login_failures(session)
            for most, of in (
                (TRIES, {"name": name, "address": address}),
                (TRIES_BY_NAME, {"name": name}),
                (TRIES_BY_ADDRESS, {"address": address}),
            ):
                failures = users.list_login_failures(session, now - WINDOW, **of)
                if len(failures) >= most:
                    raise TooManyLoginsError(failures[-most] + WINDOW - now)
            users.add_login_failure(session, name, address, now)

    def _new_session(self, user: User, now: datetime) -> tuple[Login, UserSession]:
        id, secret = new_token(16), new_token()
        expires = now + self.session_length
        return (
            Login(user, id, f"{id}.{secret}"),
            UserSession(id, user.id, _digest(secret), expires, None),
        )


def may(user: User, role: Role) -> bool:
    """Whether the user may do what is for that role."""
    return ROLES.index(user.role) >= ROLES.index(role)


@cache
def _hash_of_nothing(hasher: PasswordHash) -> str:
    """What an unknown name is checked against, so that its refusal takes as long as another."""
    return hasher.hash(new_token())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _checked_name(name: str) -> str:
    plain = _plain(name)
    if not NAME.fullmatch(plain):
        raise AccountError(
            "name",
            "name: expected 2 to 64 letters, digits and . _ @ - with a letter or digit first, "
            f"found {name[:80]!r}",
        )
    return plain


def _check_password(password: str, name: str) -> None:
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise AccountError(
            "password",
            f"password: expected {LEAST_PASSWORD} to {MOST_PASSWORD} characters, found {len(password)}",
        )
    if len(set(password)) < 5 or name in password.casefold():
        raise AccountError(
            "password", "password: expected five different characters and not the name in it"
        )
