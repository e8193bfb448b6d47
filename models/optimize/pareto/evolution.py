"""NSGA-II over plans: parents by tournament, children side by side, survivors by rank and crowding.

Deb, Pratap, Agarwal, Meyarivan (2002), with DEAP's selection. A plan that lies outside the box is worse
than all inside. What is not dominated goes to a bounded archive besides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from deap import base as deap_base
from deap import tools
from numpy.typing import NDArray

from envs.rules import kept_runs
from models.optimize.pareto.front import Archive, Box, Plan, objectives_of, plan_of
from plant import Plant, Run, Schedule, Weights, Zones, evaluate

Tilt = NDArray[np.float64]


class Problem:
    """A plant with what its plans are judged by: weights, base, zones, objectives."""

    def __init__(self, plant: Plant, weights: Weights, base: Schedule | None, zones: Zones) -> None:
        self.plant, self.weights, self.base, self.zones = plant, weights, base, zones
        self.objectives = objectives_of(weights, base is not None)
        self.staying: tuple[Run, ...] = tuple(kept_runs(plant, base, zones))

    def judge(self, schedule: Schedule, found_by: str) -> Plan | None:
        """The schedule as a plan; None where it breaks rules."""
        verdict = evaluate(self.plant, schedule, self.base, self.weights, self.zones)
        if not verdict.feasible:
            return None
        return plan_of(schedule, verdict, self.objectives, self.base, found_by)


@dataclass(frozen=True, slots=True)
class Pace:
    """When it is over: at a time of the clock, or after so many generations."""

    clock: Callable[[], float]
    ends: float
    generations: int | None = None

    def is_over(self, done: int) -> bool:
        """Whether no generation follows so many."""
        return self.is_late() if self.generations is None else done >= self.generations

    def is_late(self) -> bool:
        """Whether the time is up, where it is looked at."""
        return self.generations is None and self.clock() >= self.ends


@dataclass(slots=True)
class Living:
    """A plan in the population.

    tilt [K]: the logarithm of what the search that made it multiplied the weights of each objective by.
    """

    plan: Plan
    tilt: Tilt
    fitness: Any


Breed = Callable[[Living, Living, np.random.Generator], tuple[Schedule, Tilt, str]]


class Evolution:
    """A population with its archive.

    Parameters
    ----------
    size, brood
        Plans that live, and children a generation.
    breed
        Makes a child of two parents; it is called from several threads.
    """

    def __init__(
        self, problem: Problem, archive: Archive, size: int, brood: int, breed: Breed, seed: int
    ) -> None:
        self.problem, self.archive, self.breed, self.seed = problem, archive, breed, seed
        self.size, self.brood = size, brood
        self.population: list[Living] = []
        self.tried = 0

    def add(self, plans: Sequence[tuple[Plan | None, Tilt]]) -> None:
        """Let plans live, and the worst go where there are too many."""
        self.tried += len(plans)
        for plan, tilt in plans:
            if plan is not None:
                self.archive.offer(plan)
                self.population.append(Living(plan, tilt, _fitness(plan, self.archive.box)))
        self.population = _distinct(self.population)
        self.population = tools.selNSGA2(self.population, min(self.size, len(self.population)))

    def run(self, pace: Pace, workers: int, report: Callable[[str], None] | None = None) -> None:
        """Generations until it is over."""
        done = 0
        with ThreadPoolExecutor(max(workers, 1)) as pool:
            while self.population and not pace.is_over(done):
                rng = np.random.default_rng([self.seed, done])
                ones = [self._winner(rng) for _ in range(self.brood)]
                others = [self._winner(rng) for _ in range(self.brood)]
                self.add(list(pool.map(self._born, ones, others, rng.spawn(self.brood))))
                done += 1
                if report:
                    report(f"generation {done}: {len(self.archive.plans)} plans")

    def _born(
        self, one: Living, other: Living, rng: np.random.Generator
    ) -> tuple[Plan | None, Tilt]:
        schedule, tilt, found_by = self.breed(one, other, rng)
        return self.problem.judge(schedule, found_by), tilt

    def _winner(self, rng: np.random.Generator) -> Living:
        """The better of two: by dominance, then the one with more room around it."""
        first, second = rng.integers(len(self.population), size=2)
        one: Living = self.population[first]
        other: Living = self.population[second]
        if other.fitness.dominates(one.fitness):
            return other
        has_more_room = other.fitness.crowding_dist > one.fitness.crowding_dist
        return other if has_more_room and not one.fitness.dominates(other.fitness) else one


def _fitness(plan: Plan, box: Box) -> Any:
    """The plan's values, above all that are in the box where it lies outside."""
    fitness = _fitness_class(len(plan.values))()
    excess = box.excess(plan.values)
    outside = 0.0 if box.holds(plan.values) else 1.0 + excess
    fitness.values = tuple(
        value + outside * (most + 1.0)
        for value, most in zip(plan.values, box.reference, strict=True)
    )
    return fitness


@cache
def _fitness_class(objectives: int) -> Any:
    return type("Fitness", (deap_base.Fitness,), {"weights": (-1.0,) * objectives})


def _distinct(population: list[Living]) -> list[Living]:
    """The population with one plan of those that are equal in every objective, the first."""
    seen: dict[tuple[float, ...], Living] = {}
    for living in population:
        seen.setdefault(living.plan.values, living)
    return list(seen.values())
