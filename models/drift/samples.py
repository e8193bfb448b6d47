"""The samples that are compared: of each column, what it was and what it is now.

All frames are daily and by product (`unique_id`, `ds`); a day is a naive midnight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Kind = Literal["inputs", "predictions", "forecast", "schedule"]

MEASURES = ("ordered_units", "produced_units", "issued_units", "delivered_units")


@dataclass(frozen=True, slots=True)
class Sample:
    """One column: its values in the reference and in the current days, each of any length."""

    kind: Kind
    column: str
    reference: Floats
    current: Floats


def input_samples(daily: Any, reference_days: int, current_days: int) -> tuple[Sample, ...]:
    """Return a sample for the daily total of each measure, and for each product's orders.

    The current days are the last ones of the frame, the reference days those just before them,
    as many as there are.
    """
    totals = daily.groupby("ds")[list(MEASURES)].sum().sort_index()
    orders = daily.pivot_table(
        index="ds", columns="unique_id", values="ordered_units", aggfunc="sum", fill_value=0.0
    ).sort_index()
    named = {f"total {measure}": totals[measure] for measure in MEASURES}
    named |= {f"ordered {product}": orders[product] for product in orders.columns}
    return tuple(
        Sample("inputs", name, *_split(values.to_numpy(float), reference_days, current_days))
        for name, values in named.items()
    )


def forecast_samples(windows: Any, last_day: Any, current_days: int) -> tuple[Sample, ...]:
    """Return samples of the forecast's error and bias by backtest window.

    Parameters
    ----------
    windows
        `origin` (the window's first day), `wape` and `bias`. Windows that begin in the last
        `current_days` days up to `last_day` are current, the earlier ones reference.
    """
    recent = _recent(windows, last_day, current_days)
    return tuple(
        Sample(
            "forecast",
            f"forecast {name}",
            windows.loc[~recent, name].to_numpy(float),
            windows.loc[recent, name].to_numpy(float),
        )
        for name in ("wape", "bias")
    )


def prediction_samples(earlier: Any, now: Any) -> tuple[Sample, ...]:
    """Return a sample of what is forecast for a day, all products together: earlier, and now.

    Like with like: a forecast is smoother than what comes, so forecasts are compared with forecasts.

    Parameters
    ----------
    earlier
        `origin`, `ds`, `units`: what was forecast from past origins.
    now
        `ds`, `units`: the forecast in use.
    """
    found = [
        frame.groupby(keys)["units"].sum()
        for frame, keys in ((earlier, ["origin", "ds"]), (now, ["ds"]))
    ]
    before, current = (values.sort_index().to_numpy(float) for values in found)
    return (Sample("predictions", "forecast a day", before, current),)


def realised_windows(forecasts: Any, daily: Any, least_days: int) -> Any:
    """Return how far off past forecasts were on the days that have come since, as windows.

    Parameters
    ----------
    forecasts
        `origin` (the first day forecast), `unique_id`, `ds`, `mean`.
    daily
        `unique_id`, `ds`, `ordered_units`.
    least_days
        Forecasts of which fewer days have come say nothing yet.

    Returns
    -------
    frame with `origin`, `wape`, `bias`, `days`; oldest first
    """
    met = forecasts.merge(daily, on=["unique_id", "ds"])
    met = met.assign(error=met["mean"] - met["ordered_units"])
    met["off"] = met["error"].abs()
    found = met.groupby("origin").agg(
        off=("off", "sum"),
        error=("error", "sum"),
        sold=("ordered_units", "sum"),
        days=("ds", "nunique"),
    )
    found = found[(found["days"] >= least_days) & (found["sold"] > 0)]
    found = found.assign(wape=found["off"] / found["sold"], bias=found["error"] / found["sold"])
    return found.reset_index()[["origin", "wape", "bias", "days"]]


def output_samples(planned: Any, produced: Any) -> tuple[Sample, ...]:
    """Return a sample of the plant's output a day: really produced, and planned.

    Parameters
    ----------
    planned, produced
        `unique_id`, `ds`, `units`.
    """
    made, asked = (
        frame.groupby("ds")["units"].sum().sort_index().to_numpy(float)
        for frame in (produced, planned)
    )
    return (Sample("schedule", "output a day", made, asked),)


def executed_adherence(planned: Any, produced: Any) -> float | None:
    """Return the share of planned units that were produced, product by product and day by day.

    None where none of the planned days lies among the produced ones: nothing was executed yet.
    """
    days = set(produced["ds"])
    due = planned[planned["ds"].isin(days)]
    if not len(due) or not float(due["units"].sum()):
        return None
    both = due.merge(produced, on=["unique_id", "ds"], how="left", suffixes=("", "_made"))
    made = np.minimum(both["units"], both["units_made"].fillna(0.0))
    return float(made.sum()) / float(due["units"].sum())


def demonstrated_share(planned: Any, produced: Any) -> float:
    """Return the share of planned units that past output backs.

    Of each product, no more counts than its best output over as many days on end as are planned.
    1 where nothing is planned.
    """
    asked = planned.groupby("unique_id")["units"].sum()
    if not float(asked.sum()):
        return 1.0
    length = (planned["ds"].max() - planned["ds"].min()).days + 1
    made = produced.pivot_table(
        index="ds", columns="unique_id", values="units", aggfunc="sum", fill_value=0.0
    ).sort_index()
    best = made.rolling(min(length, len(made))).sum().max()
    backed = np.minimum(asked, best.reindex(asked.index).fillna(0.0))
    return float(backed.sum()) / float(asked.sum())


def _split(values: Floats, reference_days: int, current_days: int) -> tuple[Floats, Floats]:
    before = values[:-current_days]
    return before[-reference_days:], values[-current_days:]


def _recent(windows: Any, last_day: Any, current_days: int) -> Any:
    return (last_day - windows["origin"]).dt.days < current_days


def compared(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Return the samples with something on both sides."""
    return tuple(one for one in samples if len(one.reference) and len(one.current))
