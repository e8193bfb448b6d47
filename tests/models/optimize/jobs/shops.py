"""Shops of random jobs that wait for each other, for the tests of their search."""

import numpy as np

from plant import Arrival, BomLine, Capability, Changeover, Item, Line, Order, Plant, Shift, Weights
from tests.models.optimize.tiny import STARTS_AT

MAKESPAN = Weights(production=0, changeover=0, holding=0, idle=0, instability=0, makespan=60)


def shop(
    seed: int,
    chains: int = 4,
    longest: int = 3,
    lines: int = 3,
    money: bool = False,
    joined: int = 2,
) -> Plant:
    """Chains of lots, of which the first `joined` meet in one product, on lines with changeovers.

    With money there are due dates, and lines and changeovers cost something.
    """
    rng = np.random.default_rng(seed)
    horizon = 60 * 24 * 20
    names = [[f"J{n}O{k}" for k in range(rng.integers(1, longest + 1))] for n in range(chains)]
    bom = [BomLine(row[k + 1], row[k], 1) for row in names for k in range(len(row) - 1)]
    bom += [BomLine("END", row[-1], 1) for row in names[:joined]]
    items = [*(name for row in names for name in row), "END"]
    families = list(rng.choice(["f", "g", "h"] if seed % 3 else ["f"], len(items)))
    late = rng.integers(0, 600, len(items))
    capabilities = []
    for item in items:
        for line in rng.permutation(lines)[: rng.integers(1, lines + 1)]:
            rate = 60 / rng.integers(1, 90)
            capabilities.append(Capability(f"L{line}", item, rate, min_lot=1, lot_multiple=1))
    raw = [item for item in items if rng.random() < 0.3]
    return Plant(
        currency="EUR",
        starts_at=STARTS_AT,
        horizon=horizon,
        lines=tuple(
            Line(
                f"L{n}",
                run_cost=float(rng.choice([0, 30, 90])) if money else 0.0,
                shifts=(Shift(0, horizon),),
                initial_family=[None, "f", "g"][int(rng.integers(3))] if seed % 3 else None,
                available_from=int(rng.choice([0, 40])),
            )
            for n in range(lines)
        ),
        items=(
            *(Item(name, family) for name, family in zip(items, families, strict=True)),
            *(Item(f"raw {name}", "raw") for name in raw),
        ),
        capabilities=tuple(capabilities),
        changeovers=tuple(
            Changeover(a, b, int(rng.choice([0, 15, 50])), float(rng.choice([0, 40])))
            for a in "fgh"
            for b in "fgh"
            if a != b
        ),
        bom=(*bom, *(BomLine(name, f"raw {name}", 1) for name in raw)),
        arrivals=tuple(Arrival(f"raw {name}", int(rng.integers(1, 120)), 1) for name in raw),
        orders=tuple(
            Order(name, name, 1, int(late[n]) if money else horizon, 1e5)
            for n, name in enumerate(["END", *(row[-1] for row in names[joined:])])
        ),
    )
