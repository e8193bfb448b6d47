"""The search for the least money of jobs that wait for each other, where more than makespan counts."""

from __future__ import annotations

import numpy as np

from models.optimize.jobs.shop_anneal import Purse, all_money, anneal_shop
from models.optimize.jobs.shop_graph import Table
from models.optimize.jobs.shop_table import Solution, graph_of, to_sequences
from models.optimize.jobs.view import Jobs, Sequences
from plant.arrays import Floats

SLICE = 2_000_000  # moves between two looks at the clock, times jobs and then some
PROBE = 2000
HOT, COLD = 0.12, 0.001  # quantiles of what worsening moves cost: the temperatures at both ends
OVERRUN = 10.0
NOTHING: Floats = np.zeros(0)


class MoneySearch:
    """An annealing that can be run in slices.

    Parameters
    ----------
    seed
        Same seed, same progress of each slice: same result.
    """

    def __init__(self, jobs: Jobs, table: Table, start: Solution, seed: int = 0) -> None:
        self.jobs, self.table = jobs, table
        self.rng = np.random.default_rng(seed)
        self.graph = graph_of(table, start)
        overrun = overrun_of(table)
        money = all_money(table, self.graph, overrun)
        self.purse = Purse(np.full(2, money), start.line.copy(), start.order.copy(), overrun)
        worse: Floats = np.zeros(PROBE)
        met = self._anneal(1.0, PROBE, worse)
        quantiles = np.quantile(worse[:met], (HOT, COLD)) if met else np.ones(2)
        self.hot, self.cold = float(quantiles[0]), max(float(quantiles[1]), 1e-4 * quantiles[0])

    @property
    def is_done(self) -> bool:
        """Whether nothing better can exist, which is not known here."""
        return False

    @property
    def value(self) -> float:
        """The money of the best solution met, and a high price where it ends after its lines close."""
        return float(self.purse.money[1])

    @property
    def sequences(self) -> Sequences:
        """The best sequences met."""
        return to_sequences(self.jobs, Solution(self.purse.line, self.purse.order))

    def slice(self, progress: float) -> None:
        """Search for some milliseconds at the temperature of a progress from 0 (hot) to 1 (cold)."""
        temperature = self.hot * (self.cold / self.hot) ** progress
        self._anneal(temperature, SLICE // (len(self.table.family) + 100) + 1, NOTHING)

    def _anneal(self, temperature: float, moves: int, worse: Floats) -> int:
        return anneal_shop(self.rng, self.table, self.graph, self.purse, temperature, moves, worse)


def overrun_of(table: Table) -> float:
    """Money per minute after a line's close that outweighs what can be saved by it."""
    return OVERRUN * float(table.rate.sum() + table.makespan_money + table.money.max(initial=1.0))
