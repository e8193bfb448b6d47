"""Analogues: what followed the pasts, of any series, that look most like a series' own last one."""

from __future__ import annotations

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.members.windows import Windows, latest_windows, learning_windows
from models.demand.task import Task

MOST_NUMBERS = 25_000_000
NEIGHBOURS = 20
# Rows compared at once: 64 x 400,000 similarities are 100 MB.
AT_ONCE = 64


def analogue_forecast(histories: Histories, task: Task, length: int) -> Floats:
    """Return the forecast, shape (series, horizon), of the nearest pasts of `length` steps."""
    generator = np.random.default_rng(task.seed)
    most = MOST_NUMBERS // (length + task.horizon)
    known = learning_windows(histories, length, task.horizon, most, generator)
    latest = latest_windows(histories, length)
    if len(known.series) < 5 * NEIGHBOURS:
        return np.full((len(histories), task.horizon), np.nan)
    shapes, spreads, future = _shapes(known)
    own, own_spreads, _ = _shapes(latest)
    found = np.empty((len(histories), task.horizon))
    for first in range(0, len(histories), AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        similarity = own[rows] @ shapes.T
        scaled = _blend(similarity, future / spreads[:, None])
        found[rows] = scaled * own_spreads[rows, None]
    return latest.restore(found)


def _shapes(windows: Windows) -> tuple[Floats, Floats, Floats]:
    past = np.column_stack([np.zeros(len(windows.series)), windows.past]).astype(np.float32)
    centred = past - past.mean(axis=1, keepdims=True)
    spreads = np.sqrt((centred**2).sum(axis=1)) + 1e-6
    return centred / spreads[:, None], spreads, windows.future.astype(np.float32)


def _blend(similarity: Floats, futures: Floats) -> Floats:
    nearest = np.argpartition(similarity, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:]
    distance = 1 - np.take_along_axis(similarity, nearest, axis=1) + 1e-4
    weight = distance**-2.0
    weight /= weight.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("sn,snh->sh", weight, futures[nearest]))
