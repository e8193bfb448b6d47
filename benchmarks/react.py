"""From an event's commit to the recommended version that answers it, at 50 lines.

`python -m benchmarks.react`: a plan of 50 lines x 200 items x 600 orders x 14 days is published in a database
of its own, `takt react` runs beside it as a process, and events are committed as the stream commits them:
breakdowns, late trucks, rush orders, one at a time, then a storm of fifty breakdowns in a second. Measured
is from the commit's end until another connection sees the draft. Beside it, in the same run: what the
repair alone takes in its seconds, which is the floor. `--quick` takes 12 events and a dispatched plan.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from sqlalchemy import Engine

from benchmarks.report import arguments, progress, show
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize import solve
from models.optimize.repair.mend import repair
from pipelines.events import Event, LineState, Material, OrderEvent, to_bytes
from pipelines.plan_base import PLANT_NAME
from pipelines.reaction.pace import USUAL_PACE
from pipelines.reaction.reactor import CURSOR
from pipelines.settings import REPOSITORY
from pipelines.storage import open_database, reading, writing
from pipelines.storage.repositories import Publication, list_versions, publish_version
from pipelines.storage.repositories.cursors import load_cursor
from pipelines.storage.repositories.event_staging import line_of
from pipelines.storage.repositories.event_store import Incoming, store_events
from pipelines.storage.repositories.live import noted_since
from plant import Line, Plant, Schedule, Weights, Zones, evaluate

WEIGHTS, ZONES = Weights(instability=500.0), Zones(frozen=1440, slush=4320)
PATIENCE = 20.0  # seconds until an answer counts as missing
STORM, STORM_BATCH = 50, 5


@dataclass
class Floor:
    """A database with a published plan, and the events committed to it."""

    engine: Engine
    plant: Plant
    rng: np.random.Generator
    batch: int = 0
    down: dict[str, int] = field(default_factory=dict)

    def commit(self, events: Sequence[Event]) -> int:
        """The position of the last of the events, which stand in the database now."""
        self.batch += 1
        texts = [
            line_of(event, zlib.crc32(to_bytes(event)), "benchmark", 0, self.batch * 1000 + place)
            for place, event in enumerate(events)
        ]
        batch = Incoming(
            query_id="benchmark", batch_id=self.batch, clock=lambda: datetime.now(UTC),
            received=len(texts), texts=texts, refused=(), fetch=lambda _places: (),
        )  # fmt: skip
        with writing(self.engine) as session:
            stored = store_events(session, batch)
        assert stored is not None
        with reading(self.engine) as session:
            return noted_since(session, stored.number * 2**24)[-1].position

    def head(self, minute: float) -> dict[str, Any]:
        """What every event says."""
        at = self.plant.starts_at + timedelta(minutes=minute)
        return {"event_id": uuid4(), "at": at, "source": "benchmark"}

    def at(self, minute: float) -> datetime:
        """The instant of a minute of the plan."""
        return self.plant.starts_at + timedelta(minutes=minute)

    def breakdown(self, minute: int, line: str, minutes: int) -> LineState:
        """A line goes down; it comes up when it said (`repaired`)."""
        self.down[line] = minute + minutes
        return LineState(
            **self.head(minute), line=line, state="down", reason="breakdown",
            until=self.at(minute + minutes),
        )  # fmt: skip

    def repaired(self, minute: int) -> list[Event]:
        """The lines whose time is over are up again."""
        over = [line for line, until in self.down.items() if until <= minute]
        return [
            LineState(**self.head(self.down.pop(line)), line=line, state="running") for line in over
        ]

    def event(self, kind: str, minute: int) -> Event | None:
        """Something that happens at a minute, or None where nothing of the kind can."""
        rng, plant = self.rng, self.plant
        if kind == "line down":
            manned = [
                line for line in plant.lines if line.id not in self.down and _works(line, minute)
            ]
            if not manned:
                return None
            return self.breakdown(
                minute, manned[int(rng.integers(len(manned)))].id, int(rng.integers(240, 720))
            )
        if kind == "late material":
            coming = [one for one in plant.arrivals if minute < one.at < minute + 2880]
            if not coming:
                return None
            one = coming[int(rng.integers(len(coming)))]
            return Material(
                **self.head(minute), delivery=f"D{self.batch}", item=one.item, status="expected",
                quantity=one.quantity, due_at=self.at(one.at + int(rng.integers(600, 2880))),
            )  # fmt: skip
        like = plant.orders[int(rng.integers(len(plant.orders)))]
        return OrderEvent(
            **self.head(minute), order=f"RUSH{self.batch}", item=like.item, change="placed",
            quantity=2 * like.quantity, due_at=self.at(minute + 2000), weight=3 * like.weight,
        )  # fmt: skip

    def answered(self, position: int, drafts: int) -> tuple[float, bool]:
        """Seconds until the events up to a position were answered, and whether by a new draft."""
        began = time.perf_counter()
        while (spent := time.perf_counter() - began) < PATIENCE:
            with reading(self.engine) as session:
                if (load_cursor(session, CURSOR) or 0) >= position:
                    return time.perf_counter() - began, count_drafts(self.engine) > drafts
            time.sleep(0.005)
        raise TimeoutError(
            f"expected an answer within {PATIENCE:g} s, found none after {spent:.1f} s"
        )


def _works(line: Line, minute: int) -> bool:
    return any(shift.start <= minute < shift.end for shift in line.shifts)


def count_drafts(engine: Engine) -> int:
    """How many versions were recommended."""
    with reading(engine) as session:
        return sum(one.status == "draft" for one in list_versions(session))


def publish(engine: Engine, plant: Plant, schedule: Schedule) -> None:
    """Make the plan the published version."""
    publication = Publication(
        plant=plant, schedule=schedule, evaluation=evaluate(plant, schedule, None, WEIGHTS, ZONES),
        method="benchmark", plant_name=PLANT_NAME, weights=WEIGHTS, zones=ZONES,
    )  # fmt: skip
    with writing(engine) as session:
        publish_version(session, publication, datetime.now(UTC))


@contextmanager
def reacting(data: Path, address: str) -> Iterator[None]:
    """While inside, `takt react` follows the database."""
    environment = os.environ | {
        "TAKT_DATA": str(data), "TAKT_DATABASE_URL": address, "OMP_NUM_THREADS": "2",
    }  # fmt: skip
    log = data / "react.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "react"], cwd=REPOSITORY, env=environment,
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        until = time.monotonic() + 120
        while b"follows events" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"takt react did not start: {log.read_text()}")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def floor_seconds(plant: Plant, schedule: Schedule, rng: np.random.Generator) -> list[float]:
    """What the repair alone takes, on breakdowns of the same plan."""
    from benchmarks.disruptions import down_now

    spent = []
    for _ in range(5):
        upset = down_now(plant, schedule, rng)
        began = time.perf_counter()
        repair(upset.plant, upset.base, USUAL_PACE.repair, 1, WEIGHTS, ZONES)
        spent.append(time.perf_counter() - began)
    return spent[1:]


def main() -> None:
    """Measure, show a row per kind of event, and the figures."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--events", type=int, default=90)
    parser.add_argument("--lines", type=int, default=50)
    parser.add_argument("--database", help="address of an empty PostgreSQL database")
    options = parser.parse_args()
    size, events = options.lines, 12 if options.quick else options.events
    plant = generate(size, 4 * size, 12 * size, 14, 0.9, 1)
    schedule = dispatch(plant, RULES["atcs"])
    if not options.quick:
        progress("planning for 30 s")
        schedule = solve(plant, schedule, 30.0, 2, WEIGHTS).schedule
    progress("the repair alone")
    alone = floor_seconds(plant, schedule, np.random.default_rng(1))
    with tempfile.TemporaryDirectory(prefix="takt-react-") as folder:
        data = Path(folder)
        address = options.database or f"sqlite:///{data / 'takt.db'}"
        engine = open_database(address)
        publish(engine, plant, schedule)
        floor = Floor(engine, plant, np.random.default_rng(2))
        with reacting(data, address):
            rows = _one_at_a_time(floor, events)
            storm = _storm(floor)
        engine.dispose()
    _show(rows, alone, storm, address.partition(":")[0], options.json)


def _one_at_a_time(floor: Floor, events: int) -> list[tuple[str, float, bool]]:
    """Kind, seconds and whether a draft came, of events that come one by one through the plan's days."""
    rows = []
    days = (0, 1, 2, 3, 4, 7, 8, 9)  # lines are manned on weekdays, from 6 to 22 o'clock
    times = np.linspace(0, len(days) * 840 - 1, events).astype(int).tolist()
    for number, time_ in enumerate(times):
        minute = days[time_ // 840] * 1440 + 400 + time_ % 840
        kind = ("line down", "late material", "rush order")[number % 3]
        event = floor.event(kind, minute)
        if event is None:
            continue
        drafts = count_drafts(floor.engine)
        position = floor.commit([*floor.repaired(minute), event])
        seconds, is_new = floor.answered(position, drafts)
        progress(
            f"{kind} at {minute}: {seconds:.2f} s, {'a version' if is_new else 'the plan holds'}"
        )
        rows.append((kind, seconds, is_new))
    return rows


def _storm(floor: Floor) -> tuple[int, float, float]:
    """Versions that fifty breakdowns bring, told in micro-batches of five within a second.

    And how many seconds the telling took, and those from its end to the last answer.
    """
    minute = 10 * 1440 + 400
    floor.commit([*floor.repaired(minute), *_all_up(floor, minute)])
    time.sleep(3.0)
    drafts, position = count_drafts(floor.engine), 0
    lines = [line.id for line in floor.plant.lines]
    began = time.perf_counter()
    for first in range(0, STORM, STORM_BATCH):
        named = [lines[number % len(lines)] for number in range(first, first + STORM_BATCH)]
        position = floor.commit([floor.breakdown(minute + 1, line, 300) for line in named])
        time.sleep(0.07)
    told = time.perf_counter()
    floor.answered(position, drafts)
    return count_drafts(floor.engine) - drafts, told - began, time.perf_counter() - told


def _all_up(floor: Floor, minute: int) -> list[Event]:
    lines = list(floor.down)
    floor.down.clear()
    return [LineState(**floor.head(minute), line=line, state="running") for line in lines] or [
        LineState(**floor.head(minute), line=floor.plant.lines[0].id, state="running")
    ]


def _show(
    rows: list[tuple[str, float, bool]],
    alone: list[float],
    storm: tuple[int, float, float],
    database: str,
    json_only: bool,
) -> None:
    table = []
    for kind in dict.fromkeys(row[0] for row in rows):
        some = [row for row in rows if row[0] == kind]
        spent = [row[1] for row in some]
        table.append(
            (
                kind,
                len(some),
                sum(row[2] for row in some),
                *(f"{np.quantile(spent, q):.2f} s" for q in (0.5, 0.95, 1.0)),
            )
        )
    spent = [row[1] for row in rows if row[2]]
    figures = {
        "database": database,
        "events": len(rows),
        "recommended": len(spent),
        "seconds_p50": float(np.quantile(spent, 0.5)),
        "seconds_p95": float(np.quantile(spent, 0.95)),
        "seconds_max": max(spent),
        "repair_alone_p50": float(np.quantile(alone, 0.5)),
        "debounce_seconds": USUAL_PACE.quiet,
        "storm_events": STORM,
        "storm_versions": storm[0],
        "storm_lasted_seconds": storm[1],
        "storm_answered_seconds": storm[2],
    }
    show(
        "From an event's commit to the recommended version",
        ("kind", "events", "versions", "p50", "p95", "worst"), table, figures, json_only,
    )  # fmt: skip


if __name__ == "__main__":
    main()
