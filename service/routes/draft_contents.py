"""What a draft's schedule holds, as of a version; kept as bytes for as long as nobody edits it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from pipelines.drafts import Draft, load_draft
from pipelines.views import orders, runs, stocks
from pipelines.views.shelf import Shown
from service import contents
from service.contents import Part
from service.dependencies import NameQuery, Number, OptionalNameQuery, StateDep, Viewer
from service.routes.versions import READ
from service.state import State

router = APIRouter(prefix="/api/drafts", tags=["drafts"])


@router.get("/{number}/runs", responses=READ, response_model=runs.Runs)
async def get_draft_runs(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """The runs of a draft, with changeovers and lateness."""
    return await _part(state, request, number, contents.RUNS)


@router.get("/{number}/orders", responses=READ, response_model=orders.Orders)
async def get_draft_orders(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """What becomes of each order in a draft."""
    return await _part(state, request, number, contents.ORDERS)


@router.get("/{number}/lines", responses=READ, response_model=contents.Lines)
async def get_draft_lines(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """What each line does in a draft."""
    return await _part(state, request, number, contents.LINES)


@router.get("/{number}/chain", responses=READ, response_model=orders.Chain)
async def get_draft_chain(
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
async def get_draft_stocks(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """Each item's projected stock in figures."""
    return await _part(state, request, number, contents.STOCKS)


@router.get("/{number}/stock", responses=READ, response_model=stocks.StockProjection)
async def get_draft_stock(
    state: StateDep, _user: Viewer, request: Request, number: Number, item: NameQuery
) -> Response:
    """One item's projected stock from change to change."""
    return await _part(state, request, number, contents.stock(item))


@router.get("/{number}/exceptions", responses=READ, response_model=contents.Exceptions)
async def get_draft_exceptions(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """What to look at in a draft, broken rules first, then by money."""
    return await _part(state, request, number, contents.EXCEPTIONS)


async def _part(state: State, request: Request, number: int, part: Part) -> Response:
    """The answer for the draft as it is now, kept under its revision."""
    draft = await run_in_threadpool(load_draft, state.desk, number)
    key = ("draft", number, draft.meta.revision, part.name)
    return await state.replies.answer(request, key, part.shape, lambda: part.make(_shown(draft)))


def _shown(draft: Draft) -> Shown:
    meta = draft.meta
    return Shown(
        draft.plant, draft.schedule, draft.evaluation, draft.base, meta.weights, meta.zones
    )
