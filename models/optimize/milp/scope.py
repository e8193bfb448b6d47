"""What a bucket model decides and what it takes as given, and the plan that comes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.optimize.milp.buckets import Buckets, made_by
from plant import Plant, Run, Weights
from plant.arrays import Floats, Ints, PlantArrays, plant_arrays


@dataclass(frozen=True, slots=True)
class Scope:
    """What a model decides and what it takes as given.

    lines: chosen ones. makes: their capabilities that count. items: those that these make or take.
    outside [I, T]: net units from arrivals and from runs that stay. regular, overtime [L, T]: minutes
    that those leave. window: the buckets decided; initial [L]: the families lines are set up for there.
    """

    plant: Plant
    arrays: PlantArrays
    buckets: Buckets
    weights: Weights
    lines: tuple[int, ...]
    makes: tuple[tuple[int, int], ...]
    items: tuple[int, ...]
    outside: Floats
    regular: Floats
    overtime: Floats
    window: range
    initial: Ints

    def made_on(self, line: int) -> list[int]:
        """The items that the line may make."""
        return [item for at, item in self.makes if at == line]

    def setup_minutes(self, line: int, family: int) -> float:
        """The minutes that setting the line up for the family takes."""
        return float(self.buckets.setup_minutes[line, family])

    def families_of(self, line: int) -> list[int]:
        """The families that the line may be set up for."""
        return sorted({int(self.arrays.items.family[item]) for item in self.made_on(line)})


@dataclass(frozen=True, slots=True)
class BucketPlan:
    """units [L, I, T] to make; carried [L, T+1]: the family a line is set up for at each edge, -1 unknown."""

    units: Floats
    carried: Ints


def scope_of(
    plant: Plant,
    buckets: Buckets,
    weights: Weights,
    lines: tuple[int, ...],
    products: frozenset[int] | None = None,
    window: range | None = None,
    staying: tuple[Run, ...] = (),
) -> Scope:
    """The scope of the chosen lines, products and buckets (None: all of them) while some runs stay."""
    arrays = plant_arrays(plant)
    units, minutes = made_by(plant, buckets, staying)
    outside = buckets.arrivals + units.sum(axis=0)
    for item, part, per_unit in bom_rows(arrays):
        taken = units[:, item, :] / arrays.capabilities.yield_[:, item, None]
        outside[part] -= per_unit * taken.sum(axis=0)
    busy = minutes.sum(axis=1)
    regular = np.maximum(buckets.regular - busy, 0.0)
    overtime = np.maximum(buckets.overtime - np.maximum(busy - buckets.regular, 0.0), 0.0)
    makes = tuple(
        (line, item)
        for line in lines
        for item in np.flatnonzero(arrays.capabilities.rate[line] > 0).tolist()
        if products is None or item in products
    )
    window = range(buckets.number) if window is None else window
    initial = arrays.lines.initial_family.copy()
    opens = buckets.edges[window.start]
    for run in sorted((run for run in staying if run.start < opens), key=lambda run: run.start):
        initial[arrays.line_index[run.line]] = arrays.items.family[arrays.item_index[run.item]]
    made = {item for _, item in makes}
    parts = {part for item, part, _ in bom_rows(arrays) if item in made}
    return Scope(
        plant,
        arrays,
        buckets,
        weights,
        lines,
        makes,
        tuple(sorted(made | parts)),
        outside,
        regular,
        overtime,
        window,
        initial,
    )


def bom_rows(arrays: PlantArrays) -> list[tuple[int, int, float]]:
    """(item, component, units of it per unit) for the whole bill of materials."""
    owner = np.repeat(np.arange(len(arrays.items.stock)), np.diff(arrays.bom.pointer))
    columns = (owner.tolist(), arrays.bom.component.tolist(), arrays.bom.per_unit.tolist())
    return list(zip(*columns, strict=True))
