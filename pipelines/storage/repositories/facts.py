"""Batches, daily facts, products, their plants, and what was kept out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from pipelines.storage.repositories.sync import Changes, Shape, sync_rows
from pipelines.storage.tables import (
    MEASURES,
    BatchRow,
    DailyFactRow,
    ProductPlantRow,
    ProductRow,
    QuarantineRow,
)

DAILY = Shape(DailyFactRow, ("unique_id", "ds"), MEASURES)
PRODUCTS = Shape(ProductRow, ("unique_id",), ("product_group", "sub_group"))
PRODUCT_PLANTS = Shape(ProductPlantRow, ("unique_id", "plant", "storage"), ())


@dataclass(frozen=True, slots=True)
class Batch:
    """One state of the input: the digest of its files and rules, and how many rows went where."""

    digest: str
    data_set: str
    simulated: bool
    files: Mapping[str, str]
    rows: Mapping[str, Mapping[str, int]]
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One reason why a source row was kept out, and the row as it was read."""

    table: str
    source_file: str
    row: int
    column: str
    reason: str
    original: Mapping[str, Any]


def find_batch(session: Session, digest: str) -> Batch | None:
    """The batch of that digest, or None where it was never loaded."""
    row = session.get(BatchRow, digest)
    if row is None:
        return None
    return Batch(row.digest, row.data_set, row.simulated, row.files, row.rows, row.loaded_at)


def add_batch(session: Session, batch: Batch) -> bool:
    """Whether the batch was new; a known one is left as it stands."""
    if session.get(BatchRow, batch.digest) is not None:
        return False
    session.add(
        BatchRow(
            digest=batch.digest,
            data_set=batch.data_set,
            simulated=batch.simulated,
            files=dict(batch.files),
            rows={table: dict(counts) for table, counts in batch.rows.items()},
            loaded_at=batch.loaded_at,
        )
    )
    session.flush()
    return True


def sync_products(session: Session, frame: pd.DataFrame, batch: str) -> Changes:
    """The changes that make `products` hold the frame (unique_id, group, sub_group)."""
    named = frame.rename(columns={"group": "product_group"})
    return sync_rows(session, PRODUCTS, _records(named), {"batch": batch})


def sync_product_plants(session: Session, frame: pd.DataFrame, batch: str) -> Changes:
    """The changes that make `product_plants` hold the frame (unique_id, plant, storage or null)."""
    known = frame.assign(storage=frame["storage"].fillna(""))
    return sync_rows(session, PRODUCT_PLANTS, _records(known), {"batch": batch})


def sync_daily(session: Session, frame: pd.DataFrame, batch: str) -> Changes:
    """The changes that make `daily_facts` hold the frame (unique_id, ds and the eight measures)."""
    dated = frame.assign(ds=[instant.date() for instant in frame["ds"]])
    return sync_rows(session, DAILY, _records(dated), {"batch": batch})


def load_products(session: Session) -> pd.DataFrame:
    """The products: unique_id, group, sub_group, in the order of their ids."""
    frame = _frame(session, ProductRow, ("unique_id", "product_group", "sub_group"))
    return frame.rename(columns={"product_group": "group"})


def load_product_plants(session: Session) -> pd.DataFrame:
    """The plants of the products: unique_id, plant, storage (null where unknown)."""
    frame = _frame(session, ProductPlantRow, ("unique_id", "plant", "storage"))
    return frame.assign(storage=frame["storage"].replace({"": None}))


def load_daily(session: Session) -> pd.DataFrame:
    """The daily facts: unique_id, ds and the eight measures, in the order of product and day."""
    frame = _frame(session, DailyFactRow, ("unique_id", "ds", *MEASURES))
    return frame.assign(ds=pd.to_datetime(frame["ds"]))


def add_quarantine(session: Session, rows: Iterable[Quarantined], batch: str) -> int:
    """How many rows were added; those of a batch that is there already are not added again."""
    held = select(func.count()).select_from(QuarantineRow).where(QuarantineRow.batch == batch)
    values = [
        {
            "batch": batch,
            "table_name": row.table,
            "source_file": row.source_file,
            "row_number": row.row,
            "column_name": row.column,
            "reason": row.reason,
            "original": dict(row.original),
        }
        for row in rows
    ]
    if not values or session.scalar(held):
        return 0
    session.execute(insert(QuarantineRow), values)
    return len(values)


def list_quarantine(session: Session, table: str | None = None) -> pd.DataFrame:
    """The quarantine, oldest first; of one table where it is named."""
    columns = (
        "batch",
        "table_name",
        "source_file",
        "row_number",
        "column_name",
        "reason",
        "original",
    )
    query = select(*(getattr(QuarantineRow, name) for name in columns)).order_by(QuarantineRow.id)
    if table is not None:
        query = query.where(QuarantineRow.table_name == table)
    return pd.DataFrame([tuple(row) for row in session.execute(query)], columns=list(columns))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = frame.to_dict("records")
    return records


def _frame(session: Session, table: type[Any], columns: tuple[str, ...]) -> pd.DataFrame:
    query = select(*(getattr(table, name) for name in columns)).order_by(
        *table.__table__.primary_key.columns
    )
    return pd.DataFrame([tuple(row) for row in session.execute(query)], columns=list(columns))
