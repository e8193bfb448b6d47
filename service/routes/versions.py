"""Published versions: listed, their content, their chains, and two of them compared.

What a version holds never changes, so that each answer is made once and kept as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter

from pipelines.views import orders, runs, stocks, versions
from pipelines.views.shelf import Judged
from plant.io import plant_to_document
from plant.io.documents import PlantDocument
from service.dependencies import (
    MOST_NUMBER,
    Limit,
    NameQuery,
    Number,
    OptionalNameQuery,
    StateDep,
    Viewer,
)
from service.problems import FieldProblem, ProblemError, told
from service.state import State

router = APIRouter(prefix="/api/versions", tags=["versions"])
READ: dict[int | str, dict[str, Any]] = {
    **told(401, 404, 422),
    304: {"description": "Nothing has changed since the answer with the ETag of If-None-Match."},
}


@dataclass(frozen=True, slots=True)
class Figures:
    """A version's cost by component, its KPIs, and the weights and zones it was judged under."""

    currency: str
    cost: Mapping[str, float]
    kpis: Mapping[str, float | None]
    weights: Mapping[str, float]
    zones: Mapping[str, int]
    bound: float | None


@router.get("", responses=told(401, 422))
def list_versions(
    state: StateDep,
    _user: Viewer,
    before: Annotated[int | None, Query(ge=1, le=MOST_NUMBER)] = None,
    limit: Limit = 50,
) -> versions.VersionPage:
    """Versions with their figures, newest first, a page at a time."""
    return versions.page_of_versions(state.engine, before, limit)


@router.get("/latest", responses=told(401, 404))
def get_latest_version(state: StateDep, _user: Viewer) -> versions.VersionSummary:
    """The version that is published now."""
    return versions.summary_of(state.engine, None)


@router.get("/{number}", responses=told(401, 404, 422))
def get_version(state: StateDep, _user: Viewer, number: Number) -> versions.VersionSummary:
    """One version, with whether it is still the published one."""
    return versions.summary_of(state.engine, number)


@router.get("/{number}/plant", responses=READ, response_model=PlantDocument)
async def get_version_plant(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """The plant that a version plans: lines with shifts, items, capabilities, arrivals, orders."""
    return await _read(
        state, request, number, "plant", _ANY, lambda it: plant_to_document(it.stored.plant)
    )


@router.get("/{number}/runs", responses=READ, response_model=runs.Runs)
async def get_version_runs(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """The runs of a version, with changeovers and lateness."""
    return await _read(
        state,
        request,
        number,
        "runs",
        _RUNS,
        lambda it: runs.runs_of(it.stored.plant, it.stored.schedule, it.evaluation),
    )


@router.get("/{number}/figures", responses=READ, response_model=Figures)
async def get_version_figures(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """The cost by component and the KPIs of a version."""
    return await _read(state, request, number, "figures", _FIGURES, _figures)


@router.get("/{number}/orders", responses=READ, response_model=orders.Orders)
async def get_version_orders(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """What becomes of each order in a version."""
    return await _read(
        state,
        request,
        number,
        "orders",
        _ORDERS,
        lambda it: orders.orders_of(it.stored.plant, it.evaluation),
    )


@router.get("/{number}/lines", responses=READ, response_model=tuple[runs.LineView, ...])
async def get_version_lines(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """What each line does in a version."""
    return await _read(
        state,
        request,
        number,
        "lines",
        _LINES,
        lambda it: runs.lines_of(it.stored.plant, it.stored.schedule),
    )


@router.get("/{number}/chain", responses=READ, response_model=orders.Chain)
async def get_version_chain(
    state: StateDep,
    _user: Viewer,
    request: Request,
    number: Number,
    order: OptionalNameQuery = None,
    run: OptionalNameQuery = None,
) -> Response:
    """What an order is made from, run by run; or which orders a run serves. One of both is asked."""
    if (order is None) == (run is None):
        message = "expected either order or run"
        raise ProblemError(422, "invalid", message, (FieldProblem(field="order", message=message),))

    def make(it: Judged) -> orders.Chain:
        if order is not None:
            return orders.chain_of_order(it.stored.plant, it.evaluation, order)
        return orders.chain_of_run(
            it.evaluation, (one.id for one in it.stored.schedule.runs), run or ""
        )

    return await _read(state, request, number, f"chain {order!r} {run!r}", _CHAIN, make)


@router.get("/{number}/stocks", responses=READ, response_model=tuple[stocks.StockSummary, ...])
async def get_version_stocks(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """Each item's projected stock in figures."""
    return await _read(
        state,
        request,
        number,
        "stocks",
        _STOCKS,
        lambda it: stocks.project_stocks(it.stored.plant, it.stored.schedule, it.evaluation),
    )


@router.get("/{number}/stock", responses=READ, response_model=stocks.StockProjection)
async def get_version_stock(
    state: StateDep, _user: Viewer, request: Request, number: Number, item: NameQuery
) -> Response:
    """One item's projected stock from change to change, with what arrives and what runs deliver."""
    return await _read(
        state,
        request,
        number,
        f"stock {item!r}",
        _STOCK,
        lambda it: stocks.project_stock(it.stored.plant, it.stored.schedule, it.evaluation, item),
    )


@router.get(
    "/{number}/compare/{other}", responses=READ | told(409), response_model=versions.Comparison
)
async def compare_versions(
    state: StateDep, _user: Viewer, request: Request, number: Number, other: Number
) -> Response:
    """What differs from one version to another, later one."""
    return await _read(
        state,
        request,
        number,
        f"compare {other}",
        _COMPARISON,
        lambda it: versions.compare(it, state.shelf.version(other)),
    )


async def _read(
    state: State,
    request: Request,
    number: int,
    what: str,
    shape: TypeAdapter[Any],
    make: Callable[[Judged], Any],
) -> Response:
    """The kept answer of what a version holds, made from the version where it is not kept."""
    return await state.replies.answer(
        request, (number, what), shape, lambda: make(state.shelf.version(number))
    )


def _figures(it: Judged) -> Figures:
    meta = it.stored.meta
    return Figures(
        it.stored.plant.currency,
        it.stored.cost,
        it.stored.kpis,
        meta.weights,
        meta.zones,
        meta.bound,
    )


_ANY: TypeAdapter[Any] = TypeAdapter(dict[str, Any])
_RUNS: TypeAdapter[Any] = TypeAdapter(runs.Runs)
_FIGURES: TypeAdapter[Any] = TypeAdapter(Figures)
_ORDERS: TypeAdapter[Any] = TypeAdapter(orders.Orders)
_LINES: TypeAdapter[Any] = TypeAdapter(tuple[runs.LineView, ...])
_CHAIN: TypeAdapter[Any] = TypeAdapter(orders.Chain)
_STOCKS: TypeAdapter[Any] = TypeAdapter(tuple[stocks.StockSummary, ...])
_STOCK: TypeAdapter[Any] = TypeAdapter(stocks.StockProjection)
_COMPARISON: TypeAdapter[Any] = TypeAdapter(versions.Comparison)
