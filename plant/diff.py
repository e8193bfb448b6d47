"""What changed from one schedule to another: runs, and what the referee makes of both."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from plant.evaluate import COMPONENTS, Cost, Kpis, Weights, evaluate
from plant.model import Plant
from plant.schedule import Run, Schedule, same_value

Change = Literal["added", "removed", "line", "start", "end", "item", "quantity", "lock"]
DEFAULT = Weights()
FIELDS: tuple[Change, ...] = ("line", "start", "end", "item", "quantity", "lock")


@dataclass(frozen=True, slots=True)
class RunChange:
    """One run that is not the same in both: as it was, as it is (None where it is not there), and how."""

    before: Run | None
    after: Run | None
    changes: tuple[Change, ...]

    @property
    def id(self) -> str:
        """The run's id, the same in both schedules."""
        run = self.after or self.before
        assert run is not None
        return run.id

    @property
    def is_moved(self) -> bool:
        """Whether the run is in both and has another line or start."""
        return "line" in self.changes or "start" in self.changes


@dataclass(frozen=True, slots=True)
class Delta:
    """A figure before and after."""

    before: float
    after: float

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Difference:
    """The runs that changed, by line and time, and the figures of both schedules.

    cost (total first, then by component, weighted money) and kpis hold every figure, changed or not;
    orders_late names the orders that became late, orders_saved those no longer late.
    """

    runs: tuple[RunChange, ...]
    unchanged: int
    cost: dict[str, Delta]
    kpis: dict[str, Delta]
    feasible: tuple[bool, bool]
    orders_late: tuple[str, ...]
    orders_saved: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two schedules hold the same runs."""
        return not self.runs


def diff(plant: Plant, before: Schedule, after: Schedule, weights: Weights = DEFAULT) -> Difference:
    """What changed from one schedule of a plant to another. Raises ReferencesError as `evaluate` does."""
    changes, unchanged = run_changes(before, after)
    was, now = evaluate(plant, before, weights=weights), evaluate(plant, after, weights=weights)
    late_before, late_after = was.late_orders, now.late_orders
    return Difference(
        changes,
        unchanged,
        _costs(was.cost, now.cost),
        _kpis(was.kpis, now.kpis),
        (was.feasible, now.feasible),
        tuple(order for order in late_after if order not in late_before),
        tuple(order for order in late_before if order not in late_after),
    )


def run_changes(before: Schedule, after: Schedule) -> tuple[tuple[RunChange, ...], int]:
    """The runs that are not the same in both, by line and time, and how many are the same."""
    was, now = {run.id: run for run in before.runs}, {run.id: run for run in after.runs}
    found = [
        *(RunChange(run, None, ("removed",)) for id, run in was.items() if id not in now),
        *(RunChange(None, run, ("added",)) for id, run in now.items() if id not in was),
    ]
    both = [(run, now[id]) for id, run in was.items() if id in now]
    for old, new in both:
        if old is new:  # what an edit leaves alone is the same record
            continue
        changed = tuple(
            name for name in FIELDS if not same_value(getattr(old, name), getattr(new, name))
        )
        if changed:
            found.append(RunChange(old, new, changed))
    unchanged = len(both) - sum(len(one.changes) > 0 for one in found if one.before and one.after)
    return tuple(sorted(found, key=_place)), unchanged


def _place(one: RunChange) -> tuple[str, int, str]:
    run = one.after or one.before
    assert run is not None
    return run.line, run.start, run.id


def _costs(was: Cost, now: Cost) -> dict[str, Delta]:
    return {name: Delta(getattr(was, name), getattr(now, name)) for name in ("total", *COMPONENTS)}


def _kpis(was: Kpis, now: Kpis) -> dict[str, Delta]:
    names = [field.name for field in fields(Kpis) if field.name != "moves"]
    return {name: Delta(getattr(was, name), getattr(now, name)) for name in names}
