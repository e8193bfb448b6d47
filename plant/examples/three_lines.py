"""A jam factory of three lines in two stages, small enough to follow with a pencil.

MIX boils fruit down to pulp; PACK-1 fills jam or juice, PACK-2 juice only. Fruit is bought: some is there,
more arrives on Tuesday morning. Monday to Thursday are manned from 06:00 to 14:00, PACK-1 on Tuesday two
hours longer at a higher price. The same plant and schedule ship as JSON beside this module.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

from plant.model import (
    Arrival,
    BomLine,
    Capability,
    Changeover,
    Item,
    Line,
    Order,
    Plant,
    Shift,
)
from plant.schedule import Run, Schedule

PLANT_FILE = Path(__file__).with_name("three_lines.json")
SCHEDULE_FILE = Path(__file__).with_name("three_lines_schedule.json")

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = range(4)


def at(day: int, hour: int, minute: int = 0) -> int:
    """The minute of a day and time of day."""
    return day * 1440 + hour * 60 + minute


def plant() -> Plant:
    """The factory as it stands on Monday at midnight, with four days to plan."""
    early = tuple(Shift(at(day, 6), at(day, 14)) for day in range(4))
    late = Shift(at(TUESDAY, 14), at(TUESDAY, 16), overtime=True)
    return Plant(
        currency="KRW",
        starts_at=datetime(2026, 1, 5, tzinfo=timezone(timedelta(hours=9))),
        horizon=4 * 1440,
        lines=(
            Line("MIX", run_cost=30_000, idle_cost=6_000, shifts=early, initial_family="pulp"),
            Line(
                "PACK-1",
                run_cost=24_000,
                overtime_cost=12_000,
                idle_cost=4_000,
                shifts=(*early[:2], late, *early[2:]),
                initial_family="juice",
            ),
            Line(
                "PACK-2",
                run_cost=20_000,
                idle_cost=4_000,
                shifts=early,
                available_from=at(MONDAY, 10),  # its filler is in repair until then
            ),
        ),
        items=(
            Item("FRUIT", "raw", stock=900, holding_cost=2.5),
            Item("PULP", "pulp", stock=60, holding_cost=5),
            Item("JAM", "jam", stock=80, safety_stock=50, holding_cost=20, shortage_cost=30),
            Item("JUICE", "juice", stock=200, safety_stock=100, holding_cost=10, shortage_cost=15),
        ),
        capabilities=(
            Capability("MIX", "PULP", rate=120, yield_=0.96, min_lot=120, lot_multiple=60),
            Capability("PACK-1", "JAM", rate=100, yield_=0.98, min_lot=50, lot_multiple=10),
            Capability("PACK-1", "JUICE", rate=150, min_lot=100, lot_multiple=50),
            Capability("PACK-2", "JUICE", rate=200, yield_=0.95, min_lot=100, lot_multiple=50),
        ),
        changeovers=(
            Changeover("juice", "jam", minutes=60, cost=50_000),
            Changeover("jam", "juice", minutes=30, cost=20_000),
        ),
        bom=(
            BomLine("PULP", "FRUIT", 1.2),
            BomLine("JAM", "PULP", 0.6),
            BomLine("JUICE", "PULP", 0.25),
        ),
        arrivals=(Arrival("FRUIT", at(TUESDAY, 8), 800),),
        orders=(
            Order("O-1", "JAM", 400, due=at(TUESDAY, 12), weight=500),
            Order("O-2", "JUICE", 600, due=at(TUESDAY, 14), weight=200),
            Order("O-3", "JAM", 500, due=at(WEDNESDAY, 14), weight=400),
            Order("O-4", "JUICE", 900, due=at(THURSDAY, 12), weight=200),
            Order("O-5", "JAM", 200, due=at(THURSDAY, 14), weight=100, source="forecast"),
        ),
    )


def schedule() -> Schedule:
    """A feasible schedule, made by hand: one order is late, one run works overtime."""
    return Schedule(
        (
            Run("R-1", "MIX", "PULP", at(MONDAY, 6), at(MONDAY, 10), 480),
            Run("R-2", "PACK-2", "JUICE", at(MONDAY, 10), at(MONDAY, 13), 600, lock="line"),
            Run("R-3", "PACK-1", "JAM", at(MONDAY, 10), at(MONDAY, 13, 30), 350),
            Run("R-4", "MIX", "PULP", at(TUESDAY, 8), at(TUESDAY, 13), 600),
            Run("R-5", "PACK-1", "JAM", at(TUESDAY, 13), at(WEDNESDAY, 8), 500),
            Run("R-6", "PACK-2", "JUICE", at(WEDNESDAY, 6), at(WEDNESDAY, 10, 30), 900),
            Run("R-7", "PACK-1", "JAM", at(WEDNESDAY, 8), at(WEDNESDAY, 9), 100),
        )
    )
