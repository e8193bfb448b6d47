"""Some lines of a plant as a plant of their own, while the others go on as they do.

What the other lines deliver arrives; what they take is taken by runs of a line that has no other minute.
So the money that the lines can change is the same in both plants, and so is what is feasible.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from plant import (
    Arrival,
    BomLine,
    Capability,
    Item,
    Line,
    Plant,
    Run,
    Schedule,
    Shift,
)
from plant.arrays import PlantArrays, plant_arrays

ELSEWHERE = "elsewhere"  # the line, the family and the items' prefix of what other lines take


@dataclass(frozen=True, slots=True)
class Cutout:
    """A smaller plant, its schedule and base, and the runs of the whole plant that are not in it."""

    plant: Plant
    schedule: Schedule
    base: Schedule
    staying: tuple[Run, ...]

    def whole(self, schedule: Schedule) -> Schedule:
        """The whole plant's schedule with the lines doing what a schedule of the cutout says."""
        return Schedule((*self.staying, *(run for run in schedule.runs if run.line != ELSEWHERE)))


def cut_out(
    plant: Plant, schedule: Schedule, lines: Collection[int], base: Schedule | None = None
) -> Cutout:
    """The lines (by index) with all that they can make and what that is made of."""
    names = {plant.lines[line].id for line in lines}
    able = tuple(one for one in plant.capabilities if one.line in names)
    made = {one.item for one in able}
    bom = tuple(one for one in plant.bom if one.item in made)
    known = made | {one.component for one in bom}
    mine = tuple(run for run in schedule.runs if run.line in names)
    staying = tuple(run for run in schedule.runs if run.line not in names)
    given = [
        Arrival(run.item, run.end, run.quantity)
        for run in staying
        if run.item in known and run.end <= plant.horizon
    ]
    taken = [one for one in _takes(plant, staying) if one[0] in known and one[1] <= plant.horizon]
    plain = _plain_materials(plant, known)
    lasting = {
        item: _lasting(plant, item, [one for one in taken if one[0] == item]) for item in plain
    }
    items = [
        replace(item, stock=lasting[item.id][0]) if item.id in plain else item
        for item in plant.items
        if item.id in known
    ]
    arrivals = [one for one in plant.arrivals if one.item in known and one.item not in plain]
    arrivals += [one for rows in lasting.values() for one in rows[1]]
    others = _Elsewhere([one for one in taken if one[0] not in plain])
    families = {item.family for item in items} | {line.initial_family for line in plant.lines}
    small = replace(
        plant,
        lines=(*(line for line in plant.lines if line.id in names), *others.lines),
        items=(*items, *others.items),
        capabilities=(*able, *others.capabilities),
        changeovers=tuple(
            one
            for one in plant.changeovers
            if one.line in (None, *names) and {one.from_family, one.to_family} <= families
        ),
        bom=(*bom, *others.bom),
        arrivals=tuple(sorted((*arrivals, *given), key=lambda one: (one.at, one.item))),
        orders=tuple(one for one in plant.orders if one.item in known),
    )
    published = base.runs if base else ()
    ids = {run.id for run in published}
    return Cutout(
        small,
        Schedule((*mine, *others.runs)),
        Schedule((*published, *others.runs, *(run for run in staying if run.id not in ids))),
        staying,
    )


def parts_of(arrays: PlantArrays, line: int, item: int, run: Run) -> list[tuple[int, float]]:
    """(component, units) that a run takes on a line."""
    rows = range(arrays.bom.pointer[item], arrays.bom.pointer[item + 1])
    share = run.quantity / float(arrays.capabilities.yield_[line, item])
    return [(int(arrays.bom.component[r]), share * float(arrays.bom.per_unit[r])) for r in rows]


def _takes(plant: Plant, runs: Iterable[Run]) -> list[tuple[str, int, float]]:
    """(component, minute, units) of all that runs take."""
    arrays = plant_arrays(plant)
    return [
        (plant.items[part].id, run.start, units)
        for run in runs
        for part, units in parts_of(
            arrays, arrays.line_index[run.line], arrays.item_index[run.item], run
        )
    ]


def _plain_materials(plant: Plant, known: Collection[str]) -> set[str]:
    """Raw items without orders or shortage costs: of these it counts how much is left for the lines."""
    ordered = {order.item for order in plant.orders}
    return {
        item.id
        for item in plant.items
        if item.id in known
        and item.id in plant.raw_items
        and item.id not in ordered
        and item.safety_stock * item.shortage_cost == 0
    }


def _lasting(
    plant: Plant, item: str, taken: Iterable[tuple[str, int, float]]
) -> tuple[float, list[Arrival]]:
    """What of a material others leave: from the start, and from when on how much more."""
    changes: dict[int, float] = {}
    for one in plant.arrivals:
        if one.item == item and one.at <= plant.horizon:
            changes[one.at] = changes.get(one.at, 0.0) + one.quantity
    for _, at, units in taken:
        changes[at] = changes.get(at, 0.0) - units
    level = next(one.stock for one in plant.items if one.id == item)
    levels = [(0, level)]
    for at in sorted(changes):
        level += changes[at]
        levels.append((at, level))
    rising: list[Arrival] = []
    least = levels[-1][1]
    for (_, before), (at, _) in zip(levels[-2::-1], levels[:0:-1], strict=True):
        if before < least:
            rising.append(Arrival(item, at, least - max(before, 0.0)))
            least = max(before, 0.0)
    return max(least, 0.0), rising


class _Elsewhere:
    """A line that takes what the other lines take, at the same minutes, and is there in no other."""

    def __init__(self, taken: Iterable[tuple[str, int, float]]) -> None:
        minutes: dict[int, dict[str, float]] = {}
        for item, at, units in taken:
            here = minutes.setdefault(at, {})
            here[item] = here.get(item, 0.0) + units
        rows = sorted(minutes.items())
        shifts = tuple(Shift(at, at + 1) for at, _ in rows)
        names = {at: f"{ELSEWHERE} {at}" for at, _ in rows}
        self.lines = (Line(ELSEWHERE, shifts=shifts),) if rows else ()
        self.items = tuple(Item(names[at], ELSEWHERE) for at, _ in rows)
        self.capabilities = tuple(Capability(ELSEWHERE, names[at], 60.0) for at, _ in rows)
        self.bom = tuple(
            BomLine(names[at], item, units) for at, here in rows for item, units in here.items()
        )
        self.runs = tuple(
            Run(names[at], ELSEWHERE, names[at], at, at + 1, 1.0, "all") for at, _ in rows
        )
