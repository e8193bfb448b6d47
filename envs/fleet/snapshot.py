"""A plant of a fleet as it stands in the middle of an episode, as a plant to be planned from there.

It says what is known at the time and nothing that luck still hides: orders as they are believed to be,
arrivals when they were promised, running runs by their planned units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from envs.fleet.kernel.stocks import DUST
from envs.fleet.plants import FAR, Assignment, Fleet
from envs.fleet.state import State
from plant import Arrival, Item, Line, Order, Plant, Shift
from plant.arrays import plant_arrays
from plant.calendar import NEVER, minutes_needed, run_end


def snapshot(assignment: Assignment, fleet: Fleet, state: State, b: int) -> Plant:
    """Plant b of a fleet at its epoch, whose horizon is what is left of the episode's.

    What lines run, and what they were told and have not begun, is done: lines are free after it, its
    components are taken, its units arrive. What is late of an order keeps its due, before minute 0.

    Raises
    ------
    ValueError
        Where the plant follows a base schedule: kept runs have no place in a snapshot.
    """
    if assignment.base is not None:
        raise ValueError(
            f"plant {b} follows a base schedule: expected one that is free to be planned"
        )
    plant, now = assignment.plant, int(state.clock[b])
    families = {index: name for name, index in plant_arrays(plant).family_index.items()}
    return replace(
        plant,
        starts_at=plant.starts_at + timedelta(minutes=now),
        horizon=max(plant.horizon - now, 1),
        lines=tuple(
            _line(line, families, fleet, state, b * fleet.lines + row)
            for row, line in enumerate(plant.lines)
        ),
        items=tuple(
            _item(item, state, b * fleet.items + row) for row, item in enumerate(plant.items)
        ),
        arrivals=(*_promised(plant, fleet, state, b, now), *_made(plant, fleet, state, b, now)),
        orders=tuple(_orders(plant, fleet, state, b, now)),
    )


def free_from(fleet: Fleet, state: State, line: int) -> int:
    """The minute from which a line has nothing to do that was decided; FAR where its shifts end before."""
    if state.start_at[line] < FAR:
        start = int(state.start_at[line])
        if state.start_end[line] >= 0:
            return max(int(state.start_end[line]), start)
        rate = float(fleet.rate[line, state.start_slot[line]])
        minutes = max(minutes_needed(float(state.start_quantity[line]), rate), 1)
        end = run_end(fleet.calendar, line, start, minutes)
        return FAR if end == NEVER else int(end)
    if state.end_at[line] < FAR:
        return int(state.planned_end[line])
    now = int(state.clock[line // fleet.lines])
    return now if state.held[line] else max(int(state.ask_at[line]), now)


def _line(line: Line, families: dict[int, str], fleet: Fleet, state: State, row: int) -> Line:
    b = row // fleet.lines
    now, left = int(state.clock[b]), int(fleet.horizon[b] - state.clock[b])
    free = max(free_from(fleet, state, row) - now, 0)
    return replace(
        line,
        shifts=tuple(
            Shift(max(shift.start - now, 0), shift.end - now, shift.overtime)
            for shift in line.shifts
            if shift.end > now
        ),
        available_from=min(free, left),
        initial_family=families.get(int(state.family[row])),
    )


def _item(item: Item, state: State, row: int) -> Item:
    free = float(state.stock[row]) - float(state.reserved[row])
    return replace(item, stock=max(free, 0.0))


def _promised(plant: Plant, fleet: Fleet, state: State, b: int, now: int) -> Iterator[Arrival]:
    """Arrivals that have not come; one that is late is expected within the hour."""
    for row, item in enumerate(plant.items):
        i = b * fleet.items + row
        for arrival in range(int(state.arrival[i]), int(fleet.arrival_first[i + 1])):
            units, at = float(fleet.arrival_quantity[arrival]), int(fleet.arrival_at[arrival]) - now
            if units > DUST:
                yield Arrival(item.id, at if at > 0 else 60, units)


def _made(plant: Plant, fleet: Fleet, state: State, b: int, now: int) -> Iterator[Arrival]:
    """What the lines are making and have been told to make."""
    for line in range(b * fleet.lines, b * fleet.lines + len(plant.lines)):
        if state.end_at[line] < FAR:
            item = plant.items[int(state.end_item[line]) - b * fleet.items]
            at = max(int(state.planned_end[line]) - now, 0)
            yield Arrival(item.id, at, max(float(state.end_quantity[line]), DUST))
        if state.start_at[line] < FAR:
            item = plant.items[int(state.start_item[line]) - b * fleet.items]
            at = max(free_from(fleet, state, line) - now, 0)
            yield Arrival(item.id, at, max(float(state.start_quantity[line]), DUST))


def _orders(plant: Plant, fleet: Fleet, state: State, b: int, now: int) -> Iterator[Order]:
    """What is open of orders that are due, and the others as they are believed to be."""
    for row, item in enumerate(plant.items):
        i = b * fleet.items + row
        for order in range(int(state.head[i]), int(state.order_end[i])):
            is_due = order < state.due[i]
            units = float(state.left[order] if is_due else state.believed[order])
            if units > DUST:
                rank = int(state.rank[order])
                own = rank < len(plant.orders)
                name = plant.orders[rank].id if own else f"rush {item.id} {rank - FAR + 1}"
                due, weight = int(state.order_due[order]) - now, float(state.weight[order])
                yield Order(name, item.id, units, due, weight)
