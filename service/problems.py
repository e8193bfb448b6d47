"""What goes wrong, as RFC 9457 problem documents: a stable code, a sentence, the fields at fault."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from pipelines.accounts import AccountError, LoginRefusedError, TooManyLoginsError
from pipelines.storage import StorageError
from pipelines.storage.repositories import NotFeasibleError, NotStoredError
from pipelines.views.versions import NotComparableError
from plant import PlantError

MEDIA = "application/problem+json"
SHOWN = 200  # characters of a wrong value that a problem repeats
SECRET_FIELDS = {"password", "old_password", "refresh_token", "client_secret", "token"}

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

# What handlers may raise; anything else is a fault of ours.
ANSWERED: tuple[type[Exception], ...] = (
    RequestValidationError,
    HTTPException,
    PlantError,
    AccountError,
    LoginRefusedError,
    TooManyLoginsError,
    NotStoredError,
    NotFeasibleError,
    NotComparableError,
    StorageError,
)


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


def register(app: FastAPI) -> None:
    """Have every expected error of the app answered by a problem document."""
    for kind in (ProblemError, *ANSWERED):
        app.add_exception_handler(kind, _answer)


def to_problem(error: Exception) -> ProblemError:
    """What is answered to an error."""
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return _invalid(error.errors())
        case HTTPException():
            return _of_status(error)
        case AccountError():
            return ProblemError(
                422, "invalid", str(error), (FieldProblem(field=error.field, message=str(error)),)
            )
        case LoginRefusedError():
            return ProblemError(
                401, "login_refused", str(error), headers={"WWW-Authenticate": "Bearer"}
            )
        case TooManyLoginsError():
            wait = str(max(int(error.wait.total_seconds()), 1))
            return ProblemError(429, "too_many_logins", str(error), headers={"Retry-After": wait})
        case NotStoredError():
            return ProblemError(404, "not_found", str(error))
        case NotComparableError():
            return ProblemError(409, "conflict", str(error))
        case NotFeasibleError():
            return ProblemError(409, "not_feasible", str(error))
        case PlantError():
            fields = tuple(
                FieldProblem(field=one.field, message=str(one)) for one in error.problems
            )
            return ProblemError(422, "invalid", str(error), fields)
        case StorageError():
            return ProblemError(
                503, "unavailable", "the database does not answer", headers={"Retry-After": "5"}
            )
        case _:
            return ProblemError(500, "internal", "the fault is in the log, under this request's id")


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


def as_documents(records: Iterable[Any]) -> list[dict[str, Any]]:
    """Records of the domain as plain objects."""
    return [asdict(record) for record in records]


async def _answer(request: Request, error: Exception) -> Response:
    problem = to_problem(error)
    request_id = request.scope.get("takt.request_id", "")
    if problem.status >= 500:
        structlog.get_logger("service").error("failed", exc_info=error, request_id=request_id)
    return answer(problem, request_id)


def _invalid(found: Sequence[Any]) -> ProblemError:
    broken = [one for one in found if one["type"] == "json_invalid"]
    if broken:
        reason = broken[0].get("ctx", {}).get("error", "")
        return ProblemError(422, "malformed", f"body: expected JSON: {reason}")
    fields = tuple(_field(one) for one in found)
    return ProblemError(422, "invalid", "; ".join(one.message for one in fields), fields)


def _field(error: Any) -> FieldProblem:
    path = [str(part) for part in error["loc"]]
    where = path[1:] if len(path) > 1 else path
    name = ".".join(where)
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        return FieldProblem(field=name, message=f"{name}: missing")
    if SECRET_FIELDS & set(path) or isinstance(error.get("input"), dict | bytes):
        return FieldProblem(field=name, message=f"{name}: {message}")
    shown = json.dumps(error.get("input"), default=repr)[:SHOWN]
    return FieldProblem(
        field=name, message=f"{name}: {message[:1].lower()}{message[1:]}, found {shown}"
    )


def _of_status(error: HTTPException) -> ProblemError:
    codes: dict[int, Code] = {
        400: "malformed",
        401: "not_authenticated",
        403: "forbidden",
        404: "not_found",
        405: "method_not_allowed",
        413: "too_large",
    }
    code = codes.get(error.status_code, "internal" if error.status_code >= 500 else "malformed")
    return ProblemError(error.status_code, code, str(error.detail), headers=error.headers)


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
