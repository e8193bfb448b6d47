"""From lots to minutes: sequences per line, timed by the plant's calendar, with the materials there are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from envs.rules import RULES, dispatch
from models.optimize.milp.scope import BucketPlan, Scope
from models.optimize.search.decode import decode
from models.optimize.search.pricing import price
from models.optimize.search.state import AT_ITS_START, shop_of, state_of, to_schedule
from models.optimize.search.trial import desk_of
from plant import Plant, Run, Schedule, Weights, evaluate
from plant.arrays import CapabilityArrays, plant_arrays

SMALLEST_SHARE = 0.05  # of a bucket's minutes: less than that is a rounding of the solver


@dataclass(frozen=True, slots=True)
class Lot:
    """`quantity` of `item` not before minute `release`; id: of the run that it replaces."""

    item: str
    quantity: float
    release: int = 0
    id: str | None = None


def realise(
    plant: Plant, lots: Mapping[str, Sequence[Lot]], staying: Sequence[Run] = ()
) -> Schedule:
    """A feasible schedule of the lots of each line, in their order, around the runs that stay.

    Lots that no longer fit before the shifts end, or whose parts never come, are left out.
    """
    shop = shop_of(plant, Weights())
    rows = [one for line in plant.lines for one in lots.get(line.id, ())]
    state, known = state_of(plant, Schedule(tuple(staying)), room=len(rows))
    state.hold[: len(known)] = AT_ITS_START
    desk = desk_of(shop, state)
    price(shop, state, desk.moments, desk.left)
    counts = [len(lots.get(line.id, ())) for line in plant.lines]
    opened = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    index = plant_arrays(plant).item_index
    place = np.full(len(rows), -1, dtype=np.int64)
    decode(
        shop,
        state,
        desk,
        opened,
        np.array([index[one.item] for one in rows], dtype=np.int64),
        np.array([one.quantity for one in rows], dtype=np.float64),
        np.array([one.release for one in rows], dtype=np.int64),
        place,
    )
    names = {int(at): one.id for at, one in zip(place, rows, strict=True) if one.id and at >= 0}
    taken = frozenset(one.id for one in rows if one.id)
    return to_schedule(plant, state, known, taken, names)


def lots_of_runs(runs: Sequence[Run]) -> dict[str, list[Lot]]:
    """The runs as lots of their lines, in their order and not before their start."""
    lots: dict[str, list[Lot]] = {}
    for run in sorted(runs, key=lambda run: (run.start, run.end, run.id)):
        lots.setdefault(run.line, []).append(Lot(run.item, run.quantity, run.start, run.id))
    return lots


def start_from(plant: Plant, left: Schedule) -> tuple[Schedule, bool]:
    """The cheaper of ATCS and what is left of a plan, timed anew; True where it is what is left."""
    fresh = dispatch(plant, RULES["atcs"])
    if not left.runs:
        return fresh, False
    kept = realise(plant, lots_of_runs(left.runs))
    is_kept = evaluate(plant, kept).cost.total < evaluate(plant, fresh).cost.total
    return (kept if is_kept else fresh), is_kept


def lots_of_plan(scope: Scope, plan: BucketPlan, replaced: Sequence[Run]) -> dict[str, list[Lot]]:
    """The bucket plan of a scope as sequences of whole lots; replaced runs lend their ids.

    Within a bucket the carried family comes first, the one that is carried on last, and between them
    always the quickest changeover; an item that goes on in the next bucket is one lot.
    """
    lots = {
        scope.plant.lines[line].id: _merged(scope, line, _sequence(scope, plan, line))
        for line in scope.lines
    }
    ids: dict[tuple[str, str], list[str]] = {}
    for run in sorted(replaced, key=lambda run: -run.start):
        ids.setdefault((run.line, run.item), []).append(run.id)
    return {
        line: [
            replace(one, id=ids[line, one.item].pop()) if ids.get((line, one.item)) else one
            for one in rows
        ]
        for line, rows in lots.items()
    }


def _sequence(scope: Scope, plan: BucketPlan, line: int) -> list[tuple[int, int, float]]:
    """(bucket, item, units) in the order in which the line makes them."""
    rows: list[tuple[int, int, float]] = []
    families = scope.arrays.items.family
    state = int(scope.initial[line])
    for bucket in scope.window:
        items = [i for i in scope.made_on(line) if plan.units[line, i, bucket] > 1e-6]
        last = int(plan.carried[line, bucket + 1])
        for family in _family_order(scope, line, {int(families[i]) for i in items}, state, last):
            here = [i for i in items if families[i] == family]
            goes_on = bucket + 1 in scope.window
            here.sort(key=lambda i: bool(goes_on and plan.units[line, i, bucket + 1] > 1e-6))
            if rows:
                here.sort(key=lambda i: i != rows[-1][1])
            rows.extend((bucket, i, float(plan.units[line, i, bucket])) for i in here)
            state = family
    return rows


def _family_order(scope: Scope, line: int, families: set[int], state: int, last: int) -> list[int]:
    minutes = scope.arrays.changeovers.minutes[scope.arrays.lines.table[line]]
    order: list[int] = []
    left = set(families)
    while left:
        choice = left - {last} or left
        state = min(choice, key=lambda f: (f != state, minutes[state, f] if state >= 0 else 0, f))
        order.append(state)
        left.remove(state)
    return order


def whole_lot(capabilities: CapabilityArrays, line: int, item: int, units: float) -> float:
    """The least lot that the line allows of at least so many units."""
    multiple = float(capabilities.lot_multiple[line, item])
    wanted = max(units, float(capabilities.min_lot[line, item]))
    return math.ceil(wanted / multiple - 1e-9) * multiple if multiple > 0 else wanted


def _merged(scope: Scope, line: int, rows: Sequence[tuple[int, int, float]]) -> list[Lot]:
    """Neighbours of one item as one lot, rounded to what the line allows; crumbs left out."""
    merged: list[tuple[int, float]] = []
    for _, item, units in rows:
        if merged and merged[-1][0] == item:
            merged[-1] = (item, merged[-1][1] + units)
        else:
            merged.append((item, units))
    capabilities = scope.arrays.capabilities
    lots = []
    for item, units in merged:
        least = max(capabilities.min_lot[line, item], capabilities.lot_multiple[line, item])
        if units >= max(0.5 * least, SMALLEST_SHARE * capabilities.rate[line, item]):
            whole = whole_lot(scope.arrays.capabilities, line, item, units)
            lots.append(Lot(scope.plant.items[item].id, whole))
    return lots
