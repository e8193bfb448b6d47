"""A schedule replayed: what its plant, what is asked of it and the lines' luck make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.output.draws import Floats, day_shares, from_quantiles
from pipelines.output.kernel import (
    MINUTES_PER_DAY,
    Demand,
    Luck,
    Outcome,
    World,
    replay_all,
)
from pipelines.snapshot import horizon_days, midnight
from plant import Plant, Run, Schedule
from plant.arrays import ArrivalArrays, plant_arrays, run_arrays

# Slower than this a line stands: the run would outlast any horizon.
LEAST_SPEED = 0.02
MOST_SPEED = 10.0
LEAST_YIELD = 0.02


@dataclass(frozen=True, slots=True)
class Belief:
    """What a line is believed to make of its planned rate, and of what it starts, on a day.

    speed, yields: (q10, q50, q90) of real good units an hour over planned ones, and of the good share.
    """

    speed: tuple[float, float, float]
    yields: tuple[float, float, float] | None = None


def replay(plant: Plant, schedule: Schedule, demand: Demand, luck: Luck) -> Outcome:
    """Return what becomes of the schedule in each scenario; runs in `run_arrays`' order."""
    arrays = plant_arrays(plant)
    runs, _ = run_arrays(arrays, schedule.runs)
    days = len(horizon_days(plant))
    return replay_all(
        World(
            arrays.horizon,
            midnight(plant),
            days,
            arrays.items.stock,
            arrays.items.family,
            arrays.lines.initial_family,
            arrays.lines.table,
            arrays.calendar,
            arrays.changeovers,
            arrays.bom,
            _in_time_order(arrays.arrivals),
            runs,
            demand,
            luck,
        )
    )


def certain(plant: Plant, schedule: Schedule, scenarios: int) -> Luck:
    """Return the luck with which everything goes as planned."""
    arrays = plant_arrays(plant)
    runs, _ = run_arrays(arrays, schedule.runs)
    takes = 1.0 / arrays.capabilities.yield_[runs.line, runs.item]
    return Luck(np.ones((scenarios, len(runs.item))), np.tile(takes, (scenarios, 1)))


def drawn_luck(
    plant: Plant,
    schedule: Schedule,
    beliefs: Mapping[tuple[str, str], Belief],
    persistence: float,
    scenarios: int,
    seed: int,
) -> Luck:
    """Return the luck of each scenario: a line's day is good or bad for all that it makes on it.

    Parameters
    ----------
    beliefs
        By (line, item); what is not named goes as planned.
    persistence
        The correlation of a line's day with the day before.
    """
    arrays = plant_arrays(plant)
    _, records = run_arrays(arrays, schedule.runs)
    luck = certain(plant, schedule, scenarios)
    days = len(horizon_days(plant))
    fates: dict[str, tuple[Floats, Floats]] = {}
    for row, run in enumerate(records):
        belief = beliefs.get((run.line, run.item))
        if belief is None:
            continue
        if run.line not in fates:
            fates[run.line] = _fate(run.line, scenarios, days, persistence, seed)
        speed, yields = fates[run.line]
        day = _day(plant, run, days)
        luck.speed[:, row] = _of(speed[:, day], belief.speed).clip(LEAST_SPEED, MOST_SPEED)
        if belief.yields is not None:
            good = _of(yields[:, day], belief.yields).clip(LEAST_YIELD, 1.0)
            luck.takes[:, row] = 1.0 / good
    return luck


def _fate(
    line: str, scenarios: int, days: int, persistence: float, seed: int
) -> tuple[Floats, Floats]:
    return (
        day_shares(seed, f"speed {line}", scenarios, days, persistence),
        day_shares(seed, f"yield {line}", scenarios, days, persistence),
    )


def _of(z: Floats, quantiles: tuple[float, float, float]) -> Floats:
    q10, q50, q90 = (np.array(value) for value in quantiles)
    return from_quantiles(z, q10, q50, q90)


def _day(plant: Plant, run: Run, days: int) -> int:
    return min((run.start - midnight(plant)) // MINUTES_PER_DAY, days - 1)


def _in_time_order(arrivals: ArrivalArrays) -> ArrivalArrays:
    order = np.argsort(arrivals.at, kind="stable")
    return ArrivalArrays(arrivals.item[order], arrivals.at[order], arrivals.quantity[order])
