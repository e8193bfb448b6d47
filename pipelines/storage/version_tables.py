"""The tables of what was decided: forecasts, versions and their content, drift verdicts.

A version goes draft -> published -> superseded. From `published` on neither it nor its runs,
pegging and KPIs change: triggers refuse it, on every back end.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.storage.base import Base
from pipelines.storage.fact_tables import SERIAL

ONE_PUBLISHED = text("status = 'published'")


class ForecastRow(Base):
    """The demand forecast of a product and day, made by `model` with what was known at `origin`."""

    __tablename__ = "forecasts"
    __table_args__ = (
        CheckConstraint("q10 <= q50 AND q50 <= q90", name="quantiles"),
        Index(None, "unique_id", "ds"),
    )

    origin: Mapped[datetime] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(primary_key=True)
    unique_id: Mapped[str] = mapped_column(primary_key=True)
    ds: Mapped[date] = mapped_column(primary_key=True)
    mean: Mapped[float]
    q10: Mapped[float]
    q50: Mapped[float]
    q90: Mapped[float]
    made_at: Mapped[datetime]


class VersionRow(Base):
    """A version of the plan of one plant."""

    __tablename__ = "versions"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'published', 'superseded')", name="status"),
        CheckConstraint("number >= 1", name="number"),
        Index(
            "uq_versions_published_plant_name",
            "plant_name",
            unique=True,
            sqlite_where=ONE_PUBLISHED,
            postgresql_where=ONE_PUBLISHED,
        ),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    plant_name: Mapped[str]
    plant_id: Mapped[int] = mapped_column(SERIAL, ForeignKey("plants.id"))
    schedule_digest: Mapped[str]
    method: Mapped[str]
    author: Mapped[str]
    note: Mapped[str]
    total_cost: Mapped[float]
    bound: Mapped[float | None]
    weights: Mapped[dict[str, Any]]
    zones: Mapped[dict[str, Any]]
    base: Mapped[int | None] = mapped_column(ForeignKey("versions.number"))
    mlflow_run_id: Mapped[str | None]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]


class VersionRunRow(Base):
    """A run of a version; on one line no two runs overlap."""

    __tablename__ = "version_runs"
    __table_args__ = (
        CheckConstraint("end_minute > start_minute", name="end_minute"),
        CheckConstraint("start_minute >= 0", name="start_minute"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("lock IN ('none', 'line', 'start', 'all')", name="lock"),
        Index(None, "version", "line", "start_minute"),
    )

    version: Mapped[int] = mapped_column(ForeignKey("versions.number"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    line: Mapped[str]
    item: Mapped[str]
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    quantity: Mapped[float]
    lock: Mapped[str]


class VersionPeggingRow(Base):
    """How much of an item an order or a run took from its supplier; ids as in `plant.Peg`."""

    __tablename__ = "version_pegging"
    __table_args__ = (
        CheckConstraint("consumer IN ('order', 'run')", name="consumer"),
        CheckConstraint("supplier IN ('run', 'arrival', 'stock', 'nobody')", name="supplier"),
        Index(None, "version", "consumer_id"),
        Index(None, "version", "supplier_id"),
    )

    version: Mapped[int] = mapped_column(ForeignKey("versions.number"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    consumer: Mapped[str]
    consumer_id: Mapped[str]
    supplier: Mapped[str]
    supplier_id: Mapped[str | None]
    item: Mapped[str]
    quantity: Mapped[float]
    at_minute: Mapped[int]


class VersionKpiRow(Base):
    """A figure of a version: a component of its cost, or a KPI."""

    __tablename__ = "version_kpis"
    __table_args__ = (CheckConstraint("kind IN ('cost', 'kpi')", name="kind"),)

    version: Mapped[int] = mapped_column(ForeignKey("versions.number"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float | None]


class DriftVerdictRow(Base):
    """What one drift check found."""

    __tablename__ = "drift_verdicts"
    __table_args__ = (Index(None, "kind", "at"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    verdict: Mapped[str]
    statistic: Mapped[float | None]
    threshold: Mapped[float | None]
    details: Mapped[dict[str, Any]]
    version: Mapped[int | None] = mapped_column(ForeignKey("versions.number"))
    mlflow_run_id: Mapped[str | None]
