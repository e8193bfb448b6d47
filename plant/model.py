"""The plant: what a schedule is made for.

Times are whole minutes after the horizon's start, quantities are in the item's unit, money is in the
plant's currency. Each record checks itself; `Plant` checks what its records say of each other.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from plant.errors import Problem, RecordError, ReferencesError

MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 1440

Source = Literal["firm", "forecast"]


class _Checks:
    """Collects what is wrong with one record, then raises all of it at once."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.problems: list[Problem] = []

    def that(self, holds: bool, field: str, expected: str, found: object) -> None:
        if not holds:
            self.problems.append(Problem(self.where, field, expected, found))

    def named(self, **names: str | None) -> None:
        for field, name in names.items():
            self.that(isinstance(name, str) and name != "", field, "a name", name)

    def at_least_zero(self, **values: float) -> None:
        for field, value in values.items():
            self.that(math.isfinite(value) and value >= 0, field, "a number of at least 0", value)

    def above_zero(self, **values: float) -> None:
        for field, value in values.items():
            self.that(math.isfinite(value) and value > 0, field, "a number above 0", value)

    def minute(self, **values: int) -> None:
        for field, value in values.items():
            whole = isinstance(value, int) and not isinstance(value, bool)
            self.that(whole and value >= 0, field, "a whole minute of at least 0", value)

    def done(self) -> None:
        if self.problems:
            raise RecordError(self.problems)


@dataclass(frozen=True, slots=True)
class Shift:
    """The minutes [start, end) in which a line is manned; overtime ones cost extra and never idle."""

    start: int
    end: int
    overtime: bool = False

    def __post_init__(self) -> None:
        checks = _Checks(f"shift {self.start}-{self.end}")
        checks.minute(start=self.start, end=self.end)
        checks.that(self.end > self.start, "end", f"a minute after start {self.start}", self.end)
        checks.done()


@dataclass(frozen=True, slots=True)
class Line:
    """A production line: does one thing at a time, inside its shifts, from `available_from` on.

    `run_cost` is money per hour of shift time inside runs, `overtime_cost` what an overtime hour costs
    on top of it, `idle_cost` money per hour of regular shift neither running nor changing over.
    `initial_family` is what it is set up for at the horizon's start; None needs no first changeover.
    """

    id: str
    run_cost: float = 0.0
    overtime_cost: float = 0.0
    idle_cost: float = 0.0
    shifts: tuple[Shift, ...] = ()
    initial_family: str | None = None
    available_from: int = 0

    def __post_init__(self) -> None:
        checks = _Checks(f"line {self.id}")
        checks.named(id=self.id)
        checks.at_least_zero(
            run_cost=self.run_cost, overtime_cost=self.overtime_cost, idle_cost=self.idle_cost
        )
        checks.minute(available_from=self.available_from)
        for before, after in zip(self.shifts, self.shifts[1:], strict=False):
            checks.that(
                after.start >= before.end,
                "shifts",
                f"shifts in time order that do not overlap (next start at or after {before.end})",
                after.start,
            )
        checks.done()


@dataclass(frozen=True, slots=True)
class Item:
    """A product, a part or a raw material; raw is what no capability makes.

    `holding_cost` is money per unit and day in stock, `shortage_cost` money per unit and day that the
    stock lies under `safety_stock`.
    """

    id: str
    family: str
    stock: float = 0.0
    safety_stock: float = 0.0
    holding_cost: float = 0.0
    shortage_cost: float = 0.0

    def __post_init__(self) -> None:
        checks = _Checks(f"item {self.id}")
        checks.named(id=self.id, family=self.family)
        checks.at_least_zero(
            stock=self.stock,
            safety_stock=self.safety_stock,
            holding_cost=self.holding_cost,
            shortage_cost=self.shortage_cost,
        )
        checks.done()


@dataclass(frozen=True, slots=True)
class Capability:
    """That a line can make an item: `rate` good units per hour while running.

    `yield_` is the good share of what is started, so that components are taken for quantity / yield.
    A lot is at least `min_lot` and a multiple of `lot_multiple`; 0 asks for nothing.
    """

    line: str
    item: str
    rate: float
    yield_: float = 1.0
    min_lot: float = 0.0
    lot_multiple: float = 0.0

    def __post_init__(self) -> None:
        checks = _Checks(f"capability {self.line}/{self.item}")
        checks.named(line=self.line, item=self.item)
        checks.above_zero(rate=self.rate)
        checks.that(0 < self.yield_ <= 1, "yield", "a share above 0 and at most 1", self.yield_)
        checks.at_least_zero(min_lot=self.min_lot, lot_multiple=self.lot_multiple)
        checks.done()


@dataclass(frozen=True, slots=True)
class Changeover:
    """What going from one family to another takes (minutes of shift time) and costs.

    For one line, or for all that have none of their own where `line` is None. Not symmetric.
    """

    from_family: str
    to_family: str
    minutes: int
    cost: float = 0.0
    line: str | None = None

    def __post_init__(self) -> None:
        checks = _Checks(f"changeover {self.from_family}>{self.to_family} on {self.line or 'all'}")
        checks.named(from_family=self.from_family, to_family=self.to_family)
        checks.minute(minutes=self.minutes)
        checks.at_least_zero(cost=self.cost)
        checks.done()


@dataclass(frozen=True, slots=True)
class BomLine:
    """That one good unit of `item`, at yield 1, takes `per_unit` of `component`."""

    item: str
    component: str
    per_unit: float

    def __post_init__(self) -> None:
        checks = _Checks(f"bom {self.item}/{self.component}")
        checks.named(item=self.item, component=self.component)
        checks.above_zero(per_unit=self.per_unit)
        checks.that(self.item != self.component, "component", "another item", self.component)
        checks.done()


@dataclass(frozen=True, slots=True)
class Arrival:
    """Raw material on its way: `quantity` of `item` is in stock from minute `at` on."""

    item: str
    at: int
    quantity: float

    def __post_init__(self) -> None:
        checks = _Checks(f"arrival of {self.item} at {self.at}")
        checks.named(item=self.item)
        checks.minute(at=self.at)
        checks.above_zero(quantity=self.quantity)
        checks.done()


@dataclass(frozen=True, slots=True)
class Order:
    """Demand for `quantity` of `item` at minute `due`, which may lie before the horizon's start.

    `weight` is money per unit and day late.
    """

    id: str
    item: str
    quantity: float
    due: int
    weight: float = 1.0
    source: Source = "firm"

    def __post_init__(self) -> None:
        checks = _Checks(f"order {self.id}")
        checks.named(id=self.id, item=self.item)
        checks.above_zero(quantity=self.quantity)
        checks.that(isinstance(self.due, int), "due", "a whole minute", self.due)
        checks.at_least_zero(weight=self.weight)
        checks.that(self.source in ("firm", "forecast"), "source", "firm or forecast", self.source)
        checks.done()


@dataclass(frozen=True, slots=True, eq=True, weakref_slot=True)
class Plant:
    """A snapshot of a plant at `starts_at`, to be planned for `horizon` minutes."""

    currency: str
    starts_at: datetime
    horizon: int
    lines: tuple[Line, ...]
    items: tuple[Item, ...]
    capabilities: tuple[Capability, ...] = ()
    changeovers: tuple[Changeover, ...] = ()
    bom: tuple[BomLine, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    orders: tuple[Order, ...] = ()

    def __post_init__(self) -> None:
        problems = list(_plant_problems(self))
        if problems:
            raise ReferencesError(problems)

    @property
    def raw_items(self) -> frozenset[str]:
        """The ids of the items that no line makes."""
        made = {capability.item for capability in self.capabilities}
        return frozenset(item.id for item in self.items if item.id not in made)


def _plant_problems(plant: Plant) -> Iterator[Problem]:
    if plant.starts_at.tzinfo is None:
        yield Problem("plant", "starts_at", "an instant with its time zone", plant.starts_at)
    if plant.horizon <= 0:
        yield Problem("plant", "horizon", "at least 1 minute", plant.horizon)
    yield from _doubles("lines", [line.id for line in plant.lines])
    yield from _doubles("items", [item.id for item in plant.items])
    yield from _doubles("orders", [order.id for order in plant.orders])
    yield from _doubles("capabilities", [(c.line, c.item) for c in plant.capabilities])
    yield from _doubles("bom", [(b.item, b.component) for b in plant.bom])
    yield from _doubles(
        "changeovers", [(c.from_family, c.to_family, c.line) for c in plant.changeovers]
    )
    yield from _dangling(plant)
    yield from _cycles(plant.bom)


def _doubles(where: str, keys: Sequence[object]) -> Iterator[Problem]:
    for key, times in Counter(keys).items():
        if times > 1:
            yield Problem(where, "id", "each once", f"{key} {times} times")


def _dangling(plant: Plant) -> Iterator[Problem]:
    """The references to lines and items that are not there."""
    lines = {line.id for line in plant.lines}
    items = {item.id for item in plant.items}
    records: Iterable[tuple[str, object]] = (
        (table.name, record)
        for table in fields(plant)
        if table.name in ("capabilities", "changeovers", "bom", "arrivals", "orders")
        for record in getattr(plant, table.name)
    )
    for table, record in records:
        for field, known in (("line", lines), ("item", items), ("component", items)):
            name = getattr(record, field, None)
            if name is not None and name not in known:
                yield Problem(f"{table}: {record}", field, f"the id of a known {field}", name)


def _cycles(bom: Sequence[BomLine]) -> Iterator[Problem]:
    """An item that would be a component of itself, over any number of stages."""
    components: dict[str, list[str]] = {}
    for line in bom:
        components.setdefault(line.item, []).append(line.component)
    done: set[str] = set()
    for root in components:
        path: list[str] = []
        stack: list[tuple[str, bool]] = [(root, False)]
        while stack:
            item, leaving = stack.pop()
            if leaving:
                path.pop()
                done.add(item)
            elif item in path:
                chain = " > ".join([*path[path.index(item) :], item])
                yield Problem("bom", "component", "no item that contains itself", chain)
            elif item not in done:
                path.append(item)
                stack.append((item, True))
                stack.extend((component, False) for component in components.get(item, ()))
