"""Logging in, staying logged in, logging out."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel, Field

from pipelines.accounts import AccountError, Login, LoginRefusedError, TooManyLoginsError
from pipelines.storage.repositories.users import Role, User
from service.dependencies import ClaimsDep, StateDep, Viewer
from service.metrics import LOGINS
from service.problems import told
from service.state import State

router = APIRouter(prefix="/api/auth", tags=["auth"])
Form = Annotated[OAuth2PasswordRequestForm, Depends()]
Password = Annotated[str, Field(max_length=256)]


class TokenPair(BaseModel):
    """What opens the service, and what renews it: the refresh token is good once."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int
    """Seconds until the access token runs out."""
    refresh_token: str
    user: str
    role: Role


class Refresh(BaseModel):
    """The refresh token of the last answer."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=200)]


class NewPassword(BaseModel):
    """The password as it is and as it is to be."""

    old_password: Password
    password: Password


@router.post("/token", responses=told(401, 422, 429))
def log_in(state: StateDep, request: Request, form: Form) -> TokenPair:
    """Log in with name and password (OAuth2's password grant)."""
    try:
        login = state.accounts.log_in(form.username, form.password, _address(request))
    except (LoginRefusedError, TooManyLoginsError) as error:
        LOGINS.labels("refused" if isinstance(error, LoginRefusedError) else "limited").inc()
        raise
    LOGINS.labels("accepted").inc()
    return _pair(state, login)


@router.post("/refresh", responses=told(401, 422))
def refresh(state: StateDep, asked: Refresh) -> TokenPair:
    """New tokens for a refresh token, which is good once: used again, it ends the session."""
    return _pair(state, state.accounts.renew(asked.refresh_token))


@router.post("/logout", status_code=204, responses=told(401))
async def log_out(state: StateDep, claims: ClaimsDep, _user: Viewer) -> Response:
    """End the session; neither of its tokens opens anything from now on."""
    await state.end_session(claims.session)
    return Response(status_code=204)


@router.get("/me", responses=told(401))
async def who_am_i(user: Viewer) -> User:
    """The user whose token it is."""
    return user


@router.put("/password", status_code=204, responses=told(401, 422, 429))
def change_password(
    state: StateDep, request: Request, user: Viewer, asked: NewPassword
) -> Response:
    """Choose another password; every session of the user ends."""
    try:
        state.accounts.check_password(user, asked.old_password, _address(request))
    except LoginRefusedError as error:
        raise AccountError("old_password", "old_password: not the password of the user") from error
    state.accounts.change(user.id, password=asked.password)
    state.holders.forget()
    return Response(status_code=204)


def _pair(state: State, login: Login) -> TokenPair:
    return TokenPair(
        access_token=state.tokens.make(login.session),
        expires_in=int(state.tokens.lifetime.total_seconds()),
        refresh_token=login.refresh_token,
        user=login.user.name,
        role=login.user.role,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
