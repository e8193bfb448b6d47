"""The contracts of events: one model a type and version, none of which knows another key.

A change that old readers would misread is a new version beside the old one; both are then read.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from plant.io.documents import AboveZero, AtLeastZero, Instant

State = Literal["running", "idle", "changeover", "down", "offline"]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
Words = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f]*$")]


class _Happened(BaseModel):
    """What every event says: which one it is, when it happened, and who says so."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", use_attribute_docstrings=True
    )

    event_id: UUID
    """The same in every copy of the event, so that a copy counts once."""
    at: Instant
    """When it happened, with its time zone; not when it was sent."""
    source: Id
    """The counter, terminal or system that says so."""


class Material(_Happened):
    """A delivery of material is expected, has arrived or will not come."""

    type: Literal["material"] = "material"
    version: Literal[1] = 1
    delivery: Id
    """A later event on the same delivery replaces what the earlier one said."""
    item: Id
    status: Literal["expected", "arrived", "cancelled"]
    quantity: AboveZero
    """In the item's unit."""
    due_at: Instant | None = None
    """When it is expected; needed while it is."""

    @model_validator(mode="after")
    def _what_is_expected_says_when(self) -> Self:
        if self.status == "expected" and self.due_at is None:
            raise ValueError(
                "due_at: expected an instant while the delivery is expected, found null"
            )
        return self


class Count(_Happened):
    """What a line has made since its count before."""

    type: Literal["count"] = "count"
    version: Literal[1] = 1
    line: Id
    item: Id
    run: Id | None = None
    """The run of the schedule that it was made for, where that is known."""
    good: AtLeastZero
    """Good units."""
    scrap: AtLeastZero
    """Units that were made and cannot be used."""


class LineState(_Happened):
    """A line does something else from now on."""

    type: Literal["line_state"] = "line_state"
    version: Literal[1] = 1
    line: Id
    state: State
    item: Id | None = None
    """What it makes or is being changed over to."""
    reason: Words = ""
    until: Instant | None = None
    """When it is expected to end, where anybody knows."""


class Quality(_Happened):
    """Units of a line were inspected."""

    type: Literal["quality"] = "quality"
    version: Literal[1] = 1
    line: Id
    item: Id
    run: Id | None = None
    checked: AtLeastZero
    failed: AtLeastZero

    @model_validator(mode="after")
    def _no_more_fail_than_are_checked(self) -> Self:
        if self.failed > self.checked:
            raise ValueError(
                f"failed: expected at most checked {self.checked:g}, found {self.failed:g}"
            )
        return self


class OrderEvent(_Happened):
    """A customer's order is placed, changed or cancelled."""

    type: Literal["order"] = "order"
    version: Literal[1] = 1
    order: Id
    """A later event on the same order replaces what the earlier one said."""
    item: Id
    change: Literal["placed", "changed", "cancelled"]
    quantity: AboveZero
    due_at: Instant
    weight: AtLeastZero
    """Cost per unit and day late."""


Event = Material | Count | LineState | Quality | OrderEvent
MODELS: tuple[type[Event], ...] = (Material, Count, LineState, Quality, OrderEvent)


def tag_of(model: type[Event]) -> str:
    """The name of a contract, e.g. count.1."""
    fields = model.model_fields
    return f"{fields['type'].default}.{fields['version'].default}"


def key_of(event: Event) -> str:
    """What the event is about; events with the same key stay in order (Kafka's message key)."""
    match event:
        case Material():
            return event.item
        case OrderEvent():
            return event.order
        case _:
            return event.line
