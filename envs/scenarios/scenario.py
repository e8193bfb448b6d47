"""What a generated plant is like: its sizes, its load, its character."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from plant import Problem, RecordError

PART_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Scenario:
    """The arguments of a generated plant.

    `items` counts all items: products, raw materials (one in eight, from four items on) and, with
    two stages, parts (three in ten of the rest). `load` is the shift time that the orders need, net
    of opening stock, at the mean rates of the capable lines and with one mean changeover an order,
    over all regular shift time. `eligibility` is the share of lines that know a family, `severity` a
    mean changeover over the mean work of an order, `stock` the opening stock as a share of an item's
    demand. `families` None takes the square root of the number of made items. `mix` is the share of
    orders that ask for the favourite third of the families, whatever they would ask for otherwise;
    `volatility` the spread (log-normal sigma) of order sizes beyond the usual.
    """

    lines: int
    items: int
    orders: int
    days: int
    load: float
    seed: int
    families: int | None = None
    stages: int = 1
    eligibility: float = 0.4
    severity: float = 0.12
    stock: float = 0.2
    mix: float = 0.0
    volatility: float = 0.0

    def __post_init__(self) -> None:
        problems: list[Problem] = []

        def check(holds: bool, field: str, expected: str) -> None:
            if not holds:
                problems.append(Problem("scenario", field, expected, getattr(self, field)))

        for field, least in (("lines", 1), ("items", 1), ("orders", 0), ("days", 1), ("seed", 0)):
            check(getattr(self, field) >= least, field, f"a whole number of at least {least}")
        check(0 < self.load <= 5, "load", "a number above 0 and at most 5 (0.9 is 90 %)")
        check(self.stages in (1, 2), "stages", "1 or 2")
        check(self.stages != 2 or self.items >= 2, "items", "at least 2 where there are two stages")
        check(self.families is None or self.families >= 1, "families", "at least 1, or None")
        check(0 < self.eligibility <= 1, "eligibility", "a share above 0 and at most 1")
        check(0 <= self.severity <= 2, "severity", "a number from 0 to 2")
        check(0 <= self.mix <= 1, "mix", "a share from 0 to 1")
        check(0 <= self.volatility <= 2, "volatility", "a number from 0 to 2")
        check(0 <= self.stock <= 0.9, "stock", "a share from 0 to 0.9")
        if problems:
            raise RecordError(problems)

    @property
    def materials(self) -> int:
        """How many of the items are raw materials."""
        return max(1, self.items // 8) if self.items >= 4 else 0

    @property
    def parts(self) -> int:
        """How many of the items are made to go into others."""
        made = self.items - self.materials
        return max(1, round(made * PART_SHARE)) if self.stages == 2 else 0

    @property
    def products(self) -> int:
        """How many of the items are made to be ordered."""
        return self.items - self.materials - self.parts

    def stream(self, part: int) -> Generator:
        """A random stream of its own for each part: one part's draws leave the others alone."""
        return np.random.default_rng([self.seed, part])


def names(prefix: str, count: int) -> list[str]:
    """`count` ids that sort as they are numbered."""
    width = max(2, len(str(count)))
    return [f"{prefix}{number:0{width}d}" for number in range(1, count + 1)]
