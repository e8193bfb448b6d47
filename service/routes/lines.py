"""What the floor says of lines and stocks, what was made of a plan, and what is foreseen of it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from pipelines.events import LineNow, StockNow
from pipelines.storage.cache import Source
from pipelines.views.line_output import Output, output_of
from pipelines.views.outlook import Outlook, outlook_of
from service.dependencies import Number, StateDep, Viewer
from service.problems import told

router = APIRouter(prefix="/api", tags=["live"])


@dataclass(frozen=True, slots=True)
class LiveState:
    """The latest state of lines and stocks; `source` is where it came from."""

    lines: tuple[LineNow, ...]
    stocks: tuple[StockNow, ...]
    source: Source


@router.get("/live", responses=told(401, 503))
def get_live_state(state: StateDep, _user: Viewer) -> LiveState:
    """What each line does and what there is of each item, by the latest events."""
    found = state.latest.read()
    now = found.now
    return LiveState(
        tuple(now.lines[id] for id in sorted(now.lines)),
        tuple(now.stocks[id] for id in sorted(now.stocks)),
        found.source,
    )


@router.get("/versions/{number}/output", responses=told(401, 404, 422))
def get_version_output(state: StateDep, _user: Viewer, number: Number) -> Output:
    """What each line was to make by a version's plan, by day and up to now, and what it counted."""
    stored = state.shelf.version(number).stored
    return output_of(state.engine, stored.plant, stored.schedule, state.clock())


@router.get("/versions/{number}/outlook", responses=told(401, 404, 422))
def get_version_outlook(state: StateDep, _user: Viewer, number: Number) -> Outlook:
    """Which orders of a version will probably be late, and why; where its stock may run out."""
    state.shelf.version(number)
    return outlook_of(state.engine, number)
