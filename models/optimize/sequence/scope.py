"""Which runs a sequence model decides, on which lines and between which minutes, and what stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from models.optimize.large.cutout import parts_of
from models.optimize.sequence.calendar import Spell, spells_of
from models.optimize.sequence.stock import has_mixed_use
from plant import Plant, Run, Schedule, Weights, Zones
from plant.arrays import PlantArrays, plant_arrays
from plant.calendar import minutes_needed, worked_before, worked_between
from plant.evaluate import HELD_BY_LOCK
from plant.kernel import TOLERANCE, lot_breach

SPILL = 2880  # minutes by which runs may leave the window, before and after


@dataclass(frozen=True, slots=True)
class Site:
    """A run that may be made on a line: its shift minutes there, and the bounds of its start in them.

    calendar: lines with the same shifts have the same number.
    """

    calendar: int
    minutes: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class FreeRun:
    """A run that the model places: where it may go, and where it is (shift minutes of its line)."""

    run: Run
    line: int
    item: int
    worked: int
    sites: dict[int, Site]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A run that stays: shift minutes of its line at its start and end, and its family."""

    start: int
    end: int
    family: int


@dataclass(frozen=True, slots=True)
class LineScope:
    """A line: free from a shift minute on and set up for a family (-1: for none), with runs that stay.

    after: the run that stays next, if any.
    """

    line: int
    calendar: int
    free_from: int
    family: int
    inside: tuple[Fixed, ...]
    after: Fixed | None


@dataclass(frozen=True, slots=True)
class SequenceScope:
    """What a sequence model decides (free, lines) and what it takes as given."""

    plant: Plant
    arrays: PlantArrays
    weights: Weights
    base: Schedule | None
    zones: Zones
    lines: tuple[LineScope, ...]
    spells: Mapping[int, tuple[Spell, ...]]
    free: tuple[FreeRun, ...]
    staying: tuple[Run, ...]


def sequence_scope(
    plant: Plant,
    incumbent: Schedule,
    lines: Collection[int],
    window: tuple[int, int],
    weights: Weights,
    base: Schedule | None,
    zones: Zones,
    only: Collection[str] | None = None,
) -> SequenceScope:
    """The scope in which the runs that start on the lines in the window are free.

    Not free are runs that locks or the frozen zone hold to their start, runs that end after the
    horizon, and with `only` runs whose ids it does not have.
    """
    arrays = plant_arrays(plant)
    held = _held_to_start(base, zones)
    runs = {
        line: [run for run in incumbent.runs if arrays.line_index[run.line] == line]
        for line in lines
    }

    def is_free(run: Run) -> bool:
        wanted = run.id not in held and (only is None or run.id in only)
        return wanted and window[0] <= run.start < window[1] and run.end <= arrays.horizon

    free = {run.id for mine in runs.values() for run in mine if is_free(run)}
    calendars: dict[object, int] = {}
    for line in plant.lines:
        calendars.setdefault(line.shifts, len(calendars))
    bounds = _minutes(incumbent, free, window, arrays.horizon, base, zones)
    scopes = {
        line: _line_scope(arrays, line, calendars[plant.lines[line].shifts], mine, free, window)
        for line, mine in sorted(runs.items())
    }
    on_line = {run.id for run in base.runs if run.lock == "line"} if base else set[str]()
    placed = [
        _free_run(arrays, run, scopes, bounds, run.id in on_line)
        for run in incumbent.runs
        if run.id in free
    ]
    return SequenceScope(
        plant,
        arrays,
        weights,
        base,
        zones,
        tuple(scopes.values()),
        {calendars[line.shifts]: spells_of(line) for line in plant.lines},
        tuple(placed),
        tuple(run for run in incumbent.runs if run.id not in free),
    )


def _held_to_start(base: Schedule | None, zones: Zones) -> frozenset[str]:
    runs = base.runs if base else ()
    return frozenset(
        run.id for run in runs if run.start < zones.frozen or "start" in HELD_BY_LOCK[run.lock]
    )


def _minutes(
    incumbent: Schedule,
    free: Collection[str],
    window: tuple[int, int],
    horizon: int,
    base: Schedule | None,
    zones: Zones,
) -> tuple[int, int]:
    """The minutes between which free runs may lie: those where they are at least."""
    now = [run for run in incumbent.runs if run.id in free]
    low = max(window[0] - SPILL, zones.frozen if base else 0, 0)
    low = min([low, *(run.start for run in now)])
    high = max([min(window[1] + SPILL, horizon), *(run.end for run in now)])
    return low, high


def _line_scope(
    arrays: PlantArrays,
    line: int,
    calendar: int,
    runs: list[Run],
    free: Collection[str],
    window: tuple[int, int],
) -> LineScope:
    staying = sorted((run for run in runs if run.id not in free), key=lambda run: run.start)

    def worked(minute: int) -> int:
        return int(worked_before(arrays.calendar, line, minute)[0])

    def fixed(run: Run) -> Fixed:
        family = int(arrays.items.family[arrays.item_index[run.item]])
        return Fixed(worked(run.start), worked(run.end), family)

    before = [fixed(run) for run in staying if run.start < window[0]]
    inside = tuple(fixed(run) for run in staying if window[0] <= run.start < window[1])
    after = [fixed(run) for run in staying if run.start >= window[1]]
    opens = worked(int(arrays.calendar.available[line]))
    free_from = before[-1].end if before else opens
    family = before[-1].family if before else int(arrays.lines.initial_family[line])
    return LineScope(line, calendar, free_from, family, inside, after[0] if after else None)


def _free_run(
    arrays: PlantArrays,
    run: Run,
    scopes: Mapping[int, LineScope],
    bounds: tuple[int, int],
    stays_on_line: bool,
) -> FreeRun:
    own, item = arrays.line_index[run.line], arrays.item_index[run.item]
    parts = parts_of(arrays, own, item, run)
    same_yield = any(has_mixed_use(arrays, part) for part, _ in parts)
    sites = {}
    for line, scope in scopes.items():
        if line != own and (stays_on_line or not _can_make(arrays, line, item, run.quantity)):
            continue
        if same_yield and parts_of(arrays, line, item, run) != parts:
            continue
        minutes = max(minutes_needed(run.quantity, arrays.capabilities.rate[line, item]), 1)
        if line == own:
            minutes = int(worked_between(arrays.calendar, line, run.start, run.end)[0])
        low = max(scope.free_from, int(worked_before(arrays.calendar, line, bounds[0])[0]))
        high = int(worked_before(arrays.calendar, line, bounds[1])[0])
        if scope.after:
            high = min(high, scope.after.start)
        if low <= high - minutes:
            sites[line] = Site(scope.calendar, minutes, low, high - minutes)
    worked = int(worked_before(arrays.calendar, own, run.start)[0])
    return FreeRun(run, own, item, worked, sites)


def _can_make(arrays: PlantArrays, line: int, item: int, quantity: float) -> bool:
    able = arrays.capabilities
    if able.rate[line, item] <= 0:
        return False
    breach = lot_breach(quantity, able.min_lot[line, item], able.lot_multiple[line, item])
    return bool(breach <= TOLERANCE)
