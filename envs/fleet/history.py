"""What happened in an episode, as records: the schedule that was realised, and the plant as it turned out.

`evaluate` of the two is what the episode cost. With luck, the plant is as it turned out: orders and arrivals
as they were, rates as high as they were seen. What a run lost beyond its yield took components too; they are
taken, at the run's start, by a run of a line that costs nothing and makes nothing but scrap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from envs.fleet.kernel.stocks import DUST
from envs.fleet.luck import Luck
from envs.fleet.plants import FAR, Assignment, Fleet
from envs.fleet.state import State
from envs.rules import kept_runs
from plant import Arrival, BomLine, Capability, Item, Line, Order, Plant, Run, Schedule, Shift
from plant.arrays import plant_arrays

SCRAP = "scrap"


class RecordFullError(RuntimeError):
    """An episode had more runs than there was room for."""


def realised_schedule(assignment: Assignment, fleet: Fleet, state: State, b: int) -> Schedule:
    """The runs that plant b has started, under the ids of the base where they are kept from it.

    Raises
    ------
    RecordFullError
        Where the state has room for fewer runs than there were.
    """
    return Schedule(tuple(run for run, _ in _runs(assignment, fleet, state, b)))


def _runs(
    assignment: Assignment, fleet: Fleet, state: State, b: int
) -> Iterator[tuple[Run, float]]:
    """The runs started, each with the units that were planned."""
    count, room = int(state.run_count[b]), state.run_line.shape[1]
    if count > room:
        raise RecordFullError(f"plant {b}: {count} runs, room for {room}; give `record` more")
    plant = assignment.plant
    kept = _kept_in_order(assignment)
    taken = {run.id for run in assignment.base.runs} if assignment.base is not None else set()
    fresh = 0
    for row in range(count):
        old = int(state.run_kept[b, row])
        if old >= 0:
            made = kept[old - int(fleet.fixed_first[b * fleet.lines])]
            name, lock = made.id, made.lock
        else:
            fresh += 1
            name, lock = f"R{fresh:04d}", "none"
            while name in taken:
                name += "'"
        yield (
            Run(
                name,
                plant.lines[int(state.run_line[b, row])].id,
                plant.items[int(state.run_item[b, row])].id,
                int(state.run_start[b, row]),
                int(state.run_end[b, row]),
                max(float(state.run_good[b, row]), DUST),
                lock,
            ),
            float(state.run_planned[b, row]),
        )


def _kept_in_order(assignment: Assignment) -> Sequence[Run]:
    """The kept runs in the order of `Fleet.fixed_*`."""
    plant = assignment.plant
    place = plant_arrays(plant).line_index
    runs = kept_runs(plant, assignment.base, assignment.zones)
    return sorted(runs, key=lambda run: (place[run.line], run.start))


def realised(
    assignment: Assignment, fleet: Fleet, state: State, b: int, luck: Luck
) -> tuple[Plant, Schedule]:
    """The plant and the schedule whose `evaluate` is what the episode of plant b cost."""
    if luck.is_certain:
        return assignment.plant, realised_schedule(assignment, fleet, state, b)
    plant = assignment.plant
    pairs = list(_runs(assignment, fleet, state, b))
    lines, items, capabilities, bom, scrap = _scrapped(plant, pairs)
    turned_out = replace(
        plant,
        lines=(*plant.lines, *lines),
        items=(*plant.items, *items),
        capabilities=(*_as_fast_as_seen(plant, pairs), *capabilities),
        bom=(*plant.bom, *bom),
        orders=tuple(_orders(plant, fleet, state, b)),
        arrivals=tuple(_arrivals(plant, fleet, state, b)),
    )
    return turned_out, Schedule((*(run for run, _ in pairs), *scrap))


def _orders(plant: Plant, fleet: Fleet, state: State, b: int) -> Iterator[Order]:
    for i, item in enumerate(plant.items):
        row = b * fleet.items + i
        for order in range(int(fleet.order_first[row]), int(state.order_end[row])):
            rank = int(state.rank[order])
            units = float(state.quantity[order])
            if rank < len(plant.orders):
                yield replace(plant.orders[rank], quantity=units)
            else:
                due, weight = int(state.order_due[order]), float(state.weight[order])
                name = f"rush {item.id} {rank - FAR + 1}"
                yield Order(name, item.id, units, due, weight)


def _arrivals(plant: Plant, fleet: Fleet, state: State, b: int) -> Iterator[Arrival]:
    for i, item in enumerate(plant.items):
        row = b * fleet.items + i
        for arrival in range(int(fleet.arrival_first[row]), int(fleet.arrival_first[row + 1])):
            units = float(state.arrival_quantity[arrival])
            if units > 0:
                yield Arrival(item.id, int(state.arrival_at[arrival]), units)


def _as_fast_as_seen(plant: Plant, pairs: Sequence[tuple[Run, float]]) -> Iterator[Capability]:
    """The capabilities without lot sizes, which held for what was planned, at the highest rate seen."""
    fastest: dict[tuple[str, str], float] = {}
    for run, _ in pairs:
        shifts = next(line for line in plant.lines if line.id == run.line).shifts
        minutes = sum(max(min(s.end, run.end) - max(s.start, run.start), 0) for s in shifts)
        key = run.line, run.item
        fastest[key] = max(fastest.get(key, 0.0), run.quantity / max(minutes, 1) * 60.0)
    for able in plant.capabilities:
        seen = fastest.get((able.line, able.item), 0.0)
        yield replace(able, rate=max(able.rate, seen), min_lot=0.0, lot_multiple=0.0)


def _scrapped(
    plant: Plant, pairs: Sequence[tuple[Run, float]]
) -> tuple[list[Line], list[Item], list[Capability], list[BomLine], list[Run]]:
    """Lines, items and runs that take the components of what was lost, each line's by one of its own."""
    able = {(one.line, one.item): one for one in plant.capabilities}
    lost = [(run, planned - run.quantity) for run, planned in pairs]
    lost = [(run, units) for run, units in lost if units > 1e-7 * run.quantity]
    items = sorted({run.item for run, _ in lost})
    always = (Shift(0, 2 * plant.horizon),)
    return (
        [Line(f"{SCRAP} {line.id}", shifts=always) for line in plant.lines],
        [Item(f"{SCRAP} {item}", SCRAP) for item in items],
        [
            Capability(f"{SCRAP} {line}", f"{SCRAP} {item}", 1e12, able[line, item].yield_)
            for line, item in sorted({(run.line, run.item) for run, _ in lost})
        ],
        [
            BomLine(f"{SCRAP} {one.item}", one.component, one.per_unit)
            for one in plant.bom
            if one.item in items
        ],
        [
            Run(f"{SCRAP} {run.id}", f"{SCRAP} {run.line}", f"{SCRAP} {run.item}", run.start,
                run.start + 1, units)
            for run, units in lost
        ],
    )  # fmt: skip
