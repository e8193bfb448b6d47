"""Users, for admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from pipelines.storage.repositories.users import Role, User
from service.dependencies import Admin, Number, StateDep
from service.problems import ProblemError, told

router = APIRouter(prefix="/api/users", tags=["users"])
Password = Annotated[str, Field(max_length=256)]


class NewUser(BaseModel):
    """A user to be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=64)]
    password: Password
    role: Role


class UserChange(BaseModel):
    """What is to be another; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    is_active: bool | None = None
    password: Password | None = None


@router.get("", responses=told(401, 403))
def list_users(state: StateDep, _user: Admin) -> list[User]:
    """All users by name."""
    return state.accounts.list()


@router.post("", status_code=201, responses=told(401, 403, 422))
def add_user(state: StateDep, _user: Admin, asked: NewUser) -> User:
    """Add a user."""
    return state.accounts.add(asked.name, asked.password, asked.role)


@router.patch("/{number}", responses=told(401, 403, 404, 422))
def change_user(state: StateDep, _user: Admin, number: Number, asked: UserChange) -> User:
    """Change a user's role or password, or shut the user out; the user's sessions end."""
    changed = state.accounts.change(number, asked.role, asked.is_active, asked.password)
    state.holders.forget()
    if changed is None:
        raise ProblemError(404, "not_found", f"user {number} is not there")
    return changed
