"""What is foreseen of versions: chances of late orders and of stock running out, made anew whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipelines.storage.repositories.sync import Changes, Shape, sync_rows
from pipelines.storage.tables import LineMinuteRow, OrderRiskRow, StockRiskRow

OF_ORDER = ("chance", "replayed", "late_units", "reasons", "model")
OF_STOCK = ("chance", "chance_by", "missing", "q10", "q50", "q90")


@dataclass(frozen=True, slots=True)
class OrderRisk:
    """How likely an order will be late: by the model, and from replaying the schedule alone.

    reasons: records of code, column, name, value, share (of the log odds), and the texts `en`, `ko`,
    the weightiest first. model: name and version, or what stood in for one.
    """

    order: str
    chance: float
    replayed: float | None
    late_units: float | None
    reasons: tuple[Mapping[str, Any], ...]
    model: str


@dataclass(frozen=True, slots=True)
class StockRisk:
    """How likely an item's stock runs out on a day, and by then; units owed and in stock at its end."""

    item: str
    day: date
    chance: float
    chance_by: float
    missing: float
    q10: float
    q50: float
    q90: float


def sync_order_risks(
    session: Session, version: int, risks: Iterable[OrderRisk], made_at: datetime
) -> Changes:
    """The changes that make the version's order risks these."""
    shape = Shape(
        OrderRiskRow, ("version", "order_id"), OF_ORDER, (OrderRiskRow.version == version,)
    )
    rows = [
        {"version": version, "order_id": one.order}
        | {name: getattr(one, name) for name in OF_ORDER}
        | {"reasons": [dict(reason) for reason in one.reasons]}
        for one in risks
    ]
    return sync_rows(session, shape, rows, {"made_at": made_at})


def load_order_risks(session: Session, version: int) -> list[OrderRisk]:
    """The order risks of a version, the likeliest late first; none where it was not scored."""
    query = select(OrderRiskRow).where(OrderRiskRow.version == version)
    rows = session.scalars(query.order_by(OrderRiskRow.chance.desc(), OrderRiskRow.order_id))
    return [
        OrderRisk(
            row.order_id, row.chance, row.replayed, row.late_units, tuple(row.reasons), row.model
        )
        for row in rows
    ]


def sync_stock_risks(
    session: Session, version: int, risks: Iterable[StockRisk], made_at: datetime
) -> Changes:
    """The changes that make the version's stock risks these."""
    shape = Shape(
        StockRiskRow, ("version", "item", "day"), OF_STOCK, (StockRiskRow.version == version,)
    )
    rows = [{"version": version} | asdict(one) for one in risks]
    return sync_rows(session, shape, rows, {"made_at": made_at})


def load_stock_risks(session: Session, version: int) -> list[StockRisk]:
    """The stock risks of a version by item and day; none where it was not foreseen."""
    query = select(StockRiskRow).where(StockRiskRow.version == version)
    rows = session.scalars(query.order_by(StockRiskRow.item, StockRiskRow.day))
    return [
        StockRisk(row.item, row.day, *(getattr(row, name) for name in OF_STOCK)) for row in rows
    ]


def load_line_minutes(session: Session, since: datetime) -> pd.DataFrame:
    """What lines counted from an instant on: line, minute, item, good, scrap."""
    columns = ("line", "minute", "item", "good", "scrap")
    query = select(*(getattr(LineMinuteRow, name) for name in columns))
    rows = session.execute(query.where(LineMinuteRow.minute >= since)).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=list(columns))
