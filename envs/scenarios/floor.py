"""The shop floor of a generated plant: lines, the families they know, what changing over takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from envs.scenarios.scenario import Scenario, names
from envs.shifts import MONDAY, Week
from plant import Changeover, Line
from plant.arrays import Ints

Bools = NDArray[np.bool_]

CHANGEOVER_MONEY = 1.5  # per minute: crew, cleaning and what is thrown away
OWN_TABLE_SHARE = 0.15  # of lines that change over slower than the others


@dataclass(frozen=True, slots=True)
class Floor:
    """Lines and families of a scenario.

    family [I] of each made item, products first, then parts; eligible [L, I]: that a line can make
    an item; feeders: so many first lines make parts and only parts, 0 where every line may make
    both; work: regular shift minutes that an order may take without its changeover.
    """

    lines: tuple[Line, ...]
    changeovers: tuple[Changeover, ...]
    families: list[str]
    family: Ints
    eligible: Bools
    feeders: int
    work: float


def draw_floor(scenario: Scenario) -> Floor:
    """The lines and changeovers of a scenario."""
    rng = scenario.stream(1)
    made = scenario.products + scenario.parts
    feeders = scenario.lines // 3 if scenario.parts else 0
    count = min(scenario.families or max(1, round(math.sqrt(made))), made)
    family = _families(scenario, count)
    known = _known(rng, scenario, family, feeders)
    families = names("F", count)
    lines = _lines(rng, scenario, families, known)
    share = scenario.load * sum(map(regular_minutes, lines)) / max(scenario.orders, 1)
    changes = 1 - 1 / count
    mean = scenario.severity * share / (1 + scenario.severity * changes)
    return Floor(
        lines,
        tuple(_changeovers(rng, lines, families, known, mean)),
        families,
        family,
        _eligible(rng, known, family),
        feeders,
        share - mean * changes,
    )


def regular_minutes(line: Line) -> int:
    """The regular shift minutes that a line has from when it is available."""
    return sum(
        max(shift.end - max(shift.start, line.available_from), 0)
        for shift in line.shifts
        if not shift.overtime
    )


def _families(scenario: Scenario, count: int) -> Ints:
    """Families of the made items, in turn; parts and products share none where there are enough."""
    part_families = min(max(1, count // 3), scenario.parts) if count > 1 else 0
    product_families = count - part_families if scenario.parts else count
    products = np.arange(scenario.products) % min(product_families, scenario.products)
    first = product_families if part_families else 0
    parts = first + np.arange(scenario.parts) % max(part_families, 1)
    return np.concatenate([products, parts]).astype(np.int64)


def _known(rng: Generator, scenario: Scenario, family: Ints, feeders: int) -> Bools:
    """[L, F]: which families a line knows; each line one at least, each family a line at least."""
    count = int(family.max()) + 1
    known = np.zeros((scenario.lines, count), dtype=np.bool_)
    products = np.unique(family[: scenario.products])
    parts = np.unique(family[scenario.products :])
    groups = [(np.arange(feeders, scenario.lines), products), (np.arange(feeders), parts)]
    if not feeders:
        groups = [(np.arange(scenario.lines), np.arange(count))]
    for lines, families in groups:
        known[np.ix_(lines, families)] = (
            rng.random((len(lines), len(families))) < scenario.eligibility
        )
        for turn in range(max(len(lines), len(families))):
            known[lines[turn % len(lines)], families[turn % len(families)]] = True
    return known


def _eligible(rng: Generator, known: Bools, family: Ints) -> Bools:
    """[L, I]: lines make nearly all items of a family they know; every item has a line."""
    eligible = known[:, family] & (rng.random((len(known), len(family))) < 0.9)
    for item in np.flatnonzero(~eligible.any(axis=0)):
        eligible[int(np.flatnonzero(known[:, family[item]])[0]), item] = True
    for line in np.flatnonzero(~eligible.any(axis=1)):
        eligible[line, int(np.flatnonzero(known[line, family])[0])] = True
    return eligible


def _lines(
    rng: Generator, scenario: Scenario, families: list[str], known: Bools
) -> tuple[Line, ...]:
    shifts = Week().shifts(scenario.days, MONDAY)
    return tuple(
        Line(
            id=name,
            run_cost=float(rng.integers(40, 81)),
            overtime_cost=float(rng.integers(20, 41)),
            idle_cost=float(rng.integers(10, 31)),
            shifts=shifts,
            initial_family=families[int(rng.choice(np.flatnonzero(known[line])))],
            available_from=int(rng.integers(7, 13)) * 60 if rng.random() < 0.1 else 0,
        )
        for line, name in enumerate(names("L", scenario.lines))
    )


def _changeovers(
    rng: Generator, lines: tuple[Line, ...], families: list[str], known: Bools, mean: float
) -> list[Changeover]:
    """Between all families, quick up their ladder and long down; longer on some lines."""
    count = len(families)
    if count < 2 or mean <= 0:
        return []
    step = np.arange(count)
    climb = (step[None, :] - step[:, None]) / count
    minutes = (1 + np.where(climb > 0, climb, -2 * climb)) * rng.uniform(0.7, 1.3, (count, count))
    off = ~np.eye(count, dtype=np.bool_)
    minutes *= mean / minutes[off].mean()
    found = [
        _changeover(families, before, after, minutes[before, after])
        for before, after in np.argwhere(off)
    ]
    for line, record in enumerate(lines):
        if rng.random() < OWN_TABLE_SHARE:
            slower = rng.uniform(1.2, 1.6)
            own = np.flatnonzero(known[line])
            found += [
                _changeover(families, a, b, minutes[a, b] * slower, record.id)
                for a in own
                for b in own
                if a != b
            ]
    return found


def _changeover(
    families: list[str], before: Any, after: Any, minutes: float, line: str | None = None
) -> Changeover:
    step = 5 if minutes >= 20 else 1
    whole = max(1, round(minutes / step)) * step
    return Changeover(families[before], families[after], whole, CHANGEOVER_MONEY * whole, line)
