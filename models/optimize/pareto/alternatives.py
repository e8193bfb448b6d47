"""Alternatives for the planner: NSGA-II over plans, seeded with incumbents, with the search inside.

A child takes its lots from two parents, or is one of them; then the search improves it for a moment,
under weights that it has from its parent and that drift. So plans are pulled apart along the front
while crossover carries what one found over to the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import numpy as np

from envs.rules import RULES, dispatch
from models.optimize.pareto.evolution import Breed, Evolution, Living, Pace, Problem, Tilt
from models.optimize.pareto.front import Archive, Front, Plan, box_around
from models.optimize.pareto.genome import child, mutated
from models.optimize.search.annealing import CHUNK, Found, Search, search
from models.optimize.search.disaggregate import lots_of_runs, realise
from models.optimize.search.params import params_for
from models.optimize.solve import prepare
from plant import Plant, Schedule, Weights, Zones, evaluate

PLAIN, OPEN = Weights(), Zones()
MOST_PLANS = 60
POPULATION, BROOD = 32, 8
INCUMBENT_SHARE = 0.2  # of the time, for the search under the planner's own weights
INCUMBENT_SLICES = 10  # where the time is not looked at
SLICES = 15  # of the search, in a child's life, where the time is not looked at
CHILDREN, LEAST_SLICES, MOST_SLICES = 150, 3, 40  # where it is: lives for so many children
HOT, COLD = (
    0.03,
    0.004,
)  # of a child's search: cooler than usual, not to lose what its parents found
CROSSED = 0.3  # of the children have two parents
SPREAD, DRIFT = 1.0, 0.3  # of the logarithm of weights: at the beginning, from parent to child


def pareto(
    plant: Plant,
    start: Schedule | None = None,
    seconds: float = 20.0,
    workers: int = 2,
    weights: Weights = PLAIN,
    base: Schedule | None = None,
    zones: Zones = OPEN,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
    report: Callable[[str], None] | None = None,
    generations: int | None = None,
) -> Front:
    """Plans that trade tardiness, production cost, inventory and line efficiency against each other.

    Parameters
    ----------
    start
        The incumbent around which to look; it is improved first. None: from the dispatching rules.
    base, zones
        As in `plant.evaluate`; with a base, moves in the slush zone are an objective too.
    report
        Told after each generation how many plans there are.
    generations
        So many, and the time is not looked at: the same seed gives the same front.
    """
    prepare()
    began = clock()
    problem = Problem(plant, weights, base, zones)
    begun = _begin(problem, start)
    if not begun:
        return _none(problem)
    pace = Pace(clock, began + seconds, generations)
    found, slices = _incumbents(problem, begun, pace, workers, seed)
    best = min(begun + found, key=lambda plan: plan.cost.total)
    archive = Archive(box_around(best, list(problem.objectives)), MOST_PLANS)
    breed = _memetic(problem, pace, slices)
    evolution = Evolution(problem, archive, POPULATION, BROOD, breed, seed)
    level = np.zeros(len(problem.objectives))
    evolution.add([(plan, level) for plan in begun + found])
    evolution.add(_tilted(problem, best, pace, slices, workers, seed))
    evolution.run(pace, workers, report)
    return archive.front(problem.objectives, evolution.tried)


def nsga2_alone(
    plant: Plant,
    seconds: float = 20.0,
    workers: int = 2,
    weights: Weights = PLAIN,
    base: Schedule | None = None,
    zones: Zones = OPEN,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
    generations: int | None = None,
) -> Front:
    """What NSGA-II finds from the dispatching rules without search: the peer to compare with.

    The box lies around the cheapest of the rules' plans.
    """
    pace = Pace(clock, clock() + seconds, generations)
    problem = Problem(plant, weights, base, zones)
    ruled = [problem.judge(dispatch(plant, rule, base, zones), "rule") for rule in RULES.values()]
    first = [plan for plan in ruled if plan]
    if not first:
        return _none(problem)
    best = min(first, key=lambda plan: plan.cost.total)
    archive = Archive(box_around(best, list(problem.objectives)), MOST_PLANS)
    evolution = Evolution(problem, archive, 2 * POPULATION, 2 * POPULATION, _plain(problem), seed)
    level = np.zeros(len(problem.objectives))
    evolution.add([(plan, level) for plan in first])
    evolution.run(pace, workers)
    return archive.front(problem.objectives, evolution.tried)


def _begin(problem: Problem, start: Schedule | None) -> list[Plan]:
    """The start, repaired where it breaks rules, or what the rules make; and what is published."""
    plant, base, zones = problem.plant, problem.base, problem.zones
    schedules = [] if base is None else [(base, "start")]
    if start is None:
        schedules += [(dispatch(plant, rule, base, zones), "rule") for rule in RULES.values()]
    elif problem.judge(start, "start") is None:
        held = {run.id for run in problem.staying}
        lots = lots_of_runs([run for run in start.runs if run.id not in held])
        schedules.append((realise(plant, lots, problem.staying), "start"))
    else:
        schedules.append((start, "start"))
    return [plan for plan in (problem.judge(*one) for one in schedules) if plan]


def _incumbents(
    problem: Problem, begun: list[Plan], pace: Pace, workers: int, seed: int
) -> tuple[list[Plan], int]:
    """What the search makes of the cheapest in each thread, and how many slices a child may live."""
    clock, first = pace.clock, min(begun, key=lambda plan: plan.cost.total).schedule
    left = max(pace.ends - clock(), 0.0)
    share = INCUMBENT_SHARE * left

    def one(number: int) -> Found:
        return search(
            problem.plant, first, share, problem.weights, problem.base, problem.zones,
            seed * 1000 + number, INCUMBENT_SLICES if pace.generations is not None else None,
            clock=clock,
        )  # fmt: skip

    with ThreadPoolExecutor(max(workers, 1)) as pool:
        found = list(pool.map(one, range(max(workers, 1))))
    plans = [problem.judge(one.schedule, "search") for one in found]
    slices = SLICES
    if pace.generations is None:
        to_come = sum(one.moves for one in found) / CHUNK * (1.0 / INCUMBENT_SHARE - 1.0)
        slices = min(max(int(to_come / CHILDREN), LEAST_SLICES), MOST_SLICES)
    return [plan for plan in plans if plan], slices


def _tilted(
    problem: Problem, best: Plan, pace: Pace, slices: int, workers: int, seed: int
) -> list[tuple[Plan | None, Tilt]]:
    """The incumbent searched under weights that are for and against each objective."""
    count = len(problem.objectives)
    tilts = [sign * SPREAD * 2 * np.eye(count)[k] for k, sign in product(range(count), (1, -1))]
    draws = np.random.default_rng(seed).normal(0.0, SPREAD, (len(tilts), count))

    def one(number: int) -> tuple[Plan | None, Tilt]:
        tilt = [*tilts, *draws][number]
        made = _improved(problem, best.schedule, tilt, pace, slices, seed * 1000 + number)
        return problem.judge(made, "search"), tilt

    with ThreadPoolExecutor(max(workers, 1)) as pool:
        return list(pool.map(one, range(2 * len(tilts))))


def _memetic(problem: Problem, pace: Pace, slices: int) -> Breed:
    def breed(one: Living, other: Living, rng: np.random.Generator) -> tuple[Schedule, Tilt, str]:
        tilt = one.tilt + rng.normal(0.0, DRIFT, len(one.tilt))
        schedule, by = one.plan.schedule, "search"
        if rng.random() < CROSSED and other is not one:
            schedule, by = (
                child(problem.plant, schedule, other.plan.schedule, problem.staying, rng),
                "crossover",
            )
        return _improved(problem, schedule, tilt, pace, slices, int(rng.integers(2**31))), tilt, by

    return breed


def _plain(problem: Problem) -> Breed:
    def breed(one: Living, other: Living, rng: np.random.Generator) -> tuple[Schedule, Tilt, str]:
        schedule = one.plan.schedule
        if rng.random() < CROSSED:
            schedule = child(problem.plant, schedule, other.plan.schedule, problem.staying, rng)
        made = mutated(problem.plant, schedule, problem.staying, rng)
        return made, one.tilt, "crossover"

    return breed


def _improved(
    problem: Problem, schedule: Schedule, tilt: Tilt, pace: Pace, slices: int, seed: int
) -> Schedule:
    """The schedule after a short search under tilted weights."""
    if pace.is_late():
        return schedule
    params = replace(params_for(problem.plant), hot=HOT, cold=COLD)
    weights = tilted(problem, tilt)
    hunt = Search(problem.plant, schedule, weights, problem.base, problem.zones, seed, params)
    hunt.calibrate()
    for done in range(slices):
        if pace.is_late():
            break
        hunt.slice(done / slices)
    return hunt.schedule()


def tilted(problem: Problem, tilt: Tilt) -> Weights:
    """The planner's weights, each objective's multiplied by e to the power of its tilt."""
    factors = {
        part: float(np.exp(lean))
        for parts, lean in zip(problem.objectives.values(), tilt, strict=True)
        for part in parts
    }
    return replace(
        problem.weights,
        **{part: factor * getattr(problem.weights, part) for part, factor in factors.items()},
    )


def _none(problem: Problem) -> Front:
    """No plans, and which rules the locked runs break."""
    verdict = evaluate(
        problem.plant, Schedule(problem.staying), problem.base, problem.weights, problem.zones
    )
    notes = tuple(violation.message for violation in verdict.violations)
    return Front(tuple(problem.objectives), (), {}, None, 0.0, 0, notes)
