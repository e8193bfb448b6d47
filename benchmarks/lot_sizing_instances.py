"""Public lot-sizing instances as records, and a checker of their plans that shares nothing with us.

Folders: `*.psp` files (format.txt there; only the first `nbItems` rows and columns of the changeover
table count), and Trigeiro, Thomas and McClain's files, told by their names (`*.DAT`, `X*`): items and
periods; the number of machines; minutes of a period; per item minutes per unit, holding cost, setup
minutes, setup cost; then the demand in blocks of up to fifteen items, a row a period. A `bks.csv` beside
them has the best-known values.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.optimize.lot_sizing import LotSizing, Problem, UnitLots


@dataclass(frozen=True, slots=True)
class LotInstance:
    """A problem with the best value known to its authors."""

    name: str
    problem: Problem
    best_known: float

    def gap(self, cost: float) -> float:
        """How far above the best known value, as a share of it."""
        return cost / self.best_known - 1


def load_lot_instances(folder: Path) -> Iterator[LotInstance]:
    """Each instance of a folder that its bks.csv names."""
    with (folder / "bks.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = folder / row["instance"]
            text = path.read_text("utf-8")
            read = read_psp if path.suffix == ".psp" else read_trigeiro
            yield LotInstance(path.stem, read(path.stem, text), float(row["best_known"]))


def read_psp(name: str, text: str) -> UnitLots:
    """A pigment sequencing instance."""
    rows = [[float(word) for word in line.split()] for line in text.splitlines() if line.strip()]
    periods, items = int(rows[0][0]), int(rows[1][0])
    table = rows[3 + items : 3 + 2 * items]
    return UnitLots(
        name,
        np.array([row[:periods] for row in rows[2 : 2 + items]]),
        rows[2 + items][0],
        np.array([row[:items] for row in table]),
    )


def read_trigeiro(name: str, text: str) -> LotSizing:
    """A capacitated lot-sizing instance with setup times."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    items, periods = int(rows[0][0]), int(rows[0][1])
    if int(rows[1][0]) != 1:
        raise ValueError(f"{name}: {rows[1][0]} machines; this reads files of one")
    table = np.array([[float(word) for word in row] for row in rows[3 : 3 + items]])
    blocks: list[np.ndarray] = []
    at = 3 + items
    while sum(block.shape[1] for block in blocks) < items:
        blocks.append(np.array([[float(word) for word in row] for row in rows[at : at + periods]]))
        at += periods
    unit_minutes, holding, setup_minutes, setup_cost = table.T
    return LotSizing(
        name,
        np.hstack(blocks).T,
        holding,
        np.full(periods, float(rows[2][0])),
        unit_minutes,
        setup_minutes,
        setup_cost,
    )


def checked_cost(problem: Problem, units: list[list[float]]) -> float:
    """What a plan costs, computed without our records' own methods; ValueError where it is no plan."""
    demand = [[float(x) for x in row] for row in problem.demand]
    periods = len(demand[0])
    held = 0.0
    for i, row in enumerate(demand):
        stock, scale = 0.0, 1.0
        for t in range(periods):
            if units[i][t] < 0:
                raise ValueError(f"{problem.name}: {units[i][t]} units of item {i} in period {t}")
            stock += units[i][t] - row[t]
            scale += row[t]
            if stock < -1e-5 * scale:
                raise ValueError(f"{problem.name}: item {i} is short in period {t}")
            held += stock * _holding(problem, i)
    if isinstance(problem, UnitLots):
        return held + _changeovers(problem, units)
    return held + _setups(problem, units)


def _holding(problem: Problem, item: int) -> float:
    return problem.holding if isinstance(problem, UnitLots) else float(problem.holding[item])


def _changeovers(problem: UnitLots, units: list[list[float]]) -> float:
    money, last = 0.0, None
    for t in range(len(units[0])):
        made = [i for i in range(len(units)) if units[i][t] != 0]
        if len(made) > 1 or any(units[i][t] != 1 for i in made):
            raise ValueError(f"{problem.name}: not one whole unit in period {t}")
        if made:
            if last is not None and last != made[0]:
                money += float(problem.changeover[last][made[0]])
            last = made[0]
    return money


def _setups(problem: LotSizing, units: list[list[float]]) -> float:
    money = 0.0
    for t in range(len(units[0])):
        minutes = 0.0
        for i in range(len(units)):
            if units[i][t] > 0:
                minutes += float(problem.setup_minutes[i])
                minutes += units[i][t] * float(problem.unit_minutes[i])
                money += float(problem.setup_cost[i])
        if minutes > float(problem.capacity[t]) * (1 + 1e-5):
            raise ValueError(f"{problem.name}: {minutes:g} minutes in period {t}")
    return money


def exact_cost(problem: UnitLots) -> float:
    """The cheapest plan's cost by dynamic programming from the last period back; for small problems.

    A state is how many units of each item are left to make before, and the item made next after. Of an
    item's units the one with the latest due date is made last, so the counts say which are left.
    """
    items, periods = problem.demand.shape
    due = [np.flatnonzero(row).tolist() for row in problem.demand]
    cheapest = {(tuple(len(one) for one in due), -1): 0.0}
    for t in range(periods - 1, -1, -1):
        found = dict(cheapest)  # an idle period
        for (left, after), cost in cheapest.items():
            for i in range(items):
                if left[i] and due[i][left[i] - 1] >= t:
                    change = problem.changeover[i, after] if after not in (-1, i) else 0.0
                    held = problem.holding * (due[i][left[i] - 1] - t)
                    state = ((*left[:i], left[i] - 1, *left[i + 1 :]), i)
                    found[state] = min(found.get(state, np.inf), cost + held + float(change))
        cheapest = found
    return min((cost for (left, _), cost in cheapest.items() if not any(left)), default=np.inf)
