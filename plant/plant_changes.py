"""What may change in a plant so that a schedule gets better: a shift more, material earlier."""

from __future__ import annotations

from dataclasses import dataclass, replace

from plant.errors import EditError, Problem
from plant.model import Arrival, Plant, Shift


@dataclass(frozen=True, slots=True)
class ExtraShift:
    """One more overtime shift on a line, in minutes that are not manned yet."""

    line: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class EarlierArrival:
    """`quantity` of the arrival of an item at minute `at` comes at minute `to` already."""

    item: str
    at: int
    quantity: float
    to: int


PlantChange = ExtraShift | EarlierArrival


def changed(plant: Plant, change: PlantChange) -> Plant:
    """The plant with the change in it.

    Raises
    ------
    EditError
        Where there is no such line, or no arrival of the item at that minute with so many units.
    RecordError
        Where the shift overlaps another.
    """
    if isinstance(change, ExtraShift):
        return _with_shift(plant, change)
    return _with_arrival(plant, change)


def _with_shift(plant: Plant, change: ExtraShift) -> Plant:
    if change.line not in {line.id for line in plant.lines}:
        expected = "the id of a line of the plant"
        raise EditError([Problem("extra shift", "line", expected, change.line)])
    extra = Shift(change.start, change.end, overtime=True)
    return replace(
        plant,
        lines=tuple(
            replace(line, shifts=tuple(sorted((*line.shifts, extra), key=lambda one: one.start)))
            if line.id == change.line
            else line
            for line in plant.lines
        ),
    )


def _with_arrival(plant: Plant, change: EarlierArrival) -> Plant:
    arrivals: list[Arrival] = []
    left = change.quantity
    for arrival in plant.arrivals:
        if (arrival.item, arrival.at) != (change.item, change.at) or left <= 0:
            arrivals.append(arrival)
            continue
        taken = min(left, arrival.quantity)
        left -= taken
        if arrival.quantity > taken:
            arrivals.append(replace(arrival, quantity=arrival.quantity - taken))
        arrivals.append(replace(arrival, at=change.to, quantity=taken))
    if left > 1e-6:
        where = f"arrival of {change.item} at {change.at}"
        expected = f"{change.quantity:g} units or more"
        raise EditError([Problem(where, "quantity", expected, change.quantity - left)])
    return replace(plant, arrivals=tuple(arrivals))
