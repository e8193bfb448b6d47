"""What dispatching rules cost and take: `python -m benchmarks.rules [--quick] [--json]`.

On generated plants (50 lines × 200 items × 600 orders × 14 days) and on the 50-line plant that ships.
Aims: one pass under 50 ms, tuned ATCS under 5 s.
"""

from __future__ import annotations

import time

from benchmarks.report import arguments, milliseconds, progress, show
from envs.fifty_lines import PLANT_FILE
from envs.rules import RULES, dispatch, tune_atcs
from envs.scenarios import generate
from plant import Evaluation, Plant, Schedule, evaluate
from plant.io import load_plant

COLUMNS = ("plant", "rule", "cost, k", "tardy", "made", "changed", "on time %", "ms")


def main() -> None:
    """Prints the table and the figures."""
    options = arguments(__doc__).parse_args()
    loads = (0.9,) if options.quick else (0.7, 0.9, 1.05)
    rows: list[tuple[object, ...]] = []
    figures: dict[str, object] = {}
    for name, plant in _plants(loads):
        dispatch(plant, RULES["edd"])
        for rule in RULES.values():
            progress(f"{name}: {rule.name}")
            spent = milliseconds(lambda plant=plant, rule=rule: dispatch(plant, rule), 3)["min"]
            _note(rows, figures, name, rule.name, plant, dispatch(plant, rule), spent)
        progress(f"{name}: tuned ATCS")
        begun = time.perf_counter()
        tuned, schedule = tune_atcs(plant)
        spent = 1000 * (time.perf_counter() - begun)
        _note(rows, figures, name, "tuned", plant, schedule, spent)
        figures[f"{name} tuned"] = str(tuned)
    show("Dispatching rules", COLUMNS, rows, figures, options.json)


def _plants(loads: tuple[float, ...]) -> list[tuple[str, Plant]]:
    made = [
        (f"{stages}-stage {load:.0%}", generate(50, 200, 600, 14, load, 1, stages=stages))
        for stages in (1, 2)
        for load in loads
    ]
    return [*made, ("shipped", load_plant(PLANT_FILE))]


def _note(
    rows: list[tuple[object, ...]],
    figures: dict[str, object],
    name: str,
    rule: str,
    plant: Plant,
    schedule: Schedule,
    spent: float,
) -> None:
    found: Evaluation = evaluate(plant, schedule)
    if not found.feasible:
        raise AssertionError(f"{name}, {rule}: {found.violations[0]}")
    cost = found.cost
    on_time = 100 * found.kpis.on_time_in_full
    money = (cost.total, cost.tardiness, cost.production, cost.changeover)
    rows.append((name, rule, *(f"{part / 1000:,.0f}" for part in money), on_time, round(spent)))
    figures[f"{name} {rule} cost"] = cost.total
    figures[f"{name} {rule} ms"] = spent


if __name__ == "__main__":
    main()
