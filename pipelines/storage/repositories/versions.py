"""Versions of the plan: published whole in one transaction, listed, loaded, never changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Table, func, insert, select, text, update
from sqlalchemy.orm import Session

from pipelines.storage.repositories.notices import add_notice
from pipelines.storage.repositories.plants import load_snapshot, store_plant
from pipelines.storage.repositories.sync import NotStoredError
from pipelines.storage.tables import (
    VersionKpiRow,
    VersionPeggingRow,
    VersionRow,
    VersionRunRow,
)
from plant import Evaluation, Peg, Plant, Run, Schedule, Weights, Zones


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is published: a schedule of a plant with what `plant.evaluate` says of it.

    Parameters
    ----------
    evaluation
        Of this schedule, under `weights`, `zones` and the schedule of version `base`.
    plant_name
        What the plant is stored under; each name has one published version at a time.
    method
        How the schedule was made: rule, policy, refined, ...
    bound
        A proven lower bound of the cost, where there is one.
    base
        The version that this one follows.
    """

    plant: Plant
    schedule: Schedule
    evaluation: Evaluation
    method: str
    plant_name: str
    weights: Weights
    zones: Zones
    bound: float | None = None
    base: int | None = None
    mlflow_run_id: str | None = None
    author: str = "takt"
    note: str = ""


@dataclass(frozen=True, slots=True)
class VersionMeta:
    """What a list of versions shows of one."""

    number: int
    status: Literal["draft", "published", "superseded"]
    plant_name: str
    plant_id: int
    schedule_digest: str
    method: str
    author: str
    note: str
    total_cost: float
    bound: float | None
    weights: Mapping[str, float]
    zones: Mapping[str, int]
    base: int | None
    mlflow_run_id: str | None
    created_at: datetime
    published_at: datetime | None
    superseded_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version with all its content; `cost`, `kpis` by the fields of `plant.Cost`, `Kpis`."""

    meta: VersionMeta
    plant: Plant
    schedule: Schedule
    cost: Mapping[str, float]
    kpis: Mapping[str, float | None]
    pegging: tuple[Peg, ...]


class NotFeasibleError(ValueError):
    """A schedule that breaks rules is not published; the message names the first of them."""


def publish_version(session: Session, publication: Publication, now: datetime) -> int:
    """The number of the new version, the former published one of the plant being superseded.

    All in the session's transaction: either the version is there whole, or nothing is.

    Raises
    ------
    NotFeasibleError
        Where the evaluation names violations.
    """
    number = store_draft(session, publication, now)
    session.execute(
        update(VersionRow)
        .where(VersionRow.plant_name == publication.plant_name, VersionRow.status == "published")
        .values(status="superseded", superseded_at=now)
    )
    session.execute(
        update(VersionRow)
        .where(VersionRow.number == number)
        .values(status="published", published_at=now)
    )
    add_notice(
        session,
        "version.published",
        str(number),
        {
            "number": number,
            "plant_name": publication.plant_name,
            "author": publication.author,
            "base": publication.base,
            "total_cost": publication.evaluation.cost.total,
        },
        now,
    )
    return number


def lock_versions(session: Session) -> None:
    """Keep other publishers waiting until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite's writer is alone already
        session.execute(text("LOCK TABLE versions IN SHARE ROW EXCLUSIVE MODE"))


def store_draft(session: Session, publication: Publication, now: datetime) -> int:
    """The number of the new version, a draft: whole, and nothing else is changed.

    Raises
    ------
    NotFeasibleError
        Where the evaluation names violations.
    """
    _refuse_infeasible(publication.evaluation)
    lock_versions(session)
    number = (session.scalar(select(func.max(VersionRow.number))) or 0) + 1
    plant_id = store_plant(session, publication.plant_name, publication.plant, now)
    session.add(
        VersionRow(
            number=number,
            status="draft",
            plant_name=publication.plant_name,
            plant_id=plant_id,
            schedule_digest=schedule_digest(publication.schedule),
            method=publication.method,
            author=publication.author,
            note=publication.note,
            total_cost=publication.evaluation.cost.total,
            bound=publication.bound,
            weights=asdict(publication.weights),
            zones=asdict(publication.zones),
            base=publication.base,
            mlflow_run_id=publication.mlflow_run_id,
            created_at=now,
        )
    )
    session.flush()
    _store_content(session, number, publication)
    return number


def list_versions(
    session: Session,
    plant_name: str | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[VersionMeta]:
    """The versions, newest first: of one plant, before a number, so many at most, where given."""
    query = select(VersionRow).order_by(VersionRow.number.desc()).limit(limit)
    if before is not None:
        query = query.where(VersionRow.number < before)
    if plant_name is not None:
        query = query.where(VersionRow.plant_name == plant_name)
    return [_meta(row) for row in session.scalars(query)]


def latest_published(session: Session, plant_name: str | None = None) -> VersionMeta | None:
    """The version that is published now, or None; the newest where several plants have one."""
    query = select(VersionRow).where(VersionRow.status == "published")
    if plant_name is not None:
        query = query.where(VersionRow.plant_name == plant_name)
    row = session.scalar(query.order_by(VersionRow.number.desc()).limit(1))
    return None if row is None else _meta(row)


def load_figures(
    session: Session, numbers: Sequence[int]
) -> dict[int, tuple[dict[str, float], dict[str, float | None]]]:
    """The cost by component and the KPIs of versions, by number."""
    query = select(VersionKpiRow).where(VersionKpiRow.version.in_(numbers))
    rows = session.scalars(query).all()
    return {
        number: (
            {
                row.name: row.value
                for row in rows
                if row.version == number and row.kind == "cost" and row.value is not None
            },
            {row.name: row.value for row in rows if row.version == number and row.kind == "kpi"},
        )
        for number in numbers
    }


def load_version(session: Session, number: int) -> StoredVersion:
    """The version of that number with its content; NotStoredError where there is none."""
    row = session.get(VersionRow, number)
    if row is None:
        newest = session.scalar(select(func.max(VersionRow.number)))
        held = f"1 to {newest}" if newest else "none yet"
        raise NotStoredError(f"version {number} is not stored; stored are: {held}")
    kpis = session.scalars(select(VersionKpiRow).where(VersionKpiRow.version == number)).all()
    return StoredVersion(
        meta=_meta(row),
        plant=load_snapshot(session, row.plant_id),
        schedule=_load_schedule(session, number),
        cost={kpi.name: kpi.value for kpi in kpis if kpi.kind == "cost" and kpi.value is not None},
        kpis={kpi.name: kpi.value for kpi in kpis if kpi.kind == "kpi"},
        pegging=_load_pegging(session, number),
    )


def schedule_digest(schedule: Schedule) -> str:
    """The SHA-256 of the schedule's runs, whatever order they stand in."""
    text_of_runs = repr(sorted(schedule.runs, key=lambda run: run.id))
    return hashlib.sha256(text_of_runs.encode()).hexdigest()


def _refuse_infeasible(evaluation: Evaluation) -> None:
    broken = evaluation.violations
    if broken:
        raise NotFeasibleError(
            f"only a feasible schedule is published; this one breaks {len(broken)} rules, first: "
            f"{broken[0].message}"
        )


def _store_content(session: Session, number: int, publication: Publication) -> None:
    runs = [
        {
            "version": number,
            "position": position,
            "id": run.id,
            "line": run.line,
            "item": run.item,
            "start_minute": run.start,
            "end_minute": run.end,
            "quantity": run.quantity,
            "lock": run.lock,
        }
        for position, run in enumerate(publication.schedule.runs)
    ]
    pegs = [
        {
            "version": number,
            "position": position,
            "consumer": peg.consumer,
            "consumer_id": peg.consumer_id,
            "supplier": peg.supplier,
            "supplier_id": peg.supplier_id,
            "item": peg.item,
            "quantity": peg.quantity,
            "at_minute": peg.at,
        }
        for position, peg in enumerate(publication.evaluation.pegging.pegs)
    ]
    figures = {"cost": publication.evaluation.cost, "kpi": publication.evaluation.kpis}
    kpis = [
        {"version": number, "kind": kind, "name": name, "value": value}
        for kind, record in figures.items()
        for name, value in asdict(cast("Any", record)).items()
    ]
    for table, rows in ((VersionRunRow, runs), (VersionPeggingRow, pegs), (VersionKpiRow, kpis)):
        if (
            rows
        ):  # the table, not the class: a class's insert is a statement for each pattern of nulls
            session.execute(insert(cast("Table", table.__table__)), rows)


def _load_schedule(session: Session, number: int) -> Schedule:
    query = select(VersionRunRow).where(VersionRunRow.version == number)
    return Schedule(
        tuple(
            Run(
                row.id,
                row.line,
                row.item,
                row.start_minute,
                row.end_minute,
                row.quantity,
                cast("Any", row.lock),
            )
            for row in session.scalars(query.order_by(VersionRunRow.position))
        )
    )


def _load_pegging(session: Session, number: int) -> tuple[Peg, ...]:
    query = select(VersionPeggingRow).where(VersionPeggingRow.version == number)
    return tuple(
        Peg(
            consumer=cast("Any", row.consumer),
            consumer_id=row.consumer_id,
            item=row.item,
            quantity=row.quantity,
            at=row.at_minute,
            supplier=cast("Any", row.supplier),
            supplier_id=row.supplier_id,
        )
        for row in session.scalars(query.order_by(VersionPeggingRow.position))
    )


def _meta(row: VersionRow) -> VersionMeta:
    columns = VersionRow.__table__.columns
    return VersionMeta(**{column.name: getattr(row, column.name) for column in columns})
