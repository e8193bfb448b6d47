"""A schedule as the start of a bucket model: whole, so that HiGHS takes it, and freed again."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.optimize.milp.buckets import made_by
from models.optimize.milp.model import start_as_it_is
from models.optimize.milp.scope import Scope
from plant import Run, Schedule
from plant.arrays import Floats, Ints


def hand_over(model: Any, scope: Scope, schedule: Schedule) -> None:
    """Hold `ready`, `carry` and `lot` at the values that the schedule's runs say.

    The rest follows from a solve; then `let_go` frees them and all values together are a start. A lot
    that is under its least in every bucket that it spans is left for that solve to decide.
    """
    chosen = {scope.plant.lines[line].id for line in scope.lines}
    runs = [run for run in schedule.runs if run.line in chosen]
    units, _ = made_by(scope.plant, scope.buckets, runs)
    families = scope.arrays.items.family
    held: dict[tuple[int, int], dict[int, float]] = {}
    for line in scope.lines:
        state = int(scope.initial[line])
        for bucket in model.DAYS:
            made = _families_made(units[line, :, bucket], families)
            made = _affordable(scope, line, bucket, made, state)
            held[line, bucket] = made
            for family in scope.families_of(line):
                _hold(model.carry[line, family, bucket], int(family == state))
                _hold(model.ready[line, family, bucket], int(family in made))
            state = _family_after(scope, line, bucket, runs, made, state)
    for line, item in model.LOTS:
        for bucket in model.DAYS:
            made = held[line, bucket]
            if units[line, item, bucket] <= 0 or int(families[item]) not in made:
                _hold(model.lot[line, item, bucket], 0)


def let_go(model: Any, scope: Scope) -> None:
    """Free what `hand_over` held; the values stay as the start."""
    for variable in (model.ready, model.carry, model.lot):
        for one in variable.values():
            one.setlb(0)
            one.setub(1)
    start_as_it_is(model, scope)


def _hold(variable: Any, at: int) -> None:
    variable.setlb(at)
    variable.setub(at)


def _families_made(units: Floats, families: Ints) -> dict[int, float]:
    made: dict[int, float] = {}
    for item in np.flatnonzero(units > 0):
        made[int(families[item])] = made.get(int(families[item]), 0.0) + float(units[item])
    return made


def _affordable(
    scope: Scope, line: int, bucket: int, made: dict[int, float], state: int
) -> dict[int, float]:
    """The families whose mean setups fit into the bucket, the least made left out first."""
    room = scope.regular[line, bucket] + scope.overtime[line, bucket]
    kept = dict(sorted(made.items(), key=lambda one: -one[1]))
    while kept and sum(scope.setup_minutes(line, f) for f in kept if f != state) > room:
        kept.popitem()
    return kept


def _family_after(
    scope: Scope, line: int, bucket: int, runs: list[Run], made: dict[int, float], state: int
) -> int:
    """What the line is set up for when the bucket ends: the family of its last run there."""
    edge, name = int(scope.buckets.edges[bucket + 1]), scope.plant.lines[line].id
    last = max(
        (run for run in runs if run.line == name and run.start < edge),
        key=lambda run: run.start,
        default=None,
    )
    if last is None:
        return state
    family = int(scope.arrays.items.family[scope.arrays.item_index[last.item]])
    return family if family in made else next(iter(made), state)
