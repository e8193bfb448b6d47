"""What happens in a simulated factory, one record a happening; minutes are counted from the plan's start.

`minute` may have a fraction: lines do not all speak at the same second.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from plant import Problem, RecordError

State = Literal["running", "idle", "changeover", "down", "offline"]


@dataclass(frozen=True, slots=True)
class Counted:
    """Units that a line has made since its count before."""

    minute: float
    line: str
    item: str
    run: str
    good: float
    scrap: float


@dataclass(frozen=True, slots=True)
class Stands:
    """A line does something else from now on; until: when that is expected to end, where known."""

    minute: float
    line: str
    state: State
    item: str | None = None
    reason: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Inspected:
    """Units of a line were inspected."""

    minute: float
    line: str
    item: str
    run: str
    checked: int
    failed: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery of material is expected (at `due`), has arrived or will not come."""

    minute: float
    delivery: str
    item: str
    status: Literal["expected", "arrived", "cancelled"]
    quantity: float
    due: float | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """A customer's order is placed, changed or cancelled."""

    minute: float
    order: str
    item: str
    change: Literal["placed", "changed", "cancelled"]
    quantity: float
    due: int
    weight: float


Happening = Counted | Stands | Inspected | Delivery | Ordered


@dataclass(frozen=True, slots=True)
class Habits:
    """How a factory deviates from its plan. All assumed: the real history has days, not stops.

    Parameters
    ----------
    count_every
        Minutes between the counts of a running line.
    failure_hours
        Mean running hours between breakdowns.
    repair_minutes, repair_spread
        Median of a repair, and the standard deviation of its logarithm.
    speed_spread
        Standard deviation of the logarithm of a run's speed over the planned rate.
    setup_spread
        The same of a changeover's minutes over the planned ones.
    inspect_every, inspected
        Running minutes between inspections, and how many units one looks at.
    late_trucks, late_minutes, late_spread
        Share of deliveries that are late; median and spread of the minutes.
    notice
        Minutes before the hour at which a late delivery is told of, at most.
    no_trucks
        Share of deliveries that never come.
    rush_orders, changed_orders, cancelled_orders
        Shares of the orders.
    lead_days
        Days from a usual order to its due, least and most.
    """

    count_every: int = 1
    failure_hours: float = 20.0
    repair_minutes: float = 35.0
    repair_spread: float = 0.8
    speed_spread: float = 0.04
    setup_spread: float = 0.15
    inspect_every: int = 120
    inspected: int = 50
    late_trucks: float = 0.2
    late_minutes: float = 240.0
    late_spread: float = 0.9
    notice: float = 180.0
    no_trucks: float = 0.01
    rush_orders: float = 0.03
    changed_orders: float = 0.05
    cancelled_orders: float = 0.02
    lead_days: tuple[int, int] = (3, 8)

    def __post_init__(self) -> None:
        shares = {"late_trucks", "no_trucks", "rush_orders", "changed_orders", "cancelled_orders"}
        counts = {"count_every", "inspect_every", "inspected"}
        problems = []
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name == "lead_days":
                holds, expected = 1 <= value[0] <= value[1], "least and most days, at least 1"
            elif one.name in shares:
                holds, expected = 0 <= value <= 1, "a share from 0 to 1"
            elif one.name in counts:
                holds, expected = value >= 1, "a whole number of at least 1"
            elif one.name in ("failure_hours", "repair_minutes"):
                holds, expected = value > 0, "a number above 0"
            else:
                holds, expected = value >= 0, "a number of at least 0"
            if not holds:
                problems.append(Problem("habits", one.name, expected, value))
        if problems:
            raise RecordError(problems)
