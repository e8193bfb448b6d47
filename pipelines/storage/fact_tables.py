"""The tables of what was measured: batches, daily facts, products, their plants, the quarantine."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.storage.base import Base

MEASURES = (
    "produced_units",
    "ordered_units",
    "issued_units",
    "delivered_units",
    "produced_tonnes",
    "ordered_tonnes",
    "issued_tonnes",
    "delivered_tonnes",
)
SERIAL = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER keys count up in SQLite


def _product() -> ForeignKey:
    """A reference checked at the end: a product that left its table leaves the others in that load."""
    return ForeignKey("products.unique_id", deferrable=True, initially="DEFERRED")


class BatchRow(Base):
    """One ingested state of the input, named by the digest of its files and rules."""

    __tablename__ = "batches"

    digest: Mapped[str] = mapped_column(primary_key=True)
    data_set: Mapped[str]
    simulated: Mapped[bool]
    files: Mapped[dict[str, Any]]
    rows: Mapped[dict[str, Any]]
    loaded_at: Mapped[datetime]


class ProductRow(Base):
    """A product and the group and sub-group its maker sorts it into."""

    __tablename__ = "products"

    unique_id: Mapped[str] = mapped_column(primary_key=True)
    product_group: Mapped[str]
    sub_group: Mapped[str]
    batch: Mapped[str] = mapped_column(ForeignKey("batches.digest"))


class ProductPlantRow(Base):
    """A plant and storage location that a product is routed to; an unknown location is ''."""

    __tablename__ = "product_plants"

    unique_id: Mapped[str] = mapped_column(_product(), primary_key=True)
    plant: Mapped[str] = mapped_column(primary_key=True)
    storage: Mapped[str] = mapped_column(primary_key=True)
    batch: Mapped[str] = mapped_column(ForeignKey("batches.digest"))


class DailyFactRow(Base):
    """What of a product was made, ordered, issued and delivered on a day.

    `batch` is the last one that changed the row.
    """

    __tablename__ = "daily_facts"
    __table_args__ = (
        *(CheckConstraint(f"{measure} >= 0", name=measure) for measure in MEASURES),
        Index(None, "ds"),
    )

    unique_id: Mapped[str] = mapped_column(_product(), primary_key=True)
    ds: Mapped[date] = mapped_column(primary_key=True)
    produced_units: Mapped[float]
    ordered_units: Mapped[float]
    issued_units: Mapped[float]
    delivered_units: Mapped[float]
    produced_tonnes: Mapped[float]
    ordered_tonnes: Mapped[float]
    issued_tonnes: Mapped[float]
    delivered_tonnes: Mapped[float]
    batch: Mapped[str] = mapped_column(ForeignKey("batches.digest"))


class QuarantineRow(Base):
    """One reason why one source row was not let in, with the row as it was read."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint(
            "batch", "table_name", "source_file", "row_number", "column_name", "reason"
        ),
        CheckConstraint("row_number >= 1", name="row_number"),
    )

    id: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    batch: Mapped[str] = mapped_column(ForeignKey("batches.digest"))
    table_name: Mapped[str]
    source_file: Mapped[str]
    row_number: Mapped[int] = mapped_column(BigInteger)
    column_name: Mapped[str]
    reason: Mapped[str]
    original: Mapped[dict[str, Any]]
