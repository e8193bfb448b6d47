"""The tables of the live plant: events as they happened, and what they add up to.

An event counts once: `event_ids` takes an id the first time and never again, and everything else is
computed from the events whose ids it took, in the same transaction. `position` is the order in which
the database took events: the number of the commit times 2**24, plus the event's place in it.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.storage.base import Base, Instant
from pipelines.storage.fact_tables import SERIAL

PLACES = 2**24  # events that one commit can hold
NOTED = "type IN ('line_state', 'material', 'order')"

# No primary key: the id is unique by event_ids already, and an index on it would cost every event.
EVENTS = Table(
    "events",
    Base.metadata,
    Column("position", BigInteger, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("type", String, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("source", String, nullable=False),
    Column("line", String),
    Column("item", String),
    Column("run", String),
    Column("delivery", String),
    Column("order_id", String),
    Column("status", String),  # of a delivery, the state of a line, the change of an order
    Column("reason", String),
    Column("until", Instant),
    Column("due_at", Instant),
    Column("quantity", Double),
    Column("good", Double),
    Column("scrap", Double),
    Column("checked", Double),
    Column("failed", Double),
    Column("weight", Double),
    Index("ix_events_at", "at", postgresql_using="brin"),
    Index(
        "ix_events_noted",
        "position",
        postgresql_where=text(NOTED),
        sqlite_where=text(NOTED),
    ),
    postgresql_partition_by="RANGE (at)",
)


class EventIdRow(Base):
    """That an event was taken, where it stands, and the CRC-32 of its bytes to tell a false copy."""

    __tablename__ = "event_ids"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    crc: Mapped[int] = mapped_column(BigInteger)


class EventBatchRow(Base):
    """A commit: the micro-batch of the query that it holds, and what became of its messages."""

    __tablename__ = "event_batches"
    __table_args__ = (UniqueConstraint("query_id", "batch_id"),)

    number: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    query_id: Mapped[str]
    batch_id: Mapped[int] = mapped_column(BigInteger)
    committed_at: Mapped[datetime]
    received: Mapped[int]
    stored: Mapped[int]
    copies: Mapped[int]
    refused: Mapped[int]


class LineMinuteRow(Base):
    """What a line counted and had inspected of an item in a minute."""

    __tablename__ = "line_minutes"
    __table_args__ = (
        CheckConstraint("good >= 0 AND scrap >= 0", name="made"),
        {"postgresql_partition_by": "RANGE (minute)"},
    )

    line: Mapped[str] = mapped_column(primary_key=True)
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    events: Mapped[int]
    good: Mapped[float]
    scrap: Mapped[float]
    checked: Mapped[float]
    failed: Mapped[float]
    last_at: Mapped[datetime]


class LineDayRow(Base):
    """What a line counted on a day of the plant, and when it last said anything of that day."""

    __tablename__ = "line_days"

    line: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    good: Mapped[float]
    scrap: Mapped[float]
    last_at: Mapped[datetime]


class LineStateRow(Base):
    """That a line changed to a state; it holds until the line's next row."""

    __tablename__ = "line_states"

    line: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    item: Mapped[str | None]
    reason: Mapped[str]
    until: Mapped[datetime | None]


class DeliveryRow(Base):
    """What the latest event on a delivery says."""

    __tablename__ = "deliveries"

    delivery: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str]
    status: Mapped[str]
    quantity: Mapped[float]
    due_at: Mapped[datetime | None]
    at: Mapped[datetime]
    event_id: Mapped[UUID]


class OrderChangeRow(Base):
    """What the latest event on an order says."""

    __tablename__ = "order_changes"

    order_id: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str]
    change: Mapped[str]
    quantity: Mapped[float]
    due_at: Mapped[datetime]
    weight: Mapped[float]
    at: Mapped[datetime]
    event_id: Mapped[UUID]


class ItemStockRow(Base):
    """An item's stock: what there was at `opening_at`, and what moved from then on."""

    __tablename__ = "item_stocks"

    item: Mapped[str] = mapped_column(primary_key=True)
    opening: Mapped[float]
    opening_at: Mapped[datetime]
    received: Mapped[float]
    made: Mapped[float]
    consumed: Mapped[float]
    as_of: Mapped[datetime | None]


class ItemUsageRow(Base):
    """What one unit of an item that is begun takes of a component."""

    __tablename__ = "item_usage"

    item: Mapped[str] = mapped_column(primary_key=True)
    component: Mapped[str] = mapped_column(primary_key=True)
    per_unit: Mapped[float]


class EventQuarantineRow(Base):
    """A message that was refused, byte for byte, with where it lay and why; none is kept twice."""

    __tablename__ = "event_quarantine"
    __table_args__ = (UniqueConstraint("topic", "topic_partition", "topic_offset", "digest"),)

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    code: Mapped[str]
    reason: Mapped[str]
    original: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str]
    topic: Mapped[str]
    topic_partition: Mapped[int]
    topic_offset: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]
    batch: Mapped[int] = mapped_column(BigInteger)
    sent_at: Mapped[datetime | None]
    replayed_at: Mapped[datetime | None]
