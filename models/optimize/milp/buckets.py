"""A plant and a schedule by day: capacities, demands, and what is made when, as the MILP reads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from plant import Plant, Run
from plant.arrays import Floats, Ints, plant_arrays
from plant.calendar import worked_before, worked_between
from plant.model import MINUTES_PER_DAY


@dataclass(frozen=True, slots=True)
class Demand:
    """One order as the buckets see it: production of `bucket` is the last that is on time.

    An order that is due in the first half of a bucket needs what the bucket before it made.
    """

    item: int
    bucket: int
    quantity: float
    weight: float


@dataclass(frozen=True, slots=True)
class Buckets:
    """T buckets of a plant. edges [T+1] in minutes; regular, overtime [L, T] shift minutes; arrivals [I, T].

    setup_minutes, setup_cost [L, F]: what setting a line up for a family takes, the mean over the other
    families that it makes. demands: all orders due within the horizon.
    """

    edges: Ints
    regular: Floats
    overtime: Floats
    arrivals: Floats
    setup_minutes: Floats
    setup_cost: Floats
    demands: tuple[Demand, ...]

    @property
    def number(self) -> int:
        """How many buckets there are."""
        return len(self.edges) - 1

    @property
    def days(self) -> Floats:
        """The length of each bucket [T] in days."""
        return np.diff(self.edges) / MINUTES_PER_DAY


def buckets_of(plant: Plant, minutes: int = MINUTES_PER_DAY) -> Buckets:
    """The plant in buckets of so many minutes; the last may be shorter."""
    arrays = plant_arrays(plant)
    edges = np.array([*range(0, plant.horizon, minutes), plant.horizon], dtype=np.int64)
    number = len(edges) - 1
    worked = np.array(
        [
            [worked_before(arrays.calendar, line, int(max(edge, line_available))) for edge in edges]
            for line, line_available in enumerate(arrays.calendar.available)
        ],
        dtype=np.float64,
    ).reshape(len(plant.lines), number + 1, 2)
    shift, overtime = (np.diff(worked[:, :, part], axis=1) for part in (0, 1))
    arrivals = np.zeros((len(plant.items), number))
    inside = arrays.arrivals.at < plant.horizon
    at = np.searchsorted(edges, arrays.arrivals.at[inside], side="right") - 1
    np.add.at(arrivals, (arrays.arrivals.item[inside], at), arrays.arrivals.quantity[inside])
    return Buckets(
        edges, shift - overtime, overtime, arrivals, *_setups(plant), _demands(plant, edges)
    )


def made_by(plant: Plant, buckets: Buckets, runs: Iterable[Run]) -> tuple[Floats, Floats]:
    """What runs make and how long they take, by line, item and bucket: units and minutes [L, I, T].

    A run that spans buckets counts in each by its shift minutes there.
    """
    arrays = plant_arrays(plant)
    shape = (len(plant.lines), len(plant.items), buckets.number)
    units, minutes = np.zeros(shape), np.zeros(shape)
    for run in runs:
        line, item = arrays.line_index[run.line], arrays.item_index[run.item]
        total = max(worked_between(arrays.calendar, line, run.start, run.end)[0], 1)
        first = int(np.searchsorted(buckets.edges, run.start, side="right")) - 1
        for bucket in range(first, buckets.number):
            start = max(run.start, int(buckets.edges[bucket]))
            end = min(run.end, int(buckets.edges[bucket + 1]))
            if end <= start:
                break
            inside = worked_between(arrays.calendar, line, start, end)[0]
            units[line, item, bucket] += run.quantity * inside / total
            minutes[line, item, bucket] += inside
    return units, minutes


def _setups(plant: Plant) -> tuple[Floats, Floats]:
    arrays = plant_arrays(plant)
    shape = (len(plant.lines), len(arrays.family_index))
    minutes, cost = np.zeros(shape), np.zeros(shape)
    for line in range(len(plant.lines)):
        made = arrays.items.family[np.flatnonzero(arrays.capabilities.rate[line] > 0)]
        known = set(made.tolist()) | ({int(arrays.lines.initial_family[line])} - {-1})
        table = arrays.lines.table[line]
        for family in set(made.tolist()):
            before = sorted(known - {family})
            if before:
                minutes[line, family] = arrays.changeovers.minutes[table, before, family].mean()
                cost[line, family] = arrays.changeovers.cost[table, before, family].mean()
    return minutes, cost


def _demands(plant: Plant, edges: Ints) -> tuple[Demand, ...]:
    index = plant_arrays(plant).item_index
    length = int(edges[1] - edges[0])
    return tuple(
        Demand(
            index[order.item],
            min(max((order.due - length // 2) // length, 0), len(edges) - 2),
            order.quantity,
            order.weight,
        )
        for order in plant.orders
        if order.due <= plant.horizon
    )
