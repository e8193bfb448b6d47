"""The design matrix of the boosted members: what is known at an origin of a step ahead of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.demand.history.calendar import holiday_features
from models.demand.history.histories import Floats, Histories, Ints
from models.demand.history.known import known_features
from models.demand.task import Task

Anchor = Literal["last", "level", "zero"]
RECENT = 8
SEASONS_BACK = 3
LEAST_UNIT = 1e-4
CALENDAR = {
    "weekday": "dayofweek",
    "day": "day",
    "day_of_year": "dayofyear",
    "hour": "hour",
    "month": "month",
}


@dataclass(frozen=True, slots=True)
class Design:
    """Rows of features, targets as multiples of a unit above an anchor, and how to get back.

    Parameters
    ----------
    features : array, shape (rows, features)
    names
        The features' names.
    target : array, shape (rows,)
        NaN where the step is ahead of the history.
    anchor, unit : array, shape (rows,)
        In the series' own measure.
    series, step : array of int, shape (rows,)
        Whose row it is and how many steps ahead, from 1.
    """

    features: Floats
    names: tuple[str, ...]
    target: Floats
    anchor: Floats
    unit: Floats
    series: Ints
    step: Ints

    def restore(self, scaled: Floats) -> Floats:
        """Return what predictions of the target, shape (rows,), are in the series' own measure."""
        return np.asarray(self.anchor + self.unit * scaled)


def learning_design(histories: Histories, task: Task, anchor: Anchor, most: int) -> Design:
    """Return rows from random origins and steps of all series, `most` of them at most."""
    generator = np.random.default_rng(task.seed)
    least = least_past(histories, task)
    count = np.maximum(histories.lengths - task.horizon - least + 1, 0)
    share = min(1.0, most / max(1, int(count.sum()) * task.horizon))
    per_origin = max(1, min(task.horizon, round(share * task.horizon + 0.5)))
    series = np.repeat(np.arange(len(histories)), count)
    within = np.arange(len(series)) - (np.cumsum(count) - count)[series]
    wanted = max(1, most // per_origin)
    if len(series) > wanted:
        kept = np.sort(generator.choice(len(series), wanted, replace=False))
        series, within = series[kept], within[kept]
    origins = histories.offsets[:-1][series] + least - 1 + within
    series, origins = np.repeat(series, per_origin), np.repeat(origins, per_origin)
    step = 1 + generator.integers(0, task.horizon, len(series))
    return _design(histories, task, anchor, series, origins, step, ahead=False)


def latest_design(histories: Histories, task: Task, anchor: Anchor) -> Design:
    """Return every series' rows of the steps after its end, series by series."""
    series = np.repeat(np.arange(len(histories)), task.horizon)
    step = np.tile(np.arange(1, task.horizon + 1), len(histories))
    return _design(histories, task, anchor, series, histories.ends[series] - 1, step, ahead=True)


def least_past(histories: Histories, task: Task) -> int:
    """Return the steps that must lie before an origin that is learnt from."""
    longest = max(season for season in task.seasons)
    middle = int(np.median(histories.lengths)) - task.horizon
    return int(max(8, min(2 * task.season + RECENT, middle // 2, longest + RECENT)))


def _design(
    histories: Histories,
    task: Task,
    anchor: Anchor,
    series: Ints,
    origins: Ints,
    step: Ints,
    ahead: bool,
) -> Design:
    sums = np.concatenate([[0.0], np.cumsum(histories.values)])
    rises = np.concatenate([[0.0], np.abs(np.diff(histories.values))])
    moves = np.concatenate([[0.0], np.cumsum(rises)])
    starts = histories.offsets[:-1][series]
    values = histories.values

    def at(places: Ints) -> Floats:
        return np.asarray(values[np.clip(places, starts, origins)])

    def mean(first: Ints, after: Ints) -> Floats:
        first = np.clip(first, starts, origins)
        after = np.clip(after, first + 1, origins + 1)
        return np.asarray((sums[after] - sums[first]) / (after - first))

    def rise(steps: int) -> Floats:
        first = np.clip(origins + 1 - steps, starts + 1, origins)
        return np.asarray((moves[origins + 1] - moves[first]) / (origins + 1 - first))

    window = max(2 * task.season, 12)
    last, level = values[origins], mean(origins + 1 - window, origins + 1)
    base = {"last": last, "level": level, "zero": np.zeros(len(last))}[anchor]
    spread = mean(origins + 1 - 4 * window, origins + 1) if anchor == "zero" else rise(4 * window)
    unit = np.maximum(np.maximum(np.abs(spread), LEAST_UNIT * np.abs(level)), 1e-9)
    found: dict[str, Floats] = {"step": step.astype(np.float64)}
    for lag in range(RECENT):
        found[f"lag_{lag}"] = (at(origins - lag) - base) / unit
    for number, season in enumerate(season for season in task.seasons if season > 1):
        aligned = origins + step - season * -(-step // season)
        for back in range(SEASONS_BACK):
            found[f"season_{number}_{back}"] = (at(aligned - back * season) - base) / unit
        around = mean(aligned - season // 12 - 1, aligned + season // 12 + 2)
        found[f"around_{number}"] = (around - base) / unit
        found[f"rise_{number}"] = (at(aligned) - at(origins - season)) / unit
        found[f"next_{number}"] = (
            mean(origins + 1 - season, origins + 1 - season + step) - at(origins - season)
        ) / unit
    for steps in sorted({3, 6, 12, task.season, 2 * task.season, 4 * task.season} - {1, 2, 4}):
        found[f"mean_{steps}"] = (mean(origins + 1 - steps, origins + 1) - base) / unit
    found["before"] = (mean(origins + 1 - 2 * window, origins + 1 - window) - base) / unit
    found["unrest"] = rise(6) / unit
    found["of_level"] = unit / np.maximum(np.abs(level), 1e-9)
    found["known"] = np.log1p(origins - starts)
    found |= _calendar(histories, task.country, series, origins, step)
    found |= known_features(histories, series, origins, step, window)
    target = np.full(len(series), np.nan) if ahead else (values[origins + step] - base) / unit
    features = np.column_stack(list(found.values()))
    return Design(features, tuple(found), target, base, unit, series, step)


def _calendar(
    histories: Histories, country: str | None, series: Ints, origins: Ints, step: Ints
) -> dict[str, Floats]:
    back = histories.ends[series] - 1 - origins - step
    times = histories.axis(int(max(0, -back.min())) if back.size else 0)
    if times is None:
        return {}
    place = int(histories.lengths.max()) - 1 - back
    parts = {
        name: np.asarray(getattr(times, attribute), dtype=np.float64)
        for name, attribute in CALENDAR.items()
    }
    parts = {name: part for name, part in parts.items() if len(np.unique(part)) > 1}
    if country is not None:
        parts |= holiday_features(country, times, histories.frequency or "")
    return {name: part[place] for name, part in parts.items()}
