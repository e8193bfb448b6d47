"""The part of a plant that a change can touch: small, but with the same difference of cost.

Cost and breaches add up over lines and items. A change of some runs touches their lines, their items and
the components of those; all else counts the same before and after. So the referee may be asked about the
part alone: the difference of two of its answers is that of the whole, and a rule that only the one or
the other breaks is so in the whole as well. Of a part's own figures nothing else means anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from plant.model import Plant
from plant.schedule import Run, Schedule


@dataclass(frozen=True, slots=True)
class Touched:
    """The lines and items whose figures a change of runs may move."""

    lines: frozenset[str]
    items: frozenset[str]

    def __or__(self, other: Touched) -> Touched:
        return Touched(self.lines | other.lines, self.items | other.items)


def touched(plant: Plant, runs: Iterable[Run]) -> Touched:
    """What changes where these runs come, go or change: give them as they were and as they are."""
    known = list(runs)
    items = {run.item for run in known}
    parts = {line.component for line in plant.bom if line.item in items}
    return Touched(frozenset(run.line for run in known), frozenset(items | parts))


def touching(plant: Plant, schedule: Schedule, by: Touched) -> Schedule:
    """The runs of a schedule that are on the touched lines, or make or take a touched item."""
    takers = {line.item for line in plant.bom if line.component in by.items} | by.items
    return Schedule(
        tuple(run for run in schedule.runs if run.line in by.lines or run.item in takers)
    )


def part_of(plant: Plant, schedule: Schedule, by: Touched) -> Plant:
    """The plant of a schedule's touching runs: their lines and items, and the orders of touched items.

    Of lines that are not touched it knows only what runs there.
    """
    runs = touching(plant, schedule, by).runs
    lines = {run.line for run in runs} | by.lines
    made = {run.item for run in runs} | by.items
    bom = tuple(line for line in plant.bom if line.item in made)
    items = made | {line.component for line in bom}
    used = {(run.line, run.item) for run in runs}
    families = {item.family for item in plant.items if item.id in made}
    families |= {line.initial_family or "" for line in plant.lines if line.id in lines}
    return replace(
        plant,
        lines=tuple(line for line in plant.lines if line.id in lines),
        items=tuple(item for item in plant.items if item.id in items),
        capabilities=tuple(
            c
            for c in plant.capabilities
            if (c.line, c.item) in used or (c.line in by.lines and c.item in items)
        ),
        changeovers=tuple(
            c
            for c in plant.changeovers
            if (c.line is None or c.line in lines) and {c.from_family, c.to_family} <= families
        ),
        bom=bom,
        arrivals=tuple(arrival for arrival in plant.arrivals if arrival.item in by.items),
        orders=tuple(order for order in plant.orders if order.item in by.items),
    )
