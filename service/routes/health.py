"""Whether the service lives, whether it can work, and its figures."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from pipelines.readiness import Readiness, check_readiness
from service.dependencies import StateDep
from service.problems import ProblemError, told

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """That the process answers."""

    status: Literal["alive"] = "alive"


@router.get("/health/live")
async def live() -> Alive:
    """Whether the process answers; whoever runs it starts it anew where not."""
    return Alive()


@router.get("/health/ready", responses=told(503))
def ready(state: StateDep) -> Readiness:
    """Whether the database, and Redis where one is set, answer; no work is sent here where not."""
    found = check_readiness(state.engine, state.settings.redis_url)
    if found.missing:
        raise ProblemError(503, "unavailable", f"no answer from: {', '.join(found.missing)}")
    return found


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics() -> Response:
    """The figures in Prometheus's format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
