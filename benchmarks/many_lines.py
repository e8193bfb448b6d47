"""From 50 to 500 lines: what groups of lines find, beside plain search, and what a line costs.

`python -m benchmarks.many_lines`: generated two-stage plants of 4 items and 12 orders a line over 14
days. Each is solved by `solve_by_groups` and by the search of the whole plant, with the same start (one
pass of ATCS), seconds and workers. Time goes with the lines: a second for 5 lines, unless `--seconds`
says otherwise. Near-linear is what costs the same per line, in money and in seconds, at any size.
Shown too: seconds until each is within 2 % of the better of the two. `--quick`: up to 100 lines, and
less time.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.report import arguments, progress, show
from envs.rules import RULES, dispatch
from envs.scenarios import generate
from models.optimize.groups.rounds import solve_by_groups
from models.optimize.incumbent import Incumbent, Point
from models.optimize.search.annealing import search
from models.optimize.solve import prepare
from plant import Plant, Schedule, Weights, Zones, evaluate

SIZES = (50, 100, 200, 500)
LINES_A_SECOND, QUICK_LINES_A_SECOND = 5.0, 20.0
NEAR = 0.02


@dataclass(frozen=True, slots=True)
class Trail:
    """What one way found over time."""

    points: tuple[Point, ...]

    @property
    def cost(self) -> float:
        """The total cost at the end."""
        return self.points[-1].cost

    def seconds_to(self, cost: float) -> float | None:
        """When the cost was reached; None where it never was."""
        return next((point.seconds for point in self.points if point.cost <= cost), None)


def by_groups(plant: Plant, start: Schedule, seconds: float, workers: int, seed: int) -> Trail:
    """Groups of lines side by side."""
    return Trail(solve_by_groups(plant, start, seconds, workers, seed=seed).trajectory)


def whole(plant: Plant, start: Schedule, seconds: float, workers: int, seed: int) -> Trail:
    """The search of the whole plant in as many threads, the best of them counting."""
    incumbent = Incumbent(plant, Weights(), None, Zones())
    incumbent.offer(start, "start")

    def one(number: int) -> None:
        found = search(
            plant, start, seconds, seed=1000 * seed + number,
            improved=lambda schedule, _: (incumbent.offer(schedule, "search"), None)[1],
        )  # fmt: skip
        incumbent.offer(found.schedule, "search")

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(workers)))
    return Trail(tuple(incumbent.trajectory))


def main() -> None:
    """Solve every size both ways and show what a line costs."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, help="for every size; else by its lines")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--stages", type=int, default=2)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    sizes = options.sizes[:2] if options.quick else options.sizes
    pace = QUICK_LINES_A_SECOND if options.quick else LINES_A_SECOND
    prepare()
    rows: list[tuple[object, ...]] = []
    figures: dict[str, object] = {"workers": options.workers}
    for lines in sizes:
        seconds = options.seconds or lines / pace
        progress(f"{lines} lines: generated")
        plant = generate(lines, 4 * lines, 12 * lines, 14, 0.9, options.seed, stages=options.stages)
        begun = time.perf_counter()
        start = dispatch(plant, RULES["atcs"])
        ruled = time.perf_counter() - begun
        trails = {}
        for name, way in (("groups", by_groups), ("whole", whole)):
            progress(f"{lines} lines: {name}, {seconds:g} s on {options.workers} workers")
            trails[name] = way(plant, start, seconds, options.workers, options.seed)
        near = (1 + NEAR) * min(trail.cost for trail in trails.values())
        for name, trail in trails.items():
            reached = trail.seconds_to(near)
            rows.append(
                (
                    lines, name, f"{seconds:g}", f"{trail.cost:,.0f}", f"{trail.cost / lines:,.0f}",
                    f"{trail.cost / evaluate(plant, start).cost.total - 1:.1%}",
                    "-" if reached is None else f"{reached:.1f}",
                )
            )  # fmt: skip
            figures[f"{name}_{lines}_cost_per_line"] = trail.cost / lines
            figures[f"{name}_{lines}_seconds_to_quality"] = reached
        figures[f"start_{lines}_seconds"] = ruled
    columns = ("lines", "way", "seconds", "cost", "per line", "against ATCS", f"s to {NEAR:.0%}")
    show("Groups of lines beside plain search", columns, rows, figures, options.json)


if __name__ == "__main__":
    main()
