"""Plants small enough to look through, for the optimiser's tests."""

from datetime import UTC, datetime

import numpy as np

from plant import (
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

STARTS_AT = datetime(2026, 1, 5, tzinfo=UTC)
HORIZON = 4320


def small_plant(seed: int) -> Plant:
    """One to three lines, items on one or two stages, overtime, costs that are odd or absent."""
    rng = np.random.default_rng(seed)
    families = ["f", "g", "h"]
    lines = tuple(
        Line(
            f"L{n}",
            run_cost=float(rng.choice([0, 12, 60])),
            overtime_cost=float(rng.choice([0, 30])),
            idle_cost=float(rng.choice([0, 6, 90])),
            shifts=tuple(
                Shift(day * 1440 + at, day * 1440 + at + length, overtime)
                for day in range(3)
                for at, length, overtime in ((360, 480, False), (840, 120, True))
            ),
            initial_family=[None, "f", "g"][int(rng.integers(3))],
            available_from=int(rng.choice([0, 500])),
        )
        for n in range(rng.integers(1, 4))
    )
    two_stages = bool(rng.random() < 0.5)
    items = [
        Item(
            f"P{n}",
            families[int(rng.integers(3))],
            stock=float(rng.integers(0, 20)),
            safety_stock=float(rng.choice([0, 15])),
            holding_cost=float(rng.choice([0, 0.5])),
            shortage_cost=float(rng.choice([0, 0.4])),
        )
        for n in range(3)
    ]
    bom, arrivals = [], []
    items.append(Item("X", "x", stock=float(rng.integers(0, 60)), holding_cost=0.1))
    if two_stages:
        bom = [BomLine("P0", "X", 1.5), BomLine("P1", "P0", 0.5)]
        arrivals = [Arrival("X", int(rng.integers(3000)), 40.0)]
    capabilities = tuple(
        Capability(
            line.id,
            f"P{n}",
            float(rng.choice([6, 20, 60])),
            float(rng.choice([1.0, 0.8])),
            float(rng.choice([0, 5])),
            float(rng.choice([0, 2])),
        )
        for line in lines
        for n in range(3)
        if rng.random() < 0.8
    )
    changeovers = tuple(
        Changeover(a, b, int(rng.choice([0, 15, 90])), float(rng.choice([0, 8, 40])))
        for a in families
        for b in families
        if a != b or rng.random() < 0.2
    )
    orders = tuple(
        Order(
            f"O{n}",
            f"P{rng.integers(3)}",
            float(rng.integers(1, 40)),
            int(rng.integers(-300, HORIZON + 2000)),
            float(rng.choice([0.5, 3, 20])),
        )
        for n in range(rng.integers(1, 8))
    )
    return Plant(
        "EUR", STARTS_AT, HORIZON, lines, tuple(items), capabilities, changeovers, tuple(bom),
        tuple(arrivals), orders,
    )  # fmt: skip


def two_line_plant() -> Plant:
    """Two lines round the clock for a day, two families, four orders."""
    shifts = (Shift(0, 1440),)
    return Plant(
        "EUR",
        STARTS_AT,
        1440,
        lines=(
            Line("A", run_cost=30.0, shifts=shifts, initial_family="f"),
            Line("B", run_cost=40.0, shifts=shifts, initial_family="g"),
        ),
        items=(Item("I", "f"), Item("J", "g")),
        capabilities=tuple(Capability(line, item, 10.0) for line in "AB" for item in "IJ"),
        changeovers=(Changeover("f", "g", 60, 20.0), Changeover("g", "f", 60, 20.0)),
        orders=tuple(
            Order(f"O{n}", item, quantity, due, 10.0)
            for n, (item, quantity, due) in enumerate(
                [("I", 40.0, 240), ("J", 50.0, 300), ("I", 60.0, 900), ("J", 30.0, 1200)]
            )
        ),
    )


def chain_plant(parts: float) -> Plant:
    """One line that makes a product of a part, of which there are so many."""
    return Plant(
        "EUR",
        STARTS_AT,
        1440,
        lines=(Line("A", run_cost=6.0, shifts=(Shift(0, 1440),)),),
        items=(Item("I", "f"), Item("X", "x", stock=parts)),
        capabilities=(Capability("A", "I", 60.0),),
        bom=(BomLine("I", "X", 2.0),),
        orders=(Order("O", "I", 30.0, 600, 10.0),),
    )
