"""Forecasts with their quantiles, what the drift checks found, and what they had fitted anew."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from pipelines.storage import reading
from pipelines.storage.repositories import DriftVerdict, list_drift_verdicts
from pipelines.storage.repositories.retrainings import Retraining, list_retrainings
from pipelines.views import forecasts
from service.dependencies import Limit, NameQuery, OptionalNameQuery, StateDep, Viewer
from service.problems import told

router = APIRouter(prefix="/api", tags=["forecasts"])
Days = Annotated[int, Query(ge=0, le=1000, description="days of history")]


@router.get("/forecasts", responses=told(401))
def list_forecasts(state: StateDep, _user: Viewer) -> forecasts.ForecastIndex:
    """Which forecasts are stored, and of which items."""
    return forecasts.forecast_index(state.engine)


@router.get("/forecast", responses=told(401, 404, 422))
def get_forecast(
    state: StateDep,
    _user: Viewer,
    item: NameQuery,
    origin: AwareDatetime | None = None,
    days: Days = 90,
) -> forecasts.ItemForecast:
    """An item's forecast with quantiles, by every model that made one, and the history before it."""
    return forecasts.forecast_of(state.engine, item, origin, days)


@router.get("/drift", responses=told(401, 422))
def list_drift(
    state: StateDep, _user: Viewer, kind: OptionalNameQuery = None, limit: Limit = 100
) -> list[DriftVerdict]:
    """What the drift checks found, newest first."""
    with reading(state.engine) as session:
        return list_drift_verdicts(session, kind)[:limit]


@router.get("/retrainings", responses=told(401, 422))
def get_retrainings(state: StateDep, _user: Viewer, limit: Limit = 100) -> list[Retraining]:
    """Which models are to be fitted anew, why, and what came of it, newest first."""
    with reading(state.engine) as session:
        return list_retrainings(session)[:limit]
