"""What is foreseen of a version, as it is shown: orders that may be late, stock that may run out."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from pipelines.storage import reading
from pipelines.storage.repositories.outlooks import (
    OrderRisk,
    StockRisk,
    load_order_risks,
    load_stock_risks,
)


@dataclass(frozen=True, slots=True)
class ReasonView:
    """Why an order is likely or unlikely late: its share of the log odds, and in words."""

    share: float
    en: str
    ko: str


@dataclass(frozen=True, slots=True)
class OrderRiskView:
    """The chance that an order will be late, the weightiest reason first; `model` said so."""

    order: str
    chance: float
    late_units: float | None
    model: str
    reasons: tuple[ReasonView, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is foreseen of a version; both are empty where nobody has looked ahead."""

    orders: tuple[OrderRiskView, ...]
    stocks: tuple[StockRisk, ...]


def outlook_of(engine: Engine, version: int) -> Outlook:
    """The chances of a version's late orders, the likeliest first, and of its stocks, by item and day."""
    with reading(engine) as session:
        orders, stocks = load_order_risks(session, version), load_stock_risks(session, version)
    return Outlook(tuple(_order(one) for one in orders), tuple(stocks))


def _order(one: OrderRisk) -> OrderRiskView:
    reasons = tuple(
        ReasonView(float(reason["share"]), str(reason["en"]), str(reason["ko"]))
        for reason in one.reasons
    )
    return OrderRiskView(one.order, one.chance, one.late_units, one.model, reasons)
