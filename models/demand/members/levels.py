"""The level members: each series' recent level by its own half-life, in the season's shape that all share.

For demand with zeros and bulk orders. A single series tells too little of its weekdays, all together
tell enough: a series' own shape counts as far as it differs from the shared one by more than chance
would make of it. What lies beyond a series' usual orders is cut off before its level is taken, and put
back as the share that it was of all its demand. On the orders data (docs/forecast.md) it is ahead of
Theta, CES, LightGBM and the perceptron alone, and of their mean.
"""

from __future__ import annotations

import numpy as np

from models.demand.history.histories import Floats, Histories, Ints
from models.demand.task import Task

# Of a series' positive values, how large the largest is that its level is taken by. At 0.9 and 0.99
# errors of four sets of five origins were 0.2 and 0.1 % larger, without it 0.3 %.
USUAL = 0.95
# Seasons that the shape is taken from, half a year of weeks: with a year of them 0.2 % worse.
SEASONS_OF_SHAPE = 26
LONGEST_SHAPE = 200
# Values of a place in the season from which a series' own shape is asked.
LEAST_OF_PLACE = 4

# Half-lives in steps that are offered without a season or beside a long one, and in short seasons.
STEPS = (4, 8)
SEASONS = (2, 4)
LONGEST_SHORT = 7


def half_lives(season: int) -> tuple[int, ...]:
    """Return the half-lives worth trying, in steps, for series of that season length."""
    if 1 < season <= LONGEST_SHORT:
        return tuple(count * season for count in SEASONS)
    return STEPS if season == 1 else (*STEPS, season)


def level_forecast(histories: Histories, task: Task, half_life: int) -> Floats:
    """Return the forecast, shape (series, horizon); NaN for series with values below 0."""
    count = len(histories)
    series = np.repeat(np.arange(count), histories.lengths)
    steps_back = np.repeat(histories.ends, histories.lengths) - np.arange(len(histories.values))
    season = max((one for one in task.seasons if one <= LONGEST_SHAPE), default=1)
    place = -steps_back % season
    usual = np.minimum(histories.values, _caps(histories)[series])
    recent = steps_back <= SEASONS_OF_SHAPE * season
    is_shared = histories.axis(0) is not None
    shape = _shape(usual[recent], series[recent], place[recent], (count, season), is_shared)
    weight = 0.5 ** ((steps_back - 1) / half_life)
    expected = np.bincount(series, weight * shape[series, place], count)
    level = np.bincount(series, weight * usual, count) / np.maximum(expected, 1e-12)
    whole, kept = (np.bincount(series, own, count) for own in (histories.values, usual))
    level *= np.where(kept > 0, whole / np.where(kept > 0, kept, 1.0), 1.0)
    found = level[:, None] * shape[:, np.arange(task.horizon) % season]
    lowest = np.array([histories.of(number).min() for number in range(count)])
    found[lowest < 0] = np.nan
    return np.asarray(found)


def _caps(histories: Histories) -> Floats:
    """Return the largest value of each series that counts as usual, shape (series,)."""
    caps = np.full(len(histories), np.inf)
    for number in range(len(histories)):
        own = histories.of(number)
        sold = own[own > 0]
        if sold.size:
            caps[number] = np.quantile(sold, USUAL)
    return caps


def _shape(
    usual: Floats, series: Ints, place: Ints, size: tuple[int, int], is_shared: bool
) -> Floats:
    """Return what each place in the season has of the mean, shape (series, season).

    The shape of all series together, and each one's own drawn towards it by as much as chance makes
    of it (as in `adjusted`). Without one clock for all (`is_shared`) it is drawn towards no season.
    """
    cell = series * size[1] + place
    counts = np.bincount(cell, minlength=size[0] * size[1]).reshape(size)
    sums = np.bincount(cell, usual, size[0] * size[1]).reshape(size)
    seen = np.maximum(counts, 1)
    level = sums.sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
    level = np.where(level > 0, level, 1.0)[:, None]
    shared = np.ones(size[1])
    if is_shared and sums.sum() > 0:
        shared = sums.sum(axis=0) / np.maximum((counts * level).sum(axis=0), 1e-12)
        shared /= shared.mean()
    own = sums / seen / level
    squares = np.bincount(cell, usual**2, size[0] * size[1]).reshape(size) / seen / level**2
    by_chance = np.maximum(squares - own**2, 0.0) / np.maximum(counts - 1, 1)
    told = counts >= LEAST_OF_PLACE
    apart = float(((own - shared) ** 2)[told].mean()) if told.any() else 0.0
    share = max(0.0, 1.0 - float(by_chance[told].mean()) / apart) if apart > 0 else 0.0
    return np.asarray(shared + share * np.where(told, own - shared, 0.0))
