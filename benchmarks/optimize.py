"""Gap to the best known value on public instances, Takt beside PyJobShop, plain CP-SAT and Timefold.

`python -m benchmarks.optimize --instances FILE.jsonl.gz --seconds 10 --workers 2 --method takt
--out FILE.csv`: any file of the form in `benchmarks.instances`, or a folder of family-setup
instances; several methods after `--method`, or `all`. Every schedule is priced by `plant.evaluate`.
`--seeds 3` solves each instance from three seeds. `--quick` takes three instances, 5 s each.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from benchmarks.instances import Instance, load_instances
from benchmarks.peers import solve_cpsat, solve_pyjobshop
from benchmarks.report import arguments, progress, show
from benchmarks.timefold import solve_timefold
from models.optimize import Solution, solve
from models.optimize.solve import NOTHING
from plant import Schedule

Solver = Callable[[Instance, float, int], Schedule | None]
QUICK_INSTANCES, QUICK_SECONDS = 3, 5.0
ANSWER = 5.0  # seconds within which there is to be something feasible


def solve_takt(instance: Instance, seconds: float, workers: int, seed: int = 0) -> Solution:
    """Takt's one entry, as any plant is solved."""
    plant, weights = instance.plant, instance.weights
    return solve(plant, seconds=seconds, workers=workers, weights=weights, seed=seed)


PEERS: dict[str, Solver] = {
    "pyjobshop": solve_pyjobshop,
    "cpsat": solve_cpsat,
    "timefold": solve_timefold,
}


@dataclass(frozen=True, slots=True)
class Solved:
    """What a method made of an instance; first: seconds until Takt had all jobs planned."""

    instance: str
    method: str
    seed: int
    objective: float | None
    best_known: float
    gap: float | None
    bound: float | None
    first: float | None
    seconds: float


def main() -> None:
    """Solve, show, and write one row per instance and method."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--method", nargs="+", choices=["takt", *PEERS, "all"], default=["takt"])
    parser.add_argument("--seeds", type=int, default=1, help="of Takt")
    parser.add_argument("--every", type=int, default=1, help="take each n-th instance")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    seconds = min(options.seconds, QUICK_SECONDS) if options.quick else options.seconds
    instances = list(load_instances(options.instances))[:: options.every]
    if options.quick:
        instances = instances[:QUICK_INSTANCES]
    methods = ["takt", *PEERS] if "all" in options.method else options.method
    solve_takt(instances[0], 0.1, 1)  # compiled, or loaded, before anything is timed
    rows: list[Solved] = []
    for instance in instances:
        for method in methods:
            for seed in range(options.seeds if method == "takt" else 1):
                progress(f"{instance.name}: {method}, {seconds:g} s on {options.workers} workers")
                rows.append(_solved(instance, method, seconds, options.workers, seed))
    if options.out:
        _write(options.out, rows)
    figures: dict[str, object] = {"seconds": seconds, "workers": options.workers}
    for method in methods:
        figures |= _figures(method, [row for row in rows if row.method == method])
    columns = [field.name.replace("_", " ") for field in fields(Solved)]
    cells = [tuple(getattr(row, field.name) for field in fields(Solved)) for row in rows]
    show(f"{options.instances.name}, {seconds:g} s", columns, cells, figures, options.json)


def _solved(instance: Instance, method: str, seconds: float, workers: int, seed: int) -> Solved:
    begun, bound, first = time.perf_counter(), None, None
    schedule: Schedule | None
    if method == "takt":
        solution = solve_takt(instance, seconds, workers, seed)
        schedule, bound = solution.schedule, solution.bound
        # a plan that leaves a job out costs more than any that does not
        complete = [p.seconds for p in solution.trajectory if p.part != NOTHING]
        first = complete[0] if complete else None
    else:
        schedule = PEERS[method](instance, seconds, workers)
    took = time.perf_counter() - begun
    value = schedule and instance.objective(schedule)
    gap = schedule and instance.gap(schedule)
    return Solved(instance.name, method, seed, value, instance.best_known, gap, bound, first, took)


def _figures(method: str, rows: list[Solved]) -> dict[str, object]:
    """Mean gap where solved, and how many were not; against a reference of 0 the objective counts."""
    gaps = [row.gap for row in rows if row.gap is not None and np.isfinite(row.gap)]
    firsts = [row.first for row in rows if row.first is not None]
    figures: dict[str, object] = {
        f"{method}_mean_gap": float(np.mean(gaps)) if gaps else None,
        f"{method}_unsolved": sum(row.objective is None for row in rows),
        f"{method}_instances": len(rows),
    }
    if firsts:
        figures[f"{method}_latest_first"] = max(firsts)
        figures[f"{method}_not_within_{ANSWER:g}_s"] = sum(one > ANSWER for one in firsts)
    return figures


def _write(path: Path, rows: list[Solved]) -> None:
    names = [field.name for field in fields(Solved)]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([getattr(row, name) for name in names] for row in rows)


if __name__ == "__main__":
    main()
