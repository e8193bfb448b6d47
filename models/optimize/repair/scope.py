"""What a repair may move: everything, some lines, or what follows an edited run."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from plant import Plant, Run, Schedule


@dataclass(frozen=True, slots=True)
class Follows:
    """The edited run of this id, what comes after it on its line, and so on downstream.

    Downstream are the runs that take what those make and start after it, and what comes after them.
    """

    run: str


Scope = Set[str] | Follows | None
"""None: all that is not locked. Ids of lines: their runs. `Follows`: what follows an edited run."""


def movable(plant: Plant, base: Schedule, scope: Scope) -> frozenset[str]:
    """The ids of the runs inside a scope. Raises ValueError for a line or run that is not there."""
    if scope is None:
        return frozenset(run.id for run in base.runs)
    if isinstance(scope, Follows):
        return _following(plant, base, scope.run)
    if unknown := sorted(scope - {line.id for line in plant.lines}):
        raise ValueError(f"scope: expected ids of lines, found {', '.join(unknown)}")
    return frozenset(run.id for run in base.runs if run.line in scope)


def scoped_lines(base: Schedule, scope: Scope, free: frozenset[str]) -> frozenset[str] | None:
    """The lines on which something may change: None for all."""
    if scope is None:
        return None
    if isinstance(scope, Follows):
        return frozenset(run.line for run in base.runs if run.id in free)
    return frozenset(scope)


def _following(plant: Plant, base: Schedule, edited: str) -> frozenset[str]:
    if all(run.id != edited for run in base.runs):
        raise ValueError(f"scope: expected the id of a run of the schedule, found {edited}")
    takers: dict[str, set[str]] = {}
    for row in plant.bom:
        takers.setdefault(row.component, set()).add(row.item)
    found: dict[str, Run] = {}
    reached = [run for run in base.runs if run.id == edited]
    while reached:
        head = reached.pop()
        if head.id in found:
            continue
        found[head.id] = head
        reached.extend(
            run
            for run in base.runs
            if run.id not in found
            and (
                (run.line == head.line and run.start >= head.start)
                or (run.item in takers.get(head.item, ()) and run.start >= head.end)
            )
        )
    return frozenset(found)
