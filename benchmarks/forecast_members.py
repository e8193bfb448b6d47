"""What single members cost and add: `python -m benchmarks.forecast_members --train FILE --horizon 18`.

Every member is tried at two past origins of a training file (unique_id, ds, y). Its error alone, and
that of the usual members' mean with it added, are told as multiples of the error of that mean, which
is weighed at the other origin each time. Processor-seconds are those of a fit and both forecasts.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.report import arguments, progress, show
from models.demand.history.histories import Floats, Histories
from models.demand.history.seasons import seasons_of
from models.demand.history.table import read_table
from models.demand.members.catalogue import member_of
from models.demand.task import Task
from models.demand.trials.trial import Trial, joined, origins_of, run_trial
from models.demand.trials.weights import filled, importance, loss, member_weights

USUAL = (
    "ets_damped:1:log:adjusted",
    "theta:1:log:adjusted",
    "trees:last",
    "network:{look}:log:adjusted",
)
ASKED = (
    "xgboost:last",
    "skforecast_lightgbm:{lags}:log:adjusted",
    "skforecast_xgboost:{lags}:log:adjusted",
    "nhits:{look}:log:adjusted",
    "lstm:{lags}:log:adjusted",
)
QUICK_SERIES = 60


def main() -> None:
    """Try the members, and show what each cost and added."""
    asked = _asked()
    histories = _histories(asked)
    task = Task(asked.horizon, seasons_of(histories, tuple(asked.season)))
    usual, others = (_named(names, task) for names in (USUAL, asked.members or ASKED))
    trial = _tried(histories, task, (*usual, *others))
    mean = _errors(_only(trial, usual))
    rows = []
    for name in (*usual, *others):
        alone = _errors(_only(trial, (name,))) / mean
        added = (
            None
            if name in usual
            else round(float((_errors(_only(trial, (*usual, name))) / mean).mean()), 4)
        )
        rows.append((name, round(trial.seconds[name], 1), round(float(alone.mean()), 3), added))
    figures = {"train": asked.train.name, "series": len(histories), "rows": rows}
    columns = ("member", "processor-seconds", "alone", "added to the usual ones")
    show("members", columns, rows, figures, asked.json)


def _asked() -> argparse.Namespace:
    parser = arguments("What single members of the forecast cost and add.")
    parser.add_argument("--train", type=Path, required=True, help="Parquet or CSV")
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--season", type=int, nargs="*", default=[])
    parser.add_argument("--every", type=int, default=1, help="take every such series alone")
    parser.add_argument("--members", nargs="*", help="names of the catalogue")
    return parser.parse_args()


def _histories(asked: argparse.Namespace) -> Histories:
    read = pd.read_csv if asked.train.suffix == ".csv" else pd.read_parquet
    histories, _ = read_table(read(asked.train)[["unique_id", "ds", "y"]])
    number = np.arange(len(histories))
    kept = (number % asked.every == 0) & (histories.lengths > 4 * asked.horizon)
    if asked.quick:
        kept &= np.cumsum(kept) <= QUICK_SERIES
    return histories.select(kept)


def _named(names: Sequence[str], task: Task) -> tuple[str, ...]:
    look = max(task.seasons[-1] + task.seasons[-1] // 4, 2 * task.horizon)
    lags = max(2 * task.season, task.seasons[-1])
    return tuple(name.format(look=look, lags=lags) for name in names)


def _tried(histories: Histories, task: Task, names: Sequence[str]) -> Trial:
    origins = origins_of(histories, task, (task.horizon, 2 * task.horizon))
    found: Trial | None = None
    for name in names:
        progress(name)
        one = run_trial(origins, [member_of(name)])
        found = joined(found, one) if found else one
    assert found is not None
    return found


def _only(trial: Trial, names: Sequence[str]) -> Trial:
    places = [trial.members.index(name) for name in names]
    return replace(trial, members=tuple(names), forecasts=trial.forecasts[places])


def _errors(trial: Trial) -> Floats:
    """Return the mean's error at each origin, weighed at the others, shape (origins,)."""
    found = []
    for origin in range(len(trial.cuts)):
        others = [place for place in range(len(trial.cuts)) if place != origin]
        weights = member_weights(_at(trial, others), "owa")
        here = _at(trial, [origin])
        mean = np.einsum("m,mosh->osh", weights, filled(here))
        found.append(loss(mean, here, importance(here, "owa"), "owa"))
    return np.array(found)


def _at(trial: Trial, places: list[int]) -> Trial:
    return replace(
        trial,
        cuts=tuple(trial.cuts[place] for place in places),
        forecasts=trial.forecasts[:, places],
        actual=trial.actual[places],
        units=trial.units[places],
    )


if __name__ == "__main__":
    main()
