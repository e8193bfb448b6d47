"""Published versions: listed, their content, their chains, and two of them compared.

What a version holds never changes, so that each answer is made once and kept as bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter

from pipelines.views import orders, runs, stocks, versions
from plant.io.documents import PlantDocument
from service import contents
from service.contents import Part
from service.dependencies import (
    MOST_NUMBER,
    Limit,
    NameQuery,
    Number,
    OptionalNameQuery,
    StateDep,
    Viewer,
)
from service.problems import told
from service.state import State

router = APIRouter(prefix="/api/versions", tags=["versions"])
READ: dict[int | str, dict[str, Any]] = {
    **told(401, 404, 422),
    304: {"description": "Nothing has changed since the answer with the ETag of If-None-Match."},
}


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """A version's cost by component, its KPIs, and the weights and zones it was judged under."""

    currency: str
    cost: Mapping[str, float]
    kpis: Mapping[str, float | None]
    weights: Mapping[str, float]
    zones: Mapping[str, int]
    bound: float | None


FIGURES: TypeAdapter[Any] = TypeAdapter(VersionFigures)
COMPARISON: TypeAdapter[Any] = TypeAdapter(versions.Comparison)


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
    return await _part(state, request, number, contents.PLANT)


@router.get("/{number}/runs", responses=READ, response_model=runs.Runs)
async def get_version_runs(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """The runs of a version, with changeovers and lateness."""
    return await _part(state, request, number, contents.RUNS)


@router.get("/{number}/figures", responses=READ, response_model=VersionFigures)
async def get_version_figures(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """The cost by component and the KPIs of a version."""
    return await state.replies.answer(
        request, (number, "figures"), FIGURES, lambda: _figures(state, number)
    )


@router.get("/{number}/orders", responses=READ, response_model=orders.Orders)
async def get_version_orders(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """What becomes of each order in a version."""
    return await _part(state, request, number, contents.ORDERS)


@router.get("/{number}/lines", responses=READ, response_model=contents.Lines)
async def get_version_lines(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """What each line does in a version."""
    return await _part(state, request, number, contents.LINES)


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
    return await _part(state, request, number, contents.chain(order, run))


@router.get("/{number}/stocks", responses=READ, response_model=contents.Stocks)
async def get_version_stocks(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """Each item's projected stock in figures."""
    return await _part(state, request, number, contents.STOCKS)


@router.get("/{number}/stock", responses=READ, response_model=stocks.StockProjection)
async def get_version_stock(
    state: StateDep, _user: Viewer, request: Request, number: Number, item: NameQuery
) -> Response:
    """One item's projected stock from change to change, with what arrives and what runs deliver."""
    return await _part(state, request, number, contents.stock(item))


@router.get("/{number}/exceptions", responses=READ, response_model=contents.Exceptions)
async def get_version_exceptions(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """What to look at, costliest first: why each is so, and for the first ones what would help."""
    return await _part(state, request, number, contents.EXCEPTIONS)


@router.get("/{number}/fixes", responses=READ, response_model=contents.Fixes)
async def get_version_fixes(
    state: StateDep, _user: Viewer, request: Request, number: Number, exception: NameQuery
) -> Response:
    """What would help with one exception, best first."""
    return await _part(state, request, number, contents.fixes(exception))


@router.get(
    "/{number}/compare/{other}", responses=READ | told(409), response_model=versions.Comparison
)
async def compare_versions(
    state: StateDep, _user: Viewer, request: Request, number: Number, other: Number
) -> Response:
    """What differs from one version to another, later one."""
    return await state.replies.answer(
        request,
        (number, "compare", other),
        COMPARISON,
        lambda: versions.compare(state.shelf.version(number), state.shelf.version(other)),
    )


async def _part(state: State, request: Request, number: int, part: Part) -> Response:
    """The kept answer of what a version holds, made from the version where it is not kept."""
    return await state.replies.answer(
        request,
        (number, part.name),
        part.shape,
        lambda: part.make(state.shelf.version(number).shown),
    )


def _figures(state: State, number: int) -> VersionFigures:
    stored = state.shelf.version(number).stored
    meta = stored.meta
    return VersionFigures(
        stored.plant.currency, stored.cost, stored.kpis, meta.weights, meta.zones, meta.bound
    )
