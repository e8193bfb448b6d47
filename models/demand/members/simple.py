"""The simple members: seasonal naive, the mean of the last seasons, drift."""

from __future__ import annotations

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.task import Task

SEASONS_OF_MEAN = 4


def seasonal_naive(histories: Histories, task: Task, season: int) -> Floats:
    """Return the last season again, shape (series, horizon)."""
    return seasonal_mean(histories, task, season, 1)


def seasonal_mean(histories: Histories, task: Task, season: int, seasons: int) -> Floats:
    """Return for each step the mean of its place in the last seasons, shape (series, horizon).

    The median in place of the mean where that is the target. A series shorter than a season takes
    the middle of what there is.
    """
    middle = np.median if task.target == "median" and seasons > 2 else np.mean
    found = np.empty((len(histories), task.horizon))
    phase = np.arange(task.horizon) % season
    for number in range(len(histories)):
        own = histories.of(number)
        whole = min(seasons, len(own) // season)
        if whole:
            profile = middle(own[-whole * season :].reshape(whole, season), axis=0)
            found[number] = profile[phase]
        else:
            found[number] = middle(own)
    return found
