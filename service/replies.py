"""Answers about what never changes, kept as the bytes that are sent, each with its ETag.

A published version is immutable, so that whatever is said of its content is worked out once. Who
asks again with the ETag is told that nothing has changed, without the bytes.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

MOST_BYTES = 192 * 2**20
WORTH_PACKING = 1_000  # bytes
JSON = "application/json"
# Only the browser that asked may keep it, and asks each time whether it still holds: whoever has
# logged out cannot read it from a shared cache.
CACHING = "private, no-cache"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as bytes, plain and packed by gzip, with what tells it from any other."""

    etag: str
    plain: bytes
    packed: bytes

    @property
    def size(self) -> int:
        """Bytes that keeping it takes."""
        return len(self.plain) + len(self.packed)


class Replies:
    """The answers given of late, most recently used last, up to a number of bytes.

    Parameters
    ----------
    most_bytes
        From where on the longest unused are dropped.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, Reply] = OrderedDict()
        self._made: dict[Hashable, asyncio.Task[Reply]] = {}
        self._bytes = 0

    async def answer(
        self, request: Request, key: Hashable, shape: TypeAdapter[Any], make: Callable[[], Any]
    ) -> Response:
        """The answer for the key; the first time it is made, in a thread, however many ask at once.

        Parameters
        ----------
        key
            Names the answer; what it names must never change.
        shape
            How what is made is written as JSON.
        """
        kept = self._kept.get(key)
        if kept is None:
            kept = await self._make(key, shape, make)
        else:
            self._kept.move_to_end(key)
        return respond(request, kept)

    async def _make(self, key: Hashable, shape: TypeAdapter[Any], make: Callable[[], Any]) -> Reply:
        task = self._made.get(key)
        if task is None:
            work = run_in_threadpool(lambda: reply_of(shape, make()))
            task = self._made[key] = asyncio.ensure_future(work)
            task.add_done_callback(lambda done: self._keep(key, done))
        return await asyncio.shield(task)  # who goes away leaves it to the others who wait

    def _keep(self, key: Hashable, done: asyncio.Task[Reply]) -> None:
        del self._made[key]
        if done.cancelled() or done.exception() is not None:
            return
        self._kept[key] = reply = done.result()
        self._bytes += reply.size
        while self._bytes > self._most and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size


def reply_of(shape: TypeAdapter[Any], content: Any) -> Reply:
    """The content as an answer."""
    plain = shape.dump_json(content, by_alias=True)
    packed = gzip.compress(plain, 6, mtime=0) if len(plain) >= WORTH_PACKING else b""
    return Reply(f'"{hashlib.sha256(plain).hexdigest()[:32]}"', plain, packed)


def respond(request: Request, reply: Reply) -> Response:
    """The answer as the request asks for it: not at all where it has it already, packed or plain."""
    headers = {
        "ETag": reply.etag,
        "Cache-Control": CACHING,
        "Vary": "Accept-Encoding, Authorization",
    }
    known = request.headers.get("if-none-match", "")
    if known and (known.strip() == "*" or reply.etag in _tags(known)):
        return Response(status_code=304, headers=headers)
    if reply.packed and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(reply.packed, headers=headers, media_type=JSON)
    return Response(reply.plain, headers=headers, media_type=JSON)


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
