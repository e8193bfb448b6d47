"""What a planner does to a schedule, a record for each deed, and how each is taken back.

`apply` works out a run's end from the line's calendar, so that it holds quantity / rate of shift time;
where the shifts end before, what is missing is counted on behind the last one, for the referee to name.
That a rule is broken is no error: `plant.violations` says so. An error is what cannot be done at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from plant.arrays import plant_arrays
from plant.calendar import NEVER, minutes_needed, run_end, run_start, worked_between
from plant.errors import EditError, Problem
from plant.evaluate import HELD_BY_LOCK
from plant.model import Plant
from plant.schedule import LOCKS, Lock, Run, Schedule, same_value

LATEST = 100 * 366 * 1440  # minutes: a hundred years


@dataclass(frozen=True, slots=True)
class Move:
    """The run starts at another minute or on another line; quantity, item and lock stay."""

    run: str
    line: str
    start: int


@dataclass(frozen=True, slots=True)
class Split:
    """The run keeps `quantity`; the rest becomes a run of its own, as soon behind it as the line allows.

    `new` is the id of that run; where it is None, the first free one of R-1/2, R-1/3, ... is taken.
    """

    run: str
    quantity: float
    new: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """The run takes over the quantity of `other`, which is gone then; line, start and lock stay."""

    run: str
    other: str


@dataclass(frozen=True, slots=True)
class Resize:
    """The run makes another quantity from the same start."""

    run: str
    quantity: float


@dataclass(frozen=True, slots=True)
class SetLock:
    """The run is locked so, or with "none" set free."""

    run: str
    lock: Lock


@dataclass(frozen=True, slots=True)
class Add:
    """A new run. Where `run` is None, its id is the first free one of ITEM-1, ITEM-2, ..."""

    line: str
    item: str
    start: int
    quantity: float
    run: str | None = None
    lock: Lock = "none"


@dataclass(frozen=True, slots=True)
class Cancel:
    """The run is gone."""

    run: str


@dataclass(frozen=True, slots=True)
class Replace:
    """The runs of `remove` are gone, those of `put` are there as they are written, ends included.

    What a repair proposes, and what takes another edit back. `positions` says where in the schedule each
    run of `put` stands afterwards; without it, known runs keep their place and new ones come last.
    """

    remove: tuple[str, ...] = ()
    put: tuple[Run, ...] = ()
    positions: tuple[int, ...] = ()


Single = Move | Split | Merge | Resize | SetLock | Add | Cancel | Replace


@dataclass(frozen=True, slots=True)
class Group:
    """Several edits as one deed, each applied to what the one before it left."""

    edits: tuple[Single, ...]


Edit = Single | Group


@dataclass(frozen=True, slots=True)
class Applied:
    """The schedule after an edit, and the edit that restores the one before it exactly."""

    schedule: Schedule
    inverse: Replace


def apply(plant: Plant, schedule: Schedule, edit: Edit) -> Applied:
    """The schedule after the edit, with the edit's inverse.

    Raises
    ------
    EditError
        Where the edit cannot be done: a run, line or item that is not there, a line that cannot make the
        item, a quantity that is not above 0, an id that is taken. Names run, field, expected and found.
    """
    runs = list(schedule.runs)
    touched: set[str] = set()
    for one in edit.edits if isinstance(edit, Group) else (edit,):
        runs, ids = _apply(plant, runs, one)
        touched |= ids
    return Applied(Schedule(tuple(runs)), _back(schedule.runs, runs, touched))


def relocked(base: Schedule, runs: Iterable[Run]) -> Schedule:
    """The base with the locks that a planner gave to these runs, later ones winning.

    A planner may take off a lock of the published schedule, or lock a run that stands where it was
    published. A run locked at a place of its own is held there by its own lock in what follows, not by
    the base: there its lock becomes "none".
    """
    asked = {run.id: run for run in runs}
    return Schedule(
        tuple(
            replace(run, lock=_lock_on(run, asked[run.id])) if run.id in asked else run
            for run in base.runs
        )
    )


def _lock_on(old: Run, asked: Run) -> Lock:
    held = HELD_BY_LOCK[asked.lock]
    same = all(same_value(getattr(old, name), getattr(asked, name)) for name in held)
    return asked.lock if same else "none"


def _apply(plant: Plant, runs: list[Run], edit: Single) -> tuple[list[Run], set[str]]:
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


def _back(before: Sequence[Run], after: Iterable[Run], touched: set[str]) -> Replace:
    """What restores the runs before: the untouched ones have kept their order."""
    places = [(place, run) for place, run in enumerate(before) if run.id in touched]
    there = {run.id for _, run in places}
    return Replace(
        tuple(run.id for run in after if run.id in touched and run.id not in there),
        tuple(run for _, run in places),
        tuple(place for place, _ in places),
    )


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
