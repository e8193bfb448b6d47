"""What has happened since the plan: events folded into what lines, deliveries and orders are now.

The fold comes to the same whatever order events are told in and however often: of two events on the same
thing the later is the one that happened later.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from pipelines.events import Event, LineState, Material, OrderEvent

Told = TypeVar("Told", LineState, Material)


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Where an event stands among those on the same thing."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Stop:
    """That a line stood, or is expected to stand, from one instant to another; over: whether it is."""

    since: datetime
    until: datetime
    over: bool


class Situation:
    """The events on lines, deliveries and orders so far.

    `latest_at` is when the last of them happened, which is what the plant's clock shows.
    """

    def __init__(self) -> None:
        self._states: dict[str, list[tuple[_Place, LineState]]] = {}
        self._deliveries: dict[str, list[tuple[_Place, Material]]] = {}
        self._orders: dict[str, tuple[_Place, OrderEvent]] = {}
        self.latest_at: datetime | None = None

    def note(self, event: Event) -> bool:
        """Whether the event is news: the last on what it is about, and not told before."""
        place = _Place(event.at, event.event_id)
        match event:
            case LineState():
                is_news = _enter(self._states.setdefault(event.line, []), place, event)
            case Material():
                is_news = _enter(self._deliveries.setdefault(event.delivery, []), place, event)
            case OrderEvent():
                known = self._orders.get(event.order)
                is_news = known is None or known[0] < place
                if is_news:
                    self._orders[event.order] = place, event
            case _:
                return False
        if self.latest_at is None or event.at > self.latest_at:
            self.latest_at = event.at
        return is_news

    def stops(self, now: datetime, patience: timedelta) -> Mapping[str, list[Stop]]:
        """The times for which each line was or is down, in time order.

        A line that is down is expected up when it said, or `patience` after it stopped where it said
        nothing; and, where that has passed, `patience` from now.
        """
        found = {line: list(_stops(told, now, patience)) for line, told in self._states.items()}
        return {line: stops for line, stops in found.items() if stops}

    def overdue(self, now: datetime, patience: timedelta) -> Iterator[tuple[str, datetime]]:
        """The lines that are down although they were expected up, and when that was."""
        for line, told in self._states.items():
            last = told[-1][1]
            until = last.until or last.at + patience
            if last.state == "down" and until <= now:
                yield line, until

    def overdue_deliveries(self, before: datetime) -> Iterator[list[Material]]:
        """What was said of each delivery that was expected before an instant and has not come."""
        for told in self._deliveries.values():
            last = told[-1][1]
            if last.status == "expected" and last.due_at is not None and last.due_at < before:
                yield [one for _, one in told]

    def stop_before(self, event: LineState, patience: timedelta) -> Stop | None:
        """The stop that a line's event ends, as it was expected before; None where it ends none."""
        told = [one for _, one in self._states.get(event.line, []) if one.at < event.at]
        if not told or told[-1].state != "down":
            return None
        since, until = told[-1].at, told[-1].until
        return Stop(since, until or since + patience, over=True)

    def deliveries(self, since: datetime) -> Iterator[list[Material]]:
        """For each delivery of which something was said from an instant on, all that was, in time order."""
        for told in self._deliveries.values():
            if told[-1][0].at >= since:
                yield [one for _, one in told]

    def orders(self, since: datetime) -> Iterator[OrderEvent]:
        """The last word on each order of which there was one from an instant on, in time order."""
        last = sorted(self._orders.values(), key=lambda one: one[0])
        return (event for place, event in last if place.at >= since)


def _enter(told: list[tuple[_Place, Told]], place: _Place, event: Told) -> bool:
    if any(known == place for known, _ in reversed(told)):
        return False
    insort(told, (place, event), key=lambda one: one[0])
    return told[-1][0] == place


def _stops(
    told: list[tuple[_Place, LineState]], now: datetime, patience: timedelta
) -> Iterator[Stop]:
    for number, (_, event) in enumerate(told):
        if event.state != "down":
            continue
        if number + 1 < len(told):
            yield Stop(event.at, told[number + 1][0].at, over=True)
            continue
        until = event.until or event.at + patience
        yield Stop(event.at, until if until > now else now + patience, over=False)
