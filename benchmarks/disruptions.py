"""What goes wrong after a plan was published, seeded: the plant as it is now and the plan it upsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from plant import Arrival, Line, Order, Plant, Run, Schedule, Shift
from plant.arrays import plant_arrays
from plant.calendar import NEVER, minutes_needed, next_manned, run_end

DAY = 1440
FIRST_DAYS = 4  # what happens later than this is left for the next plan


@dataclass(frozen=True, slots=True)
class Disruption:
    """A plant that has changed, the schedule that stood before, and the same in a sentence.

    edited: the run that a planner moved by hand, where that is what happened.
    """

    plant: Plant
    base: Schedule
    told: str
    edited: str | None = None


def line_down(
    plant: Plant, base: Schedule, rng: np.random.Generator, from_minute: int = DAY, lines: int = 1
) -> Disruption:
    """Lines that stand still for half a day to a day and a half."""
    down = [plant.lines[n] for n in rng.choice(len(plant.lines), lines, replace=False)]
    start = int(rng.integers(from_minute, from_minute + DAY))
    end = start + int(rng.integers(DAY // 2, 3 * DAY // 2))
    broken = {line.id: replace(line, shifts=_without(line.shifts, start, end)) for line in down}
    now = replace(plant, lines=tuple(broken.get(line.id, line) for line in plant.lines))
    return Disruption(now, base, f"{', '.join(broken)} down from {start} to {end}")


def down_now(plant: Plant, base: Schedule, rng: np.random.Generator) -> Disruption:
    """A line that is down at this moment, frozen runs and all."""
    line = plant.lines[int(rng.integers(len(plant.lines)))]
    until = int(rng.integers(DAY // 2, 3 * DAY // 2))
    return Disruption(
        _with_line(plant, replace(line, available_from=until)),
        base,
        f"{line.id} down until {until}",
    )


def two_lines_down(plant: Plant, base: Schedule, rng: np.random.Generator) -> Disruption:
    """Two lines at once."""
    return line_down(plant, base, rng, lines=2)


def late_material(plant: Plant, base: Schedule, rng: np.random.Generator) -> Disruption:
    """An arrival of the first days that comes two to four days later."""
    early = [n for n, one in enumerate(plant.arrivals) if one.at < FIRST_DAYS * DAY]
    place = int(rng.choice(early or len(plant.arrivals)))
    was = plant.arrivals[place]
    late = replace(was, at=was.at + int(rng.integers(2 * DAY, 4 * DAY)))
    arrivals: list[Arrival] = list(plant.arrivals)
    arrivals[place] = late
    told = f"{was.quantity:g} of {was.item} come at {late.at} instead of {was.at}"
    return Disruption(replace(plant, arrivals=tuple(arrivals)), base, told)


def rush_order(plant: Plant, base: Schedule, rng: np.random.Generator) -> Disruption:
    """A customer who wants twice the usual quantity in two or three days and pays for being early."""
    like = plant.orders[int(rng.integers(len(plant.orders)))]
    due = int(rng.integers(2 * DAY, 3 * DAY))
    order = Order("RUSH", like.item, 2 * like.quantity, due, 3 * like.weight)
    told = f"rush order for {order.quantity:g} of {order.item} due {due}"
    return Disruption(replace(plant, orders=(*plant.orders, order)), base, told)


def slow_line(plant: Plant, base: Schedule, rng: np.random.Generator) -> Disruption:
    """A line that makes a tenth to a third less an hour than was thought."""
    line, share = plant.lines[int(rng.integers(len(plant.lines)))].id, rng.uniform(0.65, 0.9)
    now = tuple(
        replace(one, rate=one.rate * share) if one.line == line else one
        for one in plant.capabilities
    )
    return Disruption(replace(plant, capabilities=now), base, f"{line} runs at {share:.0%}")


def miscounted(plant: Plant, base: Schedule, rng: np.random.Generator) -> Disruption:
    """A stock that turns out to be a quarter to three quarters of what was booked."""
    stocked = [n for n, item in enumerate(plant.items) if item.stock > 0]
    place, share = int(rng.choice(stocked)), rng.uniform(0.25, 0.75)
    items = list(plant.items)
    items[place] = replace(items[place], stock=items[place].stock * share)
    told = f"stock of {items[place].id} is {share:.0%} of what was booked"
    return Disruption(replace(plant, items=tuple(items)), base, told)


def moved_by_hand(plant: Plant, base: Schedule, rng: np.random.Generator) -> Disruption:
    """A run that a planner drew to another line, or half a day to a day away, and locked there."""
    arrays = plant_arrays(plant)
    runs = [run for run in base.runs if DAY <= run.start < FIRST_DAYS * DAY]
    for place in rng.permutation(len(runs)).tolist():
        run = runs[place]
        item = arrays.item_index[run.item]
        able = np.flatnonzero(arrays.capabilities.rate[:, item] > 0)
        row = int(rng.choice(able))
        aside = int(rng.integers(DAY // 2, DAY))
        start = next_manned(arrays.calendar, row, max(run.start + aside, DAY))
        if start == NEVER:
            continue
        minutes = minutes_needed(run.quantity, float(arrays.capabilities.rate[row, item]))
        end = run_end(arrays.calendar, row, start, minutes)
        if end == NEVER or run.quantity < arrays.capabilities.min_lot[row, item]:
            continue
        there = replace(run, line=plant.lines[row].id, start=start, end=end, lock="all")
        edited = Schedule(tuple(there if one.id == run.id else one for one in base.runs))
        told = f"{run.id} drawn from {run.line} at {run.start} to {there.line} at {start}"
        return Disruption(plant, edited, told, run.id)
    raise ValueError("expected a run of the first days that can be moved, found none")


KINDS: MappingProxyType[str, Callable[[Plant, Schedule, np.random.Generator], Disruption]] = (
    MappingProxyType(
        {
            "line down": line_down,
            "down now": down_now,
            "two lines down": two_lines_down,
            "late material": late_material,
            "rush order": rush_order,
            "slow line": slow_line,
            "miscounted": miscounted,
            "moved by hand": moved_by_hand,
        }
    )
)


def untouched(disruption: Disruption, broken: Sequence[str]) -> list[Run]:
    """The runs of the base that the disruption itself leaves as they were: all but the broken ones."""
    out = {*broken, disruption.edited}
    return [run for run in disruption.base.runs if run.id not in out]


def _with_line(plant: Plant, line: Line) -> Plant:
    return replace(plant, lines=tuple(line if one.id == line.id else one for one in plant.lines))


def _without(shifts: Sequence[Shift], start: int, end: int) -> tuple[Shift, ...]:
    """The shifts less the minutes from start to end."""
    left = []
    for shift in shifts:
        for first, last in (
            (shift.start, min(shift.end, start)),
            (max(shift.start, end), shift.end),
        ):
            if first < last:
                left.append(Shift(first, last, shift.overtime))
    return tuple(left)
