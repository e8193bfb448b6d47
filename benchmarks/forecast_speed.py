"""How many series CES and Theta forecast in a second: `python -m benchmarks.forecast_speed`.

Takt's members against StatsForecast's own loop, same series, same run, on one process and on two; and
what the ensemble adds to the time of its members. Theta is the same model; of CES of a season up to
12 StatsForecast fits four kinds, Takt two (`members/statistical.py` says why). Series: `--train FILE`
(unique_id, ds, y), or seasonal ones generated with the lengths of M3 monthly. Processor time of all
processes stands beside the wall's, which other work on the machine lengthens.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.report import arguments, progress, show
from models.demand.forecaster import combine
from models.demand.history.histories import Histories
from models.demand.history.table import read_table
from models.demand.members.catalogue import member_of
from models.demand.task import Task
from models.demand.trials.calibration import spreads
from models.demand.trials.trial import member_forecasts
from models.demand.trials.weights import fill_members

SEASON = 12
HORIZON = 18
QUICK_SERIES = 150
SERIES = 1428
MEMBERS = (f"ces:{SEASON}", f"theta:{SEASON}")


def main() -> None:
    """Measure and show."""
    parser = arguments("Series a second of CES and Theta, ours and StatsForecast's.")
    parser.add_argument("--train", type=Path)
    asked = parser.parse_args()
    histories = _histories(asked)
    _warm_up(histories)
    rows = [
        _measured(who, workers, work, histories)
        for workers in (1, 2)
        for who, work in (
            ("Takt", lambda workers=workers: _ours(histories, workers)),
            ("StatsForecast", lambda workers=workers: _theirs(histories, workers)),
        )
    ]
    overhead = _overhead(histories)
    found = {(str(row[0]), int(str(row[1]))): float(str(row[2])) for row in rows}
    figures = {
        "series": len(histories),
        "rows": rows,
        "speed_up_on_two": round(found["Takt", 2] / found["Takt", 1], 2),
        "overhead_percent": round(100 * overhead, 2),
    }
    columns = ("who", "processes", "series/s", "series per processor-second")
    show("CES and Theta", columns, rows, figures, asked.json)


def _histories(asked: argparse.Namespace) -> Histories:
    if asked.train:
        table = pd.read_parquet(asked.train)
    else:
        table = _generated(QUICK_SERIES if asked.quick else SERIES)
    histories, _ = read_table(table)
    kept = np.arange(len(histories)) < (QUICK_SERIES if asked.quick else len(histories))
    return histories.select(kept)


def _generated(series: int) -> pd.DataFrame:
    generator = np.random.default_rng(7)
    lengths = generator.integers(48, 127, series)
    tables = []
    for number, length in enumerate(lengths):
        step = np.arange(length)
        level = 5000 + np.cumsum(generator.normal(0, 60, length))
        season = 1 + 0.15 * np.sin(2 * np.pi * (step + generator.integers(12)) / SEASON)
        y = np.maximum(level * season * generator.normal(1, 0.05, length), 1.0)
        tables.append(pd.DataFrame({"unique_id": f"S{number:05}", "ds": step + 1, "y": y}))
    return pd.concat(tables)


def _warm_up(histories: Histories) -> None:
    few = histories.select(np.arange(len(histories)) < 20)
    _ours(few, 1)
    _theirs(few, 1)


def _ours(histories: Histories, workers: int) -> None:
    members = [member_of(name) for name in MEMBERS]
    member_forecasts(histories, Task(HORIZON, (SEASON,)), members, [None] * 2, workers)


def _theirs(histories: Histories, workers: int) -> None:
    from statsforecast import StatsForecast
    from statsforecast.models import AutoCES, DynamicOptimizedTheta

    lengths = histories.lengths
    table = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(len(histories)), lengths),
            "ds": np.concatenate([np.arange(length) for length in lengths]),
            "y": histories.values,
        }
    )
    models = [AutoCES(SEASON), DynamicOptimizedTheta(SEASON)]
    StatsForecast(models=models, freq=1, n_jobs=workers).forecast(df=table, h=HORIZON)


def _measured(
    who: str, workers: int, work: Callable[[], None], histories: Histories
) -> tuple[str, int, float, float]:
    progress(f"{who}, {workers} processes")
    used, begun = _processor_seconds(), time.perf_counter()
    work()
    wall, spent = time.perf_counter() - begun, _processor_seconds() - used
    return who, workers, round(len(histories) / wall, 1), round(len(histories) / spent, 1)


def _overhead(histories: Histories) -> float:
    """Return what filling, weighting and spreads add, as a share of the members' own time."""
    members = [member_of(name) for name in MEMBERS]
    begun = time.process_time()
    task = Task(HORIZON, (SEASON,))
    found, seconds = member_forecasts(histories, task, members, [None] * 2, 1)
    weights = np.full((len(histories), len(members)), 1 / len(members))
    spreads(histories, combine(fill_members(found), weights), is_count=False)
    return float((time.process_time() - begun) / seconds.sum() - 1)


def _processor_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return float(sum(one.ru_utime + one.ru_stime for one in used))


if __name__ == "__main__":
    main()
