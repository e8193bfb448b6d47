"""What is shown of a forecast: its scores as tables, and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from models.contest import Decision
from models.demand import (
    ENSEMBLE,
    Backtest,
    Panel,
    Score,
    bias,
    wape,
)
from models.demand.panel import Floats

SHOWN_DAYS = 56


def error_table(trial: Backtest, ensemble: Floats) -> pd.DataFrame:
    """Return WAPE and bias of each forecaster in each window: origin, forecaster, wape, bias."""
    named = {name: trial.forecasts[:, place] for place, name in enumerate(trial.members)}
    return pd.DataFrame(
        [
            {
                "origin": str(origin),
                "forecaster": name,
                "wape": round(wape(forecast[window], trial.actual[window]), 6),
                "bias": round(bias(forecast[window], trial.actual[window]), 6),
            }
            for name, forecast in {**named, ENSEMBLE: ensemble}.items()
            for window, origin in enumerate(trial.origins)
        ]
    )


def backtest_table(trial: Backtest, forecasts: Floats) -> pd.DataFrame:
    """Return a backtest as a long table: origin, ds, unique_id, mean, actual.

    Forecasts have the shape (windows, horizon, series).
    """
    windows, horizon, series = forecasts.shape
    origins = trial.origins.astype("datetime64[ns]")
    days = origins[:, None] + np.arange(horizon).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "origin": np.repeat(origins, horizon * series),
            "ds": np.repeat(days.ravel(), series),
            "unique_id": np.tile(np.array(trial.series, dtype=object), windows * horizon),
            "mean": forecasts.ravel(),
            "actual": trial.actual.ravel(),
        }
    )


def score_document(scores: Sequence[Score]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the scores as forecaster, class, figure."""
    document: dict[str, dict[str, dict[str, float]]] = {}
    for score in scores:
        figures = {"wape": score.wape, "bias": score.bias, "rmsse": score.rmsse}
        document.setdefault(score.forecaster, {})[score.series_class] = {
            name: round(value, 6) for name, value in figures.items()
        }
    return document


def flat_metrics(document: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, float]:
    """Return the scores under names like ``wape/auto_ets/regular``."""
    return {
        f"{figure}/{forecaster}/{cls}": value
        for forecaster, classes in document.items()
        for cls, figures in classes.items()
        for figure, value in figures.items()
    }


def plot_errors(errors: pd.DataFrame) -> Figure:
    """Return a plot of each forecaster's WAPE by window."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, rows in errors.groupby("forecaster", sort=False):
        wide = {"linewidth": 2.5, "color": "black"} if name == ENSEMBLE else {"linewidth": 1}
        axes.plot(rows["origin"], rows["wape"], label=name, **wide)
    axes.set(xlabel="first day forecast", ylabel="WAPE", title="Backtest error by window")
    axes.tick_params(axis="x", rotation=30)
    axes.legend(fontsize="small", ncols=2)
    return figure


def plot_forecast(panel: Panel, forecast: pd.DataFrame) -> Figure:
    """Return a plot of total demand, what came and what is forecast with the sum of q10 and q90."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    ahead = forecast.groupby("ds")[["mean", "q10", "q90"]].sum()
    days = panel.days[-SHOWN_DAYS:].astype("datetime64[ns]")
    axes.plot(days, panel.values[-SHOWN_DAYS:].sum(axis=1), color="black", label="ordered")
    axes.plot(ahead.index, ahead["mean"], color="tab:blue", label="forecast")
    axes.fill_between(
        ahead.index, ahead["q10"], ahead["q90"], color="tab:blue", alpha=0.2, label="q10 to q90"
    )
    axes.set(ylabel="units a day, all products", title="Demand")
    axes.legend()
    return figure


def plot_reliability(found: Mapping[str, Sequence[tuple[float, float]]]) -> Figure:
    """Return a plot of how often demand lay below each quantile, promised against found, by class."""
    figure = Figure(figsize=(5.5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, label="as promised")
    for name, points in found.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(
        xlabel="share of demand promised to lie below",
        ylabel="share found below",
        title="Reliability in the backtest",
    )
    axes.legend(fontsize="small")
    return figure


def plot_comparison(
    trial: Backtest, champion: Floats, challenger: Floats, decision: Decision
) -> Figure:
    """Return a plot of champion's and challenger's loss by window, and the decision."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(trial.origins))
    axes.bar(places - 0.2, champion, 0.4, label="champion")
    axes.bar(places + 0.2, challenger, 0.4, label="challenger")
    axes.set_xticks(places, [str(origin) for origin in trial.origins], rotation=30)
    axes.set(ylabel="scaled error, summed over products", title=decision.reason)
    axes.legend()
    return figure
