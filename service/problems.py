"""What goes wrong, as RFC 9457 problem documents: a stable code, a sentence, the fields at fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

MEDIA = "application/problem+json"

Code = Literal[
    "invalid",
    "malformed",
    "login_refused",
    "not_authenticated",
    "token_expired",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "conflict",
    "stale",
    "not_feasible",
    "too_large",
    "too_many_logins",
    "unavailable",
    "internal",
]
TITLES: Mapping[Code, str] = {
    "invalid": "The request holds something that cannot be",
    "malformed": "The request cannot be read",
    "login_refused": "The login is refused",
    "not_authenticated": "A valid access token is needed",
    "token_expired": "The access token has run out",
    "forbidden": "The user's role does not allow this",
    "not_found": "There is no such thing",
    "method_not_allowed": "The address does not take this method",
    "conflict": "What is there does not allow this now",
    "stale": "Somebody else has changed it meanwhile",
    "not_feasible": "The schedule breaks rules",
    "too_large": "The request is too large",
    "too_many_logins": "Too many logins were refused",
    "unavailable": "A service that this needs does not answer",
    "internal": "A fault of Takt",
}


class FieldProblem(BaseModel):
    """One thing that is wrong: in which field (a path with dots), and what."""

    model_config = ConfigDict(frozen=True)

    field: str
    message: str


class ProblemDocument(BaseModel):
    """An RFC 9457 problem. Programs go by `code`, which stays the same; people read `detail`."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    code: Code
    detail: str
    request_id: str
    """Also in the answer's X-Request-Id and in the log."""
    errors: list[FieldProblem] = []
    violations: list[dict[str, Any]] = []
    """Of `not_feasible`: every broken rule, with kind, record, amount and message."""
    changes: list[dict[str, Any]] = []
    """Of `stale`: what was changed since, and by whom."""
    revision: int | None = None
    """Of `stale`: where it stands now."""


@dataclass
class ProblemError(Exception):
    """An answer that says what is wrong."""

    status: int
    code: Code
    detail: str
    errors: tuple[FieldProblem, ...] = ()
    headers: Mapping[str, str] | None = None
    more: Mapping[str, Any] | None = None


def told(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: that each of these statuses comes with a problem document."""
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        status: {"description": _DESCRIBED[status], "content": {MEDIA: {"schema": schema}}}
        for status in statuses
    }


def answer(problem: ProblemError, request_id: str) -> Response:
    """The answer with the problem's document."""
    document: dict[str, Any] = {
        "type": f"urn:takt:problem:{problem.code}",
        "title": TITLES[problem.code],
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": request_id,
        **({"errors": [one.model_dump() for one in problem.errors]} if problem.errors else {}),
        **(problem.more or {}),
    }
    body = json.dumps(document, default=str)  # ASCII: what was sent may hold half a character
    headers = {"Cache-Control": "no-store", **(problem.headers or {})}
    return Response(body, problem.status, headers, MEDIA)


_DESCRIBED = {
    400: "The request cannot be read.",
    401: "No valid access token, or a refused login.",
    403: "The user's role does not allow it.",
    404: "There is none.",
    409: "What is there does not allow it now; the code says why.",
    413: "The request is too large.",
    422: "A field holds what it cannot; `errors` names each.",
    429: "Too many refused logins; Retry-After says when to try again.",
    503: "The database or another service does not answer.",
}
