"""Users, their sessions, and logins that were refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from pipelines.storage.tables import LoginFailureRow, UserRow, UserSessionRow

Role = Literal["viewer", "planner", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "planner", "admin")


@dataclass(frozen=True, slots=True)
class User:
    """Someone who may log in; `role` includes what the roles before it in ROLES may do."""

    id: int
    name: str
    role: Role
    is_active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UserSession:
    """One login: whose it is, the digest of its refresh token, and how long it lasts."""

    id: str
    user_id: int
    refresh_digest: str
    expires_at: datetime
    ended_at: datetime | None


def add_user(session: Session, name: str, password_hash: str, role: Role, now: datetime) -> User:
    """The new user. The name must be free, which `find_user` tells."""
    row = UserRow(name=name, password_hash=password_hash, role=role, is_active=True, created_at=now)
    session.add(row)
    session.flush()
    return _user(row)


def find_user(session: Session, name: str) -> tuple[User, str] | None:
    """The user of that name with the hash of the password, or None."""
    row = session.scalar(select(UserRow).where(UserRow.name == name))
    return None if row is None else (_user(row), row.password_hash)


def load_user(session: Session, id: int) -> User | None:
    """The user of that id, or None."""
    row = session.get(UserRow, id)
    return None if row is None else _user(row)


def list_users(session: Session) -> list[User]:
    """All users by name."""
    return [_user(row) for row in session.scalars(select(UserRow).order_by(UserRow.name))]


def change_user(
    session: Session,
    id: int,
    role: Role | None = None,
    is_active: bool | None = None,
    password_hash: str | None = None,
) -> User | None:
    """The user after the change of what is given, or None where there is none of that id."""
    row = session.get(UserRow, id)
    if row is None:
        return None
    row.role = role or row.role
    row.is_active = row.is_active if is_active is None else is_active
    row.password_hash = password_hash or row.password_hash
    session.flush()
    return _user(row)


def count_admins(session: Session) -> int:
    """How many admins can log in."""
    query = select(func.count()).where(UserRow.role == "admin", UserRow.is_active.is_(True))
    return session.scalar(query) or 0


def add_user_session(session: Session, login: UserSession, now: datetime) -> None:
    """Store a login."""
    session.add(
        UserSessionRow(
            id=login.id,
            user_id=login.user_id,
            refresh_digest=login.refresh_digest,
            created_at=now,
            expires_at=login.expires_at,
            ended_at=login.ended_at,
        )
    )


def find_user_session(session: Session, id: str) -> UserSession | None:
    """The login of that id, held until the transaction ends so that a token is used once; or None."""
    row = session.get(UserSessionRow, id, with_for_update=True)
    if row is None:
        return None
    return UserSession(row.id, row.user_id, row.refresh_digest, row.expires_at, row.ended_at)


def load_session_user(session: Session, id: str, now: datetime) -> User | None:
    """The user of a login that neither ended nor ran out, or None."""
    query = (
        select(UserRow)
        .join(UserSessionRow, UserSessionRow.user_id == UserRow.id)
        .where(UserSessionRow.id == id, UserSessionRow.ended_at.is_(None))
        .where(UserSessionRow.expires_at > now)
    )
    row = session.scalar(query)
    return None if row is None else _user(row)


def renew_user_session(session: Session, id: str, refresh_digest: str) -> None:
    """Give the login another refresh token."""
    query = update(UserSessionRow).where(UserSessionRow.id == id)
    session.execute(query.values(refresh_digest=refresh_digest))


def end_user_sessions(
    session: Session, now: datetime, id: str | None = None, user_id: int | None = None
) -> None:
    """End one login, or all of a user."""
    query = update(UserSessionRow).where(UserSessionRow.ended_at.is_(None))
    if id is not None:
        query = query.where(UserSessionRow.id == id)
    if user_id is not None:
        query = query.where(UserSessionRow.user_id == user_id)
    session.execute(query.values(ended_at=now))


def forget_user_sessions(session: Session, before: datetime) -> None:
    """Remove the logins that ran out before an instant."""
    session.execute(delete(UserSessionRow).where(UserSessionRow.expires_at < before))


def add_login_failure(session: Session, name: str, address: str, now: datetime) -> None:
    """Note a refused login."""
    session.add(LoginFailureRow(name=name, address=address, at=now))


def list_login_failures(
    session: Session, since: datetime, name: str | None = None, address: str | None = None
) -> list[datetime]:
    """When logins with that name or from that address were refused since an instant, oldest first."""
    query = select(LoginFailureRow.at).where(LoginFailureRow.at > since)
    if name is not None:
        query = query.where(LoginFailureRow.name == name)
    if address is not None:
        query = query.where(LoginFailureRow.address == address)
    return list(session.scalars(query.order_by(LoginFailureRow.at)))


def hold_login_failures(session: Session) -> None:
    """Let nobody else count refused logins until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite's writer is alone already
        session.execute(text("LOCK TABLE login_failures IN SHARE ROW EXCLUSIVE MODE"))


def forget_login_failures(
    session: Session,
    name: str | None = None,
    address: str | None = None,
    before: datetime | None = None,
) -> None:
    """Remove the refused logins with a name, from an address, before an instant: all that is given."""
    query = delete(LoginFailureRow)
    if name is not None:
        query = query.where(LoginFailureRow.name == name)
    if address is not None:
        query = query.where(LoginFailureRow.address == address)
    if before is not None:
        query = query.where(LoginFailureRow.at < before)
    session.execute(query)


def _user(row: UserRow) -> User:
    return User(row.id, row.name, cast("Role", row.role), row.is_active, row.created_at)
