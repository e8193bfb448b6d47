"""The application: its parts put together. `takt serve` runs it."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from pipelines.context import Context, load_context
from service import faults, problems
from service.dashboard import add_dashboard
from service.logs import set_up_logs
from service.middleware import Limit, Watch
from service.problems import ProblemDocument
from service.routes import (
    auth,
    draft_contents,
    drafts,
    events,
    forecasts,
    health,
    jobs,
    lines,
    models,
    notes,
    reports,
    targets,
    users,
    versions,
)
from service.state import open_state
from service.workers import load_compiled

DESCRIPTION = """
What planners read, ask and change. Times are whole minutes after the version's `starts_at`, money is in
the plant's currency. Errors are RFC 9457 problem documents with a stable `code`.
"""
# Beside a thread that computes, a hop to a worker thread and back takes 9 ms (p99) at Python's own 5 ms,
# 4 to 7 at this.
SWITCH_SECONDS = 0.001
ROUTERS = (
    health, auth, users, targets, versions, draft_contents, drafts, jobs, notes, forecasts, models, reports,
    lines, events,
)  # fmt: skip


def create_app(context: Context | None = None, *, is_warm: bool = True) -> FastAPI:
    """The service over a context, by default the one that the environment gives.

    Where it `is_warm`, it starts the process for repairs at once, not when the first is asked for.

    Nothing is opened before it starts, so that its OpenAPI document needs no database.
    """
    given = context or load_context()
    app = FastAPI(
        title="Takt",
        version="1",
        description=DESCRIPTION,
        lifespan=_running,
        openapi_url="/api/openapi.json",
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.context, app.state.is_warm = given, is_warm
    for module in ROUTERS:
        app.include_router(module.router)
    add_dashboard(app)
    faults.register(app)
    app.add_middleware(Limit)
    if given.settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=given.settings.allowed_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match"],
            expose_headers=["ETag", "X-Request-Id"],
        )
    app.add_middleware(Watch)
    _describe(app)
    return app


def serve_app() -> FastAPI:
    """The service that the environment gives, with its logs set up: what `takt serve` runs."""
    set_up_logs()
    return create_app()


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    """Opens the database, follows what happens in it, and closes it at the end."""
    app.state.takt = state = await run_in_threadpool(open_state, app.state.context)
    if app.state.is_warm:
        await run_in_threadpool(_settle)
    stopping = asyncio.Event()
    tasks = [
        asyncio.create_task(state.feed.run(stopping)),
        asyncio.create_task(state.work.run(stopping, is_warm=app.state.is_warm)),
    ]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        state.work.close()
        await run_in_threadpool(state.engine.dispose)


def _settle() -> None:
    """Load what is compiled, have threads take turns often, leave what stays alone when collecting.

    A full collection in a process full of compiled code takes 0.3 s, in the middle of somebody's edit.
    """
    load_compiled()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()


def _operation_id(route: APIRoute) -> str:
    """The handler's name: what generated clients call the operation."""
    return route.name


def _describe(app: FastAPI) -> None:
    """Have the OpenAPI document name the problem documents, and nothing that is never answered."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        document = made()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        template = "#/components/schemas/{model}"
        own = ProblemDocument.model_json_schema(ref_template=template)
        schemas |= own.pop("$defs") | {"ProblemDocument": own}
        for operation in (one for path in document["paths"].values() for one in path.values()):
            _tidy(operation)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _tidy(operation: dict[str, Any]) -> None:
    """Replace the framework's own description of a refused request by ours, and add what bodies may be."""
    refused = operation["responses"].get("422", {}).get("content", {})
    if "application/json" in refused:
        operation["responses"]["422"] = problems.told(422)[422]
    if "requestBody" in operation:
        operation["responses"] |= {
            str(status): one for status, one in problems.told(400, 413).items()
        }
