"""Orders with what becomes of them, and chains: what an order is made from, whom a run serves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from pipelines.storage.repositories import NotStoredError
from plant import Evaluation, Order, Peg, Plant, Source


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order with what becomes of it.

    served: units that it gets; late: units after due or never; served_at: when the last of them comes,
    None where some never do.
    """

    id: str
    item: str
    family: str
    quantity: float
    due: int
    weight: float
    source: Source
    served: float
    late: float
    served_at: int | None


@dataclass(frozen=True, slots=True)
class Orders:
    """All orders by due minute. Minutes count from starts_at."""

    starts_at: datetime
    orders: tuple[OrderView, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Who takes what from whom, along the whole chain, with the runs and orders that stand in it."""

    pegs: tuple[Peg, ...]
    runs: tuple[str, ...]
    orders: tuple[str, ...]


def orders_of(plant: Plant, evaluation: Evaluation) -> Orders:
    """What becomes of each order."""
    family = {item.id: item.family for item in plant.items}
    late, pegs = evaluation.late_orders, evaluation.pegging.by_order
    found = sorted(plant.orders, key=lambda order: (order.due, order.id))
    views = (
        _order(one, family[one.item], late.get(one.id, 0.0), pegs.get(one.id, ())) for one in found
    )
    return Orders(plant.starts_at, tuple(views))


def chain_of_order(plant: Plant, evaluation: Evaluation, order: str) -> Chain:
    """What the order is served from, what that was made from, and so on up to the raw materials.

    Raises
    ------
    NotStoredError
        Where the plant has no such order.
    """
    if all(one.id != order for one in plant.orders):
        raise NotStoredError(f"order {order} is not one of the {len(plant.orders)} of this version")
    pegging = evaluation.pegging
    found = _walk(
        pegging.by_order.get(order, ()),
        lambda peg: peg.supplier_id if peg.supplier == "run" else None,
        lambda run: pegging.by_run.get(run, ()),
    )
    return _chain(found, {order}, set())


def chain_of_run(evaluation: Evaluation, runs: Iterable[str], run: str) -> Chain:
    """Whom the run supplies, whom those supply, and so on down to the orders.

    Raises
    ------
    NotStoredError
        Where `runs`, the ids of the schedule's runs, has no such one.
    """
    if run not in set(runs):
        raise NotStoredError(f"run {run} is not in this version")
    takers: dict[str, list[Peg]] = defaultdict(list)
    for peg in evaluation.pegging.pegs:
        if peg.supplier == "run" and peg.supplier_id is not None:
            takers[peg.supplier_id].append(peg)
    found = _walk(
        takers[run],
        lambda peg: peg.consumer_id if peg.consumer == "run" else None,
        lambda next_: takers.get(next_, ()),
    )
    return _chain(found, set(), {run})


def _walk(
    first: Iterable[Peg],
    leads_to: Callable[[Peg], str | None],
    pegs_of: Callable[[str], Iterable[Peg]],
) -> list[Peg]:
    """The pegs from the first ones on, each run that they lead to gone through once."""
    waiting, found, seen = list(first), [], set()
    while waiting:
        peg = waiting.pop()
        found.append(peg)
        run = leads_to(peg)
        if run is not None and run not in seen:
            seen.add(run)
            waiting.extend(pegs_of(run))
    return found


def _chain(pegs: list[Peg], orders: set[str], runs: set[str]) -> Chain:
    for peg in pegs:
        (orders if peg.consumer == "order" else runs).add(peg.consumer_id)
        if peg.supplier == "run" and peg.supplier_id is not None:
            runs.add(peg.supplier_id)
    ordered = sorted(pegs, key=lambda peg: (peg.at, peg.consumer, peg.consumer_id, peg.supplier))
    return Chain(tuple(ordered), tuple(sorted(runs)), tuple(sorted(orders)))


def _order(order: Order, family: str, late: float, pegs: tuple[Peg, ...]) -> OrderView:
    given = [peg for peg in pegs if peg.supplier != "nobody"]
    served = sum(peg.quantity for peg in given)
    whole = served >= order.quantity - 1e-6
    return OrderView(
        order.id,
        order.item,
        family,
        order.quantity,
        order.due,
        order.weight,
        order.source,
        served,
        late,
        max((peg.at for peg in given), default=None) if whole else None,
    )
