"""Pooled regression: one linear rule over the last values of every series, all steps at once.

Montero-Manso and Hyndman (2021): a long linear autoregression fitted over a whole set needs few
series to be ahead of one fitted to each. Least absolute deviations by reweighting where the median
is asked for, least squares where the mean is.
"""

from __future__ import annotations

import numpy as np

from models.demand.history.histories import Floats, Histories
from models.demand.members.windows import Windows, latest_windows, learning_windows
from models.demand.task import Task

# Numbers in the design matrix, 200 MB of them in 64 bits.
MOST_NUMBERS = 25_000_000
# Units from the last value; what lies further is cut, so that no jump decides the rule.
FURTHEST = 30.0
RIDGE = 1e-4
REWEIGHTINGS = 4
LEAST_RESIDUAL = 0.05


def pooled_forecast(histories: Histories, task: Task, length: int) -> Floats:
    """Return the forecast, shape (series, horizon), of a rule on the last `length` differences."""
    generator = np.random.default_rng(task.seed)
    most = MOST_NUMBERS // (length + task.horizon)
    known = learning_windows(histories, length, task.horizon, most, generator)
    latest = latest_windows(histories, length)
    if len(known.series) < 2 * length:
        return np.full((len(histories), task.horizon), np.nan)
    rule = _rule(known, task)
    return latest.restore(_design(latest) @ rule)


def logarithms(histories: Histories) -> Histories:
    """Return the histories' logarithms; a value of 0 or less counts as a tiny share of the level."""
    scale = np.array([np.abs(histories.of(number)).mean() for number in range(len(histories))])
    least = np.repeat(1e-3 * scale + 1e-9, histories.lengths)
    return histories.with_values(np.log(np.maximum(histories.values, least)))


def _design(windows: Windows) -> Floats:
    return np.column_stack(
        [np.clip(windows.past, -FURTHEST, FURTHEST), np.ones(len(windows.series))]
    )


def _rule(known: Windows, task: Task) -> Floats:
    past, future = _design(known), np.clip(known.future, -2 * FURTHEST, 2 * FURTHEST)
    weight = np.ones(len(past))
    rule = _least_squares(past, future, weight)
    for _ in range(REWEIGHTINGS if task.target == "median" else 0):
        residual = np.abs(future - past @ rule).mean(axis=1)
        rule = _least_squares(past, future, 1 / np.maximum(residual, LEAST_RESIDUAL))
    return rule


def _least_squares(past: Floats, future: Floats, weight: Floats) -> Floats:
    weighted = past * weight[:, None]
    gram = weighted.T @ past
    gram[np.diag_indices_from(gram)] += RIDGE * np.trace(gram) / len(gram)
    return np.asarray(np.linalg.solve(gram, weighted.T @ future), dtype=np.float64)
