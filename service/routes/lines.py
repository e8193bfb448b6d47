"""What lines and stocks are like now, as the events of the floor say."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from pipelines.events import LineNow, StockNow
from pipelines.storage.cache import Source
from service.dependencies import StateDep, Viewer
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
