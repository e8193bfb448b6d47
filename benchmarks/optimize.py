"""Gap to the best known value on public instances, Takt beside PyJobShop and plain CP-SAT.

`python -m benchmarks.optimize --instances FILE.jsonl.gz --seconds 10 --workers 2 --method takt
--out FILE.csv`: any file of the form in `benchmarks.instances`, or a folder of family-setup
instances. Every schedule is priced by `plant.evaluate`. `--quick` takes three instances, 5 s each.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.instances import Instance, load_instances
from benchmarks.peers import solve_cpsat, solve_pyjobshop
from benchmarks.report import arguments, progress, show
from models.optimize import solve
from plant import Schedule

Solver = Callable[[Instance, float, int], Schedule | None]
QUICK_INSTANCES, QUICK_SECONDS = 3, 5.0


def solve_takt(instance: Instance, seconds: float, workers: int) -> Schedule | None:
    """Takt's one entry, as any plant is solved."""
    return solve(
        instance.plant, seconds=seconds, workers=workers, weights=instance.weights
    ).schedule


METHODS: dict[str, Solver] = {
    "takt": solve_takt,
    "pyjobshop": solve_pyjobshop,
    "cpsat": solve_cpsat,
}


def main() -> None:
    """Solve, show, and write one row per instance and method."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--method", choices=[*METHODS, "all"], default="takt")
    parser.add_argument("--every", type=int, default=1, help="take each n-th instance")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    seconds = min(options.seconds, QUICK_SECONDS) if options.quick else options.seconds
    instances = list(load_instances(options.instances))[:: options.every]
    if options.quick:
        instances = instances[:QUICK_INSTANCES]
    methods = list(METHODS) if options.method == "all" else [options.method]
    rows = []
    for instance in instances:
        for method in methods:
            progress(f"{instance.name}: {method}, {seconds:g} s on {options.workers} workers")
            begun = time.perf_counter()
            schedule = METHODS[method](instance, seconds, options.workers)
            took = time.perf_counter() - begun
            value = schedule and instance.objective(schedule)
            gap = schedule and instance.gap(schedule)
            rows.append((instance.name, method, value, instance.best_known, gap, took))
    if options.out:
        _write(options.out, rows)
    figures: dict[str, object] = {"seconds": seconds, "workers": options.workers}
    for method in methods:
        gaps = [row[4] for row in rows if row[1] == method]
        solved = [gap for gap in gaps if gap is not None]
        figures[f"{method}_mean_gap"] = float(np.mean(solved)) if solved else None
        figures[f"{method}_unsolved"] = len(gaps) - len(solved)
        figures[f"{method}_instances"] = len(gaps)
    columns = ("instance", "method", "objective", "best known", "gap", "seconds")
    show(f"{options.instances.name}, {seconds:g} s", columns, rows, figures, options.json)


def _write(path: Path, rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["instance", "method", "objective", "best_known", "gap", "seconds"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
