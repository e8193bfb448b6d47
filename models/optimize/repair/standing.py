"""What of a published schedule still holds in a plant that has changed, and why the rest does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plant import Plant, Run, Schedule, Violation, Zones, evaluate
from plant.arrays import plant_arrays, run_arrays
from plant.kernel import stock_events, walk_stocks


@dataclass(frozen=True, slots=True)
class Standing:
    """A published schedule sorted by what still holds.

    runs: those that keep every rule together, as they were published. loose: the others, by id, with the
    sentence that says which rule they would break. given_up: of the loose ones, those that locks or the
    frozen zone should have held.
    """

    runs: tuple[Run, ...]
    loose: Mapping[str, str]
    given_up: frozenset[str]

    def moved_share(self, schedule: Schedule) -> float:
        """Of the runs that hold, those that a schedule has on another line or start, or not at all."""
        there = {run.id: (run.line, run.start) for run in schedule.runs}
        moved = sum(there.get(run.id) != (run.line, run.start) for run in self.runs)
        return moved / max(len(self.runs), 1)


def what_stands(
    plant: Plant,
    base: Schedule,
    zones: Zones,
    last: frozenset[str] = frozenset(),
) -> Standing:
    """The runs of a published schedule that hold together, and why the others do not.

    Where two runs cannot both hold, what is not locked gives way to what is, and what is not in `last`
    (runs that should not move, though they may) to what is; otherwise the later gives way.
    """
    arrays = plant_arrays(plant)
    rank = {run.id: 2 * is_held(run, zones) + (run.id in last) for run in base.runs}
    loose: dict[str, str] = {}
    standing: dict[str, Run] = {}
    for run in base.runs:
        if run.line in arrays.line_index and run.item in arrays.item_index:
            standing[run.id] = run
        else:
            loose[run.id] = f"run {run.id}: the plant has no line {run.line} or item {run.item} now"
    while broken := evaluate(plant, Schedule(tuple(standing.values()))).violations:
        for id, why in _to_loosen(plant, list(standing.values()), broken, rank).items():
            loose[id] = why
            del standing[id]
    given_up = frozenset(run.id for run in base.runs if run.id in loose and is_held(run, zones))
    return Standing(tuple(standing.values()), loose, given_up)


def is_held(run: Run, zones: Zones) -> bool:
    """Whether a lock or the frozen zone holds a run at its start."""
    return run.start < zones.frozen or run.lock in ("start", "all")


def _to_loosen(
    plant: Plant,
    runs: Sequence[Run],
    broken: Sequence[Violation],
    rank: Mapping[str, int],
) -> dict[str, str]:
    """Some of the runs that cannot hold, with the reason: each of a kind that stands for itself first."""
    alone = {
        one.record: one.message
        for one in broken
        if one.kind in ("capability", "shift", "available", "duration", "lot")
    }
    if alone:
        return alone
    crowded = [one for one in broken if one.kind in ("overlap", "changeover")]
    if crowded:
        return dict(_way_giver(runs, one, rank) for one in crowded)
    return dict(taker for one in broken for taker in _takers(plant, runs, one, rank))


def _way_giver(runs: Sequence[Run], broken: Violation, rank: Mapping[str, int]) -> tuple[str, str]:
    """Which of a run and the one before it on its line gives way."""
    late = next(run for run in runs if run.id == broken.record)
    before = max(
        (r for r in runs if r.line == late.line and _place(r) < _place(late)),
        key=_place,
        default=late,
    )
    if rank[before.id] < rank[late.id]:
        return before.id, f"run {before.id} on {before.line} makes way; {broken.message}"
    return late.id, broken.message


def _takers(
    plant: Plant, runs: Sequence[Run], broken: Violation, rank: Mapping[str, int]
) -> list[tuple[str, str]]:
    """The runs that take too much of an item: what is least held first, then the latest."""
    arrays = plant_arrays(plant)
    stocks = walk_stocks(
        arrays.horizon,
        arrays.items,
        arrays.orders,
        stock_events(arrays, run_arrays(arrays, runs)[0]),
    )
    until = int(stocks.lowest_at[arrays.item_index[broken.record]])
    per_unit = {line.item: line.per_unit for line in plant.bom if line.component == broken.record}
    taking = [run for run in runs if run.item in per_unit and run.start <= until]
    taking.sort(key=lambda run: (rank[run.id], -run.start, run.id))
    taken, given = 0.0, []
    for run in taking:
        given.append((run.id, f"run {run.id} on {run.line} ({run.item}): {broken.message}"))
        taken += run.quantity * per_unit[run.item]
        if taken >= broken.amount:
            break
    return given


def _place(run: Run) -> tuple[int, int, str]:
    return run.start, run.end, run.id
