"""The classes of series: what weights and intervals are told apart by."""

from __future__ import annotations

from typing import Literal

import numpy as np

from models.demand.history.histories import Floats, Histories, Ints
from models.demand.task import Task

SeriesClass = Literal["regular", "intermittent", "new", "ended", "zero"]
CLASSES: tuple[SeriesClass, ...] = ("regular", "intermittent", "new", "ended", "zero")
INTERMITTENT_SHARE = 0.5
# Seasons, and values, without demand after which a series that had some has ended.
SEASONS_TO_END = 8
VALUES_TO_END = 12


def classify(histories: Histories, task: Task) -> Ints:
    """Return each series' class, shape (series,), as a place in `CLASSES`."""
    found = [_class_of(histories.of(number), task) for number in range(len(histories))]
    return np.array([CLASSES.index(cls) for cls in found], dtype=np.int64)


def quiet_for(task: Task) -> int:
    """Return the values without demand after which a series counts as ended."""
    return max(VALUES_TO_END, min(SEASONS_TO_END * task.season, 60))


def _class_of(own: Floats, task: Task) -> SeriesClass:
    if not own.any():
        return "zero"
    quiet = quiet_for(task)
    if len(own) > quiet and not own[-quiet:].any():
        return "ended"
    if len(own) < max(6, min(task.season + 1, 14)):
        return "new"
    sold = np.flatnonzero(own)[0]
    share = float((own[sold:] == 0).mean())
    return "intermittent" if share >= INTERMITTENT_SHARE else "regular"
