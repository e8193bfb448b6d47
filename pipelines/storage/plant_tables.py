"""The tables of master data: plants as snapshots, each record kind a table keyed by its snapshot.

`position` keeps the order of a plant's records, so that a loaded plant equals the stored one.
Columns that end in `_minute` are whole minutes after the snapshot's `starts_at`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.storage.base import Base
from pipelines.storage.fact_tables import SERIAL


def _of(table: str, *columns: str) -> ForeignKeyConstraint:
    """A foreign key to a record of the same snapshot."""
    return ForeignKeyConstraint(
        ["plant_id", *columns], [f"{table}.plant_id", f"{table}.id"], ondelete="CASCADE"
    )


class PlantRow(Base):
    """A snapshot of a plant: never changed, a new state is a new row under the same name."""

    __tablename__ = "plants"
    __table_args__ = (CheckConstraint("horizon > 0", name="horizon"), Index(None, "name"))

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    name: Mapped[str]
    digest: Mapped[str]
    stored_at: Mapped[datetime]
    currency: Mapped[str]
    starts_at: Mapped[datetime]
    utc_offset: Mapped[int]  # minutes; what `starts_at` is shown in
    horizon: Mapped[int]


class _Record:
    plant_id: Mapped[int] = mapped_column(
        SERIAL, ForeignKey("plants.id", ondelete="CASCADE"), primary_key=True, sort_order=-2
    )
    position: Mapped[int] = mapped_column(sort_order=-1)


class LineRow(_Record, Base):
    """A production line."""

    __tablename__ = "lines"

    id: Mapped[str] = mapped_column(primary_key=True)
    run_cost: Mapped[float]
    overtime_cost: Mapped[float]
    idle_cost: Mapped[float]
    initial_family: Mapped[str | None]
    available_from: Mapped[int]


class ShiftRow(_Record, Base):
    """A stretch in which a line is manned."""

    __tablename__ = "shifts"
    __table_args__ = (
        _of("lines", "line"),
        CheckConstraint("end_minute > start_minute", name="end_minute"),
    )

    line: Mapped[str] = mapped_column(primary_key=True)
    start_minute: Mapped[int] = mapped_column(primary_key=True)
    end_minute: Mapped[int]
    overtime: Mapped[bool]


class ItemRow(_Record, Base):
    """A product, a part or a raw material."""

    __tablename__ = "items"

    id: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str]
    stock: Mapped[float]
    safety_stock: Mapped[float]
    holding_cost: Mapped[float]
    shortage_cost: Mapped[float]


class CapabilityRow(_Record, Base):
    """That a line can make an item."""

    __tablename__ = "capabilities"
    __table_args__ = (
        _of("lines", "line"),
        _of("items", "item"),
        CheckConstraint("rate > 0", name="rate"),
        CheckConstraint("yield_share > 0 AND yield_share <= 1", name="yield_share"),
    )

    line: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    rate: Mapped[float]
    yield_share: Mapped[float]
    min_lot: Mapped[float]
    lot_multiple: Mapped[float]


class ChangeoverRow(Base):
    """What going from one family to another takes; on all lines where `line` is null."""

    __tablename__ = "changeovers"
    __table_args__ = (_of("lines", "line"), CheckConstraint("minutes >= 0", name="minutes"))

    plant_id: Mapped[int] = mapped_column(
        SERIAL, ForeignKey("plants.id", ondelete="CASCADE"), primary_key=True, sort_order=-2
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    from_family: Mapped[str]
    to_family: Mapped[str]
    minutes: Mapped[int]
    cost: Mapped[float]
    line: Mapped[str | None]


class BomLineRow(_Record, Base):
    """What one unit of an item takes of a component."""

    __tablename__ = "bom_lines"
    __table_args__ = (
        _of("items", "item"),
        _of("items", "component"),
        CheckConstraint("per_unit > 0", name="per_unit"),
    )

    item: Mapped[str] = mapped_column(primary_key=True)
    component: Mapped[str] = mapped_column(primary_key=True)
    per_unit: Mapped[float]


class ArrivalRow(Base):
    """Raw material on its way."""

    __tablename__ = "arrivals"
    __table_args__ = (_of("items", "item"), CheckConstraint("quantity > 0", name="quantity"))

    plant_id: Mapped[int] = mapped_column(
        SERIAL, ForeignKey("plants.id", ondelete="CASCADE"), primary_key=True, sort_order=-2
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
    at_minute: Mapped[int]
    quantity: Mapped[float]


class OrderRow(_Record, Base):
    """Demand with a due minute, firm or forecast."""

    __tablename__ = "orders"
    __table_args__ = (
        _of("items", "item"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("source IN ('firm', 'forecast')", name="source"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str]
    quantity: Mapped[float]
    due_minute: Mapped[int]
    weight: Mapped[float]
    source: Mapped[str]
