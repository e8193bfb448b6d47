"""The service under load on loopback: reads of a published plan, and browsers told of a publication.

`python -m benchmarks.service [--quick] [--json]`: `takt serve` on SQLite with a published plan of 50
lines and some 2,000 runs. Reads: a planner's mix at 300 a second, open loop (p50, p99 and worst per
kind, and the service's processor time for each; aim: p99 under 50 ms). One planner who drags, edits
and repairs (aims: 100 ms, 2 s). Then 200 browsers on WebSocket, and how long after a publish each is
told (aim: 1 s).
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import psutil
import websockets

from benchmarks.edits import plan
from benchmarks.http_load import Answered, Ask, load
from benchmarks.report import arguments, progress, show
from pipelines.accounts import Accounts
from pipelines.platform.processes import free_port
from pipelines.settings import utc_now
from pipelines.storage import open_database, writing
from pipelines.storage.repositories import Publication, publish_version
from plant import Plant, Schedule, Weights, Zones, evaluate

PASSWORD = "a measured horse"
RATE = 300.0
SEED = 1


def store(address: str, plant: Plant, schedule: Schedule) -> None:
    """Publish the plan, and let a planner in."""
    engine = open_database(address)
    publication = Publication(
        plant=plant,
        schedule=schedule,
        evaluation=evaluate(plant, schedule),
        method="rule",
        plant_name="benchmark",
        weights=Weights(),
        zones=Zones(),
    )
    with writing(engine) as session:
        publish_version(session, publication, utc_now())
    Accounts(engine, utc_now, timedelta(days=1)).add("planner", PASSWORD, "planner")
    engine.dispose()


@contextmanager
def serving(folder: Path, port: int) -> Iterator[psutil.Process]:
    """`takt serve` on a port, stopped at the end."""
    environment = os.environ | {"TAKT_DATA": str(folder), "TAKT_TOKEN_MINUTES": "60"}
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "serve", "--port", str(port)],
            env=environment, stdout=log, stderr=log, cwd=Path(__file__).parents[1],
        )  # fmt: skip
        try:
            wait_until_ready(port, process)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()


def wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the service did not start")


def call(port: int, path: str, token: str = "", body: Any = None, form: Any = None) -> Any:
    """The JSON that a request is answered with."""
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if form is not None:
        data = urlencode(form).encode()
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def mix(plant: Plant, token: str, etag: str, count: int, rng: np.random.Generator) -> list[Ask]:
    """What planners ask: mostly what has not changed, now and then a whole Gantt, and many details."""
    who = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    orders = [quote(order.id, safe="") for order in plant.orders]
    items = [quote(item.id, safe="") for item in plant.items]
    kinds = {
        "runs, known": (0.30, lambda: ("/runs", who | {"If-None-Match": etag})),
        "runs, whole": (0.10, lambda: ("/runs", who)),
        "summary": (0.10, lambda: ("", who)),
        "figures": (0.10, lambda: ("/figures", who)),
        "orders": (0.05, lambda: ("/orders", who)),
        "exceptions": (0.05, lambda: ("/exceptions", who)),
        "stocks": (0.05, lambda: ("/stocks", who)),
        "an order's chain": (0.15, lambda: (f"/chain?order={rng.choice(orders)}", who)),
        "an item's stock": (0.10, lambda: (f"/stock?item={rng.choice(items)}", who)),
    }
    names = rng.choice(list(kinds), count, p=[share for share, _ in kinds.values()])
    asks = []
    for name in names:
        path, headers = kinds[str(name)][1]()
        asks.append(Ask(str(name), f"/api/versions/1{path}", headers))
    return asks


def figures_of(answers: list[Answered]) -> dict[str, float]:
    spent = np.array([one.milliseconds for one in answers])
    return {
        "count": len(answers),
        "p50": float(np.quantile(spent, 0.5)),
        "p99": float(np.quantile(spent, 0.99)),
        "worst": float(spent.max()),
    }


def reads(port: int, plant: Plant, token: str, seconds: float) -> dict[str, dict[str, float]]:
    """Latencies in ms of the mix, in all and by kind."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/versions/1/runs", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        etag = answer.headers["ETag"]
    call(port, "/api/versions/1/exceptions", token)
    asks = mix(plant, token, etag, int(RATE * seconds), np.random.default_rng(SEED))
    answers = asyncio.run(load(port, asks, RATE))
    wrong = [one for one in answers if one.status not in (200, 304)]
    if wrong:
        raise SystemExit(f"expected answers, found {wrong[0]}")
    names = sorted({one.name for one in answers})
    return {"all": figures_of(answers)} | {
        name: figures_of([one for one in answers if one.name == name]) for name in names
    }


def edits(port: int, schedule: Schedule, token: str, times: int) -> dict[str, dict[str, float]]:
    """Milliseconds that a planner waits, one request after the other: dragging, editing, repairing."""
    draft = call(port, "/api/drafts", token, {})["draft"]["id"]
    path, rng = f"/api/drafts/{draft}", np.random.default_rng(SEED)
    found: dict[str, list[Answered]] = {"preview": [], "edit": [], "repair in 1 s": []}

    def timed(name: str, address: str, body: Any) -> Any:
        begun = time.perf_counter()
        answer = call(port, f"{path}/{address}", token, body)
        spent = 1000 * (time.perf_counter() - begun)
        found[name].append(Answered(name, spent, 200, 0))
        return answer

    for number in range(times):
        run = schedule.runs[int(rng.integers(len(schedule.runs)))]
        later = run.start + int(rng.integers(1, 240))
        edit = {"kind": "move", "run": run.id, "line": run.line, "start": later}
        timed("preview", "preview", {"edit": edit})
        timed("edit", "edits", {"revision": number, "edit": edit})
        if number % max(times // 5, 1) == 0:
            timed("repair in 1 s", "repair", {"run": run.id, "scope": "all", "seconds": 1.0})
    return {name: figures_of(answers) for name, answers in found.items()}


async def publication(port: int, token: str, clients: int) -> dict[str, float]:
    """Seconds from asking for a publication to when each browser has been told of it."""
    address = f"ws://127.0.0.1:{port}/api/events/socket"
    sockets = [await websockets.connect(address) for _ in range(clients)]
    for socket in sockets:
        await socket.send(json.dumps({"token": token}))
        await socket.recv()
    loop = asyncio.get_running_loop()

    async def told(socket: Any) -> float:
        while True:
            notice = json.loads(await socket.recv())
            if notice.get("kind") == "version.published":
                return time.perf_counter()

    waiting = [asyncio.create_task(told(socket)) for socket in sockets]
    draft = await loop.run_in_executor(None, call, port, "/api/drafts", token, {})
    path = f"/api/drafts/{draft['draft']['id']}"
    for step in ("review/submit", "review/approve"):
        await loop.run_in_executor(None, call, port, f"{path}/{step}", token, {"revision": 0})
    asked = time.perf_counter()
    await loop.run_in_executor(None, call, port, f"{path}/publish", token, {"revision": 0})
    published = time.perf_counter()
    heard = np.array(await asyncio.wait_for(asyncio.gather(*waiting), 30))
    for socket in sockets:
        await socket.close()
    return {
        "clients": clients,
        "publish_seconds": published - asked,
        "first_seconds": float(heard.min() - asked),
        "last_seconds": float(heard.max() - asked),
        "last_after_answer_seconds": float(heard.max() - published),
    }


def main() -> None:
    options = arguments(__doc__ or "").parse_args()
    seconds, clients = (5.0, 50) if options.quick else (30.0, 200)
    progress("planning")
    plant, schedule = plan(0.9)
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        store(f"sqlite:///{folder / 'takt.db'}", plant, schedule)
        with serving(folder, port) as server:
            form = {"username": "planner", "password": PASSWORD}
            token = call(port, "/api/auth/token", form=form)["access_token"]
            progress(f"reading at {RATE:g}/s for {seconds:g} s")
            before = server.cpu_times()
            read = reads(port, plant, token, seconds)
            after = server.cpu_times()
            progress("dragging, editing, repairing")
            edited = edits(port, schedule, token, 20 if options.quick else 100)
            progress(f"publishing to {clients} browsers")
            told = asyncio.run(publication(port, token, clients))
    spent = after.user + after.system - before.user - before.system
    processor = 1000 * spent / read["all"]["count"]
    rows = [
        (name, *(one[key] for key in ("count", "p50", "p99", "worst")))
        for name, one in (read | edited).items()
    ]
    title = (
        f"ms from the instant of asking; {len(schedule.runs)} runs, {RATE:g} reads/s, "
        f"{processor:.2g} ms of processor each"
    )
    figures = {"rate": RATE, "runs": len(schedule.runs), "processor_ms": processor}
    columns = ("read", "count", "p50", "p99", "worst")
    show(
        title,
        columns,
        rows,
        figures | {"reads": read, "edits": edited, "publication": told},
        options.json,
    )


if __name__ == "__main__":
    main()
