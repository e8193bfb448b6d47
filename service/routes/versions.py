"""Published versions: listed, their content, their chains, and two of them compared.

What a version holds never changes, so that each answer is made once and kept as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter

from pipelines.views import versions
from pipelines.views.shelf import Shown
from plant.io.documents import PlantDocument
from service import contents
from service.dependencies import MOST_NUMBER, Limit, Number, StateDep, Viewer
from service.problems import told
from service.routes.parts import READ, add_parts
from service.state import State

router = APIRouter(prefix="/api/versions", tags=["versions"])


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """A version's cost by component, its KPIs, and the weights and zones it was judged under.

    starts_at is in the plant's own time, with its distance from UTC.
    """

    starts_at: datetime
    horizon: int
    currency: str
    cost: Mapping[str, float]
    kpis: Mapping[str, float | None]
    weights: Mapping[str, float]
    zones: Mapping[str, int]
    bound: float | None


FIGURES: TypeAdapter[Any] = TypeAdapter(VersionFigures)
COMPARISON: TypeAdapter[Any] = TypeAdapter(versions.Comparison)


@router.get("", responses=told(401, 422))
def list_versions(
    state: StateDep,
    _user: Viewer,
    before: Annotated[int | None, Query(ge=1, le=MOST_NUMBER)] = None,
    limit: Limit = 50,
) -> versions.VersionPage:
    """Versions with their figures, newest first, a page at a time."""
    return versions.page_of_versions(state.engine, before, limit)


@router.get("/latest", responses=told(401, 404))
def get_latest_version(state: StateDep, _user: Viewer) -> versions.VersionSummary:
    """The version that is published now."""
    return versions.summary_of(state.engine, None)


@router.get("/{number}", responses=told(401, 404, 422))
def get_version(state: StateDep, _user: Viewer, number: Number) -> versions.VersionSummary:
    """One version, with whether it is still the published one."""
    return versions.summary_of(state.engine, number)


@router.get("/{number}/plant", responses=READ, response_model=PlantDocument)
async def get_version_plant(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """The plant that a version plans: lines with shifts, items, capabilities, arrivals, orders."""
    return await state.replies.answer(
        request,
        (number, "plant"),
        contents.PLANT.shape,
        lambda: contents.PLANT.make(state.shelf.version(number).shown),
    )


@router.get("/{number}/figures", responses=READ, response_model=VersionFigures)
async def get_version_figures(
    state: StateDep, _user: Viewer, request: Request, number: Number
) -> Response:
    """The cost by component and the KPIs of a version."""
    return await state.replies.answer(
        request, (number, "figures"), FIGURES, lambda: _figures(state, number)
    )


@router.get(
    "/{number}/compare/{other}", responses=READ | told(409), response_model=versions.Comparison
)
async def compare_versions(
    state: StateDep, _user: Viewer, request: Request, number: Number, other: Number
) -> Response:
    """What differs from one version to another, later one."""
    return await state.replies.answer(
        request,
        (number, "compare", other),
        COMPARISON,
        lambda: versions.compare(state.shelf.version(number), state.shelf.version(other)),
    )


async def _load(state: State, number: int) -> tuple[Hashable, Callable[[], Shown]]:
    return number, lambda: state.shelf.version(number).shown


def _figures(state: State, number: int) -> VersionFigures:
    stored = state.shelf.version(number).stored
    meta = stored.meta
    plant = stored.plant
    return VersionFigures(
        plant.starts_at, plant.horizon, plant.currency, stored.cost, stored.kpis,
        meta.weights, meta.zones, meta.bound,
    )  # fmt: skip


add_parts(router, "version", _load)
