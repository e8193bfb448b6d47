"""The routes that a version and a draft have in common: what their schedules hold, part by part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from pipelines.views import orders, stocks
from pipelines.views.shelf import Shown
from service import contents
from service.contents import Part
from service.dependencies import NameQuery, Number, OptionalNameQuery, StateDep, Viewer
from service.problems import told
from service.state import State

Noun = Literal["version", "draft"]
Load = Callable[[State, int], Awaitable[tuple[Hashable, Callable[[], Shown]]]]
Answered = Callable[[State, Request, int, Part], Awaitable[Response]]

READ: dict[int | str, dict[str, Any]] = {
    **told(401, 404, 422),
    304: {"description": "Nothing has changed since the answer with the ETag of If-None-Match."},
}
WHOLE = {
    contents.RUNS: "The runs of a {noun}, with changeovers and lateness.",
    contents.ORDERS: "What becomes of each order in a {noun}.",
    contents.LINES: "What each line does in a {noun}.",
    contents.STOCKS: "Each item's projected stock in figures.",
    contents.EXCEPTIONS: "What to look at, broken rules first, then by money: why each is so, and for "
    "the first ones what would help.",
}
CHAIN = (
    "What an order is made from, run by run; or which orders a run serves. One of both is asked."
)
STOCK = "One item's projected stock from change to change, with what arrives and what runs deliver."
FIXES = "What would help with one exception, best first."


def add_parts(router: APIRouter, noun: Noun, load: Load) -> None:
    """Add the routes to a router whose addresses begin with the number.

    Parameters
    ----------
    load
        Returns what names the content, as long as it does not change, and what makes it.
    """

    async def answered(state: State, request: Request, number: int, part: Part) -> Response:
        key, shown = await load(state, number)
        return await state.replies.answer(
            request, (noun, key, part.name), part.shape, lambda: part.make(shown())
        )

    def add(name: str, handler: Callable[..., Any], shape: Any, about: str) -> None:
        router.add_api_route(
            f"/{{number}}/{name}",
            handler,
            name=f"get_{noun}_{name}",
            description=about.format(noun=noun),
            responses=READ,
            response_model=shape,
        )

    for part, about in WHOLE.items():
        add(part.name, _whole(answered, part), part.type, about)
    add("chain", _chain(answered), orders.Chain, CHAIN)
    add("stock", _stock(answered), stocks.StockProjection, STOCK)
    add("fixes", _fixes(answered), contents.Fixes, FIXES)


def _whole(answered: Answered, part: Part) -> Callable[..., Awaitable[Response]]:
    async def handler(state: StateDep, _user: Viewer, request: Request, number: Number) -> Response:
        return await answered(state, request, number, part)

    return handler


def _chain(answered: Answered) -> Callable[..., Awaitable[Response]]:
    async def handler(
        state: StateDep,
        _user: Viewer,
        request: Request,
        number: Number,
        order: OptionalNameQuery = None,
        run: OptionalNameQuery = None,
    ) -> Response:
        return await answered(state, request, number, contents.chain(order, run))

    return handler


def _stock(answered: Answered) -> Callable[..., Awaitable[Response]]:
    async def handler(
        state: StateDep, _user: Viewer, request: Request, number: Number, item: NameQuery
    ) -> Response:
        return await answered(state, request, number, contents.stock(item))

    return handler


def _fixes(answered: Answered) -> Callable[..., Awaitable[Response]]:
    async def handler(
        state: StateDep, _user: Viewer, request: Request, number: Number, exception: NameQuery
    ) -> Response:
        return await answered(state, request, number, contents.fixes(exception))

    return handler
