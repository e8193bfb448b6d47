"""What a draft's schedule holds, as of a version; kept as bytes for as long as nobody edits it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from pipelines.drafts import Draft, load_draft
from pipelines.views.shelf import Shown
from service.routes.parts import add_parts
from service.state import State

router = APIRouter(prefix="/api/drafts", tags=["drafts"])


async def _load(state: State, number: int) -> tuple[Hashable, Callable[[], Shown]]:
    """The draft as it is now, named by its revision."""
    draft = await run_in_threadpool(load_draft, state.desk, number)
    return (number, draft.meta.revision), lambda: _shown(draft)


def _shown(draft: Draft) -> Shown:
    meta = draft.meta
    return Shown(
        draft.plant, draft.schedule, draft.evaluation, draft.base, meta.weights, meta.zones
    )


add_parts(router, "draft", _load)
