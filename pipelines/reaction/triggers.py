"""What a running plan has to answer: lines going down, material slipping, rush orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipelines.events import Event, LineState, Material, OrderEvent
from pipelines.reaction.as_of import arrival_of, minute_of
from pipelines.reaction.situation import Situation
from plant import Plant
from plant.model import MINUTES_PER_DAY

Kind = Literal["line_down", "line_up", "still_down", "material", "not_come", "rush_order"]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What counts as worth an answer.

    Parameters
    ----------
    patience
        For how long a line is taken to be down, or a truck to be late, that does not say.
    early
        A line that is up by so much sooner than expected is worth a new plan.
    late
        So is material that comes by so much later than expected.
    rush_days
        An order due within so many days is a rush order.
    """

    patience: timedelta = timedelta(hours=2)
    early: timedelta = timedelta(minutes=30)
    late: timedelta = timedelta(minutes=15)
    rush_days: float = 2.0


USUAL = Sensitivity()


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something that the plan has to answer, in words."""

    kind: Kind
    told: str


def trigger_of(
    event: Event, situation: Situation, plant: Plant, sensitivity: Sensitivity = USUAL
) -> Trigger | None:
    """What of an event, already noted in the situation, the plan of a plant has to answer."""
    match event:
        case LineState():
            return _line(event, situation, plant, sensitivity)
        case Material():
            return _material(event, situation, plant, sensitivity)
        case OrderEvent():
            return _order(event, plant, sensitivity)
        case _:
            return None


def silent_triggers(
    situation: Situation, plant: Plant, sensitivity: Sensitivity = USUAL
) -> Iterator[tuple[tuple[str, datetime], Trigger]]:
    """What the plan has to answer although nobody says it, each by what was expected and when.

    Lines that are not up and material of the plan that has not come when they were expected.
    """
    now = situation.latest_at
    if now is None:
        return
    for line, until in situation.overdue(now, sensitivity.patience):
        told = f"line {line} is still down, expected was {_clock(plant, until)}"
        yield (line, until), Trigger("still_down", told)
    for said in situation.overdue_deliveries(now - sensitivity.late):
        last = said[-1]
        due = last.due_at
        if due is not None and due >= plant.starts_at and arrival_of(plant, said) is not None:
            told = f"delivery {last.delivery} of {last.quantity:g} {last.item} has not come"
            expected = f"{told}, expected was {_clock(plant, due)}"
            yield (last.delivery, due), Trigger("not_come", expected)


def _line(
    event: LineState, situation: Situation, plant: Plant, sensitivity: Sensitivity
) -> Trigger | None:
    if event.state == "down":
        until = (
            f"expected until {_clock(plant, event.until)}"
            if event.until
            else "nobody says until when"
        )
        why = f" ({event.reason})" if event.reason else ""
        return Trigger(
            "line_down", f"line {event.line} is down since {_clock(plant, event.at)}, {until}{why}"
        )
    stop = situation.stop_before(event, sensitivity.patience)
    if stop is None or stop.until - event.at < sensitivity.early:
        return None
    return Trigger(
        "line_up",
        f"line {event.line} is up since {_clock(plant, event.at)}, expected was "
        f"{_clock(plant, stop.until)}",
    )


def _material(
    event: Material, situation: Situation, plant: Plant, sensitivity: Sensitivity
) -> Trigger | None:
    told = next((told for told in situation.deliveries(event.at) if told[-1] == event), [event])
    place = arrival_of(plant, told)
    if place is None:
        return None
    planned = plant.arrivals[place]
    before = told[-2].due_at if len(told) > 1 else None
    expected = before or plant.starts_at + timedelta(minutes=planned.at)
    what = f"delivery {event.delivery} of {event.quantity:g} {event.item}"
    if event.status == "cancelled":
        return Trigger("material", f"{what} will not come")
    comes = event.at if event.status == "arrived" else event.due_at or event.at
    if comes - expected > sensitivity.late:
        return Trigger(
            "material", f"{what} comes {_clock(plant, comes)} instead of {_clock(plant, expected)}"
        )
    if len(told) > 1 and event.quantity < told[-2].quantity:
        return Trigger("material", f"{what} instead of {told[-2].quantity:g}")
    return None


def _order(event: OrderEvent, plant: Plant, sensitivity: Sensitivity) -> Trigger | None:
    now, due = minute_of(plant, event.at), minute_of(plant, event.due_at)
    soon = due <= min(now + sensitivity.rush_days * MINUTES_PER_DAY, plant.horizon)
    if event.change == "cancelled" or not soon:
        return None
    is_known = any(
        (one.id, one.item, one.quantity, one.due) == (event.order, event.item, event.quantity, due)
        for one in plant.orders
    )
    if is_known or all(item.id != event.item for item in plant.items):
        return None
    return Trigger(
        "rush_order",
        f"order {event.order} for {event.quantity:g} {event.item} is due {_clock(plant, event.due_at)}",
    )


def _clock(plant: Plant, instant: datetime) -> str:
    return f"{instant.astimezone(plant.starts_at.tzinfo):%Y-%m-%d %H:%M}"
