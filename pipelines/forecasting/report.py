"""What is shown of a forecast: its scores as tables, and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from models.contest import Decision
from models.demand.history.histories import Floats, Histories
from models.demand.trials.judged import ENSEMBLE, Score, bias, wape
from models.demand.trials.trial import Trial
from models.demand.trials.weights import filled

SHOWN_DAYS = 56


def first_days(trial: Trial, histories: Histories) -> pd.DatetimeIndex:
    """Return the first day that each origin of a daily trial forecasts."""
    last = pd.Timestamp(histories.lasts.max())
    return pd.DatetimeIndex([last + pd.Timedelta(days=1 - cut) for cut in trial.cuts])


def error_table(trial: Trial, histories: Histories, ensemble: Floats) -> pd.DataFrame:
    """Return WAPE and bias of each forecaster in each window: origin, forecaster, wape, bias."""
    named = dict(zip(trial.members, filled(trial), strict=True))
    windows = list(enumerate(first_days(trial, histories)))[::-1]
    return pd.DataFrame(
        [
            {
                "origin": f"{origin:%F}",
                "forecaster": name,
                "wape": round(wape(forecast[window], trial.actual[window]), 6),
                "bias": round(bias(forecast[window], trial.actual[window]), 6),
            }
            for name, forecast in {**named, ENSEMBLE: ensemble}.items()
            for window, origin in windows
        ]
    )


def backtest_table(trial: Trial, histories: Histories, forecasts: Floats) -> pd.DataFrame:
    """Return a backtest as a long table: origin, ds, unique_id, mean, actual.

    Forecasts have the shape (origins, series, horizon); series that were not tried, for they had
    ended, are forecast 0.
    """
    _, series, horizon = forecasts.shape
    actual = _actual(trial, histories)
    frames = []
    for window, origin in list(enumerate(first_days(trial, histories)))[::-1]:
        frame = {
            "origin": origin,
            "ds": np.tile(pd.date_range(origin, periods=horizon), series),
            "unique_id": np.repeat(np.array(histories.names, dtype=object), horizon),
            "mean": np.nan_to_num(forecasts[window]).ravel(),
            "actual": actual[window].ravel(),
        }
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def _actual(trial: Trial, histories: Histories) -> Floats:
    """What came at the origins, of all series that were there."""
    shape = (len(trial.cuts), len(histories), trial.actual.shape[-1])
    found = np.zeros(shape)
    for window, cut in enumerate(trial.cuts):
        there = histories.lengths >= cut
        found[window, there] = histories.select(there).future(cut, shape[-1])
    return found


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
    """Return the scores under names like ``wape/theta:7/regular``."""
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


def plot_forecast(histories: Histories, forecast: pd.DataFrame) -> Figure:
    """Return a plot of total demand, what came and what is forecast with the sum of q10 and q90."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    ahead = forecast.groupby("ds")[["mean", "q10", "q90"]].sum()
    axis = histories.axis(0)
    assert axis is not None  # the loop's history is daily, and its products end together
    total = histories.total()[-SHOWN_DAYS:]
    axes.plot(axis[-SHOWN_DAYS:], total, color="black", label="ordered")
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
    origins: pd.DatetimeIndex, champion: Floats, challenger: Floats, decision: Decision
) -> Figure:
    """Return a plot of champion's and challenger's loss by window, and the decision."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(origins))[::-1]
    axes.bar(places - 0.2, champion, 0.4, label="champion")
    axes.bar(places + 0.2, challenger, 0.4, label="challenger")
    axes.set_xticks(places, [f"{origin:%F}" for origin in origins], rotation=30)
    axes.set(ylabel="scaled error, summed over products", title=decision.reason)
    axes.legend()
    return figure
