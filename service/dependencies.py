"""What handlers ask for, as annotated aliases: the state, the user with a role, names in addresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request
from fastapi.security import OAuth2PasswordBearer

from pipelines.accounts import may
from pipelines.storage.repositories.users import Role, User
from service.problems import Code, ProblemError
from service.state import State
from service.tokens import Claims, TokenError

MOST_NUMBER = 2**31 - 1

bearer = OAuth2PasswordBearer("/api/auth/token", refreshUrl="/api/auth/refresh", auto_error=False)


async def get_state(request: Request) -> State:
    """The running service's state. A coroutine, as plain functions are called in a thread each."""
    return cast("State", request.app.state.takt)


StateDep = Annotated[State, Depends(get_state)]


async def get_claims(state: StateDep, token: Annotated[str | None, Depends(bearer)]) -> Claims:
    """What the request's access token says; ProblemError 401 where there is none that opens."""
    if not token:
        raise unauthenticated("expected `Authorization: Bearer <access token>`")
    try:
        return state.tokens.read(token)
    except TokenError as error:
        raise unauthenticated(str(error), expired=error.expired) from error


ClaimsDep = Annotated[Claims, Depends(get_claims)]


async def get_user(request: Request, state: StateDep, claims: ClaimsDep) -> User:
    """The user whose session the token is for; ProblemError 401 where it has ended."""
    user = await state.holders.holder(claims.session)
    if user is None:
        raise unauthenticated("the session has ended; log in again")
    request.state.takt_user = user.name
    return user


def unauthenticated(detail: str, expired: bool = False) -> ProblemError:
    """The answer to whoever shows no token that opens."""
    headers = {"WWW-Authenticate": 'Bearer realm="takt", error="invalid_token"'}
    code: Code = "token_expired" if expired else "not_authenticated"
    return ProblemError(401, code, detail, headers=headers)


def needs(role: Role) -> Callable[[User], Awaitable[User]]:
    """What lets only those pass who may do what is for a role."""

    async def allowed(user: Annotated[User, Depends(get_user)]) -> User:
        if not may(user, role):
            raise ProblemError(
                403, "forbidden", f"this is for the role {role}; {user.name} is {user.role}"
            )
        return user

    allowed.__dict__["role"] = role
    return allowed


Viewer = Annotated[User, Depends(needs("viewer"))]
Planner = Annotated[User, Depends(needs("planner"))]
Admin = Annotated[User, Depends(needs("admin"))]

Number = Annotated[int, Path(ge=1, le=MOST_NUMBER)]
NAME = r"^[^\x00-\x1f]+$"
NameQuery = Annotated[str, Query(min_length=1, max_length=200, pattern=NAME)]
OptionalNameQuery = Annotated[str | None, Query(min_length=1, max_length=200, pattern=NAME)]
Limit = Annotated[int, Query(ge=1, le=500)]
