"""What happens, told as it happens: over WebSocket, or by asking again and again.

A browser opens the socket and says `{"token": "...", "after": 17}`: its access token and the id of the
last notice it has seen (null for none). It is answered `{"type": "ready", "last": 17}` and then sent
every notice after that one, each as `{"type": "notice", "id": ...}`. Where notices after its place are
no longer kept, or its place is not one of this database, it gets `{"type": "reset", "last": ...}` and
must load anew what it shows. Before the token runs out it sends `{"token": "..."}` with a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlsplit

import anyio
from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from pipelines.storage.repositories.notices import Notice
from service.dependencies import StateDep, Viewer
from service.metrics import NOTICE_SECONDS, NOTICES, SOCKETS
from service.problems import told
from service.state import State
from service.tokens import Claims, TokenError

router = APIRouter(prefix="/api", tags=["events"])
GREETING_SECONDS = 10.0
CHECK_SECONDS = 30.0  # whether the session still goes on
MALFORMED, NOT_AUTHENTICATED, TOO_MANY = 4400, 4401, 1013
MOST_ID = 2**62


class Events(BaseModel):
    """Notices after a place. `reset`: some are no longer kept, so load anew what is shown."""

    notices: list[Notice]
    last: int
    reset: bool


class Greeting(BaseModel):
    """What a browser says on the socket, first and whenever it has a new token."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=4096)]
    after: Annotated[int, Field(ge=0, le=MOST_ID)] | None = None


@router.get("/events", responses=told(401, 422))
async def list_events(
    state: StateDep,
    _user: Viewer,
    after: Annotated[int | None, Query(ge=0, le=MOST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    wait: Annotated[float, Query(ge=0, le=25, description="seconds to wait for one")] = 0,
) -> Events:
    """The notices after an id, oldest first; without an id, only where to begin."""
    place, is_reset = await _place(state, after)
    if after is None or is_reset:
        return Events(notices=[], last=place, reset=is_reset)
    if wait:
        await state.feed.after(place, wait)
    found = await run_in_threadpool(state.feed.load, place, limit)
    return Events(notices=found, last=found[-1].id if found else place, reset=False)


@router.websocket("/events/socket")
async def listen(socket: WebSocket) -> None:
    """Tell a browser of notices until it goes, or its session ends."""
    state: State = socket.app.state.takt
    if not _may_open(socket, state):
        await socket.close(1008)
        return
    await socket.accept()
    if state.sockets.full():
        await socket.close(TOO_MANY)
        return
    with state.sockets.one(), SOCKETS.track_inprogress(), suppress(WebSocketDisconnect):
        greeting = await _greeted(socket)
        if greeting is None:
            await socket.close(MALFORMED)
            return
        claims = await _admitted(state, greeting.token)
        if claims is None:
            await socket.close(NOT_AUTHENTICATED)
            return
        await _Listener(socket, state, claims).serve(greeting.after)


class _Listener:
    """One browser: where it is in the feed, and until when it may listen."""

    def __init__(self, socket: WebSocket, state: State, claims: Claims) -> None:
        self.socket, self.state, self.claims = socket, state, claims
        self.code: int | None = None  # to close with; None where the browser has gone

    async def serve(self, after: int | None) -> None:
        """Tell and listen until either ends."""
        place, is_reset = await _place(self.state, after)
        await self.socket.send_json({"type": "reset" if is_reset else "ready", "last": place})
        async with anyio.create_task_group() as group:
            group.start_soon(self._until_over, self._tell(place), group.cancel_scope)
            group.start_soon(self._until_over, self._hear(), group.cancel_scope)
        if self.code is not None:
            await self.socket.close(self.code)

    async def _until_over(self, work: Awaitable[int], both: anyio.CancelScope) -> None:
        with suppress(WebSocketDisconnect):
            self.code = await work
        both.cancel()

    async def _tell(self, place: int) -> int:
        """Send notices; returns the code to close with once the session is over."""
        checked = asyncio.get_running_loop().time()
        while True:
            now = self.state.clock()
            if self.claims.expires_at <= now:
                return NOT_AUTHENTICATED
            left = (self.claims.expires_at - now).total_seconds()
            for one in await self.state.feed.after(place, min(left, CHECK_SECONDS)):
                await self.socket.send_text(one.text)
                NOTICES.inc()
                if one.is_live:
                    NOTICE_SECONDS.observe((self.state.clock() - one.at).total_seconds())
                place = one.id
            if asyncio.get_running_loop().time() - checked >= CHECK_SECONDS:
                checked = asyncio.get_running_loop().time()
                if await self.state.holders.holder(self.claims.session) is None:
                    return NOT_AUTHENTICATED

    async def _hear(self) -> int:
        """Take new tokens; returns the code to close with after anything else."""
        while True:
            said = await _said(self.socket)
            if said is None:
                return MALFORMED
            claims = await _admitted(self.state, said.token)
            if claims is None:
                return NOT_AUTHENTICATED
            self.claims = claims


async def _place(state: State, after: int | None) -> tuple[int, bool]:
    """Where a browser goes on, and whether it has missed what is no longer kept."""
    oldest, newest = await state.feed.bounds()
    if after is None:
        return newest, False
    is_reset = after > newest or after < oldest - 1
    return (newest, True) if is_reset else (after, False)


async def _greeted(socket: WebSocket) -> Greeting | None:
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            return await _said(socket)
    except TimeoutError:
        return None


async def _said(socket: WebSocket) -> Greeting | None:
    """What the browser says next, or None where it makes no sense."""
    message: Any = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    try:
        return Greeting.model_validate_json(message.get("text") or message.get("bytes") or b"")
    except ValidationError:
        return None


async def _admitted(state: State, token: str) -> Claims | None:
    """What a token says, where its session goes on."""
    try:
        claims = state.tokens.read(token)
    except TokenError:
        return None
    return claims if await state.holders.holder(claims.session) else None


def _may_open(socket: WebSocket, state: State) -> bool:
    """Whether the page that opens the socket is ours, or one that the settings allow."""
    origin = socket.headers.get("origin")
    if origin is None:  # no browser
        return True
    same = urlsplit(origin).netloc == socket.headers.get("host")
    return same or origin in state.settings.allowed_origins
