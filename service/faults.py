"""From the errors that pipelines raise to the problems that are answered, in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import TypeAdapter
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from pipelines.accounts import AccountError, LoginRefusedError, TooManyLoginsError
from pipelines.drafts import DraftError, StaleRevisionError
from pipelines.jobs.running import JobNotDoneError, NoSuchPlanError
from pipelines.scenarios import ScenarioError
from pipelines.storage import StorageError
from pipelines.storage.repositories import NotFeasibleError, NotStoredError
from pipelines.views.drafts import EntryView, entry_view
from pipelines.views.versions import NotComparableError
from plant import PlantError
from plant.io.edits import DOCUMENTS as EDIT_KINDS
from service.problems import Code, FieldProblem, ProblemError, answer

SHOWN = 200  # characters of a wrong value that a problem repeats
SECRET_FIELDS = {"password", "old_password", "refresh_token", "client_secret", "token"}
ENTRIES = TypeAdapter(list[EntryView])

# Told by their own message.
PLAIN: Mapping[type[Exception], tuple[int, Code]] = {
    NotStoredError: (404, "not_found"),
    NoSuchPlanError: (404, "not_found"),
    NotFeasibleError: (409, "not_feasible"),
    NotComparableError: (409, "conflict"),
    DraftError: (409, "conflict"),
    JobNotDoneError: (409, "conflict"),
    BrokenProcessPool: (503, "unavailable"),
}


def register(app: FastAPI) -> None:
    """Have every expected error of the app answered by a problem document."""
    kinds: list[type[Exception]] = [ProblemError, *PLAIN, *SPECIAL]
    for kind in kinds:
        app.add_exception_handler(kind, _answer)


def to_problem(error: Exception) -> ProblemError:
    """What is answered to an error; one that nobody expects is a fault of ours."""
    if isinstance(error, ProblemError):
        return error
    for kind in type(error).__mro__:
        if kind in SPECIAL:
            return SPECIAL[kind](error)
        if kind in PLAIN:
            status, code = PLAIN[kind]
            return ProblemError(status, code, str(error))
    return ProblemError(500, "internal", "the fault is in the log, under this request's id")


async def _answer(request: Request, error: Exception) -> Response:
    problem = to_problem(error)
    request_id = request.scope.get("takt.request_id", "")
    if problem.status >= 500:
        structlog.get_logger("service").error("failed", exc_info=error, request_id=request_id)
    return answer(problem, request_id)


def _named(error: AccountError | ScenarioError) -> ProblemError:
    field = FieldProblem(field=error.field, message=str(error))
    return ProblemError(422, "invalid", str(error), (field,))


def _login(error: LoginRefusedError) -> ProblemError:
    return ProblemError(401, "login_refused", str(error), headers={"WWW-Authenticate": "Bearer"})


def _logins(error: TooManyLoginsError) -> ProblemError:
    wait = str(max(int(error.wait.total_seconds()), 1))
    return ProblemError(429, "too_many_logins", str(error), headers={"Retry-After": wait})


def _plant(error: PlantError) -> ProblemError:
    fields = tuple(FieldProblem(field=one.field, message=str(one)) for one in error.problems)
    return ProblemError(422, "invalid", str(error), fields)


def _storage(_error: StorageError | OperationalError) -> ProblemError:
    return ProblemError(
        503, "unavailable", "the database does not answer", headers={"Retry-After": "5"}
    )


def _stale(error: StaleRevisionError) -> ProblemError:
    since = TypeAdapter(list[EntryView]).dump_python(
        [entry_view(one) for one in error.since], mode="json"
    )
    more = {"revision": error.found, "changes": since}
    return ProblemError(409, "stale", str(error), more=more)


def _invalid(found: Sequence[Any]) -> ProblemError:
    broken = [one for one in found if one["type"] == "json_invalid"]
    if broken:
        reason = broken[0].get("ctx", {}).get("error", "")
        return ProblemError(422, "malformed", f"body: expected JSON: {reason}")
    fields = tuple(_field(one) for one in found)
    return ProblemError(422, "invalid", "; ".join(one.message for one in fields), fields)


def _field(error: Any) -> FieldProblem:
    path = [str(part) for part in error["loc"]]
    path = [
        part for before, part in zip(["", *path], path, strict=False) if not _is_kind(before, part)
    ]
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


def _is_kind(before: str, part: str) -> bool:
    """Whether it is not a key but the kind of an edit, which Pydantic puts into the path."""
    return part in EDIT_KINDS and (before == "edit" or before.isdecimal())


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


# Told in a way of their own.
SPECIAL: Mapping[type[Exception], Callable[[Any], ProblemError]] = {
    RequestValidationError: lambda error: _invalid(error.errors()),
    HTTPException: _of_status,
    AccountError: _named,
    ScenarioError: _named,
    LoginRefusedError: _login,
    TooManyLoginsError: _logins,
    StaleRevisionError: _stale,
    PlantError: _plant,
    StorageError: _storage,
    OperationalError: _storage,
}
