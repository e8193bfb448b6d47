"""The tables of what is foreseen of a version: which orders will be late, where stock runs out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.storage.base import Base, Json


class OrderRiskRow(Base):
    """How likely an order of a version will be late, and why; `model` said so.

    replayed: the chance from replaying the version's schedule alone; late_units: expected there.
    """

    __tablename__ = "order_risks"
    __table_args__ = (CheckConstraint("chance >= 0 AND chance <= 1", name="chance"),)

    version: Mapped[int] = mapped_column(ForeignKey("versions.number"), primary_key=True)
    order_id: Mapped[str] = mapped_column(primary_key=True)
    chance: Mapped[float]
    replayed: Mapped[float | None]
    late_units: Mapped[float | None]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    model: Mapped[str]
    made_at: Mapped[datetime]


class StockRiskRow(Base):
    """How likely an item's stock runs out on a day of a version, and by then; its stock at the day's end."""

    __tablename__ = "stock_risks"
    __table_args__ = (CheckConstraint("chance >= 0 AND chance <= chance_by", name="chance"),)

    version: Mapped[int] = mapped_column(ForeignKey("versions.number"), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    chance: Mapped[float]
    chance_by: Mapped[float]
    missing: Mapped[float]
    q10: Mapped[float]
    q50: Mapped[float]
    q90: Mapped[float]
    made_at: Mapped[datetime]
