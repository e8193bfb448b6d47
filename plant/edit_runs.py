"""The runs of a schedule after a single edit: ends worked out, ids found, what cannot be done refused."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from plant.arrays import plant_arrays
from plant.calendar import NEVER, minutes_needed, run_end, run_start, worked_between
from plant.edit_records import (
    Add,
    Cancel,
    Merge,
    Move,
    Replace,
    Resize,
    SetLock,
    Single,
    Split,
)
from plant.errors import EditError, Problem
from plant.model import Plant
from plant.schedule import LOCKS, Lock, Run

LATEST = 100 * 366 * 1440  # minutes: a hundred years


def runs_after(plant: Plant, runs: list[Run], edit: Single) -> tuple[list[Run], set[str]]:
    """The runs after one edit, and the ids of those that it touched."""
    if isinstance(edit, Replace):
        return _replace(plant, runs, edit)
    if isinstance(edit, Add):
        added = _added(plant, runs, edit)
        return [*runs, added], {added.id}
    at = _index(runs, edit.run)
    gone, new = None, None
    match edit:
        case Cancel():
            return [*runs[:at], *runs[at + 1 :]], {edit.run}
        case SetLock():
            changed = replace(runs[at], lock=_lock(edit.run, edit.lock))
        case Move():
            changed = _placed(plant, runs[at], edit.line, edit.start, runs[at].quantity)
        case Resize():
            changed = _sized(plant, runs[at], edit.quantity)
        case Split():
            changed, new = _split(plant, runs, runs[at], edit)
        case Merge():
            changed, gone = _merged(plant, runs, runs[at], edit)
    after = [changed if run.id == edit.run else run for run in runs if run.id != gone]
    ids = {edit.run, *([gone] if gone else []), *([new.id] if new else [])}
    return [*after, *([new] if new else [])], ids


def _added(plant: Plant, runs: Sequence[Run], edit: Add) -> Run:
    taken = {run.id for run in runs}
    id = edit.run if edit.run is not None else _free_id(taken, f"{edit.item}-", 1)
    _check_new(taken, id, "run")
    quantity = _quantity(id, edit.quantity)
    end = _end(plant, id, edit.line, edit.item, edit.start, quantity)
    return Run(id, edit.line, edit.item, edit.start, end, quantity, _lock(id, edit.lock))


def _split(plant: Plant, runs: Sequence[Run], run: Run, edit: Split) -> tuple[Run, Run]:
    """The run with less, and the run of the rest."""
    kept = _quantity(run.id, edit.quantity)
    if kept >= run.quantity:
        raise _error(run.id, "quantity", f"a number above 0 and below {run.quantity:g}", kept)
    taken = {one.id for one in runs}
    id = edit.new if edit.new is not None else _free_id(taken, f"{run.id}/", 2)
    _check_new(taken, id, "new")
    first = _sized(plant, run, kept)
    arrays = plant_arrays(plant)
    line, family = arrays.line_index[run.line], arrays.items.family[arrays.item_index[run.item]]
    need = int(arrays.changeovers.minutes[arrays.lines.table[line], family, family])
    start = run_start(arrays.calendar, line, first.end, need)
    start = first.end if start == NEVER else int(start)
    return first, _placed(plant, replace(run, id=id), run.line, start, run.quantity - kept)


def _merged(plant: Plant, runs: Sequence[Run], run: Run, edit: Merge) -> tuple[Run, str]:
    """The run with the quantities of both, and the id of the other."""
    if edit.other == run.id:
        raise _error(run.id, "other", "the id of another run", edit.other)
    other = runs[_index(runs, edit.other)]
    if other.item != run.item:
        raise _error(run.id, "other", f"a run of {run.item}", f"{other.id} of {other.item}")
    return _sized(plant, run, run.quantity + other.quantity), other.id


def _sized(plant: Plant, run: Run, quantity: float) -> Run:
    return _placed(plant, run, run.line, run.start, _quantity(run.id, quantity))


def _placed(plant: Plant, run: Run, line: str, start: int, quantity: float) -> Run:
    end = _end(plant, run.id, line, run.item, start, quantity)
    return replace(run, line=line, start=start, end=end, quantity=quantity)


def _end(plant: Plant, run: str, line: str, item: str, start: int, quantity: float) -> int:
    """When a run ends that starts then: quantity / rate of shift time later."""
    arrays = plant_arrays(plant)
    row = _known(run, "line", arrays.line_index, line)
    rate = arrays.capabilities.rate[row, _known(run, "item", arrays.item_index, item)]
    if rate <= 0:
        able = (one.line for one in plant.capabilities if one.item == item)
        lines = ", ".join(sorted(able)) or "none is there"
        raise _error(run, "line", f"a line that can make {item} ({lines})", line)
    if not _is_minute(start):
        raise _error(run, "start", f"a whole minute from 0 to {LATEST}", start)
    if quantity / rate * 60 > LATEST:
        raise _error(run, "quantity", f"what {line} makes in a hundred years at most", quantity)
    minutes = max(int(minutes_needed(quantity, rate)), 1)
    end = int(run_end(arrays.calendar, row, start, minutes))
    if end != NEVER:
        return end
    last = max([start, *(shift.end for shift in plant.lines[row].shifts)])
    return last + minutes - int(worked_between(arrays.calendar, row, start, last)[0])


def _replace(plant: Plant, runs: list[Run], edit: Replace) -> tuple[list[Run], set[str]]:
    _check_replace(plant, runs, edit)
    put = {run.id: run for run in edit.put}
    touched = {*edit.remove, *put}
    if edit.positions:
        return _inserted([run for run in runs if run.id not in touched], edit), touched
    known = {run.id for run in runs}
    kept = [put.get(run.id, run) for run in runs if run.id not in edit.remove]
    return [*kept, *(run for run in edit.put if run.id not in known)], touched


def _inserted(runs: list[Run], edit: Replace) -> list[Run]:
    for position, run in sorted(zip(edit.positions, edit.put, strict=True), key=lambda one: one[0]):
        if not 0 <= position <= len(runs):
            raise _error(run.id, "positions", f"a place from 0 to {len(runs)}", position)
        runs.insert(position, run)
    return runs


def _check_replace(plant: Plant, runs: Sequence[Run], edit: Replace) -> None:
    arrays = plant_arrays(plant)
    for id in edit.remove:
        _index(runs, id)
    seen = set(edit.remove)
    for run in edit.put:
        if run.id in seen:
            raise _error(run.id, "put", "each run once, in remove or in put", run.id)
        seen.add(run.id)
        _known(run.id, "line", arrays.line_index, run.line)
        _known(run.id, "item", arrays.item_index, run.item)
    if edit.positions and len(edit.positions) != len(edit.put):
        found = f"{len(edit.positions)} for {len(edit.put)}"
        raise EditError([Problem("edit", "positions", "one for each run of put", found)])


def _index(runs: Sequence[Run], id: str) -> int:
    found = next((at for at, run in enumerate(runs) if run.id == id), None)
    if found is None:
        raise _error(id, "run", f"the id of one of the {len(runs)} runs of the schedule", id)
    return found


def _known(run: str, field: str, index: dict[str, int], name: str) -> int:
    if name not in index:
        raise _error(run, field, f"the id of a {field} of the plant", name)
    return index[name]


def _check_new(taken: set[str], id: str, field: str) -> None:
    if not id or id in taken:
        raise _error(id, field, "an id that no run has", id)


def _free_id(taken: set[str], stem: str, first: int) -> str:
    numbers: Iterator[int] = iter(range(first, first + len(taken) + 1))
    return next(id for number in numbers if (id := f"{stem}{number}") not in taken)


def _quantity(run: str, quantity: float) -> float:
    if not (math.isfinite(quantity) and quantity > 0):
        raise _error(run, "quantity", "a number above 0", quantity)
    return float(quantity)


def _lock(run: str, lock: Lock) -> Lock:
    if lock not in LOCKS:
        raise _error(run, "lock", f"one of {', '.join(LOCKS)}", lock)
    return lock


def _is_minute(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LATEST


def _error(run: str, field: str, expected: str, found: object) -> EditError:
    return EditError([Problem(f"run {run}", field, expected, found)])
