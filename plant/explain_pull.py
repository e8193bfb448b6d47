"""Runs put anew in time: pulled forward as far as what holds them allows, packed in another order.

A run may come as early as its line is ready and the supplies it is pegged to are there; those keep lying
there for it, so nobody else goes short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from plant.arrays import plant_arrays
from plant.calendar import (
    NEVER,
    minutes_needed,
    next_manned,
    run_end,
    run_start,
    worked_between,
)
from plant.edits import Move, apply
from plant.explain_trace import Trace
from plant.model import Capability, Plant
from plant.schedule import Run, Schedule


def pulled(
    trace: Trace,
    plant: Plant,
    path: Sequence[str],
    free: str | None = None,
    supply: Mapping[tuple[str, str], int] | None = None,
) -> list[Move]:
    """The moves that pull the runs of a path forward, its last run first.

    Parameters
    ----------
    plant
        The plant with changed shifts, or the trace's own; its lines are those of the path at least.
    free
        A run whose lock is to be taken off.
    supply
        Minutes at which (run, arrival) is there instead.
    """
    new: dict[str, Run] = {}
    moves = []
    for id in reversed(path):
        run = trace.runs[id]
        if not trace.is_capable(run) or (trace.holds(run) and id != free):
            continue
        start = _earliest(trace, plant, run, new, supply or {})
        moved = _placed(plant, run, min(start, run.start))
        if moved.start < run.start or moved.end < run.end:
            new[id] = moved
            moves.append(Move(id, run.line, moved.start))
    return moves


def _placed(plant: Plant, run: Run, start: int) -> Run:
    return apply(plant, Schedule((run,)), Move(run.id, run.line, start)).schedule.runs[0]


def _earliest(
    trace: Trace,
    plant: Plant,
    run: Run,
    new: Mapping[str, Run],
    supply: Mapping[tuple[str, str], int],
) -> int:
    """When the run could start where those of `new` are placed so; its own start where never."""
    arrays = plant_arrays(plant)
    row = arrays.line_index[run.line]
    earlier = trace.on_line[run.line][: trace.place[run.id]]
    last = max((new.get(one.id, one).end for one in earlier), default=0)
    need = trace.changeover(run.line, trace.family_before(run), run.item)
    there = 0
    for peg in trace.pegs_of(run):
        supplier = peg.supplier_id or ""
        if peg.supplier == "run" and supplier in new:
            there = max(there, new[supplier].end)
        elif peg.supplier == "arrival":
            there = max(there, supply.get((run.id, supplier), trace.supplied_at(peg)))
        else:
            there = max(there, trace.supplied_at(peg))
    line = int(run_start(arrays.calendar, row, last, need))
    material = int(next_manned(arrays.calendar, row, there))
    return run.start if NEVER in (line, material) else max(line, material)


def packed(trace: Trace, runs: Sequence[Run], place: int) -> list[Move]:
    """The moves that put runs of one line behind its first `place` runs, in this order; none where locked."""
    line = runs[0].line
    row, calendar = trace.arrays.line_index[line], trace.arrays.calendar
    earlier = trace.on_line[line][:place]
    free = max((one.end for one in earlier), default=0)
    family = trace.families[earlier[-1].item] if earlier else trace.lines[line].initial_family
    moves = []
    if not all(trace.is_capable(run) for run in runs):
        return []
    for run in runs:
        ready = int(run_start(calendar, row, free, trace.changeover(line, family, run.item)))
        there = max((trace.supplied_at(peg) for peg in trace.pegs_of(run)), default=0)
        material = int(next_manned(calendar, row, max(there, 0)))
        if NEVER in (ready, material):
            return []
        moved = _placed(trace.plant, run, max(ready, material))
        if moved.start != run.start:
            if trace.holds(run):
                return []
            moves.append(Move(run.id, line, moved.start))
        free, family = moved.end, trace.families[run.item]
    return moves


def slots(
    trace: Trace, able: Capability, quantity: float, ready: int
) -> Iterator[tuple[int, int]]:  # fmt: skip
    """Start and end of a lot in each gap of the line that holds it, from a minute on, earliest first."""
    row, calendar = trace.arrays.line_index[able.line], trace.arrays.calendar
    minutes = int(minutes_needed(quantity, able.rate))
    family = trace.lines[able.line].initial_family
    begin = max(ready, trace.lines[able.line].available_from)
    here = trace.on_line[able.line]
    free = 0
    for after in (*here, None):
        if after is None or after.start > max(free, begin):
            need = trace.changeover(able.line, family, able.item)
            line = int(run_start(calendar, row, free, need))
            material = int(next_manned(calendar, row, begin))
            if NEVER in (line, material):
                return
            start = max(line, material)
            end = int(run_end(calendar, row, start, minutes))
            if end == NEVER:
                return
            if after is None or _fits(trace, row, end, able.item, after):
                yield start, end
        if after is not None:
            free, family = max(free, after.end), trace.families[after.item]


def _fits(trace: Trace, row: int, end: int, item: str, after: Run) -> bool:
    """Whether the next run's changeover has room behind an end."""
    need = trace.changeover(after.line, trace.families[item], after.item)
    room = int(worked_between(trace.arrays.calendar, row, end, after.start)[0])
    return end <= after.start and room >= need
