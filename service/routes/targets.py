"""What each user wants the figures of plans to be: kept with the user, the same in every browser."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from pipelines.storage import reading, writing
from pipelines.storage.repositories import targets
from plant import Kpis
from service.dependencies import StateDep, Viewer
from service.problems import told

router = APIRouter(prefix="/api/targets", tags=["targets"])
Kpi = Annotated[str, Path(pattern=f"^({'|'.join(field.name for field in fields(Kpis))})$")]


class Target(BaseModel):
    """What a figure is to be; null for no target of one's own."""

    model_config = ConfigDict(extra="forbid")

    value: Annotated[float, Field(allow_inf_nan=False)] | None


@router.get("", responses=told(401))
def list_targets(state: StateDep, user: Viewer) -> dict[str, float]:
    """The user's own targets, by the figure's name."""
    with reading(state.engine) as session:
        return targets.list_targets(session, user.id)


@router.put("/{kpi}", responses=told(401, 422))
def set_target(state: StateDep, user: Viewer, kpi: Kpi, asked: Target) -> dict[str, float]:
    """Set a target, or forget it; the answer holds all that are set."""
    with writing(state.engine) as session:
        targets.set_target(session, user.id, kpi, asked.value)
        return targets.list_targets(session, user.id)
