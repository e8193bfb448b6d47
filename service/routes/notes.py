"""What planners note on exceptions: whose one is, a comment, until when it is snoozed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pipelines.drafts import Handling, exception_handling, note_exception
from plant.io.documents import Name
from service.dependencies import NameQuery, Planner, StateDep, Viewer
from service.problems import told

router = APIRouter(prefix="/api/notes", tags=["exceptions"])
ShortName = Annotated[Name, Field(max_length=200)]


class NoteRequest(BaseModel):
    """A note on the exception `key` of a plant."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    plant_name: ShortName
    key: ShortName
    comment: Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")] = ""
    owner: Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")] | None = None
    """Whose the exception is from now on; "" for nobody's, null to leave it."""
    snoozed_until: AwareDatetime | None = None
    """Until when it need not be shown; an instant that has passed ends that, null leaves it."""


@router.get("", responses=told(401, 422))
def list_notes(state: StateDep, _user: Viewer, plant_name: NameQuery) -> Mapping[str, Handling]:
    """How the exceptions of a plant that have notes are handled, by the exception's id."""
    return exception_handling(state.desk, plant_name)


@router.post("", status_code=201, responses=told(401, 403, 422))
def add_note(state: StateDep, user: Planner, asked: NoteRequest) -> Handling:
    """Note something on an exception."""
    return note_exception(
        state.desk,
        asked.plant_name,
        asked.key,
        author=user.name,
        comment=asked.comment,
        owner=asked.owner,
        snoozed_until=asked.snoozed_until,
    )
