"""The registered models, as MLflow knows them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from pipelines.views.models import Models, models_of
from service.dependencies import StateDep, Viewer
from service.problems import told

router = APIRouter(prefix="/api/models", tags=["models"])
SHAPE: TypeAdapter[Any] = TypeAdapter(Models)
KEPT_SECONDS = 20  # MLflow is asked once in so many, however many look


@router.get("", responses=told(401), response_model=Models)
async def list_models(state: StateDep, _user: Viewer, request: Request) -> Response:
    """The registered models with their versions: who is champion, since when, and why."""
    moment = int(state.clock().timestamp() / KEPT_SECONDS)
    return await state.replies.answer(
        request, ("models", moment), SHAPE, lambda: models_of(state.context)
    )
