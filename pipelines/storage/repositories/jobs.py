"""Jobs in the background: asked for, taken by one worker, followed, and ended once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from pipelines.storage.repositories.notices import add_notice
from pipelines.storage.repositories.sync import NotStoredError
from pipelines.storage.tables import JobRow

JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Job:
    """One job: what was asked by whom, how far it is (0 to 1), and what came of it.

    `beat_at` is when its worker last said that it lives; `result` is there once it is done.
    """

    id: str
    kind: str
    title: str
    request: Mapping[str, Any]
    status: JobStatus
    progress: float
    message: str
    result: Mapping[str, Any] | None
    cancel_asked: bool
    author: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    beat_at: datetime | None


def add_job(
    session: Session,
    id: str,
    kind: str,
    title: str,
    request: Mapping[str, Any],
    author: str,
    now: datetime,
) -> Job:
    """The new job, queued."""
    row = JobRow(
        id=id,
        kind=kind,
        title=title,
        request=dict(request),
        status="queued",
        progress=0.0,
        message="",
        result=None,
        cancel_asked=False,
        author=author,
        created_at=now,
    )
    session.add(row)
    session.flush()
    job = _job(row)
    _tell(session, job, now)
    return job


def find_job(session: Session, id: str) -> Job:
    """The job of that id; NotStoredError where there is none."""
    row = session.get(JobRow, id)
    if row is None:
        raise NotStoredError(f"job {id} is not stored")
    return _job(row)


def list_jobs(session: Session, limit: int, status: JobStatus | None = None) -> list[Job]:
    """The jobs without their results, newest first; in one status where it is named."""
    columns = (getattr(JobRow, name) for name in Job.__slots__ if name != "result")
    query = select(*columns).order_by(JobRow.created_at.desc(), JobRow.id).limit(limit)
    if status is not None:
        query = query.where(JobRow.status == status)
    return [Job(**row, result=None) for row in session.execute(query).mappings()]


def start_job(session: Session, id: str, now: datetime) -> Job | None:
    """The job, running from now on; None where another worker took it or it was cancelled."""
    taken = _change(
        session, id, ("queued",), status="running", started_at=now, beat_at=now, message="started"
    )
    return _told(session, id, now) if taken else None


def follow_job(session: Session, id: str, progress: float, message: str, now: datetime) -> bool:
    """Whether the job is to go on; its progress is stored, and browsers are told."""
    running = _change(
        session,
        id,
        ("running",),
        progress=min(max(progress, 0.0), 1.0),
        message=message,
        beat_at=now,
    )
    return running and not _told(session, id, now).cancel_asked


def end_job(
    session: Session,
    id: str,
    status: Literal["done", "failed", "cancelled"],
    message: str,
    now: datetime,
    result: Mapping[str, Any] | None = None,
) -> bool:
    """Whether the job ended by this: one that has ended already stays as it is."""
    values: dict[str, Any] = {"status": status, "message": message, "finished_at": now}
    if result is not None:
        values["result"] = dict(result)
    if status == "done":
        values["progress"] = 1.0
    ended = _change(session, id, ("queued", "running"), **values)
    if ended:
        _told(session, id, now)
    return ended


def ask_cancel(session: Session, id: str, now: datetime) -> Job:
    """The job, cancelled where nobody has begun it, otherwise asked to stop."""
    job = find_job(session, id)
    if not end_queued(session, id, now):
        _change(session, id, ("running",), cancel_asked=True)
        return _told(session, id, now) if job.status == "running" else job
    return find_job(session, id)


def end_queued(session: Session, id: str, now: datetime) -> bool:
    """Whether the job was still queued, and so is cancelled."""
    ended = _change(
        session, id, ("queued",), status="cancelled", message="cancelled", finished_at=now
    )
    if ended:
        _told(session, id, now)
    return ended


def end_lost_jobs(session: Session, since: datetime, now: datetime) -> list[str]:
    """The ids of running jobs whose worker has said nothing since an instant; they have failed."""
    query = select(JobRow.id).where(JobRow.status == "running", JobRow.beat_at < since)
    lost = list(session.scalars(query))
    for id in lost:
        end_job(session, id, "failed", "its worker has gone; ask for it again", now)
    return lost


def _change(session: Session, id: str, statuses: tuple[str, ...], **values: Any) -> bool:
    query = update(JobRow).where(JobRow.id == id, JobRow.status.in_(statuses)).values(**values)
    done = cast("CursorResult[Any]", session.execute(query))
    session.expire_all()
    return done.rowcount == 1


def _told(session: Session, id: str, now: datetime) -> Job:
    job = find_job(session, id)
    _tell(session, job, now)
    return job


def _tell(session: Session, job: Job, now: datetime) -> None:
    data = {
        "kind": job.kind,
        "title": job.title,
        "status": job.status,
        "progress": round(job.progress, 3),
        "message": job.message,
        "author": job.author,
        "cancel_asked": job.cancel_asked,
    }
    add_notice(session, "job.changed", job.id, data, now)


def _job(row: JobRow) -> Job:
    return Job(**{name: getattr(row, name) for name in Job.__slots__})
