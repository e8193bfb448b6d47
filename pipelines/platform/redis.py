"""A Redis server of our own on a loopback port: for tests, drills, and who has none and wants one."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from pipelines.platform.processes import free_port

START_SECONDS = 10.0
ASK_EVERY = 0.02


class RedisNotStartedError(RuntimeError):
    """The server did not come up; the message holds what it said."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its address, and its process, which a drill may kill."""

    url: str
    process: subprocess.Popen[bytes]


def find_server() -> Path | None:
    """The program redis-server, or None where it is not installed."""
    found = shutil.which("redis-server")
    return Path(found) if found else None


@contextmanager
def running_redis(
    program: Path,
    folder: Path,
    port: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Server]:
    """A server that keeps nothing on disk, stopped at the end; on a free port where none is given.

    Raises
    ------
    RedisNotStartedError
        Where it ends at once, or does not answer within 10 s.
    """
    port = port or free_port()
    log = folder / f"redis-{port}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--dir", str(folder),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait(process, port, log, clock)
            yield Server(f"redis://127.0.0.1:{port}/0", process)
        finally:
            process.kill()  # it keeps nothing, so there is nothing to finish
            process.wait()


def _wait(
    process: subprocess.Popen[bytes], port: int, log: Path, clock: Callable[[], float]
) -> None:
    until = clock() + START_SECONDS
    with redis.Redis(host="127.0.0.1", port=port, socket_timeout=1.0) as client:
        while process.poll() is None and clock() < until:
            try:
                # Another server may hold the port, and would answer a ping as well.
                if client.info("server")["process_id"] == process.pid:
                    return
            except redis.ConnectionError:
                pass  # not yet
            time.sleep(ASK_EVERY)
    raise RedisNotStartedError(
        f"redis-server on port {port}: expected an answer within {START_SECONDS:g} s; it said: "
        f"{log.read_text(errors='replace')[-500:]}"
    )
