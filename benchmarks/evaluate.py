"""How fast the referee is, beside the slow and obvious one of the tests.

`python -m benchmarks.evaluate [--quick] [--json]`: plants of 50 lines with up to 2,000 runs, and small
ones that the minute-by-minute reference can walk through. Aim: 50 lines × 2,000 runs under 20 ms.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.report import arguments, milliseconds, progress, show
from envs.scenarios import generate
from plant import Plant, Run, Schedule, evaluate, violations
from plant.arrays import plant_arrays
from plant.calendar import minutes_needed, run_end, run_start
from plant.io import plant_to_document, schedule_to_document
from tests.plant.reference import reference_evaluate


def packed_schedule(plant: Plant, runs_per_line: int, rng: np.random.Generator) -> Schedule:
    """Random legal lots, line after line as dense as changeovers and shifts let them."""
    return Schedule(tuple(_pack(plant, runs_per_line, rng)))


def _pack(plant: Plant, runs_per_line: int, rng: np.random.Generator) -> Iterator[Run]:
    arrays = plant_arrays(plant)
    able = {line.id: [c for c in plant.capabilities if c.line == line.id] for line in plant.lines}
    for index, line in enumerate(plant.lines):
        free, family = 0, arrays.lines.initial_family[index]
        for number in range(runs_per_line):
            chosen = able[line.id][int(rng.integers(len(able[line.id])))]
            to = arrays.items.family[arrays.item_index[chosen.item]]
            table = arrays.lines.table[index]
            change = int(arrays.changeovers.minutes[table, family, to]) if family >= 0 else 0
            step = chosen.lot_multiple or 1.0
            quantity = max(step, chosen.rate // 3 // step * step)
            start = run_start(arrays.calendar, index, free, change)
            end = run_end(arrays.calendar, index, start, minutes_needed(quantity, chosen.rate))
            if min(start, end) < 0:
                break
            yield Run(f"{line.id}-{number}", line.id, chosen.item, start, end, quantity)
            free, family = end, to


def main() -> None:
    """Measure and show."""
    options = arguments(__doc__ or "").parse_args()
    times = 20 if options.quick else 200
    rng = np.random.default_rng(0)
    plant = generate(50, 200, 600, 14, 0.9, 1)
    rows: list[tuple[object, ...]] = []
    figures: dict[str, float] = {}
    for per_line in (8, 20, 40):
        schedule = packed_schedule(plant, per_line, rng)
        progress(f"evaluate, 50 lines × {len(schedule.runs)} runs")
        one = milliseconds(lambda schedule=schedule: evaluate(plant, schedule), times)
        rules = milliseconds(lambda schedule=schedule: violations(plant, schedule), times)
        pegged = milliseconds(lambda schedule=schedule: evaluate(plant, schedule).pegging, times)
        rows.append((len(schedule.runs), one["median"], rules["median"], pegged["median"], "-"))
        figures[f"evaluate_ms_{per_line * 50}_runs"] = one["median"]
        figures[f"evaluate_with_pegging_ms_{per_line * 50}_runs"] = pegged["median"]
    small = generate(3, 6, 10, 3, 0.8, 1)
    schedule = packed_schedule(small, 4, rng)
    documents = plant_to_document(small), schedule_to_document(schedule)
    progress("the reference, 3 lines")
    fast = milliseconds(lambda: evaluate(small, schedule), times)["median"]
    slow = milliseconds(lambda: reference_evaluate(*documents), 3)["median"]
    rows.append((f"3 lines, {len(schedule.runs)}", fast, fast, "-", slow))
    figures |= {
        "evaluate_ms_3_lines": fast,
        "reference_ms_3_lines": slow,
        "times_faster": slow / fast,
    }
    columns = ("runs", "evaluate ms", "violations ms", "with pegging ms", "reference ms")
    show(
        "The referee, 50 lines × 200 items × 600 orders × 14 days",
        columns,
        rows,
        figures,
        options.json,
    )


if __name__ == "__main__":
    main()
