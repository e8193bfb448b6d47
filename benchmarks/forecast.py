"""Forecast any long table, and score it: `python -m benchmarks.forecast --train FILE --horizon 13`.

One pipeline for every file: seasons, members, weights and intervals are chosen on the training file
alone. Output: unique_id, ds, yhat, q2.5, q10, q50, q90, q97.5. With `--score`, against `--test` (and
`--naive2`: unique_id, F1..FH, for the OWA; computed where it is not given); without a test file, against
the last steps of the training file, which are then cut off before anything is fitted. `--origins 5`
scores over the last five horizons, everything fitted anew before each; `--scored FILE --where "rank <= 50"`
judges only the series with a row in FILE for which that holds (`--least 30`: thirty rows). `--peers` adds
plain methods at the same origins; `--ending 2010-12-09` leaves out what is later.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.forecasting.naive2 import naive2_of
from benchmarks.forecasting.origins import SHOWN, over_origins, series_scored
from benchmarks.forecasting.scores import LONGEST_SCORED, scores_of
from benchmarks.report import arguments, progress, show
from models.demand import (
    DemandError,
    ForecastConfig,
    Forecaster,
    TableRules,
    fit_forecaster,
)

NAMES = {"series": "unique_id", "time": "ds", "mean": "yhat"}
QUICK_SECONDS = 25.0


def main() -> None:
    """Read the training file, forecast, write, score and show."""
    asked = _asked()
    try:
        figures, rows = _run(asked)
    except (DemandError, OSError, ValueError) as error:
        sys.exit(f"forecast: {error}")
    show("forecast", ("figure", "value"), rows, figures, asked.json)


def _asked() -> argparse.Namespace:
    parser = arguments("Forecast a long table (unique_id, ds, y) and score the forecast.")
    parser.add_argument("--train", type=Path, required=True, help="Parquet or CSV")
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--season", type=int, nargs="*", default=[], help="found where not given")
    parser.add_argument("--value", default="y", help="the column forecast")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--score", action="store_true")
    parser.add_argument("--test", type=Path)
    parser.add_argument("--naive2", type=Path)
    parser.add_argument("--origins", type=int, default=0, help="score over so many")
    parser.add_argument("--ending", help="the last time that counts, as the file writes it")
    parser.add_argument("--peers", action="store_true", help="plain methods at the origins too")
    parser.add_argument("--scored", type=Path, help="CSV or Parquet with the series to judge")
    parser.add_argument("--where", help="rows of --scored that count, as pandas queries")
    parser.add_argument("--least", type=int, default=1, help="such rows that a series needs")
    parser.add_argument("--measure", choices=("auto", "owa", "wape", "rmsse"), default="auto")
    parser.add_argument("--country", help="ISO 3166 code whose holidays are known")
    parser.add_argument("--seconds", type=float, help="of processor time; by size if not given")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--negatives", choices=("refuse", "zero", "keep"), default="refuse")
    parser.add_argument("--duplicates", choices=("refuse", "sum", "mean", "last"), default="refuse")
    return parser.parse_args()


def _run(asked: argparse.Namespace) -> tuple[dict[str, Any], list[tuple[str, object]]]:
    begun = time.perf_counter()
    train = _read(asked.train, asked.value)
    if asked.ending:
        train = train[train["ds"] <= type(train["ds"].iloc[0])(asked.ending)]
    if asked.origins:
        return _over_origins(asked, train, begun)
    test = _read(asked.test, asked.value) if asked.test else None
    if asked.score and test is None:
        train, test = _last_steps_off(train, asked.horizon)
    model = fit_forecaster(train, _config(asked), progress)
    progress("forecasting")
    found = model.predict().rename(columns=NAMES)
    if asked.out:
        _write(found, asked.out)
    figures = _figures(model, asked) | {"wall_s": round(time.perf_counter() - begun, 1)}
    figures["processor_s"] = round(_processor_seconds(), 1)
    if asked.score and test is not None:
        season = model.task.season if model.task.season <= LONGEST_SCORED else 1
        naive2 = (
            pd.read_parquet(asked.naive2)
            if asked.naive2
            else naive2_of(train, asked.horizon, season)
        )
        figures |= scores_of(found, test, train, model.task.seasons, naive2)
        figures["scored_on"] = (
            str(asked.test.name) if asked.test else "last steps of the training file"
        )
    return figures, [(name, value) for name, value in figures.items()]


def _config(asked: argparse.Namespace) -> ForecastConfig:
    return ForecastConfig(
        asked.horizon,
        tuple(asked.season),
        asked.measure,
        seconds=QUICK_SECONDS if asked.quick else asked.seconds,
        workers=asked.workers,
        country=asked.country,
        rules=TableRules(negatives=asked.negatives, duplicates=asked.duplicates),
    )


def _over_origins(
    asked: argparse.Namespace, table: pd.DataFrame, begun: float
) -> tuple[dict[str, Any], list[tuple[str, object]]]:
    scored = series_scored(asked.scored, asked.where, asked.least) if asked.scored else None
    model, scores, by_origin = over_origins(
        table, _config(asked), asked.origins, scored, asked.peers
    )
    figures = _figures(model, asked) | {"judged": len(scored or model.histories), **scores}
    figures["by_origin"] = {
        name: {figure: one[figure] for figure in SHOWN} for name, one in by_origin.items()
    }
    figures["wall_s"] = round(time.perf_counter() - begun, 1)
    figures["processor_s"] = round(_processor_seconds(), 1)
    plain = [(name, value) for name, value in figures.items() if name != "by_origin"]
    return figures, plain + list(figures["by_origin"].items())


def _read(path: Path, value: str) -> pd.DataFrame:
    table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    missing = [name for name in ("unique_id", "ds", value) if name not in table.columns]
    if missing:
        raise ValueError(f"{path}: expected columns unique_id, ds, {value}; {missing} missing")
    table = table[["unique_id", "ds", value]].rename(columns={value: "y"})
    return table.assign(unique_id=table["unique_id"].astype(str))


def _last_steps_off(train: pd.DataFrame, horizon: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    ordered = train.sort_values(["unique_id", "ds"])
    after = ordered.groupby("unique_id").cumcount(ascending=False)
    size = ordered.groupby("unique_id")["ds"].transform("size")
    test = (after < horizon) & (size > 2 * horizon)
    return ordered[~test], ordered[test]


def _write(found: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        found.to_csv(path, index=False)
    else:
        found.to_parquet(path, index=False)


def _figures(model: Forecaster, asked: argparse.Namespace) -> dict[str, Any]:
    assert model.trial is not None
    regular = dict(zip(model.members, model.weights[0].round(3).tolist(), strict=True))
    return {
        "train": asked.train.name,
        "series": len(model.histories),
        "horizon": asked.horizon,
        "seasons": list(model.task.seasons),
        "measure": model.measure,
        "origins": len(model.trial.cuts),
        "weights": regular,
        "left_out": {name: round(cost) for name, cost in model.trial.left_out.items()},
        "repairs": [str(repair) for repair in model.repairs],
    }


def _processor_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return float(sum(one.ru_utime + one.ru_stime for one in used))


if __name__ == "__main__":
    main()
