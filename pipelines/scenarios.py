"""What-if scenarios: a plant as it would be with a line down, a rush order, late material, overtime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from plant import Line, Order, Plant, Shift
from plant.io.documents import LATEST, AboveZero, AtLeastZero, Document, Minute, Name

MINUTES_PER_DAY = 1440


class ScenarioError(ValueError):
    """A scenario speaks of what the plant has not; `field` says which part, the message what."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(f"{field}: {message}")


class LineDown(Document):
    """A line does nothing in the minutes [start, end)."""

    kind: Literal["line_down"]
    line: Name
    start: Minute
    end: Minute


class RushOrder(Document):
    """An order more."""

    kind: Literal["rush_order"]
    item: Name
    quantity: AboveZero
    due: Minute
    weight: AtLeastZero = 1.0
    """Money per unit and day late."""


class LateMaterial(Document):
    """All that is on its way of an item arrives later by so many minutes."""

    kind: Literal["late_material"]
    item: Name
    minutes: Annotated[int, Field(gt=0, le=LATEST)]


class MoreOvertime(Document):
    """Lines work overtime after the last shift of each day, for so many minutes at most."""

    kind: Literal["more_overtime"]
    minutes: Annotated[int, Field(gt=0, le=MINUTES_PER_DAY)]
    lines: Annotated[list[Name], Field(min_length=1)] | None = None
    """All lines where it is left out."""


Scenario = Annotated[
    LineDown | RushOrder | LateMaterial | MoreOvertime, Field(discriminator="kind")
]


def changed_plant(plant: Plant, scenarios: Sequence[Scenario]) -> Plant:
    """The plant as it would be, one scenario after the other.

    Raises
    ------
    ScenarioError
        Where one names a line or item that the plant has not, or comes to nothing.
    """
    for number, scenario in enumerate(scenarios):
        where = f"scenarios.{number}"
        match scenario:
            case LineDown():
                plant = _with_line_down(plant, scenario, where)
            case RushOrder():
                plant = _with_order(plant, scenario, where)
            case LateMaterial():
                plant = _with_late_material(plant, scenario, where)
            case MoreOvertime():
                plant = _with_overtime(plant, scenario, where)
    return plant


def _with_line_down(plant: Plant, scenario: LineDown, where: str) -> Plant:
    if scenario.end <= scenario.start:
        raise ScenarioError(f"{where}.end", f"expected a minute after {scenario.start}")
    _known(plant, [scenario.line], f"{where}.line")

    def without(line: Line) -> Line:
        if line.id != scenario.line:
            return line
        return replace(line, shifts=tuple(_outside(line.shifts, scenario.start, scenario.end)))

    return replace(plant, lines=tuple(without(line) for line in plant.lines))


def _outside(shifts: Sequence[Shift], start: int, end: int) -> Iterator[Shift]:
    """What is left of shifts outside the minutes [start, end)."""
    for shift in shifts:
        if shift.start < min(shift.end, start):
            yield replace(shift, end=min(shift.end, start))
        if max(shift.start, end) < shift.end:
            yield replace(shift, start=max(shift.start, end))


def _with_order(plant: Plant, scenario: RushOrder, where: str) -> Plant:
    if all(item.id != scenario.item for item in plant.items):
        raise ScenarioError(
            f"{where}.item", f"expected an item of the plant, found {scenario.item}"
        )
    taken = {order.id for order in plant.orders}
    id = next(
        name for number in range(1, len(taken) + 2) if (name := f"RUSH-{number}") not in taken
    )
    order = Order(id, scenario.item, scenario.quantity, scenario.due, scenario.weight)
    return replace(plant, orders=(*plant.orders, order))


def _with_late_material(plant: Plant, scenario: LateMaterial, where: str) -> Plant:
    if all(arrival.item != scenario.item for arrival in plant.arrivals):
        raise ScenarioError(
            f"{where}.item", f"expected an item that is on its way, found {scenario.item}"
        )
    return replace(
        plant,
        arrivals=tuple(
            replace(one, at=one.at + scenario.minutes) if one.item == scenario.item else one
            for one in plant.arrivals
        ),
    )


def _with_overtime(plant: Plant, scenario: MoreOvertime, where: str) -> Plant:
    wanted = scenario.lines or [line.id for line in plant.lines]
    _known(plant, wanted, f"{where}.lines")
    midnight = plant.starts_at.hour * 60 + plant.starts_at.minute

    def longer(line: Line) -> Line:
        if line.id not in wanted:
            return line
        shifts = _lengthened(line.shifts, scenario.minutes, midnight, plant.horizon)
        return replace(line, shifts=tuple(shifts))

    return replace(plant, lines=tuple(longer(line) for line in plant.lines))


def _lengthened(
    shifts: Sequence[Shift], minutes: int, midnight: int, horizon: int
) -> Iterator[Shift]:
    """The shifts, an overtime one behind the last of each day, up to the next shift.

    `midnight` is how many minutes before the horizon's start the day began.
    """
    for number, shift in enumerate(shifts):
        yield shift
        after = shifts[number + 1] if number + 1 < len(shifts) else None
        is_last = after is None or _day(after, midnight) != _day(shift, midnight)
        end = min(shift.end + minutes, horizon, after.start if after else horizon)
        if is_last and end > shift.end:
            yield Shift(shift.end, end, overtime=True)


def _day(shift: Shift, midnight: int) -> int:
    return (shift.start + midnight) // MINUTES_PER_DAY


def _known(plant: Plant, wanted: Sequence[str], where: str) -> None:
    lines = {line.id for line in plant.lines}
    if unknown := sorted(set(wanted) - lines):
        raise ScenarioError(where, f"expected lines of the plant, found {', '.join(unknown)}")
