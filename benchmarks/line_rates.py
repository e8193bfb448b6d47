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

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.report import arguments, progress, show
from models.rates import RateConfig, RateSchema, Voice, fit, predict
from models.rates.config import BOOSTED, FORESTS, SLOW

LEAST_MADE_DAYS = 30
LAG_DAYS = 7
CLOSED_IN = "BD"
FLOWS = ("produced", "ordered", "issued", "delivered")
SHIFT_MINUTES = 480

PRODUCTS = RateSchema(
    at="ds",
    value="produced_units",
    keys=("unique_id",),
    drivers=("ordered_units", "issued_units", "delivered_units", "backlog", "stock"),
    closed="closed",
)
PLANNED = RateSchema(
    at="date",
    value="actual_productivity",
    keys=("department", "team"),
    reference="targeted_productivity",
    capacity="capacity",
    numbers=("smv", "over_time", "no_of_workers", "no_of_style_change", "overtime_each", "wip"),
    kind="department",
)
RECORDED = replace(PLANNED, numbers=(*PLANNED.numbers, "incentive", "idle_time", "idle_men"))


@dataclass(frozen=True, slots=True)
class Question:
    """A table, what is asked of it, and how: origins in days before its end."""

    name: str
    schema: RateSchema
    config: RateConfig


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--horizon", type=int, default=7, help="days ahead")
    parser.add_argument("--from", dest="first", help="the first origin, a date")
    parser.add_argument(
        "--test", type=Path, help="line-days to forecast; scored where they end is there"
    )
    parser.add_argument("--out", type=Path, help="Parquet or CSV of forecasts with quantiles")
    parser.add_argument("--seconds", type=float, default=0.0, help="a fit's, for slow members")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    begun = time.process_time()
    table = read(asked.train)
    is_daily = PRODUCTS.value in table.columns
    questions = _questions(is_daily, asked.horizon, asked.seed, asked.quick, asked.seconds)
    rows: list[list[object]] = []
    figures: dict[str, object] = {}
    outs: list[pd.DataFrame] = []
    for one in questions:
        if asked.test is not None or (asked.out is not None and asked.first is None):
            test = read(asked.test) if asked.test else _days_after(table, asked.horizon)
            outs.append(_forecast(one, table, test).assign(question=one.name))
            if one.schema.value in test.columns and test[one.schema.value].notna().all():
                scored = _scores(one, outs[-1], test)
                rows.append([one.name, "test", *scored.values()])
                figures[one.name] = scored
            continue
        trials = _trials(one, table, asked.first, asked.quick)
        outs.append(pd.concat([forecast.assign(question=one.name) for _, forecast, _ in trials]))
        for origin, forecast, actual in trials:
            rows.append([one.name, origin, *_scores(one, forecast, actual).values()])
        pooled = _pooled(one, trials)
        rows.append([one.name, "all", *pooled.values()])
        figures[one.name] = pooled
    if asked.out is not None:
        _store(pd.concat(outs), asked.out)
    figures["processor_seconds"] = round(time.process_time() - begun, 1)
    names = ["asked", "origin", *_NAMES]
    show("Line rates, time splits", names, rows, figures, asked.json)


_NAMES = (
    "error", "plain LightGBM", "simple mean", "reference", "bias", "cover 80 %", "cover 95 %", "rows",
)  # fmt: skip


def read(path: Path) -> pd.DataFrame:
    """Return the table with the columns that are worked out of others."""
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    if "produced_units" in table.columns:
        return _daily(table)
    table["department"] = table["department"].str.strip()
    minutes = SHIFT_MINUTES * table["no_of_workers"] + table["over_time"]
    table["capacity"] = minutes / table["smv"]
    table["overtime_each"] = table["over_time"] / table["no_of_workers"]
    table["date"] = pd.to_datetime(table["date"])
    return table


def _daily(table: pd.DataFrame) -> pd.DataFrame:
    """Every product and day, what was not reported being nothing; backlog and stock from the first day on."""
    days = pd.date_range(table["ds"].min(), table["ds"].max())
    products = sorted(table["unique_id"].unique())
    index = pd.MultiIndex.from_product([products, days], names=["unique_id", "ds"])
    columns = [f"{flow}_units" for flow in FLOWS]
    whole = table.groupby(["unique_id", "ds"])[columns].sum().reindex(index).fillna(0.0)
    cumulated = whole.groupby(level=0).cumsum()
    whole["backlog"] = cumulated["ordered_units"] - cumulated["delivered_units"]
    whole["stock"] = cumulated["produced_units"] - cumulated["delivered_units"]
    return whole.reset_index()


def _with_closed(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The rows with the days on which, going by the known rows alone, the lines rest."""
    from pipelines.output.shut_days import shut_days

    made = known.groupby("ds")[PRODUCTS.value].sum()
    shut = shut_days(made, CLOSED_IN, rows["ds"].max().date())
    return rows.assign(closed=rows["ds"].dt.date.isin(shut).astype(float))


def _questions(
    is_daily: bool, horizon: int, seed: int, quick: bool, seconds: float
) -> list[Question]:
    """The questions; slow members (GRU, Prophet) take part where the seconds allow it."""
    config = RateConfig(horizon_days=horizon, seed=seed, seconds=seconds)
    slow = SLOW if seconds > 0 else ()
    if quick:
        config = replace(config, folds=4, copies=2, rounds=60)
    if is_daily:
        # A day's own figures are its weekday alone.
        members = (*(name for name in config.members if name not in ("own", "forest")), *slow)
        return [Question("units a day", PRODUCTS, replace(config, members=members))]
    config = replace(
        config,
        folds=4,
        window_days=5,
        rounds=300,
        least_rows=10,
        members=("median", *BOOSTED, *FORESTS, *slow),
    )
    return [Question("planned", PLANNED, config), Question("recorded", RECORDED, config)]


Trial = tuple[str, pd.DataFrame, pd.DataFrame]


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
        known, ahead = _with_closed(known, known), _with_closed(ahead, known)
    model = fit(known, one.schema, one.config, lambda text: progress(f"{one.name}: {text}"))
    found = predict(model, ahead)
    voice = Voice({"weekday_mean": 1.0}, model.voice.calibration)
    found["simple"] = predict(replace(model, voice=voice, members=(), kinds={}), ahead)["mean"]
    found["plain"] = _plain(one.schema, known, ahead)
    ids = [name for name in ("row_id", one.schema.at, *one.schema.keys) if name in ahead.columns]
    return pd.concat([ahead[ids], found], axis=1)


def _plain(schema: RateSchema, known: pd.DataFrame, ahead: pd.DataFrame) -> np.ndarray:
    """A peer: LightGBM as it comes, on the row's columns (codes for names), weekday and day.

    A product's days have no other columns: they get what it made so many days before.
    """
    import lightgbm

    seen = [_plain_figures(schema, known, rows) for rows in (known, ahead)]
    model = lightgbm.LGBMRegressor(n_jobs=1, verbose=-1, random_state=0)
    model.fit(seen[0], known[schema.value])
    return np.maximum(model.predict(seen[1]), 0.0)


def _plain_figures(schema: RateSchema, known: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    at = pd.to_datetime(rows[schema.at])
    found = {"weekday": at.dt.dayofweek, "day": at.dt.day}
    for name in (*schema.keys, *schema.names):
        codes = {value: code for code, value in enumerate(sorted(known[name].unique()))}
        found[name] = rows[name].map(codes)
    for name in filter(None, (schema.reference, schema.capacity, *schema.numbers)):
        found[name] = rows[name]
    if schema is PRODUCTS:
        made = known.set_index(["unique_id", "ds"])[schema.value]
        for lag in (LAG_DAYS, 2 * LAG_DAYS, 3 * LAG_DAYS, 4 * LAG_DAYS):
            before = list(zip(rows["unique_id"], at - pd.Timedelta(days=lag), strict=True))
            found[f"lag {lag}"] = made.reindex(before).to_numpy()
    return pd.DataFrame(found)


def _days_after(table: pd.DataFrame, horizon: int) -> pd.DataFrame:
    if PRODUCTS.value not in table.columns:
        raise SystemExit("--out: line-days are forecast from --test, which says what is planned")
    days = pd.date_range(table["ds"].max() + pd.Timedelta(days=1), periods=horizon)
    products = sorted(table["unique_id"].unique())
    rows = pd.MultiIndex.from_product([products, days], names=["unique_id", "ds"])
    return rows.to_frame(index=False)


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


def _store(table: pd.DataFrame, path: Path) -> None:
    named = table.rename(columns={"mean": "yhat"})
    if path.suffix == ".csv":
        named.to_csv(path, index=False)
    else:
        named.to_parquet(path, index=False)


if __name__ == "__main__":
    main()
