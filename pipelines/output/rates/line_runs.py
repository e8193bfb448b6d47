"""Line rates: runs told from what lines counted, models fitted on them, and the plant with their rates.

What a line will make tomorrow takes the place of the rate and yield in the master data where enough
runs back it; where they do not, master data stay, and the reason is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from models.rates import RateConfig, RateModel, RateSchema, RatesError, fit, predict
from models.rates.windows import Report
from pipelines.output.replay import Belief
from plant import Capability, Plant
from plant.model import MINUTES_PER_HOUR

# A line that counts nothing for so long has ended its run.
MOST_GAP_MINUTES = 30
LEAST_MINUTES = 20
HORIZON_DAYS = 3
LEAST_RUNS = 5
# A rate further from master data than this is a matter for a planner, not for a model.
WITHIN = (0.5, 1.5)

SCHEMA = RateSchema(
    at="start",
    value="share",
    keys=("line", "item"),
    reference="planned",
    numbers=("minutes", "since_changeover"),
    names=("shift",),
)
QUANTILES = ("q10", "q50", "q90")

Source = Literal["measured", "master"]


@dataclass(frozen=True, slots=True)
class RateFit:
    """Models of speed (real over planned rate) and of yield, and the runs that they were fitted on."""

    speed: RateModel
    yields: RateModel
    runs: pd.DataFrame


@dataclass(frozen=True, slots=True)
class RateUse:
    """What a capability's rate rests on: runs, or master data and why."""

    line: str
    item: str
    source: Source
    rate: float
    reason: str
    belief: Belief | None = None


def line_runs(minutes: pd.DataFrame, plant: Plant) -> pd.DataFrame:
    """Return the runs: line, item, start, minutes, good, scrap, and `SCHEMA`'s columns, `yields`.

    Parameters
    ----------
    minutes
        line, minute (an instant), item, good, scrap: what was counted.
    """
    rates = {(one.line, one.item): one.rate for one in plant.capabilities}
    known = [key in rates for key in zip(minutes["line"], minutes["item"], strict=True)]
    counted = minutes[known].sort_values(["line", "minute"], ignore_index=True)
    at = pd.to_datetime(counted["minute"], utc=True).dt.tz_convert(plant.starts_at.tzinfo)
    counted = counted.assign(at=at.dt.tz_localize(None))
    same = (counted["line"] == counted["line"].shift()) & (
        counted["item"] == counted["item"].shift()
    )
    near = counted["at"].diff() <= pd.Timedelta(minutes=MOST_GAP_MINUTES)
    runs = (
        counted.groupby((~(same & near)).cumsum())
        .agg(
            line=("line", "first"),
            item=("item", "first"),
            start=("at", "min"),
            end=("at", "max"),
            good=("good", "sum"),
            scrap=("scrap", "sum"),
        )
        .reset_index(drop=True)
    )
    runs["minutes"] = (runs["end"] - runs["start"]).dt.total_seconds() / 60 + 1
    runs["since_changeover"] = _since_changeover(runs)
    runs["shift"] = (runs["start"].dt.hour // 8).astype(str)
    runs = runs[(runs["minutes"] >= LEAST_MINUTES) & (runs["good"] > 0)]
    planned = [rates[key] for key in zip(runs["line"], runs["item"], strict=True)]
    hourly = runs["good"] / (runs["minutes"] / MINUTES_PER_HOUR)
    return runs.assign(
        planned=1.0,
        share=hourly / np.array(planned),
        yields=runs["good"] / (runs["good"] + runs["scrap"]),
    )


def fit_rates(
    runs: pd.DataFrame, horizon_days: int, seed: int, report: Report = lambda _: None
) -> RateFit:
    """Return the models of speed and yield, fitted on the runs.

    Raises
    ------
    models.rates.RatesError
        Where there are too few runs.
    """
    config = RateConfig(
        horizon_days=horizon_days, window_days=2, copies=4, least_rows=10, seed=seed % 2**31
    )
    speed = fit(runs, SCHEMA, config, report)
    yields = fit(runs, replace(SCHEMA, value="yields", reference=None), config, report)
    return RateFit(speed, yields, runs)


def rated_plant(
    plant: Plant, found: RateFit | None, why: str = ""
) -> tuple[Plant, tuple[RateUse, ...]]:
    """Return the plant with the rates and yields that the models say of its start, and what each rests on.

    Parameters
    ----------
    why
        Where nothing was fitted, the reason.
    """
    if found is None:
        why = why or "no runs are known"
        return plant, tuple(_master(one, why) for one in plant.capabilities)
    speeds, yields = (_expected(model, found.runs, plant) for model in (found.speed, found.yields))
    counts = found.runs.groupby(["line", "item"]).size().to_dict()
    uses: list[RateUse] = []
    capabilities: list[Capability] = []
    for place, one in enumerate(plant.capabilities):
        use, own = _measured(one, speeds.iloc[place], yields.iloc[place], counts)
        uses.append(use)
        capabilities.append(own)
    return replace(plant, capabilities=tuple(capabilities)), tuple(uses)


def fitted_or_why(
    runs: pd.DataFrame, horizon_days: int, seed: int, report: Report = lambda _: None
) -> tuple[RateFit | None, str]:
    """Return the fit, or None and why there is none."""
    if runs.empty:
        return None, "no line has counted anything yet"
    try:
        return fit_rates(runs, horizon_days, seed, report), ""
    except RatesError as error:
        return None, str(error)


def beliefs_of(uses: Sequence[RateUse]) -> dict[tuple[str, str], Belief]:
    """Return what the replay is to believe of the measured capabilities, over their new rates."""
    return {(one.line, one.item): one.belief for one in uses if one.belief is not None}


def _since_changeover(runs: pd.DataFrame) -> pd.Series:
    """Minutes since the line began with its item, 0 for the first run after another item."""
    changed = (runs["line"] != runs["line"].shift()) | (runs["item"] != runs["item"].shift())
    began = runs["start"].where(changed).ffill()
    return (runs["start"] - began).dt.total_seconds() / 60


def _expected(model: RateModel, runs: pd.DataFrame, plant: Plant) -> pd.DataFrame:
    start = pd.Timestamp(plant.starts_at.replace(tzinfo=None)) + pd.Timedelta(hours=8)
    asked = pd.DataFrame(
        {
            "line": [one.line for one in plant.capabilities],
            "item": [one.item for one in plant.capabilities],
            "start": max(start, runs["start"].max()),
            "minutes": float(runs["minutes"].median()),
            "since_changeover": 0.0,
            "shift": "1",
            "planned": 1.0,
        }
    )
    return predict(model, asked)


def _measured(
    one: Capability, speed: pd.Series, good: pd.Series, counts: dict[tuple[str, str], int]
) -> tuple[RateUse, Capability]:
    runs = counts.get((one.line, one.item), 0)
    if runs < LEAST_RUNS:
        return _master(one, f"{runs} runs are known, {LEAST_RUNS} are needed"), one
    share = float(speed["mean"])
    low, high = WITHIN
    if not low <= share <= high:
        told = f"its runs made {share:.0%} of the planned rate: correct the master data"
        return _master(one, told), one
    q10, q50, q90 = (float(speed[name]) / share for name in QUANTILES)
    y10, y50, y90 = (float(np.clip(good[name], 0.01, 1.0)) for name in QUANTILES)
    own = replace(one, rate=one.rate * share, yield_=float(np.clip(good["mean"], 0.01, 1.0)))
    belief = Belief((q10, q50, q90), (y10, y50, y90))
    return RateUse(one.line, one.item, "measured", own.rate, f"{runs} runs", belief), own


def _master(one: Capability, why: str) -> RateUse:
    return RateUse(one.line, one.item, "master", one.rate, why)
