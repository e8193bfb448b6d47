"""The yearly move: what all series together did a year ago from now on, as far as that told of this year.

One year tells next to nothing of a single series' year, and the total of all a good deal: its level three
weeks around a step, over its level at the same origin a year before. How much of that comes back is
learnt on the days since, and drawn towards nothing by as much as chance would have made of it. Of the
orders' total it explained 17 % of the squared errors of a level (February to September 2011); day by
day, without the weeks around, 4 %.
"""

from __future__ import annotations

import numpy as np

from models.demand.history.histories import Floats, Histories, Ints
from models.demand.task import Task

# Steps of a year that keep the weekday, and of three weeks.
YEARS = {"D": (364, 21), "W": (52, 3)}
# One year is one sample: what it tells counts in part. On the orders this takes the bias of three sets of
# five origins from -9, +13 and -5 % to -4, +10 and -4 %, and leaves their errors about as they were.
COUNTED = 0.75
# Forecasts' worth of days to learn from, and windows before the first level.
LEAST_FORECASTS = 6
BURN_IN = 2
# Series that are whole over all of it, so that the total is one of the same.
LEAST_SERIES = 8


def has_year(histories: Histories, task: Task) -> bool:
    """Return whether a year ago can tell of the steps to come: days or weeks, of a year and more."""
    year, _ = YEARS.get((histories.frequency or "").partition("-")[0], (0, 0))
    return 0 < year < int(histories.lengths.max()) and year not in task.seasons


def yearly_move(histories: Histories, task: Task) -> Floats:
    """Return what each step is multiplied by, shape (horizon,); ones where no year tells of it."""
    nothing = np.ones(task.horizon)
    frequency = (histories.frequency or "").partition("-")[0]
    if frequency not in YEARS or histories.axis(0) is None or histories.values.min() < 0:
        return nothing
    year, around = YEARS[frequency]
    least = year + BURN_IN * around + LEAST_FORECASTS * task.horizon
    whole = histories.lengths >= least
    if year in task.seasons or task.horizon + around >= year or whole.sum() < LEAST_SERIES:
        return nothing
    steps = int(histories.lengths[whole].min())
    total = histories.select(whole).recent(steps).total()
    if (total[-least:] > 0).sum() < least // 2:
        return nothing
    moves = _moves(total, task, year, around)
    return np.exp(moves)


def _moves(total: Floats, task: Task, year: int, around: int) -> Floats:
    """Return the logarithms of the total's moves, shape (horizon,), as far as they are to be believed."""
    usual = _shape(total, task.season)
    half_life = float(around)
    level = _faded(total, half_life) / np.maximum(_faded(usual, half_life), 1e-12)
    sums, expected = (np.concatenate([[0.0], np.cumsum(own)]) for own in (total, usual))

    def mean(first: Ints, after: Ints) -> Floats:
        first, after = (np.clip(at, 0, len(total)) for at in (first, after))
        return np.asarray(
            (sums[after] - sums[first]) / np.maximum(expected[after] - expected[first], 1e-12)
        )

    steps: Ints = np.arange(task.horizon)
    origins: Ints = np.arange(BURN_IN * around, len(total) - year + 1)
    centres = origins[:, None] + steps
    then = np.log(np.maximum(mean(centres - around, centres + around + 1), 1e-12))
    then -= np.log(np.maximum(level[origins - 1], 1e-12))[:, None]
    known = origins + year + task.horizon <= len(total)
    now = origins[known] + year
    came = np.log(np.maximum(mean(now, now + task.horizon), 1e-12))
    came -= np.log(np.maximum(level[now - 1], 1e-12))
    return np.asarray(then[-1] * _believed(then[known].mean(axis=1), came, task.horizon))


def _believed(then: Floats, came: Floats, horizon: int) -> float:
    """Return the share of a year ago's moves that came again, from 0 to `COUNTED`."""
    spread = float(then @ then)
    if spread <= 0:
        return 0.0
    share = float(then @ came) / spread
    left = float(((came - share * then) ** 2).sum())
    explained = max(share, 0.0) ** 2 * spread
    if explained <= 0:
        return 0.0
    # Forecasts that overlap tell the same: as many tell something of their own as fit end to end.
    by_chance = left / max(1.0, len(came) / horizon)
    return COUNTED * float(np.clip(share * max(0.0, 1.0 - by_chance / explained), 0.0, 1.0))


def _shape(total: Floats, season: int) -> Floats:
    """Return what each step has of the total's mean by its place in the season, shape (steps,)."""
    place = np.arange(len(total)) % season
    profile = np.bincount(place, total, season) / np.maximum(
        np.bincount(place, minlength=season), 1
    )
    return np.asarray(profile[place] / max(float(profile.mean()), 1e-12))


def _faded(values: Floats, half_life: float) -> Floats:
    """Return the sums of all values so far, each halved every half-life, shape (steps,)."""
    kept = 0.5 ** (1 / half_life)
    found, so_far = np.empty(len(values)), 0.0
    for place, value in enumerate(values):
        so_far = kept * so_far + value
        found[place] = so_far
    return found
