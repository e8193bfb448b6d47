"""The tables behind the service: users, their sessions and targets, failed logins, notices, jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.storage.base import Base
from pipelines.storage.fact_tables import SERIAL


class UserRow(Base):
    """Who may log in, and what they may do; `name` is kept in lower case and is taken once."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('viewer', 'planner', 'admin')", name="role"),
        Index("uq_users_name", "name", unique=True),
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    is_active: Mapped[bool]
    created_at: Mapped[datetime]


class UserSessionRow(Base):
    """One login of a user, renewed by a refresh token of which only the digest is kept."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(SERIAL, ForeignKey("users.id"))
    refresh_digest: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class UserTargetRow(Base):
    """What a user wants a figure of the plan to be; `kpi` is a field of `plant.Kpis`."""

    __tablename__ = "user_targets"

    user_id: Mapped[int] = mapped_column(
        SERIAL, ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    kpi: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]


class LoginFailureRow(Base):
    """A login that was refused: which name was tried, and from where."""

    __tablename__ = "login_failures"
    __table_args__ = (Index(None, "name", "at"), Index(None, "address", "at"))

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]


class NoticeRow(Base):
    """Something that browsers are told: ids rise in the order in which notices become visible."""

    __tablename__ = "notices"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]]


class JobRow(Base):
    """Work in the background: what was asked, how far it is, and what came of it."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"
        ),
        CheckConstraint("progress >= 0 AND progress <= 1", name="progress"),
        Index(None, "status"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    request: Mapped[dict[str, Any]]
    status: Mapped[str]
    progress: Mapped[float]
    message: Mapped[str]
    result: Mapped[dict[str, Any] | None]
    cancel_asked: Mapped[bool]
    author: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
