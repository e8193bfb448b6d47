"""Reports made elsewhere, shown inside a frame of the dashboard: Evidently's of drift.

A frame sends no token, so its address is signed and opens for a minute. What the report's scripts may
do is nothing: they run in a sandbox, as of no origin, and reach no address.
"""

from __future__ import annotations

from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse
from pydantic import BaseModel

from service.dependencies import StateDep, Viewer, unauthenticated
from service.problems import ProblemError, told
from service.state import State
from service.tokens import TICKET_LIFETIME, TokenError

router = APIRouter(prefix="/api/reports", tags=["reports"])
Ticket = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,1000}$")]

DRIFT = "drift"
IN_A_FRAME = {
    "Content-Security-Policy": (
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}


class Report(BaseModel):
    """Where a report opens, and for how many seconds from now."""

    address: str
    expires_in: int


@router.post("/drift", status_code=201, responses=told(401, 404))
def open_drift_report(state: StateDep, _user: Viewer) -> Report:
    """An address at which the last drift report opens for a minute, for a frame."""
    _file(state, DRIFT)
    ticket = state.tickets.make(DRIFT)
    return Report(
        address=f"{router.prefix}/{ticket}", expires_in=int(TICKET_LIFETIME.total_seconds())
    )


@router.get(
    "/{ticket}",
    response_class=FileResponse,
    responses={
        200: {"content": {"text/html": {"schema": {"type": "string"}}}},
        **told(401, 404, 422),
    },
)
def get_report(state: StateDep, ticket: Ticket) -> FileResponse:
    """The report that a ticket opens, as a page that can do nothing but show itself."""
    try:
        page = state.tickets.read(ticket)
    except TokenError as error:
        raise unauthenticated(str(error), expired=error.expired) from error
    return FileResponse(_file(state, page), media_type="text/html", headers=IN_A_FRAME)


def _file(state: State, page: str) -> File:
    file = {DRIFT: state.settings.drift / "report.html"}.get(page)
    if file is None or not file.is_file():
        raise ProblemError(
            404, "not_found", f"no report of {page} is stored; `takt drift` makes it"
        )
    return file
