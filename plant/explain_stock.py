"""The stock of an item over time, from what was supplied and what was pegged; and where it runs low."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from plant.model import MINUTES_PER_DAY, Item, Plant
from plant.pegging import Pegging
from plant.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Profile:
    """An item's stock: from minute at[n] on, up to at[n+1] or the horizon, it is level[n], never below 0."""

    at: tuple[int, ...]
    level: tuple[float, ...]

    def lasting(self, quantity: float) -> int | None:
        """The first minute from which on at least so much lies there for good; None where there is none."""
        least = float("inf")
        found = None
        for at, level in zip(reversed(self.at), reversed(self.level), strict=True):
            least = min(least, level)
            if least + 1e-6 < quantity:
                return found
            found = at
        return found


@dataclass(frozen=True, slots=True)
class Shortage:
    """A time under safety stock: [since, until), the lowest stock in it, and its money, unweighted."""

    since: int
    until: int
    lowest: float
    money: float


def profiles(plant: Plant, schedule: Schedule, pegging: Pegging) -> dict[str, Profile]:
    """The stock of every item over the horizon."""
    changes: dict[str, dict[int, float]] = {
        item.id: defaultdict(float, {0: item.stock}) for item in plant.items
    }
    for arrival in plant.arrivals:
        changes[arrival.item][arrival.at] += arrival.quantity
    for run in schedule.runs:
        changes[run.item][run.end] += run.quantity
    for peg in pegging.pegs:
        changes[peg.item][peg.at] -= peg.quantity
    return {item: _profile(of_item, plant.horizon) for item, of_item in changes.items()}


def _profile(changes: dict[int, float], horizon: int) -> Profile:
    at, level, stock = [], [], 0.0
    for minute, change in sorted(changes.items()):
        stock += change
        if minute < horizon:
            at.append(minute)
            level.append(max(stock, 0.0))
    return Profile(tuple(at), tuple(level))


def shortages(item: Item, profile: Profile, horizon: int) -> Iterator[Shortage]:
    """The times in which the item's stock lies under its safety stock."""
    ends = (*profile.at[1:], horizon)
    since, lowest, money = -1, 0.0, 0.0
    for at, end, level in zip(profile.at, ends, profile.level, strict=True):
        missing = item.safety_stock - level
        if missing <= 1e-9:
            if since >= 0:
                yield Shortage(since, at, lowest, money)
            since = -1
            continue
        if since < 0:
            since, lowest, money = at, level, 0.0
        lowest = min(lowest, level)
        money += missing * item.shortage_cost * (end - at) / MINUTES_PER_DAY
    if since >= 0:
        yield Shortage(since, horizon, lowest, money)
