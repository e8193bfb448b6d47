"""The search for the shortest makespan of jobs that wait for each other.

It goes in rounds of tabu search, first from dispatching rules, then from mixtures of the best met; when
those have become alike, it begins again.
A mixture lies between two solutions: it keeps every order of two jobs in which they agree (path
relinking, Peng, Lu and Cheng 2015), and needs no repair, because times between those of two feasible
schedules respect whatever waits for what.
"""

from __future__ import annotations

import numpy as np

from models.optimize.jobs.shop_graph import Table, no_graph
from models.optimize.jobs.shop_start import some_dispatched
from models.optimize.jobs.shop_table import Solution, graph_of, outlook, to_sequences
from models.optimize.jobs.shop_tabu import no_hunt, open_graph, tabu_steps
from models.optimize.jobs.view import Jobs, Sequences
from plant.arrays import Ints

SLICE = 4_000_000  # steps between two looks at the clock, times jobs and then some: about 0.1 s
LEAST_ROUND = 1000  # steps that a round counts for at least, so that rounds without a move end too
SEEDS = 3  # solutions from rules before the first mixture
ELITE = 8
PATIENCE = 5_000  # steps without anything better that end a round
STALE = 80  # rounds in which no solution came into the elite: all begins again
TENURES = (5, 8, 12, 20, 35, 60)  # steps; drawn the more often, the more they brought
WITHOUT_CHOICE = 4  # so many of them where each job has one line only
FORGET = 1000  # steps after which nothing is tabu any more
ALIKE = 0.02


class RoundsSearch:
    """Rounds of tabu search that can be run in slices.

    Parameters
    ----------
    seed
        Same seed, same number of slices: same result.
    """

    def __init__(self, jobs: Jobs, table: Table, start: Solution, seed: int = 0) -> None:
        self.jobs, self.table = jobs, table
        self.outlook = outlook(self.table)
        count = len(jobs.item)
        self.graph, self.hunt = no_graph(count, len(jobs.table)), no_hunt(count)
        self.rng = np.random.default_rng(seed)
        self.line, self.order = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.since = np.zeros(1, np.int64)
        self.elite: list[tuple[int, Solution]] = []
        self.worth = np.ones(len(TENURES) if len(table.lines) > count else WITHOUT_CHOICE)
        self.stale = 0
        self.best = start
        self._open(self.best)
        self.makespan = int(self.hunt.value[1])

    @property
    def value(self) -> float:
        """The makespan of the best solution met."""
        return self.makespan

    @property
    def sequences(self) -> Sequences:
        """The best sequences met."""
        return to_sequences(self.jobs, self.best)

    @property
    def is_done(self) -> bool:
        """Whether nothing better can exist."""
        return self.makespan <= self.outlook.bound

    def slice(self, progress: float = 0.0) -> None:
        """Search for about a tenth of a second; how far the time has gone makes no difference."""
        steps = SLICE // (len(self.line) + 100) + 1
        while steps > 0 and not self.is_done:
            low = TENURES[self.tenure]
            done = tabu_steps(
                self.rng, self.table, self.graph, self.hunt, steps, PATIENCE,
                self.outlook.bound, low, low + low // 2 + 1, self.line, self.order, self.since,
            )  # fmt: skip
            steps -= max(done, LEAST_ROUND)
            if self.hunt.value[1] < self.makespan:
                self.makespan = int(self.hunt.value[1])
                self.best = Solution(self.line.copy(), self.order.copy())
            if self.since[0] >= PATIENCE:
                self._end_round()

    def _open(self, start: Solution) -> None:
        self.hunt.value[:] = open_graph(self.table, self.graph, start.line, start.order)
        self.line[:], self.order[:] = start
        self.since[0] = 0
        self.hunt.step[0] += FORGET
        self.tenure = int(self.rng.choice(len(self.worth), p=self.worth / self.worth.sum()))

    def _end_round(self) -> None:
        self.stale += 1
        self._keep(by_start(self.table, Solution(self.line.copy(), self.order.copy())))
        if self.stale > STALE:
            self.elite.clear()
            self.stale = 0
        if len(self.elite) < SEEDS:
            self._open(some_dispatched(self.table, self.outlook, self.rng))
            return
        one, other = self.rng.choice(len(self.elite), 2, replace=False)
        self._open(mixed(self.elite[one][1], self.elite[other][1], self.rng))

    def _keep(self, met: Solution) -> None:
        """Take a solution into the elite, in place of its like or of the worst."""
        value = int(self.hunt.value[1])
        like = [n for n, (_, one) in enumerate(self.elite) if _difference(one, met) < ALIKE]
        if not like and len(self.elite) < ELITE:
            self.elite.append((value, met))
            self.stale = 0
            return
        worst = max(like or range(len(self.elite)), key=lambda n: self.elite[n][0])
        better = value < self.elite[worst][0]
        if better:
            self.stale = 0
            self.worth[self.tenure] += not like
        if better or (like and value == self.elite[worst][0]):
            self.elite[worst] = value, met


def by_start(table: Table, solution: Solution) -> Solution:
    """The same sequences, all jobs in the order of their starts."""
    graph = graph_of(table, solution)
    start = graph.end[: len(graph.took)] - graph.took
    return solution._replace(order=np.lexsort((graph.rank, start)))


def mixed(one: Solution, other: Solution, rng: np.random.Generator) -> Solution:
    """A solution between two: each order of two jobs, and each line, in which they agree is kept."""
    share = rng.uniform(0.3, 0.7)
    place = share * np.argsort(one.order) + (1.0 - share) * np.argsort(other.order)
    line = np.where(rng.random(len(place)) < share, one.line, other.line)
    return Solution(line, np.argsort(place, kind="stable"))


def _difference(one: Solution, other: Solution) -> float:
    """How far two solutions lie apart: share of jobs on other lines, or mean move in order if more."""
    moved: Ints = np.abs(np.argsort(one.order) - np.argsort(other.order))
    return float(max((one.line != other.line).mean(), 4 * moved.mean() / len(moved)))
