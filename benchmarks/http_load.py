"""Load on an HTTP service: requests begun at fixed instants over kept connections, each one timed.

A request's latency counts from when it should have begun, so that a service that stalls pays for all
who would have asked meanwhile. The client speaks just enough HTTP/1.1 to leave the processor to the
service.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ask:
    """A GET request, and what it is counted under."""

    name: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a request: milliseconds from its instant, its status and the body's bytes."""

    name: str
    milliseconds: float
    status: int
    size: int


class Connection:
    """One kept connection; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def get(self, ask: Ask) -> tuple[int, int]:
        """The status of the answer and the bytes of its body, which is read and let go."""
        lines = [f"GET {ask.path} HTTP/1.1", "Host: takt"]
        lines += [f"{name}: {value}" for name, value in ask.headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head[9:12])
        _, found, rest = head.partition("\r\ncontent-length:")
        size = int(rest.partition("\r\n")[0]) if found and status != 304 else 0
        if size:
            await self.reader.readexactly(size)
        return status, size


async def load(
    port: int, asks: Sequence[Ask], rate: float, connections: int = 64
) -> list[Answered]:
    """The answers to requests begun at `rate` a second."""
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        idle.put_nowait(Connection(*await asyncio.open_connection("127.0.0.1", port, limit=2**22)))
    begun = time.perf_counter() + 0.1

    async def one(number: int, ask: Ask) -> Answered:
        due = begun + number / rate
        connection = await idle.get()
        status, size = await connection.get(ask)
        idle.put_nowait(connection)
        return Answered(ask.name, 1000 * (time.perf_counter() - due), status, size)

    tasks = []
    for number, ask in enumerate(asks):
        wait = begun + number / rate - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(one(number, ask)))
    found = await asyncio.gather(*tasks)
    while not idle.empty():
        idle.get_nowait().writer.close()
    return list(found)
