"""A plant as jobs: one lot of one item each, with what it waits for and what its end costs.

`jobs_of` says None where a plant is more than that: lots that could be split or merged, stock shared
between lots, shifts with gaps, money on stock or idle time, anything locked or published.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from plant import Line, Plant, Run, Schedule, Weights, Zones
from plant.arrays import Floats, Ints, PlantArrays, plant_arrays
from plant.calendar import minutes_needed
from plant.model import MINUTES_PER_DAY

PLAIN, OPEN = Weights(), Zones()
MINUTES_PER_HOUR = 60.0
CLOSE = 1e-9
NOBODY = -1


class Jobs(NamedTuple):
    """J jobs, one lot of one item each, on L lines that are manned without a break.

    item [J], units [J] of the lot. minutes [J, L]: to make it there, -1 where the line cannot; money
    [J, L]: what that costs. family [J]; setup, setup_money [T, F, F] by table [L] of the line; initial
    [L]: family set up at the start, or -1. available, closes [L]: first minute, and the one by which all
    has to be done. release [J]; due [J]; rate [J]: money per minute after due (0: nobody waits for it).
    Before job j the jobs before[before_at[j]:before_at[j+1]] have to end; after, after_at alike.
    makespan_money: per minute until the last job has ended.
    """

    item: Ints
    units: Floats
    minutes: Ints
    money: Floats
    family: Ints
    setup: Ints
    setup_money: Floats
    table: Ints
    initial: Ints
    available: Ints
    closes: Ints
    release: Ints
    due: Ints
    rate: Floats
    before: Ints
    before_at: Ints
    after: Ints
    after_at: Ints
    makespan_money: float


class Sequences(NamedTuple):
    """Jobs in the order in which each line makes them: job [L, J] padded with -1, length [L]."""

    job: Ints
    length: Ints

    def copy(self) -> Sequences:
        """The same sequences in arrays of their own."""
        return Sequences(self.job.copy(), self.length.copy())


def jobs_of(
    plant: Plant, weights: Weights = PLAIN, base: Schedule | None = None, zones: Zones = OPEN
) -> Jobs | None:
    """The plant as jobs; None where its lots are not fixed or more than sequences is to be decided."""
    if (base is not None and base.runs) or zones != OPEN or not plant.capabilities:
        return None
    spans = [_span(line, plant.horizon) for line in plant.lines]
    if any(span is None for span in spans) or _costs_stand_still(plant, weights):
        return None
    arrays = plant_arrays(plant)
    lots = _lots(plant, arrays)
    if lots is None:
        return None
    items, units = lots
    release = _releases(arrays, items, units)
    if release is None:
        return None
    index = {int(item): job for job, item in enumerate(items)}
    pairs = [
        (index[int(part)], job)
        for job, item in enumerate(items)
        for part in _components(arrays, int(item))
        if int(part) in index
    ]
    available, closes = np.array(spans, dtype=np.int64).T.copy()
    due, rate = _dues(arrays, items, weights)
    minutes = _minutes(arrays, items, units)
    hourly = weights.production * arrays.lines.run_cost / MINUTES_PER_HOUR
    before, before_at = _neighbours([(after, one) for one, after in pairs], len(items))
    after, after_at = _neighbours(pairs, len(items))
    return Jobs(
        items, units, minutes, np.where(minutes > 0, minutes * hourly, 0.0),
        arrays.items.family[items], arrays.changeovers.minutes,
        weights.changeover * arrays.changeovers.cost, arrays.lines.table,
        arrays.lines.initial_family, available, closes, release, due, rate,
        before, before_at, after, after_at, weights.makespan / MINUTES_PER_HOUR,
    )  # fmt: skip


def least_minutes(minutes: Ints) -> Ints:
    """The minutes [J] of each job on the line that is quickest at it, of its minutes [J, L]."""
    never = np.iinfo(np.int64).max
    return np.asarray(np.where(minutes > 0, minutes, never).min(axis=1), np.int64)


def only_makespan(jobs: Jobs) -> bool:
    """Whether nothing else differs between solutions that end before the lines close."""
    able = jobs.minutes >= 0
    dear, cheap = (np.where(able, jobs.money, worst) for worst in (-np.inf, np.inf))
    late = (jobs.rate > 0) & (jobs.due < jobs.closes.max(initial=0))
    same = (dear.max(axis=1) == cheap.min(axis=1)).all() and len(np.unique(jobs.closes)) == 1
    return bool(jobs.makespan_money > 0 and same and not late.any() and not jobs.setup_money.any())


def sequences_of(plant: Plant, jobs: Jobs, schedule: Schedule) -> Sequences | None:
    """A schedule as sequences; None where it does not make each lot exactly once."""
    arrays = plant_arrays(plant)
    index = {int(item): job for job, item in enumerate(jobs.item)}
    sequences = no_sequences(jobs)
    left = set(index)
    for run in sorted(schedule.runs, key=lambda run: (run.start, run.end)):
        item, line = arrays.item_index[run.item], arrays.line_index[run.line]
        if item not in left or abs(run.quantity - jobs.units[index[item]]) > CLOSE:
            return None
        left.remove(item)
        sequences.job[line, sequences.length[line]] = index[item]
        sequences.length[line] += 1
    return None if left else sequences


def no_sequences(jobs: Jobs) -> Sequences:
    """Sequences without any job."""
    lines, count = len(jobs.table), len(jobs.item)
    return Sequences(np.full((lines, count), -1, np.int64), np.zeros(lines, np.int64))


def to_schedule(plant: Plant, jobs: Jobs, sequences: Sequences) -> Schedule:
    """The runs of sequences, each as early as its line and the jobs before it let it.

    Jobs that wait for each other in a circle are left out, with all that follows them.
    """
    lines, count = len(jobs.table), len(jobs.item)
    waits = np.diff(jobs.before_at)
    ready = jobs.release.copy()
    free, family = jobs.available.copy(), jobs.initial.copy()
    place = np.zeros(lines, np.int64)
    line_of = np.full(count, NOBODY)
    for line in range(lines):
        line_of[sequences.job[line, : sequences.length[line]]] = line
    runs = []
    to_try = deque(range(lines))
    while to_try:
        line = to_try.popleft()
        while place[line] < sequences.length[line]:
            job = sequences.job[line, place[line]]
            if waits[job]:
                break
            old, new = family[line], jobs.family[job]
            setup = jobs.setup[jobs.table[line], old, new] if old >= 0 else 0
            start = int(max(free[line] + setup, ready[job]))
            end = start + int(jobs.minutes[job, line])
            free[line], family[line] = end, new
            place[line] += 1
            name = plant.items[jobs.item[job]].id
            lot = float(jobs.units[job])
            runs.append(Run(name, plant.lines[line].id, name, start, end, lot))
            for follower in jobs.after[jobs.after_at[job] : jobs.after_at[job + 1]]:
                ready[follower] = max(ready[follower], end)
                waits[follower] -= 1
                if waits[follower] == 0 and line_of[follower] not in (NOBODY, line):
                    to_try.append(int(line_of[follower]))
    return Schedule(tuple(runs))


def _span(line: Line, horizon: int) -> tuple[int, int] | None:
    """The one stretch in which a line is manned, at regular pay; None where there are several."""
    if not line.shifts or any(shift.overtime for shift in line.shifts):
        return None
    shifts = sorted(line.shifts, key=lambda shift: shift.start)
    if any(one.end != other.start for one, other in pairwise(shifts)):
        return None
    return max(shifts[0].start, line.available_from), min(shifts[-1].end, horizon)


def _costs_stand_still(plant: Plant, weights: Weights) -> bool:
    """Whether stock or idle lines cost anything."""
    stock = any(item.holding_cost or item.shortage_cost for item in plant.items)
    idle = any(line.idle_cost for line in plant.lines)
    return bool((weights.holding and stock) or (weights.idle and idle))


def _components(arrays: PlantArrays, item: int) -> Ints:
    return arrays.bom.component[arrays.bom.pointer[item] : arrays.bom.pointer[item + 1]]


def _lots(plant: Plant, arrays: PlantArrays) -> tuple[Ints, Floats] | None:
    """The items to make and the one lot of each, final items before their components."""
    able: NDArray[np.bool_] = arrays.capabilities.rate > 0
    orders = arrays.orders
    made: NDArray[np.bool_] = np.asarray(able.any(axis=0))
    ordered = np.diff(orders.pointer)
    wanted = np.zeros(len(made))
    wanted[ordered > 0] = orders.quantity[orders.pointer[:-1][ordered > 0]]
    users = np.bincount(arrays.bom.component, minlength=len(made))
    if (ordered[made] > 1).any() or (users[made] > 1).any() or (ordered[~made] > 0).any():
        return None
    if (made & (arrays.items.stock > 0)).any() or (orders.due > plant.horizon).any():
        return None
    items, units = [], []
    queue = deque(np.flatnonzero(made & (wanted > 0)).tolist())
    while queue:
        item = queue.popleft()
        lot = _only_lot(arrays, item, wanted[item])
        if lot is None or item in items:
            return None
        items.append(item)
        units.append(lot)
        for row in range(arrays.bom.pointer[item], arrays.bom.pointer[item + 1]):
            part = int(arrays.bom.component[row])
            if made[part]:
                if wanted[part] > 0 or (arrays.capabilities.yield_[able[:, item], item] != 1).any():
                    return None
                wanted[part] = lot * arrays.bom.per_unit[row]
                queue.append(part)
    return (np.array(items, np.int64), np.array(units)) if items else None


def _only_lot(arrays: PlantArrays, item: int, wanted: float) -> float | None:
    """The one lot that serves what is wanted, where no smaller one is allowed on any line."""
    lines = arrays.capabilities.rate[:, item] > 0
    least = np.maximum(arrays.capabilities.min_lot, arrays.capabilities.lot_multiple)[lines, item]
    multiple = arrays.capabilities.lot_multiple[lines, item]
    lots = np.where(multiple > 0, np.ceil(least / np.maximum(multiple, CLOSE)) * multiple, least)
    return float(lots[0]) if (lots == lots[0]).all() and lots[0] >= wanted - CLOSE else None


def _releases(arrays: PlantArrays, items: Ints, units: Floats) -> Ints | None:
    """When all raw material of each job is there; None where jobs share any, or it never comes."""
    made: NDArray[np.bool_] = np.asarray((arrays.capabilities.rate > 0).any(axis=0))
    release = np.zeros(len(items), np.int64)
    users = np.bincount(arrays.bom.component, minlength=len(made))
    for job, item in enumerate(items):
        for row in range(arrays.bom.pointer[item], arrays.bom.pointer[item + 1]):
            part = arrays.bom.component[row]
            if made[part]:
                continue
            yields = arrays.capabilities.yield_[arrays.capabilities.rate[:, item] > 0, item]
            comes = np.flatnonzero(arrays.arrivals.item == part)
            comes = comes[np.argsort(arrays.arrivals.at[comes], kind="stable")]
            there = np.cumsum(arrays.arrivals.quantity[comes]) + arrays.items.stock[part]
            needed = units[job] * arrays.bom.per_unit[row] / yields.min() - CLOSE
            if users[part] > 1 or (yields != yields[0]).any():
                return None
            if arrays.items.stock[part] < needed:
                enough = np.flatnonzero(there >= needed)
                if not len(enough):
                    return None
                release[job] = max(release[job], arrays.arrivals.at[comes[enough[0]]])
    return release


def _dues(arrays: PlantArrays, items: Ints, weights: Weights) -> tuple[Ints, Floats]:
    """When each job is due, and the money that a minute after it costs; none at the horizon's end."""
    orders = arrays.orders
    due, rate = np.zeros(len(items), np.int64), np.zeros(len(items))
    for job, item in enumerate(items):
        row = orders.pointer[item]
        if row < orders.pointer[item + 1] and orders.due[row] < arrays.horizon:
            due[job] = orders.due[row]
            rate[job] = weights.tardiness * orders.weight[row] * orders.quantity[row]
    return due, rate / MINUTES_PER_DAY


def _minutes(arrays: PlantArrays, items: Ints, units: Floats) -> Ints:
    rates = arrays.capabilities.rate[:, items]
    minutes = np.full((len(items), len(rates)), -1, np.int64)
    for line, job in zip(*np.nonzero(rates), strict=True):
        minutes[job, line] = minutes_needed(units[job], rates[line, job])
    return minutes


def _neighbours(pairs: list[tuple[int, int]], count: int) -> tuple[Ints, Ints]:
    """For (owner, neighbour) pairs: the neighbours by owner, and where each owner's begin."""
    pairs = sorted(pairs)
    pointer = np.searchsorted([owner for owner, _ in pairs], np.arange(count + 1))
    return np.array([one for _, one in pairs], np.int64), pointer.astype(np.int64)
