"""Alternatives: how many, and what volume they dominate, beside two other ways in the same seconds.

`weighted` searches from the same incumbent under as many random weights as there are plans to find, the
time shared out evenly, as cold as the children of the front are searched (hotter, short searches end
above where they began). `alone` is NSGA-II from the dispatching rules without search. All volumes are
below the same reference, that of `models.optimize.pareto_front.Box` around the incumbent, which alone
has 1. Seconds are processor seconds of a thread, so that a busy machine does not matter much.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from benchmarks.report import arguments, progress, show
from envs.rules import tuned_atcs
from envs.scenarios import generate
from models.optimize.pareto.alternatives import COLD, HOT, SPREAD, nsga2_alone, pareto, tilted
from models.optimize.pareto.evolution import Problem
from models.optimize.pareto.front import Archive, Box, Front, Plan, box_around
from models.optimize.search.annealing import search
from models.optimize.search.params import params_for
from plant import Plant, Schedule, Weights, Zones

SEEDS, QUICK_SEEDS = (101, 102, 103), (101,)
MOST_PLANS = 60


def processor_clock(workers: int) -> Callable[[], float]:
    """A clock that goes on by the processor seconds of all threads, shared among the workers."""
    return lambda: time.process_time() / workers


def incumbent(plant: Plant, seconds: float) -> Schedule:
    """What one thread's search makes of the tuned rule."""
    return search(plant, tuned_atcs(plant), seconds, clock=time.thread_time).schedule


def weighted_sums(
    problem: Problem, start: Plan, box: Box, seconds: float, workers: int, vectors: int
) -> Front:
    """The plans of a search under each of so many weight vectors, the first four for one objective each."""
    count = len(problem.objectives)
    draws = np.random.default_rng(1).normal(0.0, SPREAD, (vectors, count))
    params = replace(params_for(problem.plant), hot=HOT, cold=COLD)
    tilts = [*(2.0 * SPREAD * np.eye(count)), *draws][:vectors]

    def one(number: int) -> Plan | None:
        found = search(
            problem.plant, start.schedule, seconds * workers / vectors,
            tilted(problem, tilts[number]), seed=number, clock=time.thread_time, params=params,
        )  # fmt: skip
        return problem.judge(found.schedule, "search")

    archive = Archive(box, MOST_PLANS)
    archive.offer(start)
    with ThreadPoolExecutor(workers) as pool:
        for plan in pool.map(one, range(vectors)):
            if plan:
                archive.offer(plan)
    return archive.front(problem.objectives, vectors)


def main() -> None:
    """Measure on plants of 50 lines, 200 items, 600 orders."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--vectors", type=int, nargs="+", default=[20, 60])
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    options = parser.parse_args()
    seconds, workers = options.seconds, options.workers
    if options.quick:
        seconds = min(seconds, 6.0)
    rows: list[tuple[object, ...]] = []
    for seed in QUICK_SEEDS if options.quick else options.seeds:
        plant = generate(50, 200, 600, 14, 0.9, seed, stages=1 + seed % 3 // 2)
        problem = Problem(plant, Weights(), None, Zones())
        start = problem.judge(incumbent(plant, seconds / 4), "start")
        assert start is not None
        box = box_around(start, list(problem.objectives))
        clock = processor_clock(workers)
        ways: dict[str, Callable[[], Front]] = {
            "takt": lambda plant=plant, start=start, clock=clock: pareto(
                plant, start.schedule, seconds, workers, clock=clock
            ),
            **{
                f"weighted {count}": lambda problem=problem, start=start, box=box, count=count: (
                    weighted_sums(problem, start, box, seconds, workers, count)
                )
                for count in options.vectors
            },
            "alone": lambda plant=plant, clock=clock: nsga2_alone(
                plant, seconds, workers, clock=clock
            ),
        }
        for name, way in ways.items():
            progress(f"plant {seed}: {name}, {seconds:g} s on {workers} workers")
            front = way()
            inside = [plan for plan in front.plans if box.holds(plan.values)]
            volume = box.hypervolume([plan.values for plan in inside])
            cheapest = min(plan.cost.total for plan in front.plans)
            rows.append((seed, name, len(inside), volume, cheapest / start.cost.total))
    figures: dict[str, object] = {"seconds": seconds, "workers": workers}
    for name in ways:
        of_it = [row for row in rows if row[1] == name]
        for place, what in ((2, "plans"), (3, "hypervolume"), (4, "cheapest_to_start")):
            key = f"{name.replace(' ', '_')}_{what}"
            figures[key] = float(np.mean([row[place] for row in of_it]))  # type: ignore[arg-type]
    columns = ("plant", "way", "plans", "hypervolume", "cheapest / start")
    show(f"alternatives, {seconds:g} s", columns, rows, figures, options.json)


if __name__ == "__main__":
    main()
