"""Takt on plants like ours, beside each of its parts alone and other methods, in the same seconds.

`python -m benchmarks.plants [--quick] [--plants N] [--seconds S] [--workers W] [--method NAME ...]`: 50
lines, 200 items, 600 orders, 14 days, shifts and materials; loads of 70, 90 and 105 % by turns, two
stages in every third plant, seeds from 9000 on, which no parameter was tuned on. Every schedule is priced
by `plant.evaluate`. Per method: how far below ATCS tuned per plant, how far above the best schedule of
any method (also of Takt with `--long` seconds), and how far above a proven bound. `--curves FILE.png`
draws cost over time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.report import arguments, progress, show
from benchmarks.timefold import solve_plant
from envs.rules import RULES, dispatch, tuned_atcs
from envs.scenarios import generate
from models.optimize import lower_bound, prepare, solve
from models.optimize.large.rounds import large
from models.optimize.milp.refine import refine
from models.optimize.pareto.alternatives import nsga2_alone
from models.optimize.search.annealing import search
from plant import Plant, Schedule, Weights, evaluate

FIRST_SEED = 9000
LOADS = (0.7, 0.9, 1.05)
QUICK_PLANTS, QUICK_SECONDS, BOUND_SECONDS = 2, 5.0, 20.0
Curve = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What a method made of a plant: its money, the seconds it took, and its money over time."""

    cost: float
    seconds: float
    curve: Curve


def takt(plant: Plant, seconds: float, workers: int, curve: Curve) -> Schedule:
    """Takt's one entry, as any plant is solved."""
    found = solve(plant, seconds=seconds, workers=workers)
    curve += [(point.seconds, point.cost) for point in found.trajectory]
    return found.schedule


def search_alone(plant: Plant, seconds: float, workers: int, curve: Curve) -> Schedule:
    """Neighbourhood search from ATCS, one in each thread; the best of them."""
    began = time.monotonic()
    start = dispatch(plant, RULES["atcs"])
    money = evaluate(plant, start).cost.total

    def improved(_: Schedule, gain: float) -> None:
        curve.append((time.monotonic() - began, money - gain))

    def one(seed: int) -> Schedule:
        left = seconds - (time.monotonic() - began)
        return search(plant, start, left, seed=seed, improved=improved).schedule

    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(one, range(workers))
    return min(found, key=lambda schedule: evaluate(plant, schedule).cost.total)


def milp_alone(plant: Plant, seconds: float, workers: int, curve: Curve) -> Schedule:
    """Neighbourhood MILPs from ATCS."""
    began = time.monotonic()
    start = dispatch(plant, RULES["atcs"])
    left = seconds - (time.monotonic() - began)
    return refine(
        plant, start, left, workers,
        improved=lambda _, done: curve.append((time.monotonic() - began, done.after)),
    )[0]  # fmt: skip


def large_alone(plant: Plant, seconds: float, workers: int, curve: Curve) -> Schedule:
    """Large-neighbourhood search (search, MILP and CP-SAT by turns) from ATCS."""
    began = time.monotonic()
    start = dispatch(plant, RULES["atcs"])
    left = seconds - (time.monotonic() - began)
    return large(
        plant, start, left, workers,
        improved=lambda _, done: curve.append((time.monotonic() - began, done.before - done.gain)),
    )[0]  # fmt: skip


def nsga2(plant: Plant, seconds: float, workers: int, curve: Curve) -> Schedule:
    """NSGA-II from the dispatching rules; the cheapest of its plans."""
    front = nsga2_alone(plant, seconds, workers)
    return front.plans[front.picks["cheapest"]].schedule


def atcs(plant: Plant, seconds: float, workers: int, curve: Curve) -> Schedule:
    """ATCS with its parameters and lots tuned per plant, however long that takes."""
    return tuned_atcs(plant)


def timefold(plant: Plant, seconds: float, workers: int, curve: Curve) -> Schedule | None:
    """Timefold's task assignment of the economic lots; None where it has no complete plan in time."""
    return solve_plant(plant, Weights(), seconds, workers)


Method = Callable[[Plant, float, int, Curve], Schedule | None]
METHODS: dict[str, Method] = {
    "atcs": atcs,
    "takt": takt,
    "search": search_alone,
    "large": large_alone,
    "milp": milp_alone,
    "nsga2": nsga2,
    "timefold": timefold,
}


def test_plant(number: int) -> Plant:
    """The so-and-so-many-th plant."""
    return generate(
        50, 200, 600, 14, LOADS[number % 3], FIRST_SEED + number,
        stages=2 if number // 3 % 3 == 2 else 1,
    )  # fmt: skip


def main() -> None:
    """Solve, show, draw."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--plants", type=int, default=30)
    parser.add_argument("--every", type=int, default=1, help="take each n-th plant")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--method", nargs="*", choices=METHODS, default=list(METHODS))
    parser.add_argument("--long", type=float, default=0.0, help="seconds of a long Takt beside")
    parser.add_argument("--curves", type=Path)
    options = parser.parse_args()
    seconds = min(options.seconds, QUICK_SECONDS) if options.quick else options.seconds
    plants = QUICK_PLANTS if options.quick else options.plants
    methods = list(dict.fromkeys(["atcs", *options.method]))
    if options.quick:
        methods = [one for one in methods if one in ("atcs", "takt", "search")]
    prepare()
    tried: dict[str, list[Tried]] = {method: [] for method in methods}
    if options.long:
        tried["long"] = []
    bounds = []
    for number in range(0, plants, options.every):
        plant = test_plant(number)
        for method in tried:
            progress(f"plant {number + 1} of {plants}: {method}, {seconds:g} s")
            run = METHODS.get(method, takt)
            given = options.long if method == "long" else seconds
            curve: Curve = []
            begun = time.monotonic()
            schedule = run(plant, given, options.workers, curve)
            took = time.monotonic() - begun
            verdict = None if schedule is None else evaluate(plant, schedule)
            cost = verdict.cost.total if verdict and verdict.feasible else float("nan")
            tried[method].append(Tried(cost, took, curve))
        bounds.append(lower_bound(plant, seconds=BOUND_SECONDS))
    _tell(tried, np.array(bounds), seconds, options.workers, options.json)
    if options.curves:
        _draw(tried, options.curves)


def _tell(
    tried: dict[str, list[Tried]], bounds: np.ndarray, seconds: float, workers: int, only_json: bool
) -> None:
    cost = {name: np.array([one.cost for one in rows]) for name, rows in tried.items()}
    best = np.nanmin(list(cost.values()), axis=0)
    figures: dict[str, object] = {"seconds": seconds, "workers": workers, "plants": len(best)}
    rows = []
    for name, costs in cost.items():
        row = (
            100 * np.nanmean(costs / cost["atcs"] - 1),
            100 * np.nanmean(costs / best - 1),
            100 * np.nanmean(1 - bounds / costs),
            int(np.isnan(costs).sum()),
            float(np.mean([one.seconds for one in tried[name]])),
        )
        rows.append((name, *row))
        keys = ("to_atcs_pct", "above_best_pct", "gap_pct", "infeasible", "seconds")
        figures |= {f"{name}_{key}": value for key, value in zip(keys, row, strict=True)}
    reach = 100 * np.nanmean(bounds / cost["atcs"] - 1)
    figures["bound_to_atcs_pct"] = reach
    rows.append(("proven bound", reach, float("nan"), 0.0, 0, BOUND_SECONDS))
    columns = ("method", "% to ATCS", "% above best", "% above bound", "infeasible", "seconds")
    show(f"{len(best)} plants, {seconds:g} s, {workers} workers", columns, rows, figures, only_json)


def _draw(tried: dict[str, list[Tried]], file: Path) -> None:
    """Mean cost over time of the methods that tell it, as a share of tuned ATCS's."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    longest = max(one.seconds for rows in tried.values() for one in rows)
    times = np.geomspace(0.1, longest, 200)
    atcs_cost = [one.cost for one in tried["atcs"]]
    for name, rows in tried.items():
        if name == "atcs" or not all(one.curve for one in rows):
            continue
        shares = [
            [_at(one.curve, second) / money for second in times]
            for one, money in zip(rows, atcs_cost, strict=True)
        ]
        axes.plot(times, 100 * np.mean(shares, axis=0), label=name)
    axes.axhline(100, color="grey", linewidth=0.8, linestyle="--")
    axes.set(
        xscale="log", xlabel="seconds", ylabel="cost, % of ATCS tuned per plant", ylim=(70, 130)
    )
    axes.legend(frameon=False)
    figure.savefig(file, dpi=110)


def _at(curve: Curve, second: float) -> float:
    """The least money that was known at a second; not a number before there was any."""
    return min((money for at, money in curve if at <= second), default=float("nan"))


if __name__ == "__main__":
    main()
