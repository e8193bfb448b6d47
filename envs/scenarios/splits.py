"""Which generated plants are for training, which for choosing, which for judging: a split by seed.

A policy is fitted on plants of "train", its settings are chosen on "validation", and figures that are told
come from "test". No seed belongs to two of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from envs.scenarios.scenario import Scenario
from plant import Problem, RecordError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
PLANTS_IN_A_SPLIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Spread:
    """From what to what the plants of a split differ; each figure is drawn evenly between its two.

    lines; items over lines; orders over items; days; and load, eligibility, severity, mix, volatility and
    stock as in `Scenario`. two_stage: the share of plants with parts.
    """

    lines: tuple[int, int] = (5, 50)
    items: tuple[float, float] = (0.6, 1.6)
    orders: tuple[float, float] = (6.0, 15.0)
    days: tuple[int, int] = (7, 14)
    load: tuple[float, float] = (0.75, 1.05)
    eligibility: tuple[float, float] = (0.3, 0.7)
    severity: tuple[float, float] = (0.03, 0.3)
    mix: tuple[float, float] = (0.0, 0.6)
    volatility: tuple[float, float] = (0.0, 0.5)
    stock: tuple[float, float] = (0.1, 0.3)
    two_stage: float = 0.3


def seed_of(split: Split, number: int) -> int:
    """The seed of a split's plant of a number.

    Raises
    ------
    RecordError
        For a split that there is not, or a number that would reach into the next.
    """
    problems = []
    if split not in SPLITS:
        problems.append(Problem("split", "split", f"one of {', '.join(SPLITS)}", split))
    if not 0 <= number < PLANTS_IN_A_SPLIT:
        limit = f"a whole number from 0 to {PLANTS_IN_A_SPLIT - 1}"
        problems.append(Problem("split", "number", limit, number))
    if problems:
        raise RecordError(problems)
    return SPLITS.index(split) * PLANTS_IN_A_SPLIT + number


def scenario_of(split: Split, number: int, spread: Spread = Spread()) -> Scenario:
    """The scenario of a split's plant of a number; `envs.scenarios.build` makes the plant of it."""
    seed = seed_of(split, number)
    rng = np.random.default_rng([seed, 99])
    lines = int(rng.integers(spread.lines[0], spread.lines[1] + 1))
    items = max(round(lines * rng.uniform(*spread.items)), 2)
    return Scenario(
        lines=lines,
        items=items,
        orders=round(items * rng.uniform(*spread.orders)),
        days=int(rng.integers(spread.days[0], spread.days[1] + 1)),
        load=float(rng.uniform(*spread.load)),
        seed=seed,
        stages=2 if rng.random() < spread.two_stage else 1,
        eligibility=float(rng.uniform(*spread.eligibility)),
        severity=float(rng.uniform(*spread.severity)),
        stock=float(rng.uniform(*spread.stock)),
        mix=float(rng.uniform(*spread.mix)),
        volatility=float(rng.uniform(*spread.volatility)),
    )
