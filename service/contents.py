"""What is shown of a schedule, be it a version's or a draft's: each part with its shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from pipelines.views import orders, runs, stocks
from pipelines.views.exceptions import ExceptionView, FixView, exceptions_of, fixes_for
from pipelines.views.shelf import Shown
from plant.io import plant_to_document
from service.problems import FieldProblem, ProblemError

Stocks = tuple[stocks.StockSummary, ...]
Lines = tuple[runs.LineView, ...]
Exceptions = tuple[ExceptionView, ...]
Fixes = tuple[FixView, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what is shown: its name, its type, how it is written as JSON, and how it is made."""

    name: str
    type: Any
    shape: TypeAdapter[Any]
    make: Callable[[Shown], Any]


def _part(name: str, shape: Any, make: Callable[[Shown], Any]) -> Part:
    return Part(name, shape, TypeAdapter(shape), make)


PLANT = _part("plant", dict[str, Any], lambda it: plant_to_document(it.plant))
RUNS = _part("runs", runs.Runs, lambda it: runs.runs_of(it.plant, it.schedule, it.evaluation))
ORDERS = _part("orders", orders.Orders, lambda it: orders.orders_of(it.plant, it.evaluation))
LINES = _part("lines", Lines, lambda it: runs.lines_of(it.plant, it.schedule))
STOCKS = _part(
    "stocks", Stocks, lambda it: stocks.project_stocks(it.plant, it.schedule, it.evaluation)
)
EXCEPTIONS = _part("exceptions", Exceptions, exceptions_of)
CHAIN, STOCK, FIXES = (
    TypeAdapter(orders.Chain),
    TypeAdapter(stocks.StockProjection),
    TypeAdapter(Fixes),
)


def stock(item: str) -> Part:
    """One item's stock from change to change."""
    return Part(
        f"stock {item}",
        stocks.StockProjection,
        STOCK,
        lambda it: stocks.project_stock(it.plant, it.schedule, it.evaluation, item),
    )


def fixes(exception: str) -> Part:
    """What would help with an exception."""
    return Part(f"fixes {exception}", Fixes, FIXES, lambda it: fixes_for(it, exception))


def chain(order: str | None, run: str | None) -> Part:
    """What an order is made from, or whom a run serves; ProblemError where not one of both is asked."""
    if order is not None and run is None:
        wanted = order
        return Part(
            f"order {order}",
            orders.Chain,
            CHAIN,
            lambda it: orders.chain_of_order(it.plant, it.evaluation, wanted),
        )
    if run is None or order is not None:
        message = "expected either order or run"
        raise ProblemError(422, "invalid", message, (FieldProblem(field="order", message=message),))
    return Part(
        f"run {run}",
        orders.Chain,
        CHAIN,
        lambda it: orders.chain_of_run(it.evaluation, (one.id for one in it.schedule.runs), run),
    )
