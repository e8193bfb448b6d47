"""The documents of a plant and a schedule: Pydantic models whose JSON Schema is docs/schema.

Each model checks its own keys and builds the record of the same name; `Expected` is what an error
message says of a field that holds something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    model_validator,
)

from plant.model import Arrival, BomLine, Capability, Changeover, Item, Line, Order, Shift
from plant.schedule import Run

LATEST = 100 * 366 * 1440  # minutes: a hundred years
MOST = 1e15  # what sums of still hold the cents


@dataclass(frozen=True, slots=True)
class Expected:
    """The words for what a field holds."""

    words: str


def _instant(value: Any) -> datetime:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise ValueError("not an instant with its time zone")
    return instant


Text = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f]*$")]
Name = Annotated[Text, Expected("a name")]
Minute = Annotated[int, Field(ge=0, le=LATEST), Expected("a whole minute of at least 0")]
AnyMinute = Annotated[int, Field(ge=-LATEST, le=LATEST), Expected("a whole minute")]
Minutes = Annotated[int, Field(gt=0, le=LATEST), Expected("at least 1 whole minute")]
AtLeastZero = Annotated[
    float, Field(ge=0, le=MOST, allow_inf_nan=False), Expected("a number of at least 0")
]
AboveZero = Annotated[
    float, Field(gt=0, le=MOST, allow_inf_nan=False), Expected("a number above 0")
]
Share = Annotated[
    float, Field(gt=0, le=1, allow_inf_nan=False), Expected("a share above 0 and at most 1")
]
YesNo = Annotated[bool, Expected("true or false")]
OptionalName = Annotated[Text | None, Expected("a name or null")]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant, json_schema_input_type=str),
    Expected("an instant with its time zone, such as 2026-01-05T00:00:00+09:00"),
]


class Document(BaseModel):
    """A JSON object whose keys are exactly the fields."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class RecordDocument(Document):
    """An object that holds one record; validating it builds the record."""

    RECORD: ClassVar[type]
    _record: Any = PrivateAttr()

    @model_validator(mode="after")
    def _is_a_record(self) -> Self:
        self._record = self.RECORD(**self._values())
        return self

    @property
    def record(self) -> Any:
        """The record that this object holds."""
        return self._record

    def _values(self) -> dict[str, Any]:
        return self.__dict__


class ShiftDocument(RecordDocument):
    """The minutes [start, end) in which a line is manned."""

    RECORD: ClassVar[type] = Shift
    start: Minute
    end: Minute
    overtime: YesNo = False
    """Costs overtime_cost on top of run_cost, and never counts as idle."""


class LineDocument(RecordDocument):
    """A production line."""

    RECORD: ClassVar[type] = Line
    id: Name
    run_cost: AtLeastZero = 0.0
    """Money per hour of shift time inside runs."""
    overtime_cost: AtLeastZero = 0.0
    """Money that an overtime hour costs on top of run_cost."""
    idle_cost: AtLeastZero = 0.0
    """Money per hour of regular shift neither running nor changing over."""
    shifts: Annotated[list[ShiftDocument], Expected("a list of shifts")] = []
    """In time order, not overlapping."""
    initial_family: OptionalName = None
    """What the line is set up for at the start; null needs no first changeover."""
    available_from: Minute = 0
    """The first minute in which the line may do anything."""

    def _values(self) -> dict[str, Any]:
        return {**self.__dict__, "shifts": tuple(shift.record for shift in self.shifts)}


class ItemDocument(RecordDocument):
    """A product, a part or a raw material."""

    RECORD: ClassVar[type] = Item
    id: Name
    family: Name
    stock: AtLeastZero = 0.0
    safety_stock: AtLeastZero = 0.0
    holding_cost: AtLeastZero = 0.0
    """Money per unit and day in stock."""
    shortage_cost: AtLeastZero = 0.0
    """Money per unit and day that the stock lies under safety_stock."""


class CapabilityDocument(RecordDocument):
    """That a line can make an item."""

    RECORD: ClassVar[type] = Capability
    line: Name
    item: Name
    rate: AboveZero
    """Good units per hour while running."""
    yield_: Annotated[Share, Field(alias="yield")] = 1.0
    """The good share of what is started."""
    min_lot: AtLeastZero = 0.0
    """The least quantity of a run; 0 asks for nothing."""
    lot_multiple: AtLeastZero = 0.0
    """What a run's quantity is a multiple of; 0 asks for nothing."""


class ChangeoverDocument(RecordDocument):
    """What going from one family to another takes and costs."""

    RECORD: ClassVar[type] = Changeover
    from_family: Name
    to_family: Name
    minutes: Minute
    cost: AtLeastZero = 0.0
    line: OptionalName = None
    """The line it holds for; null holds for every line without an entry of its own for the pair."""


class BomLineDocument(RecordDocument):
    """That one good unit of `item`, at yield 1, takes `per_unit` of `component`."""

    RECORD: ClassVar[type] = BomLine
    item: Name
    component: Name
    per_unit: AboveZero


class ArrivalDocument(RecordDocument):
    """Raw material on its way."""

    RECORD: ClassVar[type] = Arrival
    item: Name
    at: Minute
    quantity: AboveZero


class OrderDocument(RecordDocument):
    """Demand for a quantity of an item at a minute, which may lie before the start."""

    RECORD: ClassVar[type] = Order
    id: Name
    item: Name
    quantity: AboveZero
    due: AnyMinute
    weight: AtLeastZero = 1.0
    """Money per unit and day late."""
    source: Annotated[Literal["firm", "forecast"], Expected("firm or forecast")] = "firm"


class PlantDocument(Document):
    """A plant at an instant. Times are whole minutes after starts_at, quantities in the item's unit."""

    currency: Name
    starts_at: Instant
    horizon: Minutes
    """Minutes to plan."""
    lines: Annotated[list[LineDocument], Expected("a list of lines")]
    items: Annotated[list[ItemDocument], Expected("a list of items")]
    capabilities: Annotated[list[CapabilityDocument], Expected("a list of capabilities")] = []
    changeovers: Annotated[list[ChangeoverDocument], Expected("a list of changeovers")] = []
    bom: Annotated[list[BomLineDocument], Expected("a list of bill of materials lines")] = []
    arrivals: Annotated[list[ArrivalDocument], Expected("a list of arrivals")] = []
    orders: Annotated[list[OrderDocument], Expected("a list of orders")] = []


class RunDocument(RecordDocument):
    """`quantity` good units of `item`, made on `line` in the minutes [start, end)."""

    RECORD: ClassVar[type] = Run
    id: Name
    line: Name
    item: Name
    start: Minute
    end: Minute
    quantity: AboveZero
    lock: Annotated[
        Literal["none", "line", "start", "all"], Expected("none, line, start or all")
    ] = "none"
    """What later planning must leave alone."""


class ScheduleDocument(Document):
    """Which line makes how much of what, from when to when; the order of runs says nothing."""

    runs: Annotated[list[RunDocument], Expected("a list of runs")]
