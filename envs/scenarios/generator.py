"""Seeded plants of any size: the same arguments give the same plant on every run and machine.

A plant has families of items on a ladder (going up it is a quick changeover, going down a long
one), lines that each know some of the families, two shifts on weekdays and overtime on Saturdays,
raw materials on their way, opening stocks, and orders whose dues spread over the horizon. In
two-stage plants products take parts, which have feeder lines of their own from three lines on.
"""

from __future__ import annotations

from datetime import UTC, datetime

from envs.scenarios.book import draw_book
from envs.scenarios.floor import draw_floor
from envs.scenarios.scenario import Scenario
from plant import Plant
from plant.model import MINUTES_PER_DAY

STARTS_AT = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday


def generate(
    lines: int,
    items: int,
    orders: int,
    days: int,
    load: float,
    seed: int,
    *,
    families: int | None = None,
    stages: int = 1,
    eligibility: float = 0.4,
    severity: float = 0.12,
    stock: float = 0.2,
    mix: float = 0.0,
    volatility: float = 0.0,
) -> Plant:
    """A seeded plant; the arguments are those of `Scenario`.

    Raises
    ------
    RecordError
        Naming every argument that is out of its range.
    """
    return build(
        Scenario(
            lines,
            items,
            orders,
            days,
            load,
            seed,
            families,
            stages,
            eligibility,
            severity,
            stock,
            mix,
            volatility,
        )
    )


def build(scenario: Scenario) -> Plant:
    """The plant of a scenario."""
    floor = draw_floor(scenario)
    book = draw_book(scenario, floor)
    return Plant(
        currency="EUR",
        starts_at=STARTS_AT,
        horizon=scenario.days * MINUTES_PER_DAY,
        lines=floor.lines,
        items=book.items,
        capabilities=book.capabilities,
        changeovers=floor.changeovers,
        bom=book.bom,
        arrivals=book.arrivals,
        orders=book.orders,
    )
