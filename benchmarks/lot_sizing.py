"""Gap to the best known value on public lot-sizing instances, Takt beside a textbook MILP and CP-SAT.

`python -m benchmarks.lot_sizing --instances FOLDER --seconds 10 --workers 2 --method takt --out FILE.csv`:
a folder as `benchmarks.lot_sizing_instances` reads it. Every plan is priced, and its feasibility
checked, by `checked_cost`, which shares no code with the solvers. `--quick` takes three instances.

Two files' best-known values are of other instances: pigment15c (8 rows of demand beside a table of 10
items) states 1141 and pigment30c 1471, but their optima, by `exact_cost`, are 1370 and 1707. The
figures ending in `_attainable` leave these two out; the others do not.

Unit lots can be said as a plant, and the method `plant` does so (see `solve_plant` in
`benchmarks.lot_sizing_peers`). They are solved as their own problem all the same: nothing may be late
there, which a plant only prices, and one unit per period lets a move be priced in a few nanoseconds.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np

from benchmarks.lot_sizing_instances import checked_cost, load_lot_instances
from benchmarks.lot_sizing_peers import METHODS
from benchmarks.report import arguments, progress, show

QUICK_INSTANCES, QUICK_SECONDS = 3, 5.0
UNATTAINABLE = ("pigment15c", "pigment30c")
Row = tuple[str, str, float | None, float, float | None, float]


def main() -> None:
    """Solve, check, show, and write one row per instance and method."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--method", choices=[*METHODS, "all"], default="takt")
    parser.add_argument("--every", type=int, default=1, help="take each n-th instance")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    seconds = min(options.seconds, QUICK_SECONDS) if options.quick else options.seconds
    instances = list(load_lot_instances(options.instances))[:: options.every]
    if options.quick:
        instances = instances[:QUICK_INSTANCES]
    methods = list(METHODS) if options.method == "all" else [options.method]
    rows: list[Row] = []
    for instance in instances:
        for method in methods:
            progress(f"{instance.name}: {method}, {seconds:g} s on {options.workers} workers")
            began = time.perf_counter()
            units = METHODS[method](instance.problem, seconds, options.workers, options.seed)
            took = time.perf_counter() - began
            cost = _cost(instance.problem, units)
            gap = None if cost is None else instance.gap(cost)
            rows.append((instance.name, method, cost, instance.best_known, gap, took))
    if options.out:
        _write(options.out, rows)
    figures: dict[str, object] = {"seconds": seconds, "workers": options.workers}
    for method in methods:
        figures |= _figures(method, [row for row in rows if row[1] == method])
    columns = ("instance", "method", "cost", "best known", "gap", "seconds")
    show(f"{options.instances.name}, {seconds:g} s", columns, rows, figures, options.json)


def _cost(problem, units) -> float | None:  # type: ignore[no-untyped-def]
    """The checked cost; None where there is no plan or it is infeasible."""
    if units is None:
        return None
    try:
        return checked_cost(problem, units.tolist())
    except ValueError as wrong:
        progress(f"infeasible: {wrong}")
        return None


def _figures(method: str, rows: list[Row]) -> dict[str, object]:
    solved = [(name, gap) for name, _, _, _, gap, _ in rows if gap is not None]
    attainable = [gap for name, gap in solved if name not in UNATTAINABLE]
    return {
        f"{method}_mean_gap": float(np.mean([gap for _, gap in solved])) if solved else None,
        f"{method}_mean_gap_attainable": float(np.mean(attainable)) if attainable else None,
        f"{method}_unsolved": len(rows) - len(solved),
        f"{method}_instances": len(rows),
        f"{method}_most_seconds": max(row[5] for row in rows),
    }


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["instance", "method", "cost", "best_known", "gap", "seconds"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
