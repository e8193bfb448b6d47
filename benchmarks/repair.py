"""Repair of a published plan of 50 lines: how soon it holds again, at what cost, with how many runs moved.

`python -m benchmarks.repair`: plants of 50 lines x 200 items x 600 orders x 14 days, each planned, then
upset in every way of `benchmarks.disruptions`, then repaired for a second on one core. The reference is
60 s of `solve` from the repair's first schedule, under the same base, weights and zones, with what locks had
to give up left out of the base for both. `--quick` takes one plant and references of 5 s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.disruptions import KINDS, Disruption
from benchmarks.report import arguments, progress, show
from envs.scenarios import generate
from models.optimize import solve
from models.optimize.repair.mend import Repaired, repair
from plant import Plant, Schedule, Weights, Zones, evaluate

WEIGHTS, ZONES = Weights(instability=500.0), Zones(frozen=1440, slush=4320)
REPAIR_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """One repair: plant and kind, the result, the money that the reference ends at, its runs moved."""

    plant: str
    kind: str
    done: Repaired
    reference: float
    reference_moved: float

    @property
    def gap(self) -> float:
        """By how much the repair is dearer than the reference."""
        return self.done.cost.total / self.reference - 1.0


def measure(name: str, kind: str, upset: Disruption, seconds: float, workers: int) -> Row:
    """Repair once, and solve for as long as the reference takes."""
    first: list[Schedule] = []
    done = repair(
        upset.plant, upset.base, REPAIR_SECONDS, 1, WEIGHTS, ZONES,
        improved=lambda schedule, _: first.append(schedule),
    )  # fmt: skip
    gone = {one for one in upset.base.runs if any(f"run {one.id} " in w for w in done.given_up)}
    held = Schedule(tuple(run for run in upset.base.runs if run not in gone))
    if not evaluate(upset.plant, done.schedule, held, WEIGHTS, ZONES).feasible:
        raise ValueError(f"{name}, {upset.told}: expected a feasible repair, found none")
    long = solve(upset.plant, first[0], seconds, workers, WEIGHTS, held, ZONES)
    there = {run.id: (run.line, run.start) for run in long.schedule.runs}
    moved = np.mean([there.get(run.id) != (run.line, run.start) for run in upset.base.runs])
    return Row(name, kind, done, long.cost.total, float(moved))


def published(plant: Plant, seconds: float, workers: int) -> Schedule:
    """The plan that stood before anything happened."""
    return solve(plant, seconds=seconds, workers=workers, weights=WEIGHTS).schedule


def main() -> None:
    """Repair, show a row per kind, and the figures."""
    parser = arguments(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the reference")
    parser.add_argument("--workers", type=int, default=2, help="of the reference")
    parser.add_argument("--plants", type=int, default=4)
    parser.add_argument("--lines", type=int, default=50)
    options = parser.parse_args()
    seconds = 5.0 if options.quick else options.seconds
    rows: list[Row] = []
    for seed in range(1 if options.quick else options.plants):
        stages = 2 if seed % 3 == 1 else 1
        size = options.lines
        plant = generate(
            size, 4 * size, 12 * size, 14, (0.9, 0.9, 0.7, 1.05)[seed % 4], seed + 1, stages=stages
        )
        progress(f"plant {seed + 1}: planned for {seconds:g} s")
        base = published(plant, seconds, options.workers)
        for number, (kind, upset) in enumerate(KINDS.items()):
            case = upset(plant, base, np.random.default_rng([seed, number]))
            progress(f"plant {seed + 1}: {case.told}")
            rows.append(measure(f"{seed + 1}", kind, case, seconds, options.workers))
    _show(rows, seconds, options.json)


def _show(rows: list[Row], seconds: float, json_only: bool) -> None:
    columns = ("kind", "repairs", "first p95", "1 s gap", "worst", "moved", "worst")
    table = []
    for kind in dict.fromkeys(row.kind for row in rows):
        some = [row for row in rows if row.kind == kind]
        gaps, moved = [row.gap for row in some], [row.done.moved_share for row in some]
        first = float(np.quantile([row.done.first_seconds for row in some], 0.95))
        shares = (float(np.mean(gaps)), max(gaps), float(np.mean(moved)), max(moved))
        table.append((kind, len(some), f"{first:.3f} s", *(f"{share:.1%}" for share in shares)))
    first = [row.done.first_seconds for row in rows]
    figures = {
        "repairs": len(rows),
        "reference_seconds": seconds,
        "first_seconds_p50": float(np.quantile(first, 0.5)),
        "first_seconds_p95": float(np.quantile(first, 0.95)),
        "gap_mean": float(np.mean([row.gap for row in rows])),
        "gap_worst": max(row.gap for row in rows),
        "moved_mean": float(np.mean([row.done.moved_share for row in rows])),
        "moved_worst": max(row.done.moved_share for row in rows),
        "reference_moved_worst": max(row.reference_moved for row in rows),
        "locks_given_up": sum(row.done.status == "infeasible" for row in rows),
    }
    show(f"Repair in 1 s against {seconds:g} s", columns, table, figures, json_only)


if __name__ == "__main__":
    main()
