"""What lines will make, on time splits: units a day of each product, or a line's productivity.

    python -m benchmarks.line_rates --train daily.parquet --horizon 7 [--from DATE] [--out FILE]
    python -m benchmarks.line_rates --train line_days.csv --horizon 14 [--test FILE] [--out FILE]

`daily.parquet` has ds, unique_id and the flows of fmcg_production; `line_days.csv` the columns of
garment_lines. Origins lie every horizon from --from on (by default the last eight, or three); models at
an origin are given the rows before it and nothing else. --out without --test forecasts the days after FILE.

A line-day is asked about twice: `planned` knows what was set before the day (target, style, workers,
overtime), `recorded` what stands in the books after it too (incentive, idle time). The factory's own
target knows no more than `planned`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.given_files import (
    GivenFileError,
    dates_of,
    labels_of,
    read_table,
    write_table,
)
from benchmarks.line_output.peer import plain_lightgbm
from benchmarks.line_output.tables import (
    PLANNED,
    PRODUCTS,
    RECORDED,
    daily_products,
    days_after,
    line_days,
    with_closed,
)
from benchmarks.report import arguments, progress, show
from models.rates import RateConfig, RateSchema, RatesError, Voice, fit, predict
from models.rates.config import BOOSTED, FORESTS, SLOW, Member

LEAST_MADE_DAYS = 30

Trial = tuple[str, pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Question:
    """A table, what is asked of it, and how: origins in days before its end."""

    name: str
    schema: RateSchema
    config: RateConfig


@dataclass(frozen=True, slots=True)
class Found:
    """What was forecast by one question, and what came: nothing where nobody knows yet."""

    question: Question
    trials: list[Trial]
    forecasts: pd.DataFrame


def main() -> None:
    asked = _asked()
    begun = time.process_time()
    try:
        found = _measured(asked)
    except (GivenFileError, RatesError) as error:
        raise SystemExit(f"line_rates: {error}") from error
    rows: list[list[object]] = []
    figures: dict[str, object] = {}
    for one in found:
        name = one.question.name
        for origin, forecast, actual in one.trials:
            rows.append([name, origin, *_scores(one.question, forecast, actual).values()])
        if one.trials:
            pooled = _pooled(one.question, one.trials)
            rows.append([name, "all", *pooled.values()])
            figures[name] = pooled
    if asked.out is not None:
        parts = [one.forecasts.assign(question=one.question.name) for one in found]
        table = pd.concat(parts).rename(columns={"mean": "yhat"})
        write_table(table, asked.out)
        figures["out"] = f"{asked.out.name}: {len(table)} rows, {', '.join(table.columns)}"
    figures["processor_seconds"] = round(time.process_time() - begun, 1)
    show("Line rates, time splits", ["asked", "origin", *_NAMES], rows, figures, asked.json)


def _asked() -> argparse.Namespace:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument(
        "--horizon",
        type=int,
        help="days ahead: 7 for products, 14 for line-days; a test's own days",
    )
    parser.add_argument("--from", dest="first", help="the first origin, a date")
    parser.add_argument(
        "--test", type=Path, help="rows to forecast; scored where their ends are known"
    )
    parser.add_argument("--labels", type=Path, help="ends of the test's line-days, by row_id")
    parser.add_argument("--out", type=Path, help="Parquet or CSV of forecasts with quantiles")
    parser.add_argument("--seconds", type=float, default=0.0, help="a fit's, for slow members")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.labels is not None and asked.test is None:
        parser.error("--labels goes with --test")
    return asked


def _measured(asked: argparse.Namespace) -> list[Found]:
    table = read_table(asked.train, ())
    is_daily = PRODUCTS.value in table.columns
    test = None if asked.test is None else _read_test(asked.test, asked.labels, is_daily)
    if is_daily:
        return [_products(asked, table, test)]
    lines = line_days(asked.train, table, labelled=True)
    ahead = None if test is None else line_days(asked.test, test, labelled=False)
    return [_of_lines(one, asked, lines, ahead) for one in _line_questions(asked, lines, ahead)]


def _read_test(path: Path, labels: Path | None, is_daily: bool) -> pd.DataFrame:
    needed = ("row_id",) if labels is not None else ()
    table = read_table(path, ("unique_id", "ds") if is_daily else needed)
    if labels is None:
        return table
    if is_daily:
        raise GivenFileError(
            f"{labels}: labels are for line-days; a test of products holds its flows"
        )
    return table.assign(**{PLANNED.value: labels_of(labels, table, "row_id", PLANNED.value)})


def _products(asked: argparse.Namespace, table: pd.DataFrame, test: pd.DataFrame | None) -> Found:
    """Origins every horizon, in the test's days where its flows are known, else in the last known ones."""
    one = _product_question(asked)
    if test is not None and PRODUCTS.value in test.columns:
        both = daily_products(asked.test, pd.concat([table, test], ignore_index=True))
        return _tried(one, both, str(dates_of(asked.test, test, "ds").min().date()), asked.quick)
    known = daily_products(asked.train, table)
    if test is None and (asked.out is None or asked.first is not None):
        return _tried(one, known, asked.first, asked.quick)
    ahead = (
        days_after(known, one.config.horizon_days)
        if test is None
        else test.assign(ds=dates_of(asked.test, test, "ds"))
    )
    return Found(one, [], _forecast(one, known, ahead))


def _of_lines(
    one: Question, asked: argparse.Namespace, lines: pd.DataFrame, ahead: pd.DataFrame | None
) -> Found:
    if ahead is None:
        return _tried(one, lines, asked.first, asked.quick)
    forecast = _forecast(one, lines, ahead.drop(columns=PLANNED.value, errors="ignore"))
    known = PLANNED.value in ahead.columns and ahead[PLANNED.value].notna().all()
    return Found(one, [("test", forecast, ahead)] if known else [], forecast)


def _tried(one: Question, table: pd.DataFrame, first: str | None, quick: bool) -> Found:
    trials = _trials(one, table, first, quick)
    if not trials:
        raise GivenFileError(
            f"{one.name}: expected {one.config.horizon_days} days or more from the first origin on, "
            f"found none that long up to {pd.to_datetime(table[one.schema.at]).max():%Y-%m-%d}"
        )
    return Found(one, trials, pd.concat([forecast for _, forecast, _ in trials]))


_NAMES = (
    "error", "plain LightGBM", "simple mean", "reference", "bias", "cover 80 %", "cover 95 %", "rows",
)  # fmt: skip


def _config(asked: argparse.Namespace, horizon: int) -> RateConfig:
    config = RateConfig(horizon_days=horizon, seed=asked.seed, seconds=asked.seconds)
    return replace(config, folds=4, copies=2, rounds=60) if asked.quick else config


def _slow(asked: argparse.Namespace) -> tuple[Member, ...]:
    """GRU and Prophet take part where the seconds allow it."""
    return SLOW if asked.seconds > 0 else ()


def _product_question(asked: argparse.Namespace) -> Question:
    config = _config(asked, asked.horizon or 7)
    # A day's own figures are its weekday alone.
    members = (*(name for name in config.members if name not in ("own", "forest")), *_slow(asked))
    return Question("units a day", PRODUCTS, replace(config, members=members))


def _line_questions(
    asked: argparse.Namespace, lines: pd.DataFrame, ahead: pd.DataFrame | None
) -> list[Question]:
    horizon = asked.horizon or 14
    if ahead is not None and not asked.horizon:
        horizon = max(1, int((ahead["date"].max() - lines["date"].max()).days))
    config = replace(
        _config(asked, horizon),
        folds=4,
        window_days=5,
        rounds=300,
        least_rows=10,
        members=("median", *BOOSTED, *FORESTS, *_slow(asked)),
    )
    return [Question("planned", PLANNED, config), Question("recorded", RECORDED, config)]


def _trials(one: Question, table: pd.DataFrame, first: str | None, quick: bool) -> list[Trial]:
    at = pd.to_datetime(table[one.schema.at])
    step = pd.Timedelta(days=one.config.horizon_days)
    end = at.max().normalize() + pd.Timedelta(days=1)
    count = 8 if one.schema is PRODUCTS else 3
    begin = pd.Timestamp(first) if first else end - step * (2 if quick else count)
    found = []
    origin = begin
    while origin + step <= end:
        known, ahead = table[at < origin], table[(at >= origin) & (at < origin + step)]
        if one.schema is PRODUCTS:
            # Which products are scored is said by the days before the first origin alone.
            made = table[(at < begin) & (table[PRODUCTS.value] > 0)].groupby("unique_id").size()
            kept = set(made.index[made >= LEAST_MADE_DAYS])
            known, ahead = (part[part["unique_id"].isin(kept)] for part in (known, ahead))
        if len(ahead):
            forecast = _forecast(
                one, known, ahead.drop(columns=[one.schema.value, *one.schema.drivers])
            )
            found.append((f"{origin:%Y-%m-%d}", forecast, ahead))
        origin += step
    return found


def _forecast(one: Question, known: pd.DataFrame, ahead: pd.DataFrame) -> pd.DataFrame:
    if one.schema is PRODUCTS:
        known, ahead = with_closed(known, known), with_closed(ahead, known)
    model = fit(known, one.schema, one.config, lambda text: progress(f"{one.name}: {text}"))
    found = predict(model, ahead)
    voice = Voice({"weekday_mean": 1.0}, model.voice.calibration)
    found["simple"] = predict(replace(model, voice=voice, members=(), kinds={}), ahead)["mean"]
    found["plain"] = plain_lightgbm(one.schema, known, ahead)
    ids = [name for name in ("row_id", one.schema.at, *one.schema.keys) if name in ahead.columns]
    return pd.concat([ahead[ids], found], axis=1)


def _scores(one: Question, forecast: pd.DataFrame, actual: pd.DataFrame) -> dict[str, float]:
    """WAPE of units, mean absolute error of productivities; the same of the simple mean and the reference."""
    y = actual[one.schema.value].to_numpy(np.float64)
    total = float(y.sum()) if one.schema is PRODUCTS else float(len(y))

    def error(values: pd.Series) -> float:
        return round(float(np.abs(values.to_numpy(np.float64) - y).sum()) / total, 4)

    inside: Callable[[str, str], float] = lambda low, high: round(  # noqa: E731
        float(((forecast[low] <= y + 1e-9) & (y - 1e-9 <= forecast[high])).mean()), 3
    )
    reference = one.schema.reference
    return {
        "error": error(forecast["mean"]),
        "plain": error(forecast["plain"]),
        "simple": error(forecast["simple"]),
        "reference": error(actual[reference]) if reference else float("nan"),
        "bias": round(float((forecast["mean"].to_numpy() - y).sum() / y.sum()), 3),
        "cover_80": inside("q10", "q90"),
        "cover_95": inside("q025", "q975"),
        "rows": len(y),
    }


def _pooled(one: Question, trials: list[Trial]) -> dict[str, float]:
    forecast = pd.concat([part for _, part, _ in trials], ignore_index=True)
    actual = pd.concat([part for _, _, part in trials], ignore_index=True)
    return _scores(one, forecast, actual)


if __name__ == "__main__":
    main()
