"""Who gets what from whom: orders from runs, arrivals and opening stock, runs from the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from plant.arrays import plant_arrays
from plant.kernel import NOBODY, StockEvents, peg_stocks
from plant.model import Plant
from plant.schedule import Run

Supplier = Literal["run", "arrival", "stock", "nobody"]


@dataclass(frozen=True, slots=True)
class Peg:
    """`quantity` of `item` that `consumer` (an order or a run) took at minute `at` from its supplier.

    supplier_id is the run's id, the arrival's position in plant.arrivals, or None.
    """

    consumer: Literal["order", "run"]
    consumer_id: str
    item: str
    quantity: float
    at: int
    supplier: Supplier
    supplier_id: str | None


@dataclass(frozen=True)
class Pegging:
    """All pegs of a schedule, first in first out within each item."""

    pegs: tuple[Peg, ...]

    @cached_property
    def by_order(self) -> dict[str, tuple[Peg, ...]]:
        """What each order was served from."""
        return self._by("order")

    @cached_property
    def by_run(self) -> dict[str, tuple[Peg, ...]]:
        """What each run took its components from."""
        return self._by("run")

    def orders_of_run(self, run_id: str) -> tuple[Peg, ...]:
        """The pegs that a run supplies, orders and later runs alike."""
        return tuple(p for p in self.pegs if p.supplier == "run" and p.supplier_id == run_id)

    def _by(self, consumer: str) -> dict[str, tuple[Peg, ...]]:
        found: dict[str, list[Peg]] = defaultdict(list)
        for one in self.pegs:
            if one.consumer == consumer:
                found[one.consumer_id].append(one)
        return {key: tuple(pegs) for key, pegs in found.items()}


def peg(plant: Plant, runs: Sequence[Run], events: StockEvents) -> Pegging:
    """The pegging of runs given in the order of the arrays that the events were made from."""
    arrays = plant_arrays(plant)
    table = peg_stocks(arrays.horizon, arrays.items, arrays.orders, events)
    position = arrays.orders.position
    pegs = []
    for consumer, supplier, item, quantity, at in zip(*(c.tolist() for c in table), strict=True):
        kind, supplier_id = _supplier(supplier, runs)
        pegs.append(
            Peg(
                consumer="run" if consumer >= 0 else "order",
                consumer_id=runs[consumer].id
                if consumer >= 0
                else plant.orders[position[-1 - consumer]].id,
                item=plant.items[item].id,
                quantity=quantity,
                at=at,
                supplier=kind,
                supplier_id=supplier_id,
            )
        )
    return Pegging(tuple(pegs))


def _supplier(code: int, runs: Sequence[Run]) -> tuple[Supplier, str | None]:
    if code >= 0:
        return "run", runs[code].id
    if code == -1:
        return "stock", None
    if code == NOBODY:
        return "nobody", None
    return "arrival", str(-2 - code)
